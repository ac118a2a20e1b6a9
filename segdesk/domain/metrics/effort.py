"""What correction cost: how much of the final labels the model had right already, and the time a person spent."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.segmentation import Segmentation


@dataclass(frozen=True)
class Effort:
    """Sums over the pictures that a model answered for and a person worked on or verified.

    `pixels`: of those pictures; `kept`: of them, those that the final labels have as the model had them.
    `changed`: pixels changed by hand, strokes over one another counted each. `seconds`: spent in all;
    `median_seconds`: of a picture.
    """

    pictures: int
    pixels: int
    kept: int
    changed: int
    seconds: float
    median_seconds: float

    @property
    def model_share(self) -> float:
        """The part of the work that the model did, 0..1."""
        return self.kept / self.pixels if self.pixels else 0.0


class EffortTally:
    """Adds up picture by picture; memory holds one number a picture."""

    def __init__(self, classes: ClassSet) -> None:
        self._classes = classes
        self._seconds: list[float] = []
        self._pixels = self._kept = self._changed = 0

    def add(self, final: Segmentation, answer: Segmentation, *, seconds: float, changed: int) -> None:
        """Count one picture; one whose two maps differ in size is left out."""
        if final.size != answer.size:
            return
        self._pixels += final.ids.size
        self._kept += kept_pixels(final, answer, self._classes)
        self._changed += changed
        self._seconds.append(seconds)

    def result(self) -> Effort | None:
        """The sums, or None if there was no picture."""
        if not self._seconds:
            return None
        return Effort(
            len(self._seconds), self._pixels, self._kept, self._changed, sum(self._seconds), median(self._seconds)
        )


def kept_pixels(final: Segmentation, answer: Segmentation, classes: ClassSet) -> int:
    """Pixels that have the same class in both maps (void included); of countable classes only those of objects that
    stayed one: where an object was cut or joined, its largest shared part. Numbers of segments do not matter."""
    pairs = Overlaps.of(answer, final)
    same = pairs.reference_classes == pairs.prediction_classes
    counted = same & np.isin(pairs.reference_classes, sorted(classes.things))
    at = np.flatnonzero(counted)
    at = at[np.argsort(-pairs.pixels[at], kind="stable")]
    best_of_final = np.zeros(same.size, bool)
    best_of_answer = np.zeros(same.size, bool)
    best_of_final[at[np.unique(pairs.reference[at], return_index=True)[1]]] = True
    best_of_answer[at[np.unique(pairs.prediction[at], return_index=True)[1]]] = True
    kept = np.where(counted, best_of_final & best_of_answer, same)
    return int(pairs.pixels[kept].sum())
