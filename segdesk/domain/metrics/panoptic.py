"""Panoptic quality (Kirillov et al., Panoptic Segmentation, CVPR 2019): PQ = SQ x RQ, in three conventions for void.

A predicted and a reference segment of one class match where IoU > 0.5, strictly. Unmatched reference segments are
misses (FN), unmatched predicted ones false alarms (FP), but for those that the convention excuses: see `segment_pairs`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.confusion import mean
from segdesk.domain.metrics.overlaps import VOID_IGNORED, Overlaps, VoidRule, thing_mask
from segdesk.domain.metrics.segment_pairs import RULES, SegmentPairs


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
    """PQ, SQ, RQ (0..1) in one convention; `classes`: a row for each class of the set, in its order.

    `mpq`: as in work on nuclei (Gamper et al., PanNuke, 2020), the mean over pictures of the mean PQ of those countable
    classes that the reference has in the picture; `mpq_pictures`: how many pictures that are. A picture whose reference
    has no object is in no mean.
    """

    rule: VoidRule
    classes: tuple[ClassSegments, ...]
    mpq: float | None = None
    mpq_pictures: int = 0

    @property
    def all(self) -> Quality:
        """Means over all classes."""
        return Quality.over(list(self.classes))

    @property
    def things(self) -> Quality:
        """Means over the countable classes."""
        return Quality.over([c for c in self.classes if c.is_thing])

    @property
    def mpq_plus(self) -> float | None:
        """mPQ+ (Graham et al., CoNIC, 2021): the mean over countable classes of PQ, the segments of all pictures pooled
        before. CoNIC's script differs in the sixth decimal, as it adds 1e-6 to the divisors."""
        return self.things.pq

    @property
    def stuff(self) -> Quality:
        """Means over the other classes."""
        return Quality.over([c for c in self.classes if not c.is_thing])


def quality(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray, iou_sums: np.ndarray) -> np.ndarray:
    """PQ of arrays of one shape: the sum of matched IoU / (TP + FP/2 + FN/2); NaN where there is no segment."""
    weight = tp + 0.5 * fp + 0.5 * fn
    return np.divide(iou_sums, weight, out=np.full(np.shape(weight), np.nan), where=weight > 0)


class Panoptic:
    """Accumulates matches of many pictures, in all conventions at once.

    All segments of a stuff class in a picture count as one, as the measure defines stuff. Classes that are not in
    `classes` count as void. Crowd segments of the reference (COCO's rule): never matched, never a miss, and an excuse
    for what is found on them.
    `counts` (rules, K + 1, 3) int64: TP, FP and FN, row 0 unused; `iou_sums` (rules, K + 1) float64: of the matches.
    `pictures`: those with a countable object in the reference; `picture_sums` (rules,) float64: of their mean PQ.
    """

    def __init__(self, classes: ClassSet) -> None:
        self.classes = classes
        self.counts = np.zeros((len(RULES), len(classes) + 1, 3), np.int64)
        self.iou_sums = np.zeros((len(RULES), len(classes) + 1))
        self._things = thing_mask(classes)
        self.picture_sums, self.pictures = np.zeros(len(RULES)), 0

    @classmethod
    def of(cls, pairs: SegmentPairs, classes: ClassSet) -> Panoptic:
        """The matches of one picture, whose pairs were made with the same classes."""
        one, side = cls(classes), len(classes) + 1
        for at, rule in enumerate(RULES):
            iou = pairs.iou(rule)
            hit = np.flatnonzero(iou > 0.5)
            missed = pairs.can_miss.copy()
            missed[pairs.ref[hit]] = False
            alarm = ~pairs.excused(rule)
            alarm[pairs.pred[hit]] = False
            found = pairs.ref_class[pairs.ref[hit]]
            for column, seen in enumerate((found, pairs.pred_class[alarm], pairs.ref_class[missed])):
                one.counts[at, :, column] = np.bincount(seen, minlength=side)
            one.iou_sums[at] = np.bincount(found, weights=iou[hit], minlength=side)
        # Which classes the reference has does not depend on the rule: every segment of it is found or missed.
        present = one._things & (one.counts[0, :, 0] + one.counts[0, :, 2] > 0)
        if present.any():
            tp, fp, fn = np.moveaxis(one.counts[:, present], -1, 0)
            one.picture_sums, one.pictures = quality(tp, fp, fn, one.iou_sums[:, present]).mean(axis=1), 1
        return one

    def add(self, overlaps: Overlaps) -> None:
        """Count one picture in."""
        self.merge(Panoptic.of(SegmentPairs.of(overlaps, self.classes), self.classes))

    def merge(self, other: Panoptic) -> None:
        """Count another accumulator's pictures in; the class sets must be equal (ValueError)."""
        if self.classes != other.classes:
            raise ValueError("accumulators of different class sets cannot be merged")
        self.counts += other.counts
        self.iou_sums += other.iou_sums
        self.picture_sums = self.picture_sums + other.picture_sums
        self.pictures += other.pictures

    def result(self, rule: VoidRule = VOID_IGNORED) -> PanopticResult:
        """The measures of all pictures together, in one convention."""
        at = RULES.index(rule)
        rows = []
        for k, info in enumerate(self.classes, start=1):
            tp, fp, fn = (int(v) for v in self.counts[at, k])
            rows.append(ClassSegments(info.id, info.is_thing, tp, fp, fn, float(self.iou_sums[at, k])))
        mpq = float(self.picture_sums[at]) / self.pictures if self.pictures else None
        return PanopticResult(rule, tuple(rows), mpq, self.pictures)
