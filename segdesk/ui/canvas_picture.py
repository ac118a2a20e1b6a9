"""`PictureView`: a picture with labels over it, zoomed and moved. Knows no tools and no document."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QWidget

from segdesk.app.pyramid import Pyramid
from segdesk.domain.edit import Rect
from segdesk.ui import theme
from segdesk.ui.canvas_render import Renderer, brightness_lookup
from segdesk.ui.canvas_view import View, fitted
from segdesk.ui.i18n import tr
from segdesk.ui.minimap import Minimap

FILLED, MOST_FILLING = 0.5, 8.0  # `zoom_to_rect`: part of the view, largest zoom (a few pixels need their surroundings)
RESTING_MS = 30  # after which what was drawn quickly is made sharp: not between two steps of the wheel or the brush
SHARPEN_SECONDS = 0.004  # of one event; a band may take as long again
TINY, SMALL_VIEW = 0.1, 0.5  # `show_rect` zooms to let a rectangle fill half the view if it fills less than a tenth


class PictureView(QWidget):
    """The part of the canvas that shows. Signal `zoom_changed(zoom)`: device pixels per image pixel."""

    zoom_changed = Signal(float)
    resized = Signal()  # for what floats over it; a filter of its events would see each move of the pointer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._renderer = Renderer()
        self._fit = True
        self._sharpening = QTimer(self)
        self._sharpening.setSingleShot(True)
        self._sharpening.timeout.connect(self._sharpen_some)
        self.minimap = Minimap(self)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(QSize(64, 64))
        self._take_palette()

    def view_moved(self) -> None:
        """Called after the view changed; for derived classes."""

    def paint_over(self, painter: QPainter) -> None:
        """Draw over the picture, in logical pixels; for derived classes."""

    def show_picture(self, pyramid: Pyramid, *, keep_view: bool = False) -> None:
        """Show a picture, whole, unless `keep_view` and the picture before had the same size."""
        same = self._renderer.pyramid is not None and self._renderer.pyramid.full_size == pyramid.full_size
        self.take_pyramid(pyramid)
        if not (keep_view and same):
            self.zoom_fit()

    def take_pyramid(self, pyramid: Pyramid | None) -> None:
        """Draw from this pyramid (None: no picture) without touching the view."""
        self._renderer.pyramid = pyramid
        self.redraw()
        self.minimap.picture_changed()
        self.minimap.follow()

    def set_brightness(self, brightness: float = 0.0, contrast: float = 1.0, gamma: float = 1.0) -> None:
        """How the picture is shown (never changed): `brightness` -1..1 is added, `contrast` and `gamma` 0.2..5."""
        lookup = brightness_lookup(brightness, contrast, gamma)
        if not np.array_equal(lookup, self._renderer.lookup):  # type: ignore[arg-type]
            self._renderer.lookup = lookup
            self.redraw()
            self.minimap.picture_changed()

    def set_minimap(self, on: bool) -> None:
        """Show the whole picture as a small card where only a part of it is in view."""
        self.minimap.set_wanted(on)

    @property
    def picture_size(self) -> tuple[int, int] | None:
        """(height, width) of the picture, None if there is none."""
        return None if self._renderer.pyramid is None else self._renderer.pyramid.full_size

    def thumbnail(self, width: int, height: int) -> np.ndarray:
        """(height, width, 3) uint8 RGB of the whole picture as it is shown, at the cost of its smallest copy."""
        assert self._renderer.pyramid is not None
        level = self._renderer.pyramid.levels[-1]
        step = max(1, level.shape[1] // (4 * width))  # more than one only while there are no smaller copies
        small = cv2.resize(np.ascontiguousarray(level[::step, ::step]), (width, height), interpolation=cv2.INTER_AREA)
        return small if self._renderer.lookup is None else cv2.LUT(small, self._renderer.lookup)

    def draw_labels(self, image: QImage, view: View) -> None:
        """Draw what lies over the picture, as `view` has it, on a small image; no outlines."""
        self._renderer.draw_layer(image, view)

    @property
    def view(self) -> View:
        """Where the picture lies, in device pixels."""
        return self._renderer.view

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self.view.zoom

    def set_view(self, view: View, *, fit: bool = False) -> None:
        """Show another part; something of the picture always stays visible. `fit`: follow the widget's size."""
        old = self.view
        if self._renderer.pyramid is not None:
            view = view.kept_visible(self._renderer.pyramid.full_size, self.area())
        self._renderer.view = view
        self._fit = fit
        if view != old:
            self.update()
            self.view_moved()
            self.minimap.follow()
        if view.zoom != old.zoom:
            self.zoom_changed.emit(view.zoom)

    def zoom_fit(self) -> None:
        """Show the whole picture, and go on doing so when the window's size changes."""
        if self._renderer.pyramid is not None:
            self.set_view(fitted(self._renderer.pyramid.full_size, self.area()), fit=True)

    def zoom_to(self, zoom: float) -> None:
        """Set the zoom (1.0 = 100 %) about the middle of the view."""
        width, height = self.area()
        self.set_view(self.view.zoomed(zoom, (width / 2, height / 2)))

    def show_rect(self, rect: Rect) -> None:
        """Centre an image rectangle (x0, y0, x1, y1), zooming in or out only where it would not fit or be tiny."""
        width, height = self.area()
        largest = max((rect[2] - rect[0]) / width, (rect[3] - rect[1]) / height, 1e-9)
        zoom = self.zoom
        if not TINY <= largest * zoom <= 1.0:
            zoom = SMALL_VIEW / largest
        self.centre_on((rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2, zoom=zoom)

    def zoom_to_rect(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Fill the view with an image rectangle and something around it, but not beyond `MOST_FILLING`."""
        width, height = self.area()
        zoom = FILLED / max((x1 - x0) / width, (y1 - y0) / height, 1e-9)
        zoom = min(zoom, max(MOST_FILLING * self.devicePixelRatioF(), self._fitting()))
        self.centre_on((x0 + x1) / 2, (y0 + y1) / 2, zoom=zoom)

    def _fitting(self) -> float:
        full = self.picture_size
        return 0.0 if full is None else fitted(full, self.area()).zoom

    def centre_on(self, x: float, y: float, *, zoom: float | None = None) -> None:
        """Bring an image position to the middle of the view."""
        width, height = self.area()
        view = self.view if zoom is None else replace(self.view, zoom=1.0).zoomed(zoom, (0, 0))
        at = view.to_device(x, y)
        self.set_view(view.moved(round(width / 2 - at[0]), round(height / 2 - at[1])))

    def area(self) -> tuple[int, int]:
        """(width, height) in device pixels."""
        scale = self.devicePixelRatioF()
        return max(1, round(self.width() * scale)), max(1, round(self.height() * scale))

    def update_device(self, rect: Rect) -> None:
        """Repaint a rectangle given in device pixels."""
        scale = self.devicePixelRatioF()
        x0, y0 = math.floor(rect[0] / scale), math.floor(rect[1] / scale)
        self.update(x0, y0, math.ceil(rect[2] / scale) - x0, math.ceil(rect[3] / scale) - y0)

    def redraw(self) -> None:
        """Make everything anew."""
        self._renderer.invalidate()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bring the buffer up to date and copy the part that is asked for."""
        scale = self.devicePixelRatioF()
        self._renderer.scale = scale
        self._renderer.resize(*self.area())
        if self._renderer.flush():
            self.sharpen_later()
        elif self._renderer.unfinished and not self._sharpening.isActive():  # a repaint of what lies over it: no change
            self._sharpening.start(0)
        painter = QPainter(self)
        painter.save()
        painter.scale(1 / scale, 1 / scale)
        part = event.rect()
        x0, y0 = math.floor(part.left() * scale), math.floor(part.top() * scale)
        x1, y1 = math.ceil((part.right() + 1) * scale), math.ceil((part.bottom() + 1) * scale)
        painter.drawImage(x0, y0, self._renderer.image, x0, y0, x1 - x0, y1 - y0)
        painter.restore()
        if self._renderer.pyramid is None:
            self._paint_empty(painter)
        self.paint_over(painter)

    def sharpen_later(self) -> None:
        """Go on with what is to be made sharp when the hand rests."""
        self._sharpening.start(RESTING_MS)

    def hand_moved(self) -> None:
        """A stroke goes on, also where it changes nothing: what is to be made sharp waits again."""
        if self._sharpening.isActive() or self._renderer.unfinished:
            self.sharpen_later()

    def hand_rests(self) -> None:
        """Called a moment after the last change; for derived classes."""

    def _sharpen_some(self) -> None:
        """Go on with what was drawn quickly."""
        self.hand_rests()
        if self._renderer.unfinished:
            self.update_device(self._renderer.improve(SHARPEN_SECONDS))

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, tr("No picture is open"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole picture in view if it was; else keep the middle where it is."""
        super().resizeEvent(event)
        if self._fit:
            self.zoom_fit()
        elif event.oldSize().isValid():
            scale = self.devicePixelRatioF() / 2
            grown = event.size() - event.oldSize()
            self.set_view(self.view.moved(round(grown.width() * scale), round(grown.height() * scale)))
        self.minimap.follow()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the language."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._take_palette()
        elif event.type() == QEvent.Type.LanguageChange:
            self.update()

    def _take_palette(self) -> None:
        self._renderer.background = QColor(theme.current().sunken)
        self.redraw()
