"""Geometry that several steps share. Pure functions on label maps; any thread."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from segdesk.domain.edit import Rect

TILE = 256


def disc(radius: int) -> np.ndarray:
    """(2r + 1, 2r + 1) uint8: the pixels whose centres lie within `radius` + 0.5 of the middle one."""
    away = np.arange(-radius, radius + 1)
    return (away[:, None] ** 2 + away[None] ** 2 <= (radius + 0.5) ** 2).astype(np.uint8)


def tiles(size: tuple[int, int], side: int = TILE) -> Iterator[Rect]:
    """Squares (x0, y0, x1, y1) that cover a map of (H, W)."""
    for top in range(0, size[0], side):
        for left in range(0, size[1], side):
            yield left, top, min(size[1], left + side), min(size[0], top + side)


def around(rect: Rect, margin: int, size: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The part of a map of (H, W) up to `margin` around a rectangle, and where the rectangle lies in it."""
    x0, y0, x1, y1 = rect
    left, top = max(0, x0 - margin), max(0, y0 - margin)
    outer = slice(top, min(size[0], y1 + margin)), slice(left, min(size[1], x1 + margin))
    return outer, (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))


def present(ids: np.ndarray) -> list[int]:
    """The values that occur in a map of uint16, ascending."""
    return np.flatnonzero(np.bincount(ids.ravel())).tolist()


def nearest(ids: np.ndarray, wanted: np.ndarray, sources: np.ndarray, reach: int) -> np.ndarray:
    """A copy in which the `wanted` pixels, (H, W) bool, have the id of the nearest of the `sources`, (H, W) bool,
    within about `reach`; where there is none they stay. Distances are those of a 5 x 5 chamfer mask, up to 2 % off."""
    result = ids.copy()
    size = (ids.shape[0], ids.shape[1])
    for rect in tiles(size):
        x0, y0, x1, y1 = rect
        here = wanted[y0:y1, x0:x1]
        if not here.any():
            continue
        outer, inner = around(rect, reach + 1, size)
        free = sources[outer]
        if not free.any():
            continue
        far, found = cv2.distanceTransformWithLabels(
            (~free).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        number = np.asarray(found, np.int32)
        label = np.zeros(int(number.max()) + 1, ids.dtype)
        label[number[free]] = ids[outer][free]
        take = here & (far[inner] <= reach)
        result[y0:y1, x0:x1][take] = label[number[inner][take]]
    return result
