"""The further measures of a full report as CSV: average precision, objects at each IoU, outlines, intervals, and the
pictures behind the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segdesk.domain.metrics.boundaries import RULES as BOUNDARY_RULES
from segdesk.domain.metrics.report import Report
from segdesk.domain.metrics.segment_pairs import RULES
from segdesk.domain.metrics.suite import COCO_LIMIT, Findings
from segdesk.io.report.tables import table_csv


def findings_csv(report: Report) -> dict[str, str]:
    """File name without ending: text. Empty for a quick report; tables of objects only where classes are countable."""
    found = report.findings
    if found is None:
        return {}
    tables = {
        "intervals": _intervals(report, found),
        "boundaries": _boundaries(report, found),
        "confused_pictures": _confused(report, found),
    }
    if found.precision is not None:
        tables |= {"average_precision": _precision(report, found), "objects": _objects(report, found)}
    return tables


def _intervals(report: Report, found: Findings) -> str:
    """A row a figure: its value in the leading convention and the bounds of its interval."""
    headline = {**report.headline, **_further(report, found)}
    head = ["figure", "class_id", "convention", "value", "low", "high", "level", "pictures", "draws"]
    rows: list[list[object]] = []
    for key, span in found.intervals.items():
        rule = _rule(report, key)
        rows.append([key, "", rule, headline.get(key), span.low, span.high, span.level, span.pictures, span.draws])
    for info, row in zip(report.classes, report.pixel_result.classes, strict=True):
        span = found.class_intervals.get(info.id)
        if span is not None:
            bounds = [span.low, span.high, span.level, span.pictures, span.draws]
            rows.append(["iou", info.id, report.pixel_rule, row.iou, *bounds])
    return table_csv(head, rows)


def _rule(report: Report, key: str) -> str:
    if key.startswith("ap"):
        return "coco"
    of_pixels = key in ("miou", "mean_dice", "pixel_accuracy", "boundary_iou", "boundary_f")
    return report.pixel_rule if of_pixels else report.panoptic_rule


def _further(report: Report, found: Findings) -> dict[str, float | None]:
    """The figures with intervals that are no headline."""
    coco = {} if found.precision is None else found.precision.figures_within(COCO_LIMIT)
    return {
        "mean_dice": report.pixel_result.mean_dice,
        "mpq": report.panoptic_result.mpq,
        "dsb": found.objects.result(report.panoptic_rule).dsb,
        "boundary_f": found.boundaries.result(report.pixel_rule).mean_f,
        "ap50": coco.get("AP50"),
        "ap75": coco.get("AP75"),
    }


def _boundaries(report: Report, found: Findings) -> str:
    head = ["class_id", "name", "convention", "boundary_iou", "boundary_f", "pictures"]
    rows = [
        [row.class_id, info.name, rule, row.iou, row.f, row.pictures]
        for rule in BOUNDARY_RULES
        for info, row in zip(report.classes, found.boundaries.result(rule).classes, strict=True)
    ]
    return table_csv(head, rows)


def _precision(report: Report, found: Findings) -> str:
    """A row of all classes (class_id empty) and one a countable class, for both limits of detections."""
    precision = found.precision
    assert precision is not None
    head = ["class_id", "name", "detections_limit", "ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar"]
    head += ["ar_small", "ar_medium", "ar_large", "references", "detections"]
    rows: list[list[object]] = []
    for limit in (COCO_LIMIT, precision.limits[-1]):
        for at, class_id in ((None, None), *enumerate(precision.classes)):
            info = None if class_id is None else report.classes.get(class_id)
            values = [precision.ap(iou=iou, class_id=class_id, limit=limit) for iou in (None, 0.5, 0.75)]
            areas = ("small", "medium", "large")
            values += [precision.ap(area=area, class_id=class_id, limit=limit) for area in areas]
            values += [precision.ar(area=area, class_id=class_id, limit=limit) for area in ("all", *areas)]
            counts = [int(np.sum(n if at is None else n[at])) for n in (precision.references, precision.detections)]
            rows.append([class_id, "all" if info is None else info.name, limit, *values, *counts])
    return table_csv(head, rows)


def _objects(report: Report, found: Findings) -> str:
    head = ["class_id", "name", "convention", "iou_over", "precision", "recall", "f1", "score", "tp", "fp", "fn"]
    rows: list[list[object]] = []
    for rule in RULES:
        result = found.objects.result(rule)
        for iou in result.thresholds.tolist():
            for row in (result.all_at(iou), *result.at(iou)):
                info = report.classes.get(row.class_id)
                ratios = [row.precision, row.recall, row.f1, row.score]
                name = "all" if info is None else info.name
                rows.append([row.class_id or None, name, rule, round(iou, 2), *ratios, row.tp, row.fp, row.fn])
    return table_csv(head, rows)


def _confused(report: Report, found: Findings) -> str:
    head = ["reference_id", "reference", "prediction_id", "prediction", "picture", "pixels"]
    return table_csv(head, list(_behind_cells(report, found)))


def _behind_cells(report: Report, found: Findings) -> Iterator[list[object]]:
    known = [(0, "void"), *((c.id, c.name) for c in report.classes)]
    for row, column in np.argwhere(report.confusion.counts).tolist():
        if row != column:
            (was, was_name), (said, said_name) = known[row], known[column]
            for name, pixels in found.cells.pictures(was, said):
                yield [was, was_name, said, said_name, name, pixels]
