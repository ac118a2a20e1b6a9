"""Intersection over union of many pairs of boxes or run-length masks at once, with COCO's rule for crowds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from segdesk.domain.rle import Rle

QUERIES = 1 << 20  # runs that are looked up at once: bounds the memory


def box_ious(
    references: np.ndarray, detections: np.ndarray, *, pairs: tuple[np.ndarray, np.ndarray], crowd: np.ndarray
) -> np.ndarray:
    """(n,) float64 IoU of pairs (index of a reference, index of a detection) of (x, y, width, height) boxes.

    Where `crowd` (n,) is set, the intersection is divided by the detection's area alone.
    """
    ref, det = references[pairs[0]], detections[pairs[1]]
    ends = np.minimum(ref[:, :2] + ref[:, 2:], det[:, :2] + det[:, 2:])
    sides = np.maximum(ends - np.maximum(ref[:, :2], det[:, :2]), 0.0)
    shared = sides[:, 0] * sides[:, 1]
    area = det[:, 2] * det[:, 3]
    union = np.where(crowd, area, area + ref[:, 2] * ref[:, 3] - shared)
    return np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)


@dataclass(frozen=True, eq=False)
class MaskRuns:
    """n masks side by side. Boundaries and runs of all masks stand in one array each, in the order of the masks.

    `bounds` (b,) int64: the pixel (column by column) at which each run of a mask begins, and the mask's end; `below`
    (b,) int64: set pixels before it; `is_set` (b,) bool: whether the run that begins there is set.
    `first` (n + 1,): where each mask's bounds begin. `areas` (n,) int64; `boxes` (n, 4) int64 x0, y0, x1, y1.
    """

    bounds: np.ndarray
    below: np.ndarray
    is_set: np.ndarray
    first: np.ndarray
    areas: np.ndarray
    boxes: np.ndarray

    @classmethod
    def of(cls, masks: Sequence[Rle]) -> MaskRuns:
        """The runs of masks, which may be of several pictures."""
        runs = np.array([m.counts.size for m in masks], np.int64)
        counts = np.concatenate([np.zeros(0, np.int64), *(m.counts for m in masks)]).astype(np.int64)
        first = np.concatenate(([0], np.cumsum(runs + 1)))
        # Every mask's counts follow a zero, so that the running sum gives the beginnings, then the end.
        spaced = np.zeros(int(first[-1]), np.int64)
        at = np.arange(counts.size) + np.repeat(np.arange(1, runs.size + 1), runs)
        spaced[at] = counts
        odd = (np.arange(counts.size) - np.repeat(np.cumsum(runs) - runs, runs)) % 2 == 1
        is_set = np.zeros(spaced.size, bool)
        is_set[at - 1] = odd
        bounds = _restarted(spaced, first)
        spaced[at[~odd]] = 0
        below = _restarted(spaced, first)
        heights = np.array([m.size[0] for m in masks], np.int64)
        areas = below[first[1:] - 1]
        return cls(bounds, below, is_set, first, areas, _boxes(bounds, is_set, first, heights))

    def runs(self, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The set runs of some masks: (position in `masks`, first pixel, pixel after the last), (r,) int64 each."""
        size = np.diff(self.first)[masks]
        which = np.repeat(np.arange(masks.size), size)
        at = np.arange(which.size) + np.repeat(self.first[masks] - (np.cumsum(size) - size), size)
        at, which = at[self.is_set[at]], which[self.is_set[at]]
        return which, self.bounds[at], self.bounds[at + 1]

    def shared(self, other: MaskRuns, pairs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """(n,) int64: the pixels that the masks of each pair (index here, index in `other`) have in common."""
        result = np.zeros(pairs[0].size, np.int64)
        stride = 1 + max(int(self.bounds.max(initial=0)), int(other.bounds.max(initial=0)))
        keys = self.bounds + np.repeat(np.arange(self.areas.size), np.diff(self.first)) * stride
        for low, high in chunks(np.diff(other.first)[pairs[1]], QUERIES):
            which, begin, end = other.runs(pairs[1][low:high])
            mine = pairs[0][low:high][which] * stride
            inside = self._below(keys, mine, end) - self._below(keys, mine, begin)
            result[low:high] = np.bincount(which, weights=inside, minlength=high - low)
        return result

    def _below(self, keys: np.ndarray, offset: np.ndarray, pixel: np.ndarray) -> np.ndarray:
        """How many pixels before `pixel` are set, in the mask that `offset` stands for."""
        at = np.searchsorted(keys, offset + pixel, side="right") - 1
        return self.below[at] + np.where(self.is_set[at], pixel - self.bounds[at], 0)


def mask_ious(
    references: MaskRuns,
    detections: MaskRuns,
    *,
    pairs: tuple[np.ndarray, np.ndarray],
    crowd: np.ndarray,
    lowest: float,
) -> np.ndarray:
    """(n,) float64 IoU of pairs of masks as `box_ious` has it; 0 where boxes and areas already rule out `lowest`."""
    ref_area, det_area = references.areas[pairs[0]], detections.areas[pairs[1]]
    ref_box, det_box = references.boxes[pairs[0]], detections.boxes[pairs[1]]
    sides = np.minimum(ref_box[:, 2:], det_box[:, 2:]) - np.maximum(ref_box[:, :2], det_box[:, :2])
    most = np.maximum(sides, 0).prod(axis=1)
    most = np.minimum(most, np.minimum(ref_area, det_area))
    union = np.where(crowd, det_area, ref_area + det_area - most)
    hopeful = np.flatnonzero((most > 0) & (most >= lowest * union))
    ref, det = pairs[0][hopeful], pairs[1][hopeful]
    shared = references.shared(detections, (ref, det))
    union = np.where(crowd[hopeful], det_area[hopeful], ref_area[hopeful] + det_area[hopeful] - shared)
    result = np.zeros(pairs[0].size)
    result[hopeful] = shared / np.maximum(union, 1)
    return result


def chunks(cost: np.ndarray, most: int) -> list[tuple[int, int]]:
    """Ranges (from, to) that part the items 0..n-1, in order, so that each costs about `most`; none if n is 0."""
    bounds = [*np.flatnonzero(np.diff(np.cumsum(cost) // most, prepend=-1)).tolist(), cost.size]
    return list(pairwise(bounds))


def _restarted(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The running sum of `values` within each part; parts begin at first[:-1] with a zero."""
    total = np.cumsum(values)
    return total - np.repeat(total[first[:-1]], np.diff(first))


def _boxes(bounds: np.ndarray, is_set: np.ndarray, first: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """(n, 4) int64 x0, y0, x1, y1 of each mask, the end exclusive; zeros where it is empty."""
    boxes = np.zeros((heights.size, 4), np.int64)
    at = np.flatnonzero(is_set[:-1] & (bounds[1:] > bounds[:-1])) if is_set.size else np.zeros(0, np.intp)
    if not at.size:
        return boxes
    mask = np.searchsorted(first, at, side="right") - 1
    begin, last, height = bounds[at], bounds[at + 1] - 1, heights[mask]
    left, right = begin // height, last // height
    top = np.where(left == right, begin - left * height, 0)
    bottom = np.where(left == right, last - right * height, height - 1)
    starts = np.flatnonzero(np.diff(mask, prepend=-1))
    corners = (left, top, right + 1, bottom + 1)
    for column, (values, extreme) in enumerate(zip(corners, 2 * [np.minimum] + 2 * [np.maximum], strict=True)):
        boxes[mask[starts], column] = extreme.reduceat(values, starts)
    return boxes
