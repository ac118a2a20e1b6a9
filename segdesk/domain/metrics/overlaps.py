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
    `crowd`: (n,) bool, whether the reference segment is a crowd.
    """

    reference: np.ndarray
    prediction: np.ndarray
    pixels: np.ndarray
    reference_classes: np.ndarray
    prediction_classes: np.ndarray
    crowd: np.ndarray

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
        return cls(
            ref_ids,
            pred_ids,
            pixels,
            reference.class_table()[ref_ids],
            prediction.class_table()[pred_ids],
            np.isin(ref_ids, [k for k, s in reference.segments.items() if s.crowd]),
        )


def _count_pairs(high: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values of high << 16 | low, sorted, and how often each occurs: uint32 and int64.

    Label maps have long runs, so pixels are joined into runs first and only the runs are counted.
    """
    if high.size == 0:
        return np.zeros(0, np.uint32), np.zeros(0, np.int64)
    key = high.astype(np.uint32).ravel()
    key <<= np.uint32(16)
    key |= low.ravel()
    start = np.concatenate(([0], np.flatnonzero(key[1:] != key[:-1]) + 1))
    length = np.diff(start, append=key.size)
    value = key[start]
    return _count_in_table(value, length) if value.size > SORTED_RUNS else _count_sorted(value, length)


def _count_sorted(value: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum the lengths of equal values by sorting; best for few runs."""
    order = np.argsort(value, kind="stable")
    value = value[order]
    first = np.concatenate(([0], np.flatnonzero(value[1:] != value[:-1]) + 1))
    return value[first], np.add.reduceat(length[order], first).astype(np.int64)


def _count_in_table(value: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same through a table of all pairs of ids that occur; best for many runs, where sorting is slow."""
    high, low = (value >> np.uint32(16)).astype(np.intp), (value & np.uint32(MAX_ID)).astype(np.intp)
    rows, columns = np.flatnonzero(np.bincount(high)), np.flatnonzero(np.bincount(low))
    if rows.size * columns.size > TABLE_CELLS:
        return _count_sorted(value, length)
    row_of, column_of = np.zeros(MAX_ID + 1, np.intp), np.zeros(MAX_ID + 1, np.intp)
    row_of[rows], column_of[columns] = np.arange(rows.size), np.arange(columns.size)
    counts = np.bincount(row_of[high] * columns.size + column_of[low], weights=length)
    cell = np.flatnonzero(counts)
    keys = rows[cell // columns.size] << 16 | columns[cell % columns.size]
    return keys.astype(np.uint32), counts[cell].astype(np.int64)


@lru_cache(maxsize=16)
def class_index(classes: ClassSet) -> np.ndarray:
    """(65536,) intp, read-only: 1 + the position in `classes` of each class id, 0 for void and foreign classes."""
    table = np.zeros(MAX_ID + 1, np.intp)
    for position, info in enumerate(classes):
        table[info.id] = position + 1
    table[VOID] = 0
    table.setflags(write=False)
    return table
