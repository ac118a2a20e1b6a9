"""`Renderer`: the visible part of picture and labels in a buffer of the screen's resolution. UI thread only.

Two buffers: `base` is the picture alone, made anew when the view changes; `shown` is base with the labels over it, of
which only dirty rectangles are made anew while painting. Every pixel of both depends on its own position only, never
on the rectangle that it is made in, so a partial and a full repaint agree exactly.

A large canvas that changes as a whole is drawn quickly first (the picture unblended, the labels in squares of two
pixels) and made sharp band by band afterwards, so that no single step takes long: see `improve`.
"""

from __future__ import annotations

from time import perf_counter

import cv2
import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter

from segdesk.app.pyramid import Pyramid
from segdesk.app.reduced import reach
from segdesk.domain.edit import Rect
from segdesk.ui.canvas_view import View
from segdesk.ui.overlay_layers import Layer
from segdesk.ui.sampling import blended, gather

MANY = 128  # dirty rectangles; more are joined to one
BAND = 256  # rows that are made at once, so that they stay in the processor's cache
SHARP_BAND = 64  # rows that are made sharp at once: a stroke may begin at any moment, and waits for no more
QUICK_FROM = 1 << 20  # device pixels; a smaller canvas is drawn fast enough at once
SQUARE = 2  # device pixels of a side that have one label at first
COARSE = 4  # see `_coarseness`
GRID_ON_LIGHT, GRID_ON_DARK, DARK = 0x38000000, 0x30303030, 90  # premultiplied ARGB; mean grey of a dark picture
GRID_ZOOM = 12.0  # device pixels per image pixel from which the pixel grid is drawn
SHARP_ZOOM = 2.0  # from here on each pixel of the picture is a plain square


