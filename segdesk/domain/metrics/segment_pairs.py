"""`SegmentPairs`: the segments of a picture as PQ and the object measures see them, with the three readings of void.

`void_ignored` (panopticapi, deeplab2): void pixels of the reference are taken out of the union, and an unmatched
predicted segment is not counted if more than half of it lies on void or on the crowd of its class (the last one in the
table where there are several, as panopticapi has it).
`void_counted` (BDD100K): void pixels stay in the union; an unmatched predicted segment is not counted if more than half
of it lies on void or on crowds of any class.
`void_background`: void is background that nothing should be found on: it stays in the union, and an unmatched predicted
segment counts unless more than half of it lies on crowds of its class. The right reading of instance labels, where
everything unlabelled is background.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import MAX_ID, ClassSet
from segdesk.domain.metrics.overlaps import (
    VOID_BACKGROUND,
    VOID_COUNTED,
    VOID_IGNORED,
    Overlaps,
    VoidRule,
    class_index,
    thing_mask,
)

RULES: tuple[VoidRule, ...] = (VOID_IGNORED, VOID_COUNTED, VOID_BACKGROUND)
MANY = 2_000  # from so many keys on a table is faster than sorting,
TABLE = 1 << 18  # if it need not be larger than this


@dataclass(frozen=True, eq=False)
class SegmentPairs:
    """The overlapping pairs of one picture, numbered densely: R reference and P predicted segments, void included.

    All segments of a stuff class count as one, but for its crowds. Classes that the set lacks are void.
    `ref`, `pred`, `pixels`: (n,) the pairs. `ref_class` (R,), `pred_class` (P,): class position + 1, 0 for void.
    `ref_area` (R,), `pred_area` (P,) int64 pixels. `can_miss` (R,) bool: neither void nor crowd.
    `forgiven` (rules, P) int64: the pixels of a predicted segment that excuse it, by rule in the order of `RULES`;
    `on_void` (P,) int64: those on reference void.
    """

    ref: np.ndarray
    pred: np.ndarray
    pixels: np.ndarray
    ref_class: np.ndarray
    pred_class: np.ndarray
    ref_area: np.ndarray
    pred_area: np.ndarray
    can_miss: np.ndarray
    forgiven: np.ndarray
    on_void: np.ndarray

    @classmethod
    def of(cls, overlaps: Overlaps, classes: ClassSet) -> SegmentPairs:
        """The pairs of a picture."""
        index, things = class_index(classes), thing_mask(classes)
        ref_class, pred_class = index[overlaps.reference_classes], index[overlaps.prediction_classes]
        crowd = overlaps.crowd & (ref_class > 0)
        ref_at, ref = _numbered(_segment_key(overlaps.reference, ref_class, things[ref_class] | crowd))
        pred_at, pred = _numbered(_segment_key(overlaps.prediction, pred_class, things[pred_class]))
        pixels, void, same = overlaps.pixels, ref_class == 0, ref_class == pred_class
        on_void = _sums(pred, pixels * void, pred_at.size)
        forgiven = np.stack(
            [
                on_void + _sums(pred, pixels * (overlaps.last_crowd & crowd & same), pred_at.size),
                on_void + _sums(pred, pixels * crowd, pred_at.size),
                _sums(pred, pixels * (crowd & same), pred_at.size),
            ]
        )
        cell = ref * pred_at.size + pred
        cell_at, joined = _numbered(cell)
        return cls(
            ref[cell_at],
            pred[cell_at],
            _sums(joined, pixels, cell_at.size),
            ref_class[ref_at],
            pred_class[pred_at],
            _sums(ref, pixels, ref_at.size),
            _sums(pred, pixels, pred_at.size),
            (ref_class > 0)[ref_at] & ~crowd[ref_at],
            forgiven,
            on_void,
        )

    def iou(self, rule: VoidRule) -> np.ndarray:
        """(n,) IoU of the pairs that may match, 0 for the others."""
        pred_area = self.pred_area - self.on_void if rule == VOID_IGNORED else self.pred_area
        union = self.ref_area[self.ref] + pred_area[self.pred] - self.pixels
        same = (self.ref_class[self.ref] == self.pred_class[self.pred]) & self.can_miss[self.ref]
        return np.where(same, self.pixels / np.maximum(union, 1), 0.0)

    def excused(self, rule: VoidRule) -> np.ndarray:
        """(P,) bool: predicted segments that are no false alarm even where they match nothing."""
        return (self.pred_class == 0) | (2 * self.forgiven[RULES.index(rule)] > self.pred_area)


def _segment_key(ids: np.ndarray, class_at: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """One number a segment: 0 for void, the class for stuff (whose segments count as one), else from the id."""
    return np.where(apart, ids.astype(np.int64) + (MAX_ID + 1), class_at)


def _numbered(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each distinct key first stands, in the order of the keys, and which of them each entry is."""
    if keys.size < 2 or (keys[1:] > keys[:-1]).all():
        return np.arange(keys.size), np.arange(keys.size)
    top = int(keys.max()) + 1
    if keys.size < MANY or top > TABLE:
        _, first, which = np.unique(keys, return_index=True, return_inverse=True)
        return first, which
    first = np.full(top, -1)
    first[keys[::-1]] = np.arange(keys.size - 1, -1, -1)
    present = np.flatnonzero(first >= 0)
    place = np.zeros(top, np.intp)
    place[present] = np.arange(present.size)
    return first[present], place[keys]


def _sums(groups: np.ndarray, pixels: np.ndarray, size: int) -> np.ndarray:
    """(size,) int64 pixels by group."""
    return np.bincount(groups, weights=pixels, minlength=size).astype(np.int64)
