"""Panoptic quality (Kirillov et al., Panoptic Segmentation, CVPR 2019): PQ = SQ x RQ, in three conventions for void.

A predicted and a reference segment of one class match where IoU > 0.5, strictly. Unmatched reference segments are
misses (FN), unmatched predicted ones false alarms (FP), with these differences:
`void_ignored` (panopticapi, deeplab2): void pixels of the reference are taken out of the union, and an unmatched
predicted segment of which more than half lies on void is not counted.
`void_counted` (BDD100K): void pixels stay in the union; the rule for unmatched segments is the same.
`void_background`: void is background that nothing should be found on: it stays in the union, and an unmatched predicted
segment always counts. The right reading of instance labels, where everything unlabelled is background.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import MAX_ID, ClassSet
from segdesk.domain.metrics.confusion import mean
from segdesk.domain.metrics.overlaps import (
    VOID_BACKGROUND,
    VOID_COUNTED,
    VOID_IGNORED,
    Overlaps,
    VoidRule,
    class_index,
)

RULES: tuple[VoidRule, ...] = (VOID_IGNORED, VOID_COUNTED, VOID_BACKGROUND)


@dataclass(frozen=True, slots=True)
class ClassSegments:
    """One class's segments; `None` where a ratio has nothing to divide by, so that no mean counts it."""

    class_id: int
    is_thing: bool
    tp: int
    fp: int
    fn: int
    iou_sum: float

    @property
    def pq(self) -> float | None:
        """Sum of matched IoU / (TP + FP/2 + FN/2)."""
        weight = self.tp + 0.5 * self.fp + 0.5 * self.fn
        return self.iou_sum / weight if weight else None

    @property
    def sq(self) -> float | None:
        """Mean IoU of the matches; 0 where the class occurs and nothing matched, as panopticapi has it."""
        if self.tp:
            return self.iou_sum / self.tp
        return None if self.pq is None else 0.0

    @property
    def rq(self) -> float | None:
        """TP / (TP + FP/2 + FN/2), the F1 score of the segments."""
        weight = self.tp + 0.5 * self.fp + 0.5 * self.fn
        return self.tp / weight if weight else None


@dataclass(frozen=True)
class Quality:
    """Means over the classes that occur in either map; `classes` is how many those are."""

    pq: float | None
    sq: float | None
    rq: float | None
    classes: int

    @classmethod
    def over(cls, rows: list[ClassSegments]) -> Quality:
        """The means of these classes."""
        pq = [r.pq for r in rows]
        return cls(mean(pq), mean([r.sq for r in rows]), mean([r.rq for r in rows]), sum(v is not None for v in pq))


@dataclass(frozen=True)
class PanopticResult:
    """PQ, SQ, RQ (0..1) in one convention; `classes`: a row for each class of the set, in its order."""

    rule: VoidRule
    classes: tuple[ClassSegments, ...]

    @property
    def all(self) -> Quality:
        """Means over all classes."""
        return Quality.over(list(self.classes))

    @property
    def things(self) -> Quality:
        """Means over the countable classes."""
        return Quality.over([c for c in self.classes if c.is_thing])

    @property
    def stuff(self) -> Quality:
        """Means over the other classes."""
        return Quality.over([c for c in self.classes if not c.is_thing])


