"""Areas that a person draws: a polygon as pixels, exactly; the outline of pixels as lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from segdesk.app.region import Region
from segdesk.app.tools.base import Sketch
from segdesk.domain.edit import TILE, Rect

Point = tuple[float, float]
Masks = Iterator[tuple[int, int, np.ndarray]]


class Shape(Protocol):
    """Pixels to be painted: a `Polygon` or a `Region`."""

    @property
    def rect(self) -> Rect:
        """(x0, y0, x1, y1) around them; it may reach beyond the picture."""
        ...

    def masks(self, size: tuple[int, int]) -> Masks:
        """Those inside a map of `size` (H, W), as (x, y, (h, w) bool mask) for bands of rows."""
        ...


@dataclass(frozen=True)
class Polygon:
    """A closed line through `points` (x, y). Its pixels are those whose centre (at +0.5) lies inside by the even-odd
    rule; a centre on the line belongs to the side on its right, or below where the line is level."""

    points: tuple[Point, ...]

    @property
    def rect(self) -> Rect:
        """(x0, y0, x1, y1) around the points."""
        if not self.points:
            return 0, 0, 0, 0
        x, y = np.array(self.points).T
        return int(np.floor(x.min())), int(np.floor(y.min())), int(np.ceil(x.max())), int(np.ceil(y.max()))

    def masks(self, size: tuple[int, int]) -> Masks:
        """See `Shape`. Bands end where tiles end."""
        row, column = _crossings(self.points, size)
        order = np.argsort(row, kind="stable")
        row, column = row[order], column[order]
        edges = np.flatnonzero(np.diff(row // TILE)) + 1
        for rows, columns in zip(np.split(row, edges), np.split(column, edges), strict=True):
            if rows.size:
                yield from _band(rows, columns)


def box(start: Point, end: Point) -> Polygon:
    """The rectangle between two corners."""
    (ax, ay), (bx, by) = start, end
    return Polygon(((ax, ay), (bx, ay), (bx, by), (ax, by)))


def swept_square(start: Point, end: Point, side: float) -> Polygon:
    """What a square goes over whose middle moves from `start` to `end`: a hexagon, or the square where it stays."""
    (ax, ay), (bx, by) = start, end
    u = math.copysign(side / 2, bx - ax)
    v = math.copysign(side / 2, by - ay)
    return Polygon(
        ((ax - u, ay - v), (ax + u, ay - v), (bx + u, by - v), (bx + u, by + v), (bx - u, by + v), (ax - u, ay + v))
    )


def _crossings(points: Iterable[Point], size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(row, column) of each place where the polygon crosses a row of pixel centres: `column` is the first pixel whose
    centre is not left of the line. Both (n,) int64, cut to the map (columns 0..W)."""
    a = np.array(list(points), np.float64).reshape(-1, 2)
    b = np.roll(a, -1, axis=0)
    down = (a[:, 1] <= b[:, 1])[:, None]
    upper, lower = np.where(down, a, b), np.where(down, b, a)
    first = np.clip(np.ceil(upper[:, 1] - 0.5), 0, size[0]).astype(np.int64)
    stop = np.clip(np.ceil(lower[:, 1] - 0.5), 0, size[0]).astype(np.int64)
    count = np.maximum(stop - first, 0)
    edge = np.repeat(np.arange(count.size), count)
    row = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    (x, y), (dx, dy) = upper[edge].T, (lower - upper)[edge].T
    rise = (row + 0.5 - y) * dx

    def right_of(column: np.ndarray) -> np.ndarray:
        return (column + 0.5 - x) * dy >= rise

    column = np.ceil(x + rise / dy - 0.5)
    column = np.where(right_of(column - 1), column - 1, np.where(right_of(column), column, column + 1))
    return row, np.clip(column, 0, size[1]).astype(np.int64)


def _band(row: np.ndarray, column: np.ndarray) -> Masks:
    """The pixels with an odd number of crossings at their left or on them."""
    x0, y0 = int(column.min()), int(row[0])
    width, height = int(column.max()) - x0, int(row[-1]) + 1 - y0
    if width == 0:
        return
    crossed = np.bincount((row - y0) * (width + 1) + column - x0, minlength=height * (width + 1))
    inside = np.cumsum(crossed.reshape(height, width + 1).astype(np.uint8), axis=1, dtype=np.uint8)[:, :-1] & 1
    if inside.any():
        yield x0, y0, inside.view(bool)


def outline(region: Region, *, role: str = "area") -> tuple[Sketch, ...]:
    """The border of a region as closed lines through its outermost pixels' centres, holes too."""
    found, _ = cv2.findContours(region.mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    corner = np.array((region.x + 0.5, region.y + 0.5))
    return tuple(Sketch(tuple(map(tuple, (line[:, 0] + corner).tolist())), closed=True, role=role) for line in found)


def inside(region: Region) -> Point:
    """The centre of a pixel of the region, near its middle row; the region must not be empty."""
    rows, columns = region.mask.nonzero()
    middle = rows.size // 2
    return region.x + float(columns[middle]) + 0.5, region.y + float(rows[middle]) + 0.5
