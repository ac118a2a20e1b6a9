"""`View`: where the picture lies on the screen. Pure arithmetic, no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from segdesk.domain.edit import Rect

MIN_ZOOM, MAX_ZOOM = 1 / 256, 64.0
FRACTION = 64.0  # the origin is kept on 1/64 pixel, so that moving by whole pixels is exact
FIT_MARGIN = 0.02  # of the view's smaller side, left free around the picture
KEEP_VISIBLE = 48  # device pixels of the picture that stay in view


@dataclass(frozen=True)
class View:
    """`zoom` device pixels per image pixel; (`x`, `y`) the device position of the image's top-left corner.

    Device pixels are the screen's own, not Qt's logical ones. A device pixel shows the image pixel under its centre.
    """

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Device position to image position."""
        return (x - self.x) / self.zoom, (y - self.y) / self.zoom

    def to_device(self, x: float, y: float) -> tuple[float, float]:
        """Image position to device position."""
        return x * self.zoom + self.x, y * self.zoom + self.y

    def columns(self, first: int, last: int) -> np.ndarray:
        """(last - first,) float64: the image x under the centre of each device column."""
        return (np.arange(first, last) + (0.5 - self.x)) / self.zoom

    def rows(self, first: int, last: int) -> np.ndarray:
        """(last - first,) float64: the image y under the centre of each device row."""
        return (np.arange(first, last) + (0.5 - self.y)) / self.zoom

    def device_rect(self, rect: Rect, margin: int = 0) -> Rect:
        """All device pixels that may show something of an image rectangle, plus a margin."""
        x0, y0 = self.to_device(rect[0], rect[1])
        x1, y1 = self.to_device(rect[2], rect[3])
        return (
            math.floor(x0) - 1 - margin,
            math.floor(y0) - 1 - margin,
            math.ceil(x1) + 1 + margin,
            math.ceil(y1) + 1 + margin,
        )

    def moved(self, dx: int, dy: int) -> View:
        """Shifted by whole device pixels."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def zoomed(self, zoom: float, at: tuple[float, float]) -> View:
        """With another zoom; the image point under the device point `at` stays there."""
        zoom = min(MAX_ZOOM, max(MIN_ZOOM, zoom))
        ix, iy = self.to_image(*at)
        return View(zoom, _snap(at[0] - ix * zoom), _snap(at[1] - iy * zoom))

    def kept_visible(self, image: tuple[int, int], area: tuple[int, int]) -> View:
        """Shifted so that something of an image of (height, width) stays in a device area of (width, height)."""
        return replace(
            self,
            x=_snap(_bounded(self.x, image[1] * self.zoom, area[0])),
            y=_snap(_bounded(self.y, image[0] * self.zoom, area[1])),
        )


def fitted(image: tuple[int, int], area: tuple[int, int]) -> View:
    """The view that shows a whole image of (height, width) in the middle of a device area of (width, height)."""
    margin = FIT_MARGIN * min(area)
    free = max(1.0, area[0] - 2 * margin), max(1.0, area[1] - 2 * margin)
    zoom = min(free[0] / max(1, image[1]), free[1] / max(1, image[0]))
    zoom = min(MAX_ZOOM / 4, max(MIN_ZOOM, zoom))
    return View(zoom, _snap((area[0] - image[1] * zoom) / 2), _snap((area[1] - image[0] * zoom) / 2))


def _bounded(start: float, length: float, area: int) -> float:
    keep = min(KEEP_VISIBLE, length)
    return min(area - keep, max(keep - length, start))


def _snap(value: float) -> float:
    return round(value * FRACTION) / FRACTION
