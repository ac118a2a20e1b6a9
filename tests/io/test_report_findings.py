"""The further measures of a full report in report.json: there, named with their convention, and equal to the values."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

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
    spans = {row["class_id"]: row["low"] for row in values["class_iou_intervals"]}
    assert spans == {class_id: span.low for class_id, span in found.class_intervals.items()}
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


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_tables_equal_the_values(tmp_path: Path) -> None:
    report = _report()
    found = report.findings
    assert found is not None
    assert found.precision is not None
    folder = write_report(report, tmp_path / "out", overlays=False).parent
    spans = {(row["figure"], row["class_id"]): row for row in _table(folder, "intervals")}
    for key, span in found.intervals.items():
        row = spans[key, ""]
        assert (float(row["low"]), float(row["high"])) == (span.low, span.high)
        assert row["value"] != ""
    assert float(spans["iou", "2"]["low"]) == found.class_intervals[2].low
    assert float(spans["iou", "2"]["value"]) == report.pixel_result.classes[1].iou
    every = _table(folder, "average_precision")[0]
    assert (every["name"], every["detections_limit"]) == ("all", "100")
    assert float(every["ap50"]) == found.precision.figures_within(100)["AP50"]
    rows = _table(folder, "objects")
    wanted = next(r for r in rows if (r["convention"], r["iou_over"], r["class_id"]) == ("void_background", "0.5", "2"))
    assert float(wanted["f1"]) == found.objects.result("void_background").at(0.5)[0].f1
    outline = next(r for r in _table(folder, "boundaries") if r["convention"] == "void_counted" and r["name"] == "car")
    assert float(outline["boundary_iou"]) == found.boundaries.result("void_counted").classes[1].iou
    confused = [r for r in _table(folder, "confused_pictures") if (r["reference"], r["prediction"]) == ("car", "void")]
    assert confused[0]["picture"] == "3.png"


def test_a_class_interval_holds_the_figure() -> None:
    report = _report()
    assert report.findings is not None
    for info, row in zip(report.classes, report.pixel_result.classes, strict=True):
        span = report.findings.class_intervals.get(info.id)
        assert (span is None) == (row.iou is None)
        assert span is None or (row.iou is not None and span.low <= row.iou <= span.high)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_plots_are_well_formed_and_the_page_needs_nothing_else(tmp_path: Path, language: str) -> None:
    report = _report()
    page = write_report(report, tmp_path / "out", language=language).read_text("utf-8")
    plots = page.split("<svg")[1:]
    drawn = [ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>") for part in plots]
    kinds = [next(k for k in ("whisker", "curve", "bar0", "") if k in {e.get("class", "") for e in svg.iter()} or not k)
             for svg in drawn]  # fmt: skip
    assert {"whisker", "curve", "bar0"} <= set(kinds)
    assert "<script" not in page
    assert "http" not in page
    assert page.count("<img") == 3 * 4  # two of the four are the worst, two the best


def test_a_quick_report_and_one_without_things_say_nothing_of_objects(tmp_path: Path) -> None:
    quick = replace(_report(), findings=None, best=())
    assert "Average precision" not in write_report(quick, tmp_path / "quick", overlays=False).read_text("utf-8")
    assert not (tmp_path / "quick" / "intervals.csv").exists()
    surfaces = ClassSet.from_names(["sky", "road"])
    maps = Segmentation.from_class_map(np.array([[1, 2], [2, 2]]))
    page = write_report(evaluate([EvalItem("a", maps, maps)], surfaces), tmp_path / "stuff").read_text("utf-8")
    assert "Boundary IoU" in page
    assert "Average precision" not in page
    assert "No intervals" in page  # of one picture
    assert not (tmp_path / "stuff" / "objects.csv").exists()


def test_only_the_wanted_files_and_languages_are_written(tmp_path: Path) -> None:
    report = _report()
    folder = write_report(report, tmp_path / "values", outputs=["json"])
    assert {p.name for p in folder.iterdir()} == {"report.json", ".segdesk-export"}
    page = write_report(report, tmp_path / "pages", outputs=["html"], language="both", overlays=False)
    assert "Mean IoU" in page.read_text("utf-8")
    assert 'lang="zh-CN"' in (page.parent / "report.zh_CN.html").read_text("utf-8")
