"""The further measures of a full report in report.json: there, named with their convention, and equal to the values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from segdesk.app.evaluate import EvalItem, evaluate
from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.conventions import FIGURES
from segdesk.domain.metrics.report import Report
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.report import write_report

CLASSES = ClassSet.from_names(["sky", "car", "bird"], things=["car", "bird"])


def _report() -> Report:
    items = []
    for k in range(4):
        reference = np.zeros((40, 60), np.uint16)
        reference[:20], reference[22:34, 5:25], reference[22:34, 30:50] = 1, 2, 3
        table = {1: Segment(1), 2: Segment(2, score=0.9), 3: Segment(2, score=0.8 - k / 10)}
        prediction = np.roll(reference, k, axis=1)
        items.append(EvalItem(f"{k}.png", Segmentation(prediction, table), Segmentation(reference, dict(table))))
    return evaluate(items, CLASSES)


def test_json_has_the_further_figures(tmp_path: Path) -> None:
    report = _report()
    values = json.loads((write_report(report, tmp_path / "out").parent / "report.json").read_text("utf-8"))
    found = report.findings
    assert found is not None
    assert found.precision is not None
    assert values["average_precision"]["coco"] == found.precision.figures_within(100)
    assert values["objects"]["void_background"]["dsb2018"] == found.objects.result("void_background").dsb
    assert values["objects"]["void_ignored"]["all"][0]["f1"] == 1.0
    assert values["boundaries"]["void_counted"]["mean_f"] == found.boundaries.result("void_counted").mean_f
    assert values["intervals"]["miou"]["low"] == found.intervals["miou"].low
    assert values["panoptic"]["void_ignored"]["mpq_pictures"] == 4
    assert values["best_pictures"][0] == "0.png"
    assert set(FIGURES) < set(values["conventions"])
    cell = next(c for c in values["confused"] if (c["reference"], c["prediction"]) == (2, 0))
    assert cell["pictures"][0]["name"] == "3.png"
    assert sum(p["pixels"] for p in cell["pictures"]) == report.confusion.counts[2, 0]


def test_what_is_not_there_is_null(tmp_path: Path) -> None:
    values = json.loads((write_report(_report(), tmp_path / "out").parent / "report.json").read_text("utf-8"))
    bird = values["average_precision"]["classes"][1]
    assert (bird["class_id"], bird["ap"], bird["references"]) == (3, None, 0)
    curves = {(c["iou"], c["class_id"]): c["precision"] for c in values["average_precision"]["curves"]}
    assert curves[0.5, 3] is None
    assert len(curves[0.5, None]) == 101
    assert values["average_precision"]["coco"]["APl"] is None
