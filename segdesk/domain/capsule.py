"""The pixels of a thick line: all whose centre lies within a radius of the line between two points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BAND = 64  # rows of one mask, so that a long diagonal line costs what it covers and not its box
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """From `start` to `end`, (x, y) in pixels, with `radius`. Pixel (column, row) has its centre at +0.5."""

    start: Point
    end: Point
    radius: float

    def covers(self, column: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Whether the centres of these pixels lie within the radius; arrays are broadcast."""
        (ax, ay), (bx, by) = self.start, self.end
        dx, dy = bx - ax, by - ay
        px, py = column + 0.5 - ax, row + 0.5 - ay
        length2 = dx * dx + dy * dy
        along = np.clip((px * dx + py * dy) / length2, 0.0, 1.0) if length2 > 0 else 0.0
        gap_x, gap_y = px - along * dx, py - along * dy
        return gap_x * gap_x + gap_y * gap_y <= self.radius * self.radius


def rows(line: Line, size: tuple[int, int]) -> tuple[int, np.ndarray, np.ndarray]:
    """The line as one interval of columns a row: (first row, left (n,), right (n,)), the right end exclusive.

    Rows outside a map of `size` (H, W) are left out, columns are cut to it; an empty row has left >= right. A thick
    line is convex, so its ends follow from the two discs and the band between them; each end is then checked against
    `Line.covers`, so that rounding never decides otherwise than the definition.
    """
    height, width = size
    tops = line.start[1], line.end[1]
    first = max(0, int(np.floor(min(tops) - line.radius)) - 1)
    last = min(height, int(np.ceil(max(tops) + line.radius)) + 1)
    if last <= first:
        return first, np.zeros(0, np.int64), np.zeros(0, np.int64)
    y = np.arange(first, last)
    low, high = _ends(line, y + 0.5)
    empty = low > high
    low, high = np.where(empty, 0.0, low), np.where(empty, -1.0, high)
    left = np.ceil(low - 0.5).astype(np.int64)
    right = np.floor(high - 0.5).astype(np.int64) + 1
    left = np.where(line.covers(left - 1, y), left - 1, np.where(line.covers(left, y), left, left + 1))
    right = np.where(line.covers(right, y), right + 1, np.where(line.covers(right - 1, y), right, right - 1))
    right = np.where(empty, left, right)
    return first, np.clip(left, 0, width), np.clip(right, 0, width)


def masks(line: Line, size: tuple[int, int]) -> Iterator[tuple[int, int, np.ndarray]]:
    """The line's pixels inside a map of `size` (H, W), as (x, y, (h, w) bool mask) for bands of rows."""
    first, left, right = rows(line, size)
    for top in range(0, left.size, BAND):
        lo, hi = left[top : top + BAND], right[top : top + BAND]
        filled = lo < hi
        if not filled.any():
            continue
        x0, x1 = int(lo[filled].min()), int(hi[filled].max())
        columns = np.arange(x0, x1, dtype=np.int64)
        yield x0, first + top, (columns >= lo[:, None]) & (columns < hi[:, None])


def _ends(line: Line, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest x of the line at each height `y`; low > high where it does not reach."""
    discs = [_disc(centre, line.radius, y) for centre in (line.start, line.end)]
    low = np.minimum(discs[0][0], discs[1][0])
    high = np.maximum(discs[0][1], discs[1][1])
    band_low, band_high = _band(line, y)
    inside = band_low <= band_high
    return np.where(inside, np.minimum(low, band_low), low), np.where(inside, np.maximum(high, band_high), high)


def _disc(centre: Point, radius: float, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    square = radius * radius - (y - centre[1]) ** 2
    half = np.sqrt(np.maximum(square, 0.0))
    reached = square >= -1e-9 * (radius * radius + 1.0)  # a row that it may just touch is left to `covers`
    return np.where(reached, centre[0] - half, np.inf), np.where(reached, centre[0] + half, -np.inf)


def _band(line: Line, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rectangle between the discs: 0 <= along <= length and |across| <= radius, each linear in x."""
    (ax, ay), (bx, by) = line.start, line.end
    length = float(np.hypot(bx - ax, by - ay))
    low, high = np.full(y.shape, -np.inf), np.full(y.shape, np.inf)
    if length == 0.0:
        return high, low
    ux, uy = (bx - ax) / length, (by - ay) / length
    limits = ((ux, uy * (y - ay), 0.0, length), (-uy, ux * (y - ay), -line.radius, line.radius))
    for slope, rest, least, most in limits:
        if abs(slope) < 1e-12:
            outside = (rest < least) | (rest > most)
            low = np.where(outside, np.inf, low)
            continue
        edges = (least - rest) / slope + ax, (most - rest) / slope + ax
        low = np.maximum(low, np.minimum(*edges))
        high = np.minimum(high, np.maximum(*edges))
    return low, high