class Renderer:
    """Set the attributes, tell what is out of date, then `flush` and draw `image`."""

    def __init__(self) -> None:
        self.view = View()
        self.pyramid: Pyramid | None = None
        self.layer: Layer | None = None
        self.lookup: np.ndarray | None = None
        self.background = QColor(40, 40, 40)
        self._grid_color: tuple[object, object, int] = None, None, GRID_ON_LIGHT  # (pyramid, lookup, its colour)
        self.scale = 1.0
        self.image = QImage()
        self._base = np.zeros((0, 0, 4), np.uint8)
        self._shown = np.zeros((0, 0, 4), np.uint8)
        self._base_view: View | None = None
        self._dirty: list[Rect] = []
        self._blunt: list[Rect] = []  # bands of base that are not blended yet
        self._stale: list[Rect] = []  # bands whose labels are to be made anew when there is time

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in device pixels."""
        return self._shown.shape[1], self._shown.shape[0]

    def resize(self, width: int, height: int) -> None:
        """Make the buffers fit the widget, in device pixels."""
        if (width, height) == self.size:
            return
        self.image = QImage(max(1, width), max(1, height), QImage.Format.Format_RGB32)
        self._shown = np.frombuffer(self.image.bits(), np.uint8).reshape(self.image.height(), self.image.width(), 4)
        self._base = np.empty_like(self._shown)
        self.invalidate()

    def invalidate(self) -> None:
        """Everything is out of date."""
        self._base_view = None
        self._dirty = [self._whole]

    @property
    def _whole(self) -> Rect:
        return (0, 0, *self.size)

    @property
    def unfinished(self) -> bool:
        """Whether there is something to `improve`."""
        return bool(self._blunt or self._stale)

    def improve(self, seconds: float) -> Rect:
        """After a `flush`: make bands sharp for about so long; returns the device rectangle that looks different."""
        end, done = perf_counter() + seconds, []
        while self.unfinished:
            if self._blunt:
                rect = self._blunt.pop(0)
                self._render_part(rect)
                self._stale = [band for band in self._stale if band != rect]
            else:
                rect = self._stale.pop(0)
            self._compose(rect)
            done.append(rect)
            if perf_counter() > end:
                break
        return _union(done) if done else (0, 0, 0, 0)

    def labels_sharper(self) -> None:
        """The labels may look a little different everywhere, which can wait for `improve`."""
        self._stale = self._bands(self._whole, SHARP_BAND)

    @property
    def _large(self) -> bool:
        return _area(self._whole) >= QUICK_FROM

    def invalidate_labels(self) -> None:
        """The colours or the whole map are out of date, the picture is not."""
        self._dirty = [self._whole]

    def mark(self, rect: Rect) -> Rect:
        """The map changed inside an image rectangle; returns the device rectangle that will look different."""
        far = reach(self.view.zoom)
        rect = rect[0] - far, rect[1] - far, rect[2] + far, rect[3] + far
        x0, y0, x1, y1 = self._clipped(self.view.device_rect(rect, self._thick))
        if x1 > x0 and y1 > y0:
            self._add_dirty((x0, y0, x1, y1))
        return x0, y0, x1, y1

    def _add_dirty(self, rect: Rect) -> None:
        """Note what is to be made anew, as one with the last rectangle where that is no more work."""
        if self._dirty:
            joined = _union([self._dirty[-1], rect])
            if _area(joined) <= _area(self._dirty[-1]) + _area(rect):
                self._dirty[-1] = joined
                return
        self._dirty.append(rect)
        if len(self._dirty) > MANY:
            self._dirty = [_union(self._dirty)]

    def flush(self) -> bool:
        """Bring `image` up to date; returns whether there was anything to do."""
        due = bool(self._dirty) or self._base_view != self.view
        if self._base_view != self.view:
            self._render_base(self._scrolled(self._whole))
        for rect in self._dirty:
            costly = bool(self._blunt) or (self.layer is not None and self.layer.costly)
            if rect == self._whole and self._large and costly:
                self._compose(rect, square=SQUARE)
                self._stale = self._bands(rect, SHARP_BAND)
            else:
                self._compose(rect)
        self._dirty = []
        return due

    def draw_layer(self, image: QImage, view: View) -> None:
        """Blend the labels as `view` has them, without outlines, over an image (not `image`)."""
        if self.layer is not None:
            painter = QPainter(image)
            _draw(painter, 0, 0, self.layer.render(view, (0, 0, image.width(), image.height()), 0))
            painter.end()

    # ---- the picture

    def _scrolled(self, whole: Rect) -> list[Rect]:
        """Shift the buffers where the view only moved; returns the device rectangles that must be made anew."""
        old, view = self._base_view, self.view
        self._base_view = view
        if old is None or old.zoom != view.zoom or self._dirty:
            return [whole]
        dx, dy = view.x - old.x, view.y - old.y
        width, height = self.size
        if dx != int(dx) or dy != int(dy) or abs(dx) >= width or abs(dy) >= height:
            return [whole]
        for buffer in (self._base, self._shown):
            _shift(buffer, int(dx), int(dy))
        self._blunt, self._stale = (self._moved(bands, int(dy)) for bands in (self._blunt, self._stale))
        return _uncovered(width, height, int(dx), int(dy))

    def _moved(self, bands: list[Rect], dy: int) -> list[Rect]:
        """Bands as wide as the canvas, after a shift."""
        moved = [self._clipped((band[0], band[1] + dy, band[2], band[3] + dy)) for band in bands]
        return [band for band in moved if band[3] > band[1]]

    def _render_base(self, rects: list[Rect]) -> None:
        for rect in rects:
            quick = rect == self._whole and self._large
            if quick:
                self._blunt, self._stale = self._bands(rect, SHARP_BAND), []
            self._render_part(rect, quick=quick)
            if not self._dirty and rect != self._whole:
                self._compose(self._grown(rect))
            else:
                self._dirty = [self._whole]

    def _render_part(self, rect: Rect, *, quick: bool = False) -> None:
        x0, y0, x1, y1 = rect
        self._base.view(np.uint32)[y0:y1, x0:x1, 0] = self.background.rgb()
        if self.pyramid is not None:
            self._render_picture(self.pyramid, rect, quick=quick)

    def _grown(self, rect: Rect) -> Rect:
        return self._clipped((rect[0] - 2, rect[1] - 2, rect[2] + 2, rect[3] + 2))

    def _render_picture(self, pyramid: Pyramid, rect: Rect, *, quick: bool) -> None:
        """Draw the part of the picture inside a device rectangle into `base`; `quick`: without blending."""
        height, width = pyramid.full_size
        x, y = self.view.columns(rect[0], rect[2]), self.view.rows(rect[1], rect[3])
        left, right = np.searchsorted(x, (0.0, width))
        top, bottom = np.searchsorted(y, (0.0, height))
        if left >= right or top >= bottom:
            return
        level = pyramid.level_for(self.view.zoom)
        scale = level.shape[1] / width, level.shape[0] / height
        smooth, step = not quick and self._smoothly(scale[0]), _coarseness(self.view.zoom / scale[0])
        columns, skip = _coarse(x[left:right] * scale[0], rect[0] + left, step)
        for first in range(top, bottom, BAND):
            last = min(bottom, first + BAND)
            target = self._base[rect[1] + first : rect[1] + last, rect[0] + left : rect[0] + right]
            rows, above = _coarse(y[first:last] * scale[1], rect[1] + first, step)
            drawn = _smooth(level, rows, columns) if smooth else _plain(level, rows, columns)
            if self.lookup is not None:
                drawn = cv2.LUT(drawn, self.lookup)
            drawn = cv2.cvtColor(drawn, cv2.COLOR_RGB2BGRA)
            if step > 1:
                drawn = drawn.repeat(step, axis=0).repeat(step, axis=1)[above:, skip:]
            target[...] = drawn[: target.shape[0], : target.shape[1]]

    def _smoothly(self, per_pixel: float) -> bool:
        """Blend neighbours? Not where pixels are squares on the screen, nor where the level has many more pixels than
        the screen (its smaller copies are not there yet): blending two of twenty costs time and gains nothing."""
        enlarged = self.view.zoom / per_pixel
        if per_pixel == 1.0:
            return 0.5 <= enlarged < SHARP_ZOOM and enlarged != 1.0
        return enlarged >= 0.5

    # ---- the labels over it

    @property
    def _thick(self) -> int:
        return max(1, round(self.scale))

    @staticmethod
    def _bands(rect: Rect, rows: int = BAND) -> list[Rect]:
        x0, y0, x1, y1 = rect
        return [(x0, top, x1, min(y1, top + rows)) for top in range(y0, y1, rows)]

    def _compose(self, rect: Rect, *, square: int = 1) -> None:
        for band in self._bands(rect):
            self._compose_band(band, square)

    def _compose_band(self, rect: Rect, square: int) -> None:
        x0, y0, x1, y1 = rect
        self._shown[y0:y1, x0:x1] = self._base[y0:y1, x0:x1]
        painter = QPainter(self.image)
        if self.layer is not None and square == 1:
            _draw(painter, x0, y0, self.layer.render(self.view, rect, self._thick))
        elif self.layer is not None:
            _draw(painter, x0, y0, _in_squares(self.layer, self.view, rect, square))
        if self.view.zoom >= GRID_ZOOM * self.scale and self.pyramid is not None:
            self._draw_grid(painter, self.pyramid, rect)
        painter.end()

    def _color_of_grid(self, pyramid: Pyramid) -> int:
        """Lighter than a dark picture, darker than others."""
        if self._grid_color[0] is not pyramid or self._grid_color[1] is not self.lookup:
            small = pyramid.levels[-1]
            few = np.ascontiguousarray(small[:: 1 + small.shape[0] // 256, :: 1 + small.shape[1] // 256])
            mean = (few if self.lookup is None else cv2.LUT(few, self.lookup)).mean()
            self._grid_color = pyramid, self.lookup, GRID_ON_DARK if mean < DARK else GRID_ON_LIGHT
        return self._grid_color[2]

    def _draw_grid(self, painter: QPainter, pyramid: Pyramid, rect: Rect) -> None:
        """Darken or lighten the first device row and column of each image pixel."""
        size, color = pyramid.full_size, self._color_of_grid(pyramid)
        x0, y0, x1, y1 = rect
        layer = np.zeros((y1 - y0, x1 - x0), np.uint32)
        inside = _inside(self.view.rows(y0, y1), size[0])
        across = _inside(self.view.columns(x0, x1), size[1])
        line = np.zeros(x1 - x0, np.uint32)
        line[_steps(self.view.columns(x0 - 1, x1), size[1])] = color
        layer[inside] = line
        for row in _steps(self.view.rows(y0 - 1, y1), size[0]):
            layer[row, across] = color
        _draw(painter, x0, y0, layer)

    def _clipped(self, rect: Rect) -> Rect:
        width, height = self.size
        return max(0, rect[0]), max(0, rect[1]), min(width, rect[2]), min(height, rect[3])


def brightness_lookup(brightness: float, contrast: float, gamma: float) -> np.ndarray | None:
    """(256,) uint8 by which a picture's values are shown; None where nothing changes."""
    if (brightness, contrast, gamma) == (0.0, 1.0, 1.0):
        return None
    value = np.arange(256) / 255.0
    value = np.clip((value - 0.5) * contrast + 0.5 + brightness, 0.0, 1.0) ** (1.0 / gamma)
    return np.round(value * 255).astype(np.uint8)


