"""`Minimap`: the whole picture as a small card on the canvas, with a frame around what is in view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from segdesk.ui import theme
from segdesk.ui.canvas_view import View

if TYPE_CHECKING:
    from segdesk.ui.canvas_picture import PictureView

LONG_SIDE, MARGIN = 176, 10  # logical pixels
LEAST_CANVAS = QSize(480, 320)  # on a smaller one it would be in the way
LATER_MS = 40  # after a change of labels; the event that changed them has enough to do
ALL_IN_VIEW = 0.98  # of the picture's area; then there is nothing to show


class Minimap(QWidget):
    """Part of a `PictureView`. A press or drag moves the view there; the wheel goes to the canvas.

    It is made anew when the picture, the view's size or the labels as a whole change, and at the end of a stroke; not
    while painting.
    """

    def __init__(self, parent: PictureView) -> None:
        super().__init__(parent)
        self._owner = parent
        self._wanted = True
        self._picture: np.ndarray | None = None
        self._image = QImage()
        self._labels_stale = True
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._make_anew)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.hide()

    def set_wanted(self, on: bool) -> None:
        """Switch it on or off; it shows itself only where a part of the picture is out of view."""
        self._wanted = on
        self.follow()

    def picture_changed(self) -> None:
        """Another picture, or another brightness."""
        self._picture = None
        self._make_anew()

    def labels_changed(self) -> None:
        """The labels look different; shown a moment later."""
        self._later.start(LATER_MS)

    def _make_anew(self) -> None:
        self._labels_stale = True
        if self.isVisible():
            self.update()

    def follow(self) -> None:
        """The view moved or the canvas has another size."""
        canvas, full = self._owner, self._owner.picture_size
        fits = canvas.width() >= LEAST_CANVAS.width() and canvas.height() >= LEAST_CANVAS.height()
        shown = self._wanted and fits and full is not None and self._part_in_view(full) < ALL_IN_VIEW
        if shown and full is not None:
            scale = LONG_SIDE / max(full)
            size = QSize(max(8, round(full[1] * scale)), max(8, round(full[0] * scale)))
            if size != self.size():
                self.resize(size)
                self.picture_changed()
            self.move(canvas.width() - size.width() - MARGIN, canvas.height() - size.height() - MARGIN)
        self.setVisible(shown)
        if shown:
            self.update()

    def _part_in_view(self, full: tuple[int, int]) -> float:
        frame = self._frame(full, 1.0, 1.0)
        return frame.width() * frame.height()

    def _frame(self, full: tuple[int, int], width: float, height: float) -> QRectF:
        """What is in view, where the whole picture is (0, 0, width, height)."""
        view, (right, bottom) = self._owner.view, self._owner.area()
        x0, y0 = view.to_image(0, 0)
        x1, y1 = view.to_image(right, bottom)
        left, top = max(0.0, x0 / full[1]), max(0.0, y0 / full[0])
        return QRectF(
            left * width,
            top * height,
            max(0.0, min(1.0, x1 / full[1]) - left) * width,
            max(0.0, min(1.0, y1 / full[0]) - top) * height,
        )

    # ---- events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: the picture with its labels, the frame, a thin border."""
        full = self._owner.picture_size
        if full is None:
            return
        if self._labels_stale or self._picture is None:
            self._make_image(full)
        painter = QPainter(self)
        painter.drawImage(self.rect(), self._image)
        frame = self._frame(full, self.width(), self.height()).adjusted(0.5, 0.5, -0.5, -0.5)
        frame.setSize(frame.size().expandedTo(QSize(3, 3)))
        for color, width in ((QColor(0, 0, 0, 170), 3.0), (QColor(255, 255, 255), 1.4)):
            painter.setPen(QPen(color, width))
            painter.drawRect(frame)
        painter.setPen(QColor(theme.current().line))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: look there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._look_at(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt: drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._look_at(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt: not for the canvas below."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt: not for the canvas below."""

    def _look_at(self, event: QMouseEvent) -> None:
        full, at = self._owner.picture_size, event.position()
        if full is not None:
            x, y = at.x() / self.width(), at.y() / self.height()
            self._owner.centre_on(min(1.0, max(0.0, x)) * full[1], min(1.0, max(0.0, y)) * full[0])

    # ---- inside

    def _make_image(self, full: tuple[int, int]) -> None:
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        if self._picture is None or self._picture.shape[:2] != (height, width):
            self._picture = self._owner.thumbnail(width, height)
        self._image = QImage(width, height, QImage.Format.Format_RGB32)
        drawn = np.frombuffer(self._image.bits(), np.uint8).reshape(height, width, 4)
        drawn[...] = cv2.cvtColor(self._picture, cv2.COLOR_RGB2BGRA)
        self._owner.draw_labels(self._image, View(width / full[1], 0.0, 0.0))
        self._labels_stale = False
