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

from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics.ap_records import Judge, Records
from segdesk.domain.metrics.detections import Objects
from segdesk.domain.metrics.map_objects import map_objects
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.segmentation import Segment

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
    area. `classes`: ids of the K classes. `limits`: the most detections of a class in a picture that are judged.
    `references` (K,) int64: how many were judged, crowds aside; `detections` (K,) int64, at the largest limit.
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
        at_iou, at_class, at_area, at_limit = self._at(iou, class_id, area, limit)
        return _mean(self.precision[at_iou][:, :, at_class, at_area, at_limit])

    def ar(
        self, *, iou: float | None = None, area: str = "all", limit: int | None = None, class_id: int | None = None
    ) -> float | None:
        """Mean of the highest recall over classes and thresholds (or at one `iou`)."""
        at_iou, at_class, at_area, at_limit = self._at(iou, class_id, area, limit)
        return _mean(self.recall[at_iou][:, at_class, at_area, at_limit])

    def curve(
        self, iou: float = 0.5, *, area: str = "all", limit: int | None = None, class_id: int | None = None
    ) -> np.ndarray | None:
        """(101,) float64 precision at the recalls 0, 0.01 ... 1, for a plot, of a class or the mean of all."""
        at_iou, at_class, at_area, at_limit = self._at(iou, class_id, area, limit)
        rows = self.precision[at_iou][0][:, at_class, at_area, at_limit]
        rows = rows[:, rows[0] > -1]
        return rows.mean(axis=1) if rows.size else None

    @property
    def figures(self) -> dict[str, float | None]:
        """COCO's twelve, 0..1: AP, AP50, AP75, APs, APm, APl, then AR with each limit (AR1, AR10, AR100), ARs, ARm,
        ARl. None where nothing can be judged, for which COCO prints -1."""
        return self.figures_within(self.limits[-1])

    def figures_within(self, limit: int) -> dict[str, float | None]:
        """The same with at most `limit`, one of the limits, detections of a class in a picture."""
        values = {"AP": self.ap(limit=limit), "AP50": self.ap(iou=0.5, limit=limit)}
        values["AP75"] = self.ap(iou=0.75, limit=limit)
        values |= {f"AP{area[0]}": self.ap(area=area, limit=limit) for area in tuple(AREAS)[1:]}
        values |= {f"AR{most}": self.ar(limit=most) for most in self.limits if most <= limit}
        return values | {f"AR{area[0]}": self.ar(area=area, limit=limit) for area in tuple(AREAS)[1:]}

    def _at(
        self, iou: float | None, class_id: int | None, area: str, limit: int | None
    ) -> tuple[slice, slice, int, int]:
        return (
            slice(None) if iou is None else _one(int(np.flatnonzero(np.isclose(THRESHOLDS, iou))[0])),
            slice(None) if class_id is None else _one(self.classes.index(class_id)),
            tuple(AREAS).index(area),
            self.limits.index(self.limits[-1] if limit is None else limit),
        )


def _one(at: int) -> slice:
    return slice(at, at + 1)


def _mean(values: np.ndarray) -> float | None:
    known = values[values > -1]
    return float(known.mean()) if known.size else None


