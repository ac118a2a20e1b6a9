"""Run-length encoding of binary masks in COCO's order: column by column, the first run counts zeros."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Rle:
    """A binary mask. `size` is (height, width); `counts` uint32 runs, column-major, of 0, 1, 0, 1 ..."""

    size: tuple[int, int]
    counts: np.ndarray

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rle) and self.size == other.size and np.array_equal(self.counts, other.counts)

    @property
    def area(self) -> int:
        """Pixels that are set."""
        return int(self.counts[1::2].sum())


def encode(mask: np.ndarray) -> Rle:
    """Encode an (H, W) mask (non-zero = set)."""
    flat = np.asarray(mask, dtype=bool).ravel(order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = np.concatenate(([0], edges, [flat.size]))
    counts = np.diff(bounds)
    if flat.size and flat[0]:
        counts = np.concatenate(([0], counts))
    return Rle((int(mask.shape[0]), int(mask.shape[1])), counts.astype(np.uint32))


def decode(rle: Rle) -> np.ndarray:
    """The (H, W) bool mask. Raises ValueError if the runs do not fill the size."""
    height, width = rle.size
    if int(rle.counts.sum(dtype=np.int64)) != height * width:
        raise ValueError("the runs do not add up to the mask's size")
    values = (np.arange(rle.counts.size) % 2).astype(bool)
    return np.repeat(values, rle.counts).reshape((width, height)).T


def encode_at(crop: np.ndarray, x: int, y: int, size: tuple[int, int]) -> Rle:
    """Encode a mask given as an (h, w) `crop` whose top-left pixel is (x, y) of a picture of `size` (H, W).

    Costs the crop's area, not the picture's.
    """
    height, width = size
    h, w = crop.shape
    if x < 0 or y < 0 or x + w > width or y + h > height:
        raise ValueError("the crop reaches beyond the picture")
    columns = np.asarray(crop, dtype=bool).T
    padded = np.zeros((w, h + 2), np.int8)
    padded[:, 1:-1] = columns
    step = np.diff(padded, axis=1)
    col, start = np.nonzero(step == 1)
    _, stop = np.nonzero(step == -1)
    return from_runs((col + x) * height + y + start, (col + x) * height + y + stop, size)


def from_runs(first: np.ndarray, last: np.ndarray, size: tuple[int, int]) -> Rle:
    """The mask of a picture of `size` (H, W) whose runs are given: (n,) integers each, first pixel and the pixel after
    the last one, counted column by column. The runs are not empty, in order and do not overlap; they may touch."""
    joined = np.flatnonzero(first[1:] == last[:-1])
    bounds = np.stack([np.delete(first, joined + 1), np.delete(last, joined)], axis=1).ravel()
    counts = np.diff(np.concatenate(([0], bounds, [size[0] * size[1]])))
    if counts.size > 1 and counts[-1] == 0:
        counts = counts[:-1]
    return Rle(size, counts.astype(np.uint32))


def bounding_box(rle: Rle) -> Box:
    """(x0, y0, x1, y1), the end exclusive; zeros for an empty mask. Works on the runs, without decoding."""
    height = rle.size[0]
    ends = np.cumsum(rle.counts, dtype=np.int64)
    start, stop = ends[0:-1:2], ends[1::2]
    start = start[: stop.size]
    filled = stop > start
    start, stop = start[filled], stop[filled]
    if start.size == 0:
        return 0, 0, 0, 0
    x0, x1 = int(start[0] // height), int((stop[-1] - 1) // height) + 1
    wraps = (start // height) != ((stop - 1) // height)
    if wraps.any():
        return x0, 0, x1, height
    return x0, int((start % height).min()), x1, int(((stop - 1) % height).max()) + 1


def decode_box(rle: Rle, box: Box) -> np.ndarray:
    """The part of the mask inside `box` (x0, y0, x1, y1) as (h, w) bool, at the cost of the box's columns."""
    height = rle.size[0]
    x0, y0, x1, y1 = box
    if x1 <= x0 or y1 <= y0:
        return np.zeros((max(0, y1 - y0), max(0, x1 - x0)), bool)
    ends = np.cumsum(rle.counts, dtype=np.int64)
    lo, hi = x0 * height, x1 * height
    first = int(np.searchsorted(ends, lo, side="right"))
    last = int(np.searchsorted(ends, hi, side="left"))
    bounds = np.clip(np.concatenate(([lo], ends[first:last], [hi])), lo, hi)
    values = ((first + np.arange(bounds.size - 1)) % 2).astype(bool)
    flat = np.repeat(values, np.diff(bounds))
    return flat.reshape(x1 - x0, height).T[y0:y1]


def encode_labels(labels: np.ndarray, count: int) -> list[Rle]:
    """The masks of the values 1..count of an (H, W) map of non-negative integers, in one pass over it."""
    height, width = labels.shape
    flat = labels.ravel(order="F")
    starts = np.flatnonzero(np.concatenate(([flat.size > 0], flat[1:] != flat[:-1])))
    stops = np.append(starts[1:], flat.size)
    order = np.argsort(flat[starts], kind="stable")
    value = flat[starts[order]]
    bounds = np.searchsorted(value, np.arange(1, count + 2))
    masks = []
    for low, high in pairwise(bounds):
        runs = order[low:high]
        edges = np.stack([starts[runs], stops[runs]], axis=1).ravel()
        counts = np.diff(np.concatenate(([0], edges, [flat.size])))
        ends = counts.size > 1 and counts[-1] == 0
        masks.append(Rle((height, width), (counts[:-1] if ends else counts).astype(np.uint32)))
    return masks
