"""Average precision and recall of masks or boxes as COCO defines them (Lin et al. 2014; the evaluation of pycocotools).

    total = APAccumulator([1, 2])
    for picture in pictures:
        total.add(Objects.of_masks(masks, classes, crowd=crowd), Objects.of_masks(found, classes, scores=scores))
    total.result().figures["AP"]

Per class and IoU threshold, detections in order of score (equal scores in the order that they were added) each take the
best free reference of at least that IoU; precision is averaged over 101 recalls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segdesk.domain.metrics.detections import Objects

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
LIMITS = (1, 10, 100)
AREAS: Mapping[str, tuple[float, float]] = {
    "all": (0.0, 1e10),
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e10),
}


@dataclass(frozen=True, eq=False)
class APResult:
    """Precision and recall of T thresholds, R = 101 recalls, K classes, A areas and L limits, as COCOeval has them.

    `precision`, `scores` (T, R, K, A, L) and `recall` (T, K, A, L) float64, -1 where a class has no reference of that
    area. `classes`: ids of the K classes. `references`, `detections` (K,) int64: how many were judged, crowds aside.
    """

    precision: np.ndarray
    recall: np.ndarray
    scores: np.ndarray
    classes: tuple[int, ...]
    limits: tuple[int, ...]
    references: np.ndarray
    detections: np.ndarray

    def ap(
        self, *, iou: float | None = None, area: str = "all", limit: int | None = None, class_id: int | None = None
    ) -> float | None:
        """Mean precision over recalls, classes and thresholds (or at one `iou`), at most `limit` detections of a class
        in a picture (None: the largest limit). None where no class has a reference."""
        raise NotImplementedError

    def ar(
        self, *, iou: float | None = None, area: str = "all", limit: int | None = None, class_id: int | None = None
    ) -> float | None:
        """Mean of the highest recall over classes and thresholds (or at one `iou`)."""
        raise NotImplementedError

    @property
    def figures(self) -> dict[str, float | None]:
        """COCO's twelve: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100 (by `limits`), ARs, ARm, ARl."""
        raise NotImplementedError


class APAccumulator:
    """Judges pictures one by one. Of each detection 34 bytes are kept, of the pictures nothing."""

    def __init__(self, classes: Sequence[int], *, limits: Sequence[int] = LIMITS) -> None:
        self.classes, self.limits = tuple(classes), tuple(sorted(limits))

    def add(self, references: Objects, detections: Objects, *, name: str = "") -> None:
        """Judge one picture; objects of classes that are not in `classes` are left out.

        Raises `SegDeskError`, naming the picture `name`, where masks differ in size.
        """
        raise NotImplementedError

    def merge(self, other: APAccumulator) -> None:
        """Put another accumulator's pictures after these; classes and limits must be equal (ValueError)."""
        raise NotImplementedError

    def result(self) -> APResult:
        """The measures of all pictures so far."""
        raise NotImplementedError
