"""The connected region of a label map around a point, at the cost of the region's box and not of the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from segdesk.domain.edit import Rect, clip

FIRST_REACH = 128


@dataclass(frozen=True)
class Region:
    """`mask` (h, w) bool, its top-left pixel at (x, y) of the map."""

    x: int
    y: int
    mask: np.ndarray

    @property
    def rect(self) -> Rect:
        """(x0, y0, x1, y1) in the map."""
        return self.x, self.y, self.x + self.mask.shape[1], self.y + self.mask.shape[0]

    def masks(self, size: tuple[int, int]) -> Iterator[tuple[int, int, np.ndarray]]:
        """The region as one mask, (x, y, mask), for whoever paints shapes; it lies inside the map of `size` (H, W)."""
        yield self.x, self.y, self.mask


def connected(ids: np.ndarray, column: int, row: int, *, most_pixels: int | None = None) -> Region | None:
    """The pixels of equal value that hang together with (column, row) over their sides. Any thread. None if the
    window that was looked at would hold more than `most_pixels`."""
    value = ids[row, column]

    def same(rect: Rect) -> np.ndarray:
        x0, y0, x1, y1 = rect
        return ids[y0:y1, x0:x1] == value

    return flood(same, column, row, size=(ids.shape[0], ids.shape[1]), most_pixels=most_pixels)


def flood(
    within: Callable[[Rect], np.ndarray],
    column: int,
    row: int,
    *,
    size: tuple[int, int],
    most_pixels: int | None = None,
) -> Region | None:
    """The pixels that hang together with (column, row) over their sides, of those for which `within(rect)`, a bool
    mask of a part of the (H, W) map, is true as it is for that one. Any thread.

    A window around the point is flooded; while the flood reaches a side of the window that is not the map's, the
    window grows twofold on those sides. None if the window would hold more than `most_pixels`.
    """
    reach = FIRST_REACH
    window = clip((column - reach, row - reach, column + reach + 1, row + reach + 1), size)
    while True:
        x0, y0, x1, y1 = window
        if most_pixels is not None and (x1 - x0) * (y1 - y0) > most_pixels:
            return None
        mask = _flooded(within(window), column - x0, row - y0)
        grown = _grown(mask, window, size)
        if grown == window:
            return Region(x0, y0, mask)
        window = grown


def _flooded(crop: np.ndarray, column: int, row: int) -> np.ndarray:
    same = np.ascontiguousarray(crop).view(np.uint8)
    walls = np.zeros((crop.shape[0] + 2, crop.shape[1] + 2), np.uint8)
    cv2.floodFill(same, walls, (column, row), 1, flags=4 | cv2.FLOODFILL_MASK_ONLY | (1 << 8))
    return walls[1:-1, 1:-1].astype(bool)


def _grown(mask: np.ndarray, window: Rect, size: tuple[int, int]) -> Rect:
    """The window, twice as large on the sides that the mask reaches, within the map."""
    x0, y0, x1, y1 = window
    width, height = x1 - x0, y1 - y0
    return clip(
        (
            x0 - width * int(mask[:, 0].any()),
            y0 - height * int(mask[0].any()),
            x1 + width * int(mask[:, -1].any()),
            y1 + height * int(mask[-1].any()),
        ),
        size,
    )
