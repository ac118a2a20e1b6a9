"""Two answers for one picture: side by side with one zoom, under a line that is dragged, or where they differ."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from segdesk.ui import theme

Mode = Literal["side", "slider", "map"]
GAP = 6
MOST = 32.0  # largest zoom, of the size that fits
STEP = 1.25
GRASP = 8  # pixels around the line that take hold of it


class PairView(QWidget):
    """Shows images of one size. Wheel: zoom at the pointer; drag: move; double click, 0: all of it; + and -: zoom;
    arrows: move, or the line where there is one (with Shift: finely).

    Signals:
        zoomed(float): screen pixels (logical) of a pixel of the image
    """

    zoomed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.images: tuple[QImage, QImage, QImage] | None = None
        self.titles = ("", "", "")
        self.mode: Mode = "side"
        self.split = 0.5
        self._zoom = 1.0  # of the size that fits
        self._centre = QPointF(0.5, 0.5)  # of the image, 0..1, in the middle of each pane
        self._held: QPointF | None = None
        self._on_line = False
        self.setMinimumSize(320, 200)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def show_pair(self, images: tuple[QImage, QImage, QImage] | None, titles: tuple[str, str, str]) -> None:
        """The first, the second and their differences; None shows nothing. The view stays for images of one size."""
        same = images is not None and self.images is not None and images[0].size() == self.images[0].size()
        self.images, self.titles = images, titles
        if not same:
            self.fit()
        self.update()

    def set_mode(self, mode: Mode) -> None:
        """Another way of looking; what is in the middle stays there."""
        self.mode = mode
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._tell()
        self.update()

    def fit(self) -> None:
        """Show all of it."""
        self._zoom, self._centre = 1.0, QPointF(0.5, 0.5)
        self._tell()
        self.update()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a point of the widget, else about the middle."""
        pane = self._pane(at)
        middle = QRectF(pane).center()
        at = middle if at is None else at
        before = self._scale(pane)
        self._zoom = min(MOST, max(1.0, self._zoom * factor))
        after = self._scale(pane)
        if self.images is not None and after:
            size = self.images[0].size()
            off = at - middle
            self._move(
                off.x() * (1 / before - 1 / after) / size.width(), off.y() * (1 / before - 1 / after) / size.height()
            )
        self._tell()
        self.update()

    # -- geometry -----------------------------------------------------------------------------------------------------

    def panes(self) -> list[QRect]:
        """Where the images are drawn: two places side by side, else one."""
        if self.mode != "side":
            return [self.rect()]
        half = (self.width() - GAP) // 2
        return [QRect(0, 0, half, self.height()), QRect(self.width() - half, 0, half, self.height())]

    def _pane(self, at: QPointF | None) -> QRect:
        panes = self.panes()
        return next((p for p in panes if at is not None and p.contains(at.toPoint())), panes[0])

    def _scale(self, pane: QRect) -> float:
        """Logical pixels of a pixel of the image."""
        if self.images is None:
            return 1.0
        size = self.images[0].size()
        return self._zoom * min(pane.width() / max(1, size.width()), pane.height() / max(1, size.height()))

    def _target(self, pane: QRect) -> QRectF:
        """Where the whole image lies for a pane."""
        assert self.images is not None
        scale, size = self._scale(pane), self.images[0].size()
        width, height = size.width() * scale, size.height() * scale
        middle = QRectF(pane).center()
        return QRectF(middle.x() - self._centre.x() * width, middle.y() - self._centre.y() * height, width, height)

    def _move(self, right: float, down: float) -> None:
        """Move the middle by parts of the image; something of it always stays in view."""
        x, y = self._centre.x() + right, self._centre.y() + down
        self._centre = QPointF(min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))

    def _tell(self) -> None:
        if self.images is not None:
            self.zoomed.emit(self._scale(self.panes()[0]))

    def _line_x(self) -> float:
        return self.split * self.width()

    # -- Qt -----------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: draw the images and what they are."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme.current()
        painter.fillRect(self.rect(), QColor(look.sunken))
        if self.images is None:
            return
        panes = self.panes()
        if self.mode == "side":
            for pane, image, title in zip(panes, self.images[:2], self.titles[:2], strict=True):
                self._draw(painter, pane, pane, image)
                self._caption(painter, pane, title, left=True)
            painter.fillRect(QRect(panes[0].right() + 1, 0, GAP, self.height()), QColor(look.window))
        elif self.mode == "map":
            self._draw(painter, panes[0], panes[0], self.images[2])
            self._caption(painter, panes[0], self.titles[2], left=True)
        else:
            self._draw_split(painter, panes[0])
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75))

    def _draw(self, painter: QPainter, pane: QRect, clip: QRect, image: QImage) -> None:
        painter.save()
        painter.setClipRect(clip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._scale(pane) < 2)
        painter.drawImage(self._target(pane), image)
        painter.restore()

    def _draw_split(self, painter: QPainter, pane: QRect) -> None:
        assert self.images is not None
        x = round(self._line_x())
        left, right = QRect(0, 0, x, self.height()), QRect(x, 0, self.width() - x, self.height())
        self._draw(painter, pane, left, self.images[0])
        self._draw(painter, pane, right, self.images[1])
        self._caption(painter, pane, self.titles[0], left=True)
        self._caption(painter, pane, self.titles[1], left=False)
        for color, width in ((QColor(0, 0, 0, 150), 4.0), (QColor(255, 255, 255), 2.0)):
            painter.setPen(QPen(color, width))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        look, grip = theme.current(), QPointF(x, self.height() / 2)
        painter.setPen(QPen(QColor(look.line), 2.0))
        painter.setBrush(QColor(look.panel))
        painter.drawEllipse(grip, 13, 13)
        painter.setPen(QPen(QColor(look.text), 1.6))
        for side in (-1, 1):
            tip = grip + QPointF(side * 8, 0)
            for up in (-4, 4):
                painter.drawLine(tip, tip + QPointF(-side * 4, up))

    @staticmethod
    def _caption(painter: QPainter, pane: QRect, text: str, *, left: bool) -> None:
        """A name on a card in the upper corner."""
        if not text:
            return
        look, metrics = theme.current(), painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, pane.width() * 45 // 100)
        width = metrics.horizontalAdvance(shown) + 16
        x = pane.left() + 8 if left else pane.right() - 8 - width
        box = QRect(QPoint(x, pane.top() + 8), metrics.size(0, shown)).adjusted(0, 0, 16, 8)
        painter.setPen(QPen(QColor(look.line), 1))
        painter.setBrush(QColor(look.panel))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(QColor(look.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt: zoom at the pointer."""
        self.zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: take hold of the picture or of the line."""
        self._held = event.position()
        self._on_line = self._near_line(event.position())
        if not self._on_line:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def _near_line(self, at: QPointF) -> bool:
        return self.mode == "slider" and abs(at.x() - self._line_x()) <= GRASP

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt: move what is held."""
        if self._held is None:
            near = self._near_line(event.position())
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.OpenHandCursor)
            return
        if self._on_line:
            self.split = min(1.0, max(0.0, event.position().x() / max(1, self.width())))
        elif self.images is not None:
            moved, self._held = event.position() - self._held, event.position()
            target = self._target(self._pane(event.position()))
            self._move(-moved.x() / target.width(), -moved.y() / target.height())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt: let go."""
        self._held, self._on_line = None, False
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt: show all of it."""
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: see the class."""
        key = Qt.Key(event.key())
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / STEP)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in steps and self.mode == "slider" and steps[key][0]:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.split = min(1.0, max(0.0, self.split + steps[key][0] * (0.002 if fine else 0.02)))
            self.update()
        elif key in steps:
            self._move(0.1 * steps[key][0] / self._zoom, 0.1 * steps[key][1] / self._zoom)
            self.update()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the zoom is of what fits."""
        super().resizeEvent(event)
        self._tell()