class APAccumulator:
    """Judges pictures one by one. Of each detection 32 bytes are kept and of each reference 7; of the pictures nothing.

    `classes`: the class ids that are judged. `limits`: see `APResult`; more than 100 for pictures with many objects.
    """

    def __init__(self, classes: Sequence[int], *, limits: Sequence[int] = LIMITS) -> None:
        self.classes, self.limits = tuple(classes), tuple(sorted(limits))
        self._judge = Judge(self.classes, tuple(AREAS.values()), thresholds=THRESHOLDS, limit=self.limits[-1])

    def add(self, references: Objects, detections: Objects, *, name: str = "") -> None:
        """Judge one picture; objects of classes that are not in `classes` are left out.

        Raises `SegDeskError`, naming the picture `name`, where masks differ in size, and ValueError where boxes are
        compared with masks.
        """
        _check_sizes(references, detections, name)
        self._judge.add(references, detections)

    def add_maps(self, overlaps: Overlaps, segments: Mapping[int, Segment]) -> None:
        """Judge one picture by two label maps, whose objects do not overlap. `segments`: the prediction's table, which
        has the scores; the area of an object is its number of pixels."""
        lowest = float(THRESHOLDS[0])
        self._judge.add(*map_objects(overlaps, self.classes, segments=segments, lowest=lowest))

    def merge(self, other: APAccumulator) -> None:
        """Put another accumulator's pictures after these; classes and limits must be equal (ValueError)."""
        if (self.classes, self.limits) != (other.classes, other.limits):
            raise ValueError("accumulators of different classes or limits cannot be merged")
        self._judge.merge(other._judge)

    @property
    def pictures(self) -> int:
        """How many pictures were added."""
        return self._judge.pictures

    @property
    def records(self) -> Records:
        """What is known of each detection and reference so far, for intervals and curves."""
        return self._judge.records()

    def result(self) -> APResult:
        """The measures of all pictures so far."""
        records = self.records
        shape = (THRESHOLDS.size, len(self.classes), len(AREAS), len(self.limits))
        precision, recall = np.full((shape[0], RECALLS.size, *shape[1:]), -1.0), np.full(shape, -1.0)
        scores = precision.copy()
        wanted = records.wanted(len(self.classes))
        counts = np.zeros(len(self.classes), np.int64)
        for k in range(len(self.classes)):
            rows = records.of_class(k)
            counts[k] = rows.size
            for a, m in np.ndindex(shape[2:]):
                if wanted[k, a]:
                    chosen = rows[records.rank[rows] < self.limits[m]]
                    curves = _curves(records, chosen, a, int(wanted[k, a]))
                    precision[:, :, k, a, m], recall[:, k, a, m], scores[:, :, k, a, m] = curves
        return APResult(precision, recall, scores, self.classes, self.limits, wanted[:, 0], counts)


def _curves(records: Records, rows: np.ndarray, area: int, wanted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(T, R) precision, (T,) recall and (T, R) scores of detections given in order of score, for `wanted` references.

    Precision at a recall is the highest at that or any higher recall, 0 beyond the highest recall.
    """
    precision, scores = np.zeros((THRESHOLDS.size, RECALLS.size)), np.zeros((THRESHOLDS.size, RECALLS.size))
    if not rows.size:
        return precision, np.zeros(THRESHOLDS.size), scores
    hit, miss = records.lanes(rows, area)
    tp, fp = np.cumsum(hit, axis=1, dtype=float), np.cumsum(miss, axis=1, dtype=float)
    reached = tp / wanted
    exact = tp / (fp + tp + np.spacing(1))
    best = np.maximum.accumulate(exact[:, ::-1], axis=1)[:, ::-1]
    score = records.score[rows]
    for t in range(THRESHOLDS.size):
        at = np.searchsorted(reached[t], RECALLS, side="left")
        at = at[at < rows.size]
        precision[t, : at.size], scores[t, : at.size] = best[t, at], score[at]
    return precision, reached[:, -1], scores


def _check_sizes(references: Objects, detections: Objects, name: str) -> None:
    """Raise `SegDeskError` unless all masks have one size."""
    shapes = [s for o in (references, detections) if isinstance(o.shapes, tuple) for s in o.shapes]
    for mask in shapes:
        if mask.size != shapes[0].size:
            raise SegDeskError(
                "The masks of {name} differ in size: {width} x {height} against {other_width} x {other_height} pixels.",
                "Import the labels again at the picture's own size, or leave this picture out.",
                name=name or "this picture",
                width=mask.size[1],
                height=mask.size[0],
                other_width=shapes[0].size[1],
                other_height=shapes[0].size[0],
            )
