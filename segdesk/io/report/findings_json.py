"""The further measures of a full report as plain values for report.json."""

from __future__ import annotations

import math

import numpy as np

from segdesk.domain.metrics.ap import THRESHOLDS, APResult
from segdesk.domain.metrics.bootstrap import Interval
from segdesk.domain.metrics.boundaries import RULES as BOUNDARY_RULES
from segdesk.domain.metrics.boundaries import BoundaryResult
from segdesk.domain.metrics.conventions import FIGURES, PIXELS, SEGMENTS
from segdesk.domain.metrics.objects import ObjectCounts, ObjectResult
from segdesk.domain.metrics.report import Report
from segdesk.domain.metrics.segment_pairs import RULES
from segdesk.domain.metrics.suite import COCO_LIMIT, Findings

LISTED_IOUS = (0.5, 0.75)  # of class by class figures and curves
COUNT_COLUMNS = ("tp", "fp", "fn", "precision", "recall", "f1", "score")

Values = dict[str, object]


def conventions() -> Values:
    """What each figure means."""
    return {"pixels": dict(PIXELS), "panoptic": dict(SEGMENTS), **FIGURES}


def findings_json(report: Report) -> Values:
    """The sections "objects", "boundaries", "average_precision", "intervals", "class_iou_intervals" and "confused";
    none in a quick report."""
    found = report.findings
    if found is None:
        return {}
    return {
        "objects": {rule: _objects(found.objects.result(rule)) for rule in RULES},
        "boundaries": {rule: _boundaries(found.boundaries.result(rule)) for rule in BOUNDARY_RULES},
        "average_precision": None if found.precision is None else _precision(found.precision),
        "intervals": {name: _interval(span) for name, span in found.intervals.items()},
        "class_iou_intervals": [
            {"class_id": class_id, **_interval(span)} for class_id, span in found.class_intervals.items()
        ],
        "confused": _confused(report, found),
    }


def _objects(result: ObjectResult) -> Values:
    return {
        "dsb2018": result.dsb,
        "pictures": result.pictures,
        "thresholds": _numbers(result.thresholds),
        "picture_scores": _numbers(result.picture_scores),
        "all": [_counts(result.all_at(float(t)), float(t)) for t in result.thresholds],
        "classes": [{"class_id": row.class_id, **_counts(row, iou)} for iou in LISTED_IOUS for row in result.at(iou)],
        "sizes": dict(zip(("reference", "found", "predicted"), result.sizes.tolist(), strict=True)),
    }


def _counts(row: ObjectCounts, iou: float) -> Values:
    return {"iou": round(iou, 4), **{name: getattr(row, name) for name in COUNT_COLUMNS}}


def _boundaries(result: BoundaryResult) -> Values:
    rows = [{"class_id": c.class_id, "iou": c.iou, "f": c.f, "pictures": c.pictures} for c in result.classes]
    return {"mean_iou": result.mean_iou, "mean_f": result.mean_f, "classes": rows}


def _precision(result: APResult) -> Values:
    return {
        "coco": result.figures_within(COCO_LIMIT),
        "any_number_of_detections": result.figures,
        "thresholds": _numbers(THRESHOLDS),
        "classes": [
            {
                "class_id": k,
                "ap": result.ap(class_id=k, limit=COCO_LIMIT),
                "ap50": result.ap(iou=0.5, class_id=k, limit=COCO_LIMIT),
                "ap75": result.ap(iou=0.75, class_id=k, limit=COCO_LIMIT),
                "ar100": result.ar(class_id=k, limit=COCO_LIMIT),
                "references": int(references),
                "detections": int(detections),
            }
            for k, references, detections in zip(result.classes, result.references, result.detections, strict=True)
        ],
        "curves": [_curve(result, iou, k) for iou in LISTED_IOUS for k in (None, *result.classes)],
    }


def _curve(result: APResult, iou: float, class_id: int | None) -> Values:
    """Precision at the recalls 0, 0.01 ... 1, of a class or (class_id null) the mean of all."""
    curve = result.curve(iou, limit=COCO_LIMIT, class_id=class_id)
    return {"iou": iou, "class_id": class_id, "precision": None if curve is None else _numbers(curve)}


def _interval(span: Interval) -> Values:
    return {
        "low": span.low,
        "high": span.high,
        "level": span.level,
        "pictures": span.pictures,
        "draws": span.draws,
    }


def _confused(report: Report, found: Findings) -> list[Values]:
    """The pictures behind each cell of the confusion matrix beside its diagonal, most pixels first; id 0 is void."""
    ids = [0, *(c.id for c in report.classes)]
    return [
        {
            "reference": ids[row],
            "prediction": ids[column],
            "pictures": [
                {"name": name, "pixels": pixels} for name, pixels in found.cells.pictures(ids[row], ids[column])
            ],
        }
        for row, column in np.argwhere(report.confusion.counts).tolist()
        if row != column
    ]


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if math.isnan(v) else v for v in values.tolist()]
