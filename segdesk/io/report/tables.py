"""The report for programs: one JSON value and CSV tables; those of objects and outlines are in `findings_tables`.
Convention names are part of every column's name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from segdesk.domain.metrics.confusion import ClassPixels, PixelResult
from segdesk.domain.metrics.effort import Effort
from segdesk.domain.metrics.overlaps import VOID_COUNTED, VOID_IGNORED, VoidRule
from segdesk.domain.metrics.panoptic import RULES, ClassSegments, PanopticResult, Quality
from segdesk.domain.metrics.report import Report
from segdesk.io.report.findings_json import conventions, findings_json

PIXEL_RULES: tuple[VoidRule, ...] = (VOID_IGNORED, VOID_COUNTED)
PIXEL_COLUMNS = ("iou", "dice", "accuracy", "precision", "recall", "f1", "tp", "fp", "fn")
SEGMENT_COLUMNS = ("pq", "sq", "rq", "tp", "fp", "fn")


def sample_sizes(report: Report) -> dict[str, int]:
    """How much was judged: pictures, pixels, labelled pixels, segments of either side (leading convention)."""
    rows = report.panoptic_result.classes
    return {
        "pictures": len(report.pictures),
        "pictures_failed": len(report.failed),
        "pixels": sum(p.pixels for p in report.pictures),
        "labelled_pixels": sum(p.labelled for p in report.pictures),
        "reference_segments": sum(r.tp + r.fn for r in rows),
        "predicted_segments": sum(r.tp + r.fp for r in rows),
    }


def as_json(report: Report, *, version: str, created: str) -> dict[str, object]:
    """Everything of the report but the thumbnails, as plain values."""
    return {
        "made_by": f"SegDesk {version}",
        "format": 1,
        "created": created,
        "layer": report.layer,
        "against": report.against,
        "about": dict(report.about),
        "instance_only_references": report.instance_only,
        "leading_convention": {"pixels": report.pixel_rule, "panoptic": report.panoptic_rule},
        "conventions": conventions(),
        "headline": report.headline,
        "sample": sample_sizes(report),
        "classes": [{"id": c.id, "name": c.name, "is_thing": c.is_thing} for c in report.classes],
        "pixels": {rule: _pixel_json(report.confusion.result(rule)) for rule in PIXEL_RULES},
        "panoptic": {rule: _panoptic_json(report.panoptic.result(rule)) for rule in RULES},
        "confusion": {"order": _order(report), "rows": "reference", "counts": report.confusion.counts.tolist()},
        "pictures": [{name: getattr(p, name) for name in p.__slots__} for p in report.pictures],
        "worst_pictures": [s.name for s in report.worst],
        "ranked_by": report.ranked_by,
        "best_pictures": [s.name for s in report.best],
        "effort": _effort_json(report.effort),
        **findings_json(report),
        "failed": [{"name": n, "message": e.text(), "hint": e.hint_text()} for n, e in report.failed],
    }


def _effort_json(effort: Effort | None) -> dict[str, object] | None:
    if effort is None:
        return None
    return {
        "pictures": effort.pictures,
        "pixels": effort.pixels,
        "pixels_as_the_model_had_them": effort.kept,
        "model_share": effort.model_share,
        "pixels_changed_by_hand": effort.changed,
        "seconds": round(effort.seconds, 1),
        "median_seconds_a_picture": round(effort.median_seconds, 1),
    }


def per_class_csv(report: Report) -> str:
    """A row a class; columns such as iou_void_ignored and pq_void_counted."""
    pixels = {rule: report.confusion.result(rule).classes for rule in PIXEL_RULES}
    segments = {rule: report.panoptic.result(rule).classes for rule in RULES}
    head = ["class_id", "name", "is_thing"]
    head += [
        f"{c}_pixels_{rule}" if c in ("tp", "fp", "fn") else f"{c}_{rule}" for rule in pixels for c in PIXEL_COLUMNS
    ]
    head += [
        f"{c}_segments_{rule}" if c in ("tp", "fp", "fn") else f"{c}_{rule}"
        for rule in segments
        for c in SEGMENT_COLUMNS
    ]
    rows = []
    for at, info in enumerate(report.classes):
        row: list[object] = [info.id, info.name, int(info.is_thing)]
        for rule in pixels:
            row += [getattr(pixels[rule][at], c) for c in PIXEL_COLUMNS]
        for rule in segments:
            row += [getattr(segments[rule][at], c) for c in SEGMENT_COLUMNS]
        rows.append(row)
    return table_csv(head, rows)


def per_picture_csv(report: Report) -> str:
    """A row a picture, in the leading conventions; the pictures that failed come last with the reason."""
    pixel, segment = report.pixel_rule, report.panoptic_rule
    head = ["name", "pixels", "labelled_pixels", f"pixel_accuracy_{pixel}", f"miou_{pixel}", f"pq_{segment}"]
    head += [f"{c}_segments_{segment}" for c in ("tp", "fp", "fn")] + ["error"]
    rows: list[list[object]] = [
        [p.name, p.pixels, p.labelled, p.accuracy, p.miou, p.pq, p.tp, p.fp, p.fn, ""] for p in report.pictures
    ]
    rows += [[name, *[None] * 8, error.text()] for name, error in report.failed]
    return table_csv(head, rows)


def confusion_csv(report: Report) -> str:
    """Pixel counts: a row a reference class, a column a predicted class, void first."""
    order = _order(report)
    counts = report.confusion.counts.tolist()
    return table_csv(["reference\\predicted", *order], [[name, *row] for name, row in zip(order, counts, strict=True)])


def _order(report: Report) -> list[str]:
    return ["void", *(c.name for c in report.classes)]


def _pixel_json(result: PixelResult) -> dict[str, object]:
    return {
        "miou": result.miou,
        "pixel_accuracy": result.pixel_accuracy,
        "mean_accuracy": result.mean_accuracy,
        "mean_dice": result.mean_dice,
        "mean_precision": result.mean_precision,
        "fwiou": result.fwiou,
        "right_pixels": result.right,
        "judged_pixels": result.total,
        "classes": [_row(c, PIXEL_COLUMNS) for c in result.classes],
    }


def _panoptic_json(result: PanopticResult) -> dict[str, object]:
    groups: dict[str, Quality] = {"all": result.all, "things": result.things, "stuff": result.stuff}
    values: dict[str, object] = {
        name: {"pq": q.pq, "sq": q.sq, "rq": q.rq, "classes": q.classes} for name, q in groups.items()
    }
    values |= {"mpq": result.mpq, "mpq_pictures": result.mpq_pictures, "mpq_plus": result.mpq_plus}
    return {**values, "classes": [_row(c, (*SEGMENT_COLUMNS, "iou_sum")) for c in result.classes]}


def _row(row: ClassPixels | ClassSegments, columns: Iterable[str]) -> dict[str, object]:
    return {"class_id": row.class_id, **{c: getattr(row, c) for c in columns}}


def table_csv(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV text, lines ending with a line feed; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
