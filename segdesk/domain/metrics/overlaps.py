"""`Overlaps`: how many pixels each pair of (reference segment, predicted segment) shares; all that the pixel and
panoptic measures need of a picture, found in one pass over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation

VoidRule = Literal["void_ignored", "void_counted", "void_background"]
VOID_IGNORED: VoidRule = "void_ignored"
VOID_COUNTED: VoidRule = "void_counted"
VOID_BACKGROUND: VoidRule = "void_background"

SORTED_RUNS = 4_096  # up to here sorting the runs is faster than a table
TABLE_CELLS = 1 << 23  # a table larger than this costs more than it saves


@dataclass(frozen=True, eq=False)
class Overlaps:
    """The joint histogram of two label maps of one picture.

    `reference`, `prediction`: (n,) uint16 segment ids (0 = void), one entry for each pair that occurs, sorted by pair.
    `pixels`: (n,) int64, how often.
    `reference_classes`, `prediction_classes`: (n,) uint16 class ids of those segments, 0 for void.
    `crowd`: (n,) bool, whether the reference segment is a crowd; `last_crowd`: (n,) bool, whether it is the last crowd
    of its class in the reference's table.
    """

    reference: np.ndarray
    prediction: np.ndarray
    pixels: np.ndarray
    reference_classes: np.ndarray
    prediction_classes: np.ndarray
    crowd: np.ndarray
    last_crowd: np.ndarray

    @classmethod
    def of(cls, prediction: Segmentation, reference: Segmentation, *, name: str = "") -> Overlaps:
        """Count the pairs. `name` is the picture's, for the error.

        Raises `SegDeskError` where the two maps differ in size. Ids that have no segment count as void.
        """
        if prediction.size != reference.size:
            raise SegDeskError(
                "The two label maps of {name} differ in size: {width} x {height} against {other_width} x"
                " {other_height} pixels.",
                "Import the labels again at the picture's own size, or leave this picture out.",
                name=name or "this picture",
                width=prediction.size[1],
                height=prediction.size[0],
                other_width=reference.size[1],
                other_height=reference.size[0],
            )
        keys, pixels = _count_pairs(reference.ids, prediction.ids)
        ref_ids, pred_ids = (keys >> 16).astype(np.uint16), (keys & MAX_ID).astype(np.uint16)
        crowds = [k for k, s in reference.segments.items() if s.crowd]
        crowd = last_crowd = np.zeros(ref_ids.size, bool)
        if crowds:
            crowd = np.isin(ref_ids, crowds)
            present = set(ref_ids[crowd].tolist())
            last = {reference.segments[k].class_id: k for k in crowds if k in present}
            last_crowd = np.isin(ref_ids, list(last.values()))
        return cls(
            ref_ids,
            pred_ids,
            pixels,
            reference.class_table()[ref_ids],
            prediction.class_table()[pred_ids],
            crowd,
            last_crowd,
        )


def _count_pairs(high: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values of high << 16 | low, sorted, and how often each occurs: uint32 and int64.

    Label maps have long runs, so runs are counted; maps without them are counted pixel by pixel.
    """
    if high.size == 0:
        return np.zeros(0, np.uint32), np.zeros(0, np.int64)
    high, low = high.ravel(), low.ravel()
    change = high[1:] != high[:-1]
    change |= low[1:] != low[:-1]
    runs = int(np.count_nonzero(change)) + 1
    if runs > high.size // 4:
        return _count_in_table(high, low, None)
    start = np.concatenate(([0], np.flatnonzero(change) + 1))
    length = np.diff(start, append=high.size)
    high, low = high[start], low[start]
    return _count_in_table(high, low, length) if runs > SORTED_RUNS else _count_sorted(high, low, length)


def _count_sorted(high: np.ndarray, low: np.ndarray, length: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Sum the lengths of equal pairs by sorting; best for few runs."""
    value = high.astype(np.uint32) << np.uint32(16) | low
    if length is None:
        keys, counts = np.unique(value, return_counts=True)
        return keys, counts.astype(np.int64)
    order = np.argsort(value, kind="stable")
    value = value[order]
    first = np.concatenate(([0], np.flatnonzero(value[1:] != value[:-1]) + 1))
    return value[first], np.add.reduceat(length[order], first).astype(np.int64)


def _count_in_table(high: np.ndarray, low: np.ndarray, length: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The same through a table of all pairs of ids; best for many runs, where sorting is slow."""
    rows, columns = int(high.max()) + 1, int(low.max()) + 1
    row_ids = column_ids = None
    if rows * columns > TABLE_CELLS:  # the ids have gaps: number those that occur
        row_ids, high = _numbered(high, rows)
        column_ids, low = _numbered(low, columns)
        rows, columns = row_ids.size, column_ids.size
        if rows * columns > TABLE_CELLS:
            return _count_sorted(row_ids[high], column_ids[low], length)
    counts = np.bincount(high.astype(np.intp) * columns + low, weights=length)
    cell = np.flatnonzero(counts)
    row, column = cell // columns, cell % columns
    if row_ids is not None and column_ids is not None:
        row, column = row_ids[row], column_ids[column]
    return (row << 16 | column).astype(np.uint32), counts[cell].astype(np.int64)


def _numbered(ids: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """The ids below `top` that occur, rising, and for each given one its place among them."""
    present = np.flatnonzero(np.bincount(ids, minlength=top))
    place = np.zeros(top, np.intp)
    place[present] = np.arange(present.size)
    return present, place[ids]


@lru_cache(maxsize=16)
def class_index(classes: ClassSet) -> np.ndarray:
    """(65536,) intp, read-only: 1 + the position in `classes` of each class id, 0 for void and foreign classes."""
    table = np.zeros(MAX_ID + 1, np.intp)
    for position, info in enumerate(classes):
        table[info.id] = position + 1
    table[VOID] = 0
    table.setflags(write=False)
    return table


@lru_cache(maxsize=16)
def thing_mask(classes: ClassSet) -> np.ndarray:
    """(K + 1,) bool, read-only: whether the class at each position + 1 is countable; void, at 0, is not."""
    mask = np.array([False, *(c.is_thing for c in classes)])
    mask.setflags(write=False)
    return mask
