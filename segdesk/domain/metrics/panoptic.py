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

from segdesk.domain.classes import ClassSet
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


class Panoptic:
    """Accumulates matches of many pictures, in all conventions at once.

    All segments of a stuff class in a picture count as one, as the measure defines stuff. Classes that are not in
    `classes` count as void. Crowd segments of the reference (COCO's rule): never matched, never a miss; an unmatched
    predicted segment that lies mostly on void and crowd of its own class is not counted.
    """

    def __init__(self, classes: ClassSet) -> None:
        self.classes = classes
        # [convention, class position + 1, (tp, fp, fn)]
        self.counts = np.zeros((len(RULES), len(classes) + 1, 3), np.int64)
        self.iou_sums = np.zeros((len(RULES), len(classes) + 1))

    def add(self, overlaps: Overlaps) -> None:
        """Count one picture in."""
        raise NotImplementedError

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
