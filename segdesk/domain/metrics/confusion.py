"""Pixel measures from a confusion matrix: accuracy, IoU, Dice, their means, in two conventions for void.

In both, a pixel of a reference class that is predicted as void or as another class is a miss (FN) of its class.
`void_ignored`: pixels that are void in the reference are left out altogether (Cityscapes, VOC, most papers).
`void_counted`: a class predicted on void is a false alarm (FP) of that class; void in both maps is right.
Void itself is no class: it has no IoU of its own and enters no mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.overlaps import VOID_IGNORED, Overlaps, VoidRule, class_index


@dataclass(frozen=True, slots=True)
class ClassPixels:
    """One class's pixel counts; `None` where a ratio has nothing to divide by, so that no mean counts it."""

    class_id: int
    tp: int
    fp: int
    fn: int

    @property
    def accuracy(self) -> float | None:
        """TP / (TP + FN): how much of the class was found (recall)."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def recall(self) -> float | None:
        """TP / (TP + FN): another name of the class's accuracy."""
        return self.accuracy

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall: another name of Dice."""
        return self.dice

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP): how much of what was called the class is it."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def iou(self) -> float | None:
        """TP / (TP + FP + FN), the Jaccard index."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def dice(self) -> float | None:
        """2 TP / (2 TP + FP + FN)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


@dataclass(frozen=True)
class PixelResult:
    """Pixel measures in one convention, 0..1; `None` where no pixel could tell.

    `rule`: the convention, see the module. `classes`: a row for each class of the set, in its order.
    `right`, `total`: pixels judged right, and pixels judged.
    """

    rule: VoidRule
    classes: tuple[ClassPixels, ...]
    right: int
    total: int

    @property
    def pixel_accuracy(self) -> float | None:
        """Right pixels / judged pixels: the trace of the matrix over its sum."""
        return _ratio(self.right, self.total)

    @property
    def mean_accuracy(self) -> float | None:
        """Mean of the class accuracies over the classes that the reference has."""
        return mean([c.accuracy for c in self.classes])

    @property
    def miou(self) -> float | None:
        """Mean IoU over the classes that occur in either map."""
        return mean([c.iou for c in self.classes])

    @property
    def mean_dice(self) -> float | None:
        """Mean Dice over the classes that occur in either map."""
        return mean([c.dice for c in self.classes])

    @property
    def mean_precision(self) -> float | None:
        """Mean precision over the classes that the prediction has."""
        return mean([c.precision for c in self.classes])

    @property
    def fwiou(self) -> float | None:
        """IoU weighted by each class's share of the reference's labelled pixels."""
        labelled = sum(c.tp + c.fn for c in self.classes)
        if not labelled:
            return None
        return sum((c.tp + c.fn) / labelled * (c.iou or 0.0) for c in self.classes)


class Confusion:
    """Accumulates the confusion matrix of many pictures.

    `counts` (K+1, K+1) int64: [reference, prediction]; row and column 0 are void (and every class that is not in
    `classes`), k the class at position k-1.
    """

    def __init__(self, classes: ClassSet) -> None:
        self.classes = classes
        self.counts = np.zeros((len(classes) + 1, len(classes) + 1), np.int64)

    @classmethod
    def of(cls, overlaps: Overlaps, classes: ClassSet) -> Confusion:
        """The matrix of one picture."""
        one = cls(classes)
        one.add(overlaps)
        return one

    def add(self, overlaps: Overlaps) -> None:
        """Count one picture in."""
        index, side = class_index(self.classes), len(self.classes) + 1
        cell = index[overlaps.reference_classes] * side + index[overlaps.prediction_classes]
        # Weights are float64: exact up to 2**53 pixels, far beyond one picture.
        counted = np.bincount(cell, weights=overlaps.pixels, minlength=side * side)
        self.counts += counted.astype(np.int64).reshape(side, side)

    def merge(self, other: Confusion) -> None:
        """Count another accumulator's pictures in; the class sets must be equal (ValueError)."""
        if self.classes != other.classes:
            raise ValueError("accumulators of different class sets cannot be merged")
        self.counts += other.counts

    def result(self, rule: VoidRule = VOID_IGNORED) -> PixelResult:
        """The measures of all pictures together, in one convention ("void_background" counts as "void_counted")."""
        table = self.table(rule)
        rows = tuple(ClassPixels(c.id, *row) for c, row in zip(self.classes, table[1:].tolist(), strict=True))
        return PixelResult(rule, rows, int(table[:, 0].sum()), int(table[:, [0, 2]].sum()))

    def table(self, rule: VoidRule = VOID_IGNORED) -> np.ndarray:
        """(K + 1, 3) int64: TP, FP and FN of void and each class, in one convention."""
        counts = self.counts
        if rule == VOID_IGNORED:
            counts = counts.copy()
            counts[0] = 0
        tp = np.diagonal(counts)
        return np.stack([tp, counts.sum(axis=0) - tp, counts.sum(axis=1) - tp], axis=1)


def mean(values: list[float | None]) -> float | None:
    """The mean of the values that exist; None where none does."""
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