@dataclass(frozen=True, eq=False)
class _Pairs:
    """The overlapping pairs of one picture, numbered densely: R reference and P predicted segments, void included.

    `ref`, `pred`, `pixels`: (n,) the pairs. `ref_class` (R,), `pred_class` (P,): class position + 1, 0 for void.
    `can_miss` (R,): neither void nor crowd. `on_void`, `on_crowd` (P,): pixels on reference void, and on crowd of the
    segment's own class.
    """

    ref: np.ndarray
    pred: np.ndarray
    pixels: np.ndarray
    ref_class: np.ndarray
    pred_class: np.ndarray
    can_miss: np.ndarray
    on_void: np.ndarray
    on_crowd: np.ndarray

    @classmethod
    def of(cls, overlaps: Overlaps, classes: ClassSet) -> _Pairs:
        index, things = class_index(classes), np.array([False, *(c.is_thing for c in classes)])
        ref_class = index[overlaps.reference_classes]
        pred_class = index[overlaps.prediction_classes]
        crowd = overlaps.crowd & (ref_class > 0)
        ref_key = _segment_key(overlaps.reference, ref_class, things[ref_class] | crowd)
        pred_key = _segment_key(overlaps.prediction, pred_class, things[pred_class])
        _, ref_at, ref = np.unique(ref_key, return_index=True, return_inverse=True)
        preds, pred_at, pred = np.unique(pred_key, return_index=True, return_inverse=True)
        void = ref_class == 0
        on_crowd = crowd & (ref_class == pred_class)
        pixels = overlaps.pixels
        cell, joined = np.unique(ref * preds.size + pred, return_inverse=True)
        return cls(
            cell // max(1, preds.size),
            cell % max(1, preds.size),
            _sums(joined, pixels, cell.size),
            ref_class[ref_at],
            pred_class[pred_at],
            (ref_class > 0)[ref_at] & ~crowd[ref_at],
            _sums(pred[void], pixels[void], preds.size),
            _sums(pred[on_crowd], pixels[on_crowd], preds.size),
        )

    def iou(self, rule: VoidRule) -> np.ndarray:
        """(n,) IoU of the pairs that may match, 0 for the others."""
        areas_ref = _sums(self.ref, self.pixels, self.ref_class.size)
        areas_pred = _sums(self.pred, self.pixels, self.pred_class.size)
        if rule == VOID_IGNORED:
            areas_pred = areas_pred - self.on_void
        union = areas_ref[self.ref] + areas_pred[self.pred] - self.pixels
        same = (self.ref_class[self.ref] == self.pred_class[self.pred]) & self.can_miss[self.ref]
        return np.where(same, self.pixels / np.maximum(union, 1), 0.0)

    def excused(self, rule: VoidRule) -> np.ndarray:
        """(P,) bool: predicted segments that are no false alarm even where they match nothing."""
        areas = _sums(self.pred, self.pixels, self.pred_class.size)
        forgiven = self.on_crowd if rule == VOID_BACKGROUND else self.on_crowd + self.on_void
        return (self.pred_class == 0) | (2 * forgiven > areas)


def _segment_key(ids: np.ndarray, class_at: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """One number a segment: 0 for void, the class for stuff (whose segments count as one), else from the id."""
    return np.where(apart, ids.astype(np.int64) + (MAX_ID + 1), class_at)


def _sums(groups: np.ndarray, pixels: np.ndarray, size: int) -> np.ndarray:
    """(size,) int64 pixels by group."""
    return np.bincount(groups, weights=pixels, minlength=size).astype(np.int64)


class Panoptic:
    """Accumulates matches of many pictures, in all conventions at once.

    All segments of a stuff class in a picture count as one, as the measure defines stuff. Classes that are not in
    `classes` count as void. Crowd segments of the reference (COCO's rule): never matched, never a miss; an unmatched
    predicted segment that lies mostly on void and crowd of its own class is not counted. Where void is background
    only the crowd excuses it.
    """

    def __init__(self, classes: ClassSet) -> None:
        self.classes = classes
        # [convention, class position + 1, (tp, fp, fn)]
        self.counts = np.zeros((len(RULES), len(classes) + 1, 3), np.int64)
        self.iou_sums = np.zeros((len(RULES), len(classes) + 1))

    def add(self, overlaps: Overlaps) -> None:
        """Count one picture in."""
        pairs = _Pairs.of(overlaps, self.classes)
        for at, rule in enumerate(RULES):
            iou = pairs.iou(rule)
            hit = iou > 0.5
            missed = pairs.can_miss.copy()
            missed[pairs.ref[hit]] = False
            alarm = ~pairs.excused(rule)
            alarm[pairs.pred[hit]] = False
            found = pairs.ref_class[pairs.ref[hit]]
            side = len(self.classes) + 1
            self.counts[at, :, 0] += np.bincount(found, minlength=side)
            self.counts[at, :, 1] += np.bincount(pairs.pred_class[alarm], minlength=side)
            self.counts[at, :, 2] += np.bincount(pairs.ref_class[missed], minlength=side)
            self.iou_sums[at] += np.bincount(found, weights=iou[hit], minlength=side)

    def merge(self, other: Panoptic) -> None:
        """Count another accumulator's pictures in; the class sets must be equal (ValueError)."""
        if self.classes != other.classes:
            raise ValueError("accumulators of different class sets cannot be merged")
        self.counts += other.counts
        self.iou_sums += other.iou_sums

    def result(self, rule: VoidRule = VOID_IGNORED) -> PanopticResult:
        """The measures of all pictures together, in one convention."""
        at = RULES.index(rule)
        rows = []
        for k, info in enumerate(self.classes, start=1):
            tp, fp, fn = (int(v) for v in self.counts[at, k])
            rows.append(ClassSegments(info.id, info.is_thing, tp, fp, fn, float(self.iou_sums[at, k])))
        return PanopticResult(rule, tuple(rows))
