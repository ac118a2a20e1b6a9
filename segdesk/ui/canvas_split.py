"""The split of the canvas: other labels left of a line that a person drags. The layer that draws both sides, where the
line lies, and the handle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider

from segdesk.domain.edit import Rect
from segdesk.ui import theme
from segdesk.ui.canvas_view import View
from segdesk.ui.overlay_layers import Layer

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas
    from segdesk.ui.canvas_render import Renderer

WIDTH, LINE = 32, 9  # logical pixels: of the widget, and of what can be grasped of the line
GRIP = 28  # diameter
STEPS = 1000  # values of the slider


class SplitLayer:
    """`left` where the picture's x lies below `at`, else `right`. Move `at` and repaint the columns between."""

    def __init__(self, left: Layer, right: Layer, at: float = 0.0) -> None:
        self.left, self.right, self.at = left, right, at

    @property
    def costly(self) -> bool:
        """See `Layer`."""
        return self.left.costly or self.right.costly

    def render(self, view: View, rect: Rect, thick: int) -> np.ndarray:
        """See `Layer`."""
        x0, y0, x1, y1 = rect
        column = math.ceil(view.to_device(self.at, 0.0)[0] - 0.5)
        if column <= x0:
            return self.right.render(view, rect, thick)
        if column >= x1:
            return self.left.render(view, rect, thick)
        left = self.left.render(view, (x0, y0, column, y1), thick)
        return np.concatenate([left, self.right.render(view, (column, y0, x1, y1), thick)], axis=1)

    def changed_from(self, other: Layer | None) -> np.ndarray | None:
        """See `Layer`."""
        if not isinstance(other, SplitLayer) or other.at != self.at:
            return None
        before = self.left.changed_from(other.left)
        now = self.right.changed_from(other.right)
        return now if before is not None and before.size == 0 else None


class Splitter:
    """Part of one `Canvas`: keeps the split where it is on the screen, whatever the picture does."""

    def __init__(self, canvas: Canvas, renderer: Renderer) -> None:
        self._canvas, self._renderer = canvas, renderer
        self.part = 0.5

    def move(self, part: float) -> None:
        """To a part of the canvas' width, 0..1."""
        self.part = part
        layer, size = self._renderer.layer, self._canvas.picture_size
        if isinstance(layer, SplitLayer) and size is not None:
            first, last = sorted((layer.at, self._place(layer)))
            self._canvas.update_device(self._renderer.mark((math.floor(first), 0, math.ceil(last), size[0])))
            self._canvas.minimap.labels_changed()

    def place(self) -> None:
        """The layer, the view or the size is another one."""
        layer = self._renderer.layer
        if isinstance(layer, SplitLayer):
            self._place(layer)

    def view_moved(self) -> None:
        """What was drawn cannot be moved along."""
        if isinstance(self._renderer.layer, SplitLayer):
            self.place()
            self._renderer.invalidate_labels()

    def _place(self, layer: SplitLayer) -> float:
        layer.at = self._canvas.view.to_image(self.part * self._canvas.area()[0], 0.0)[0]
        return layer.at


class SplitHandle(QAbstractSlider):
    """The line with its grip over a canvas: dragged, or moved by the arrow keys (Shift: finely), Home and End.

    Signals:
        left(): Escape was pressed
    """

    left = Signal()

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._held = 0.0
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, STEPS)
        self.setValue(STEPS // 2)
        self.setSingleStep(STEPS // 50)
        self.setPageStep(STEPS // 10)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.valueChanged.connect(self._moved)
        canvas.resized.connect(self.place)
        self.hide()

    def place(self) -> None:
        """Go to where the value says."""
        canvas = self._canvas
        centre = round(self.value() / STEPS * canvas.width())
        self.setGeometry(centre - WIDTH // 2, 0, WIDTH, canvas.height())
        line = QRegion(QRect((WIDTH - LINE) // 2, 0, LINE, canvas.height()))
        self.setMask(line | QRegion(self._grip().toAlignedRect(), QRegion.RegionType.Ellipse))

    def _grip(self) -> QRectF:
        return QRectF((WIDTH - GRIP) / 2, (self.height() - GRIP) / 2, GRIP, GRIP)

    def _moved(self, value: int) -> None:
        self.place()
        self._canvas.splitter.move(value / STEPS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: take hold of the line."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.position().x() - WIDTH / 2
            self.setSliderDown(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt: the line follows the pointer."""
        if self.isSliderDown():
            x = self.mapToParent(event.position()).x() - self._held
            self.setValue(round(x / max(1, self._canvas.width()) * STEPS))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt: let go."""
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt: zooming goes on where the line is."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: arrows move the line, with Shift by one step; Escape gives the keys back to the picture."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif (
            event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            self.setValue(self.value() + (1 if event.key() == Qt.Key.Key_Right else -1))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt: the grip shows that it has the keys."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Qt: and that it has not."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: a dark line under a light one, and the grip with two arrows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, grip = WIDTH / 2, self._grip().adjusted(1.5, 1.5, -1.5, -1.5)
        for color, width in ((QColor(0, 0, 0, 150), 4.0), (QColor(255, 255, 255), 2.0)):
            painter.setPen(QPen(color, width))
            painter.drawLine(QPointF(middle, 0.0), QPointF(middle, float(self.height())))
        palette = theme.current()
        painter.setPen(QPen(QColor(palette.accent if self.hasFocus() else palette.line), 2.0))
        painter.setBrush(QColor(palette.panel))
        painter.drawEllipse(grip)
        painter.setPen(QPen(QColor(palette.text), 1.6))
        y = grip.center().y()
        for side in (-1, 1):
            tip = QPointF(middle + side * 8, y)
            for up in (-4, 4):
                painter.drawLine(tip, tip + QPointF(-side * 4, up))
        painter.end()
