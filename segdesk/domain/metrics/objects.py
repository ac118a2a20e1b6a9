"""Objects found, missed and invented at IoU thresholds: precision, recall, F1, the score of the 2018 Data Science Bowl,
and how large the objects are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.overlaps import VOID_BACKGROUND, VoidRule, thing_mask
from segdesk.domain.metrics.segment_pairs import RULES, SegmentPairs

THRESHOLDS = np.linspace(0.5, 0.95, 10)
SIZE_BINS = 33  # object areas by powers of two: bin b has 2**b up to, but not including, 2**(b + 1) pixels


@dataclass(frozen=True, slots=True)
class ObjectCounts:
    """Objects of one class (or of all, class id 0) at one IoU; `None` where a ratio has nothing to divide by."""

    class_id: int
    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP)."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """TP / (TP + FN)."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def score(self) -> float | None:
        """TP / (TP + FP + FN)."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)


@dataclass(frozen=True, eq=False)
class ObjectResult:
    """Object measures in one convention for void (see `segment_pairs`); an object is found if its IoU is over, not at,
    the threshold, as for PQ.

    `thresholds` (T,). `classes`: ids of the K countable classes. `counts` (T, K, 3) int64: TP, FP, FN.
    `picture_scores` (T,) float64: TP / (TP + FP + FN) of each picture, averaged over the `pictures` that have an object
    in either map (NaN if none); its mean over thresholds is the score of the 2018 Data Science Bowl.
    `sizes` (3, 33) int64: how many reference objects, found ones (at the lowest threshold) and predicted objects have
    an area of 2**b to 2**(b + 1) pixels.
    """

    rule: VoidRule
    thresholds: np.ndarray
    classes: tuple[int, ...]
    counts: np.ndarray
    picture_scores: np.ndarray
    pictures: int
    sizes: np.ndarray

    def at(self, iou: float = 0.5) -> tuple[ObjectCounts, ...]:
        """A row for each countable class."""
        table = self.counts[self._index(iou)].tolist()
        return tuple(ObjectCounts(k, *row) for k, row in zip(self.classes, table, strict=True))

    def all_at(self, iou: float = 0.5) -> ObjectCounts:
        """The objects of all classes together."""
        tp, fp, fn = self.counts[self._index(iou)].sum(axis=0).tolist()
        return ObjectCounts(0, tp, fp, fn)

    @property
    def dsb(self) -> float | None:
        """The 2018 Data Science Bowl's score: `picture_scores` averaged over the thresholds 0.5, 0.55 ... 0.95."""
        return float(self.picture_scores.mean()) if self.pictures else None

    def _index(self, iou: float) -> int:
        return int(np.flatnonzero(np.isclose(self.thresholds, iou))[0])


class ObjectTally:
    """Counts the objects (segments of countable classes) of many pictures, in all conventions at once.

    `thresholds`: rising, and at least 0.5, where a match is unique. `counts` (rules, T, K + 1, 3) int64: TP, FP, FN.
    `pictures` (rules,) int64: those with an object in either map; `picture_sums` (rules, T): the
    sums of their TP / (TP + FP + FN).
    """

    def __init__(self, classes: ClassSet, *, thresholds: Sequence[float] | np.ndarray = THRESHOLDS) -> None:
        self.classes, self.thresholds = classes, np.asarray(thresholds, np.float64)
        if not self.thresholds.size or self.thresholds[0] < 0.5 or (np.diff(self.thresholds) <= 0).any():
            raise ValueError("thresholds must rise from 0.5 or more: under it an object may match several")
        self._things = thing_mask(classes)
        shape = (len(RULES), self.thresholds.size)
        self.counts = np.zeros((*shape, len(classes) + 1, 3), np.int64)
        self.picture_sums, self.pictures = np.zeros(shape), np.zeros(len(RULES), np.int64)
        self._sizes = np.zeros((len(RULES), 3, SIZE_BINS), np.int64)

    @classmethod
    def of(cls, pairs: SegmentPairs, classes: ClassSet) -> ObjectTally:
        """The objects of one picture, whose pairs were made with the same classes."""
        one = cls(classes)
        for at, rule in enumerate(RULES):
            one._count(at, pairs, pairs.iou(rule), ~pairs.excused(rule))
        tp, fp, fn = np.moveaxis(one.counts.sum(axis=2), -1, 0)
        every = tp + fp + fn
        judged = every[:, 0] > 0
        one.picture_sums[judged] = tp[judged] / every[judged]
        one.pictures[judged] = 1
        return one

    def merge(self, other: ObjectTally) -> None:
        """Count another tally's pictures in; class sets and thresholds must be equal (ValueError)."""
        if self.classes != other.classes or not np.array_equal(self.thresholds, other.thresholds):
            raise ValueError("tallies of different class sets or thresholds cannot be merged")
        self.counts += other.counts
        self.picture_sums += other.picture_sums
        self.pictures += other.pictures
        self._sizes += other._sizes

    def result(self, rule: VoidRule = VOID_BACKGROUND) -> ObjectResult:
        """The measures of all pictures together, in one convention."""
        at = RULES.index(rule)
        pictures = int(self.pictures[at])
        scores = self.picture_sums[at] / pictures if pictures else np.full(self.thresholds.size, np.nan)
        ids = tuple(c.id for c in self.classes if c.is_thing)
        return ObjectResult(
            rule, self.thresholds, ids, self.counts[at][:, self._things], scores, pictures, self._sizes[at].copy()
        )

    def _count(self, at: int, pairs: SegmentPairs, iou: np.ndarray, counts: np.ndarray) -> None:
        """Count one picture in one convention; `counts` (P,): predicted segments that are wrong if not matched."""
        hit = np.flatnonzero(iou > self.thresholds[0])
        level = np.searchsorted(self.thresholds, iou[hit], side="left")  # how many thresholds it is over
        ref_level, pred_level = np.zeros(pairs.ref_class.size, np.intp), np.zeros(pairs.pred_class.size, np.intp)
        ref_level[pairs.ref[hit]], pred_level[pairs.pred[hit]] = level, level
        wanted = pairs.can_miss & self._things[pairs.ref_class]
        judged = (counts | (pred_level > 0)) & self._things[pairs.pred_class]
        found = self._over(pairs.ref_class[wanted], ref_level[wanted])
        right = self._over(pairs.pred_class[judged], pred_level[judged])
        # An excused segment that matches at a low threshold is not judged at the higher ones that it misses.
        lapsed = self._over(pairs.pred_class[judged & ~counts], pred_level[judged & ~counts])
        self.counts[at, :, :, 0] = found[1:]
        self.counts[at, :, :, 1] = right[0] - right[1:] - (lapsed[0] - lapsed[1:])
        self.counts[at, :, :, 2] = found[0] - found[1:]
        self._sizes[at, 0] = _by_size(pairs.ref_area[wanted])
        self._sizes[at, 1] = _by_size(pairs.ref_area[wanted & (ref_level > 0)])
        self._sizes[at, 2] = _by_size(pairs.pred_area[judged])

    def _over(self, kinds: np.ndarray, level: np.ndarray) -> np.ndarray:
        """(T + 1, K + 1) int64: how many of each class there are, then how many are over each threshold."""
        steps, side = self.thresholds.size + 1, self._things.size
        table = np.bincount(level * side + kinds, minlength=steps * side).reshape(steps, side)
        return table[::-1].cumsum(axis=0)[::-1]


def _by_size(areas: np.ndarray) -> np.ndarray:
    """(33,) int64: how many areas have each logarithm to base 2, rounded down."""
    return np.bincount(np.frexp(areas)[1] - 1, minlength=SIZE_BINS)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
