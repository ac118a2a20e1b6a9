"""A label map at half its size, in which thin things stay: what is seen of a large map when all of it is in view.

One pixel stands for each 2x2 block. Where the block has one label it is that. Else a thin label (a line: of the 6x6
pixels around the block it has some, but few) goes before all others, so that a line of one pixel stays connected,
however often the map is halved; then the label with most pixels of the block, then the rarer one. A speck of a few
pixels is dropped, void is never thin nor rare: the picture stays calm.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segdesk.domain.classes import VOID
from segdesk.domain.edit import Rect

AROUND = 2  # pixels beside a block that are looked at
SIDE = 2 + 2 * AROUND
SPECK, THIN = 4, 12  # pixels of the 36; a line has 6, one that goes down stairs 11
AT_ONCE = 1 << 14  # blocks
Read = Callable[[Rect], np.ndarray]


def half_size(size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the halved map; an odd row or column at the end has no pixel in it."""
    return size[0] // 2, size[1] // 2


def half_rect(rect: Rect, size: tuple[int, int]) -> Rect:
    """The part of the halved map that depends on a rectangle (x0, y0, x1, y1) of the map, whose size is given."""
    height, width = half_size(size)
    x0, y0 = max(0, (rect[0] - AROUND) // 2), max(0, (rect[1] - AROUND) // 2)
    return x0, y0, min(width, (rect[2] + 1 + AROUND) // 2), min(height, (rect[3] + 1 + AROUND) // 2)


def halved(read: Read, size: tuple[int, int], rect: Rect) -> np.ndarray:
    """(h, w) uint16 of a rectangle of the halved map. `read(rect)` gives the map of `size`; of it the blocks and
    `AROUND` pixels beside them are asked for, so what comes out does not depend on the rectangle. Any thread."""
    x0, y0, x1, y1 = rect
    left, top = max(0, 2 * x0 - AROUND), max(0, 2 * y0 - AROUND)
    around = read((left, top, min(size[1], 2 * x1 + AROUND), min(size[0], 2 * y1 + AROUND)))
    at = 2 * y0 - top, 2 * x0 - left
    core = around[at[0] : at[0] + 2 * (y1 - y0), at[1] : at[1] + 2 * (x1 - x0)]
    out = core[1::2, 1::2].copy()  # of a single block the slice would be a view of the map itself
    mixed = core[::2, ::2] != out
    mixed |= core[::2, 1::2] != out
    mixed |= core[1::2, ::2] != out
    found = np.flatnonzero(mixed)
    if found.size:
        around = np.ascontiguousarray(around)
        for first in range(0, found.size, AT_ONCE):
            part = found[first : first + AT_ONCE]
            rows, columns = np.divmod(part, out.shape[1])
            out.ravel()[part] = _chosen(around, 2 * rows + at[0], 2 * columns + at[1])
    return out


def _chosen(around: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(n,) uint16: the labels of the blocks whose upper left pixels lie at (n,) rows and columns."""
    height, width = around.shape
    steps = np.arange(-AROUND, 2 + AROUND)[:, None]
    y, x = rows + steps, columns + steps
    inside_y, inside_x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    window = np.take(around.ravel(), inside_y[:, None] * width + inside_x)  # (6, 6, n)
    window[(y != inside_y)[:, None] | (x != inside_x)] = VOID  # beyond the border of the map
    block = window[AROUND : AROUND + 2, AROUND : AROUND + 2].reshape(4, -1)[::-1]  # the lower right one first
    counts = np.zeros(block.shape, np.int16)
    for line in window:
        counts += (line[:, None] == block).view(np.uint8).sum(axis=0, dtype=np.int16)
    inside = (block[:, None] == block).view(np.uint8).sum(axis=0, dtype=np.int16)
    score = 100 * inside - np.where(block == VOID, SIDE * SIDE, counts)
    score[counts < SPECK] = -1000
    thin = (counts >= SPECK) & (counts < THIN) & (block != VOID)
    score[thin] = 1000 - counts[thin]
    return np.take_along_axis(block, score.argmax(axis=0)[None], axis=0)[0]