def _steps(positions: np.ndarray, size: int) -> np.ndarray:
    """Where, counted from the second position, another pixel of 0..size-1 begins."""
    index = np.floor(positions).astype(np.int64)
    return np.flatnonzero((index[1:] != index[:-1]) & (index[1:] >= 0) & (index[1:] < size))


def _inside(positions: np.ndarray, size: int) -> slice:
    """The sorted positions that lie in 0..size."""
    first, last = np.searchsorted(positions, (0.0, size))
    return slice(int(first), int(last))


def _draw(painter: QPainter, x: int, y: int, colors: np.ndarray) -> None:
    """Blend (h, w) uint32 premultiplied ARGB over what is there."""
    height, width = colors.shape
    image = QImage(colors.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(x, y, image)


def _in_squares(layer: Layer, view: View, rect: Rect, side: int) -> np.ndarray:
    """What a layer gives for a device rectangle that begins at multiples of `side`, squares of that side alike."""
    x0, y0, x1, y1 = rect
    small = View(view.zoom / side, view.x / side, view.y / side)
    drawn = layer.render(small, (x0 // side, y0 // side, -(-x1 // side), -(-y1 // side)), 1)
    height, width = drawn.shape
    bytes_ = np.ascontiguousarray(drawn).view(np.uint8).reshape(height, width, 4)  # OpenCV enlarges no 32 bit numbers
    large = cv2.resize(bytes_, (width * side, height * side), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.ascontiguousarray(large[: y1 - y0, : x1 - x0]).view(np.uint32)[..., 0]


def _plain(level: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The level's pixels under the given positions, as they are."""
    y = np.minimum(np.floor(rows).astype(np.intp), level.shape[0] - 1)
    x = np.minimum(np.floor(columns).astype(np.intp), level.shape[1] - 1)
    return np.ascontiguousarray(gather(level, y, x))


def _smooth(level: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The level blended bilinearly at the given positions, on steps of 1/32 pixel."""
    y, x = np.round((rows - 0.5) * 32) / 32, np.round((columns - 0.5) * 32) / 32
    top, left = max(0, int(y[0])), max(0, int(x[0]))
    crop = level[top : int(y[-1]) + 2, left : int(x[-1]) + 2]  # OpenCV takes no more than 32,767 columns
    return blended(crop, y - top, x - left)


def _coarseness(enlarged: float) -> int:
    """How many device pixels share one of the level's: more than one only while a very large picture has no smaller
    copies yet, where each pixel read is one that the processor has not at hand."""
    step = COARSE
    while step > 1 and enlarged * step > 0.55:
        step //= 2
    return step


def _coarse(positions: np.ndarray, first: int, step: int) -> tuple[np.ndarray, int]:
    """Every `step`-th position, counted from device pixel 0, beginning at or before the `first`, and how many device
    pixels lie before that."""
    before = first % step
    if step == 1:
        return positions, before
    start = positions[0] - before * (positions[-1] - positions[0]) / max(1, positions.size - 1)
    rest = positions[(step - before) % step :: step]
    return (np.concatenate(([max(0.0, start)], rest)) if before else rest), before


def _shift(buffer: np.ndarray, dx: int, dy: int) -> None:
    height, width = buffer.shape[:2]
    source = buffer[max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)]
    buffer[max(0, dy) : height - max(0, -dy), max(0, dx) : width - max(0, -dx)] = source  # NumPy minds the overlap


def _uncovered(width: int, height: int, dx: int, dy: int) -> list[Rect]:
    """The strips that a shift by (dx, dy) leaves to be drawn."""
    strips = []
    if dy:
        strips.append((0, 0, width, dy) if dy > 0 else (0, height + dy, width, height))
    if dx:
        strips.append((0, 0, dx, height) if dx > 0 else (width + dx, 0, width, height))
    return strips


def _area(rect: Rect) -> int:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


def _union(rects: list[Rect]) -> Rect:
    x0, y0, x1, y1 = zip(*rects, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
