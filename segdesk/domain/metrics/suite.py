"""`Suite`: the measures of a full report beside the confusion matrix and PQ, taken of each picture in one go."""

from __future__ import annotations

from dataclasses import dataclass, field

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.ap import APAccumulator, APResult
from segdesk.domain.metrics.ap_intervals import ap_intervals
from segdesk.domain.metrics.bootstrap import Interval
from segdesk.domain.metrics.boundaries import Boundaries
from segdesk.domain.metrics.cells import CellPictures
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.objects import ObjectTally
from segdesk.domain.metrics.overlaps import Overlaps, VoidRule
from segdesk.domain.metrics.panoptic import Panoptic
from segdesk.domain.metrics.report_intervals import ReportIntervals
from segdesk.domain.metrics.segment_pairs import SegmentPairs
from segdesk.domain.segmentation import Segmentation

COCO_LIMIT = 100  # detections of a class in a picture that COCO judges
LIMITS = (1, 10, COCO_LIMIT, 65_535)  # and all of them, as there are often more than 100 cells


@dataclass(frozen=True, eq=False)
class Findings:
    """What a suite found. `objects`, `boundaries`: have `result(rule)` for each convention. `precision`: average
    precision of the countable classes, None where there is none; `precision.figures_within(COCO_LIMIT)` is COCO's,
    and `precision.figures` the same for any number of objects. `intervals`: by figure ("miou", "pq", "ap", ...; see
    `report_intervals` and `ap_intervals`), in the report's leading conventions, AP within COCO's limit;
    `class_intervals`: of the IoU of each class, by class id. `cells`: the pictures behind the cells of the
    confusion matrix."""

    objects: ObjectTally
    boundaries: Boundaries
    cells: CellPictures
    precision: APResult | None = None
    intervals: dict[str, Interval] = field(default_factory=dict)
    class_intervals: dict[int, Interval] = field(default_factory=dict)


class Suite:
    """Takes pictures in one by one. Memory is independent of their number, but for 32 bytes a predicted and 7 bytes a
    reference object, by which average precision orders them all."""

    def __init__(self, classes: ClassSet) -> None:
        self._classes = classes
        self._objects, self._boundaries = ObjectTally(classes), Boundaries(classes)
        self._intervals, self._cells = ReportIntervals(classes), CellPictures(classes)
        self._precision = APAccumulator(sorted(classes.things), limits=LIMITS)

    def add(
        self,
        prediction: Segmentation,
        reference: Segmentation,
        *,
        name: str,
        overlaps: Overlaps,
        pairs: SegmentPairs,
        confusion: Confusion,
        panoptic: Panoptic,
    ) -> None:
        """Take one picture in; `overlaps`, `pairs`, `confusion` and `panoptic` are of this picture alone."""
        objects = ObjectTally.of(pairs, self._classes)
        boundaries = Boundaries.of(prediction, reference, self._classes)
        self._objects.merge(objects)
        self._boundaries.merge(boundaries)
        self._precision.add_maps(overlaps, prediction.segments)
        self._cells.add(name, confusion.counts)
        self._intervals.add(confusion, panoptic, objects, boundaries)

    def findings(self, pixel_rule: VoidRule, panoptic_rule: VoidRule) -> Findings:
        """All that was found so far, intervals in these conventions."""
        intervals, precision = self._intervals.result(pixel_rule, panoptic_rule), None
        if self._classes.things:
            precision = self._precision.result()
            intervals |= {k: v for k, v in ap_intervals(self._precision, limit=COCO_LIMIT).items() if v is not None}
        by_class = {self._classes[at].id: span for at, span in self._intervals.class_iou(pixel_rule).items()}
        return Findings(self._objects, self._boundaries, self._cells, precision, intervals, by_class)
