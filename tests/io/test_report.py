"""The report's files: read back by other readers, compared by value; the page's structure, languages and promises."""

from __future__ import annotations

import base64
import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.effort import Effort
from segdesk.domain.metrics.overlaps import VOID_COUNTED, VOID_IGNORED, Overlaps
from segdesk.domain.metrics.panoptic import RULES, Panoptic
from segdesk.domain.metrics.report import PictureScore, Report, Specimen
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.report import write_report
from segdesk.io.report.figures import HEAT_CLASSES
from segdesk.io.report.texts import ERRORS_ZH, TEXTS, Texts

CLASSES = ClassSet(
    [
        ClassInfo(1, "天空 <sky>", (90, 160, 240)),
        ClassInfo(2, "road, wet", (120, 120, 130)),
        ClassInfo(7, "car", (200, 60, 60), is_thing=True),
        ClassInfo(9, "boat", (60, 60, 200), is_thing=True),
    ]
)
FILES = {"report.html", "report.json", "per_class.csv", "per_picture.csv", "confusion.csv", ".segdesk-export"}


def _maps(seed: int) -> tuple[Segmentation, Segmentation]:
    """(prediction, reference): sky, road, two cars and some void; the prediction is moved by some pixels."""
    reference = np.zeros((60, 80), np.uint16)
    reference[:25], reference[25:55] = 1, 2
    reference[30:45, 10:30], reference[32:44, 40:60] = 3, 4
    prediction = np.roll(reference, 2 + seed, axis=1)
    prediction[prediction == 4] = 3 if seed == 1 else 4
    table = {1: Segment(1), 2: Segment(2), 3: Segment(7), 4: Segment(7)}
    return Segmentation(prediction, dict(table)), Segmentation(reference, dict(table))


def _report(*, pictures: int = 3, picture: str | None = None, instance_only: bool = False, failed: int = 0) -> Report:
    confusion, panoptic = Confusion(CLASSES), Panoptic(CLASSES)
    scores, worst = [], []
    for k in range(pictures):
        prediction, reference = _maps(k)
        overlaps = Overlaps.of(prediction, reference)
        confusion.add(overlaps)
        panoptic.add(overlaps)
        scores.append(PictureScore(f"图 {k}, a.jpg", 4800, 4400, 0.9, 0.8, 0.75 - k / 100, 3, 1, 0))
        worst.append(Specimen(f"图 {k}, a.jpg", prediction, reference, picture))
    bad = SegDeskError(next(iter(ERRORS_ZH)), "", name="odd.png", width=1, height=2, other_width=3, other_height=4)
    return Report(
        CLASSES,
        confusion,
        panoptic,
        tuple(scores),
        worst=tuple(worst),
        failed=(("odd.png", bad),) * failed,
        ranked_by="pq",
        instance_only=instance_only,
        about={"Project": "<script>alert(1)</script>"},
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class _Page(HTMLParser):
    """Collects tags, attributes and text, and checks that tags close in order."""

    EMPTY = frozenset({"meta", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def _page(path: Path) -> _Page:
    return _Page(path.read_text(encoding="utf-8"))


def test_all_files_are_there_and_json_has_the_numbers(tmp_path: Path) -> None:
    report = _report(failed=1)
    page = write_report(report, tmp_path / "out")
    assert page == tmp_path / "out" / "report.html"
    assert {p.name for p in page.parent.iterdir()} == FILES
    values = json.loads((page.parent / "report.json").read_text(encoding="utf-8"))
    assert values["leading_convention"] == {"pixels": "void_ignored", "panoptic": "void_ignored"}
    for rule in (VOID_IGNORED, VOID_COUNTED):
        assert values["pixels"][rule]["miou"] == report.confusion.result(rule).miou
    for rule in RULES:
        assert values["panoptic"][rule]["things"]["pq"] == report.panoptic.result(rule).things.pq
    assert values["confusion"]["counts"] == report.confusion.counts.tolist()
    assert values["sample"]["pictures"] == 3
    assert values["sample"]["pixels"] == 3 * 4800
    assert values["sample"]["reference_segments"] == 3 * 4
    assert values["failed"][0]["name"] == "odd.png"
    assert values["pictures"][1]["name"] == "图 1, a.jpg"


def test_tables_name_the_convention_and_equal_the_results(tmp_path: Path) -> None:
    report = _report(failed=2)
    folder = write_report(report, tmp_path / "out").parent
    classes = _rows(folder / "per_class.csv")
    assert [r["name"] for r in classes] == [c.name for c in CLASSES]
    for at, row in enumerate(classes[:3]):
        pixels, segments = report.confusion.result(VOID_COUNTED), report.panoptic.result("void_background")
        assert float(row["iou_void_counted"]) == pixels.classes[at].iou
        assert float(row["pq_void_background"]) == segments.classes[at].pq
        assert int(row["fp_segments_void_background"]) == segments.classes[at].fp
    assert classes[3]["iou_void_ignored"] == ""
    pictures = _rows(folder / "per_picture.csv")
    assert len(pictures) == 5
    assert float(pictures[0]["pq_void_ignored"]) == 0.75
    assert "odd.png" in pictures[4]["error"]
    matrix = _rows(folder / "confusion.csv")
    assert [[int(v) for v in list(r.values())[1:]] for r in matrix] == report.confusion.counts.tolist()
    assert list(matrix[0])[1:] == ["void", *(c.name for c in CLASSES)]


@pytest.mark.parametrize("language", ["en", "zh_CN", "de"])
def test_page_is_whole_and_self_contained(tmp_path: Path, language: str) -> None:
    path = write_report(_report(failed=1), tmp_path / "out", language=language)
    page, text = _page(path), path.read_text(encoding="utf-8")
    assert page.all("html")[0]["lang"] == ("zh-CN" if language == "zh_CN" else "en")
    assert not page.all("script")
    assert not page.all("link")
    assert "<script>" not in text
    assert "http" not in text
    assert "url(" not in text
    assert all(str(a["src"]).startswith("data:image/jpeg;base64,") for a in page.all("img"))
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert not re.search(r"\{\w+\}", " ".join(page.texts)), "a text was not filled in"
    assert "None" not in " ".join(page.texts)


def test_headline_numbers_stand_beside_their_convention(tmp_path: Path) -> None:
    report = _report()
    text = write_report(report, tmp_path / "out").read_text(encoding="utf-8")
    card = re.search(r'<div class="name">Mean IoU</div><div class="value">([^<]*)</div><div class="rule">([^<]*)', text)
    assert card is not None
    assert card.group(1) == Texts("en").percent(report.headline["miou"])
    assert card.group(2) == "void ignored · over 3 classes"
    assert "unlabelled" in text
    assert "boat" in text.split("Found in neither map", 1)[1][:80]


def test_instance_references_are_said_to_have_a_background(tmp_path: Path) -> None:
    texts = " ".join(_page(write_report(_report(instance_only=True), tmp_path / "out")).texts)
    assert "what they leave void is background" in texts
    assert "false alarm (predicted on void)" in texts


def test_chinese_page_has_no_english_sentence(tmp_path: Path) -> None:
    texts = _page(write_report(_report(failed=1), tmp_path / "out", language="zh_CN")).texts
    english = [t for t in texts if re.search(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", t)]
    assert english == []
    assert any("尺寸不同" in t for t in texts)


def test_every_text_has_both_languages_and_the_same_fields() -> None:
    for key, (english, chinese) in TEXTS.items():
        assert english.strip(), key
        assert chinese.strip(), key
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", chinese)), key
    for english, chinese in ERRORS_ZH.items():
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", chinese))


def test_translated_errors_are_the_ones_that_are_raised() -> None:
    with pytest.raises(SegDeskError) as caught:
        Overlaps.of(Segmentation.empty(1, 1), Segmentation.empty(2, 2), name="x")
    assert caught.value.message in ERRORS_ZH


def test_thumbnails_show_picture_maps_and_errors(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    cv2.imwrite(str(picture), np.full((150, 200, 3), (40, 200, 40), np.uint8))
    page = _page(write_report(_report(pictures=1, picture=str(picture)), tmp_path / "out"))
    sources = [str(a["src"]).split(",", 1)[1] for a in page.all("img")]
    reference, prediction, errors = (
        cv2.imdecode(np.frombuffer(base64.b64decode(s), np.uint8), cv2.IMREAD_COLOR_RGB).astype(int) for s in sources
    )
    assert reference.shape == prediction.shape == errors.shape == (180, 240, 3)
    void, car = (slice(-9, None), slice(0, None)), (slice(100, 125), slice(45, 75))
    assert np.abs(reference[void] - [40, 200, 40]).max() < 30
    assert reference[car][..., 0].mean() > 110
    assert errors[car].std(axis=2).max() < 20, "where both agree the picture is grey"
    assert not any("could not be read" in t for t in page.texts)


def test_a_missing_picture_leaves_its_maps(tmp_path: Path) -> None:
    page = _page(write_report(_report(pictures=2, picture=str(tmp_path / "gone.jpg")), tmp_path / "out"))
    assert len(page.all("img")) == 6
    assert sum("could not be read" in t for t in page.texts) == 2


def test_without_overlays_no_picture_is_read(tmp_path: Path) -> None:
    assert not _page(write_report(_report(), tmp_path / "out", overlays=False)).all("img")


def test_a_report_replaces_a_report_but_nothing_else(tmp_path: Path) -> None:
    write_report(_report(pictures=1), tmp_path / "out")
    write_report(_report(pictures=2), tmp_path / "out")
    assert len(_rows(tmp_path / "out" / "per_picture.csv")) == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(SegDeskError):
        write_report(_report(), tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with pytest.raises(Cancelled):
        write_report(
            _report(),
            tmp_path / "out",
            progress=lambda done, total: seen.append((done, total)),
            cancelled=lambda: len(seen) == 2,
        )
    assert seen == [(1, 3), (2, 3)]
    assert list(tmp_path.iterdir()) == []


def test_many_classes_show_the_largest(tmp_path: Path) -> None:
    count = HEAT_CLASSES + 20
    classes = ClassSet.from_names([f"c{k}" for k in range(1, count + 1)])
    maps = Segmentation.from_class_map(np.repeat(np.arange(1, count + 1), np.arange(1, count + 1))[None])
    confusion, panoptic = Confusion(classes), Panoptic(classes)
    confusion.add(Overlaps.of(maps, maps))
    panoptic.add(Overlaps.of(maps, maps))
    score = PictureScore("a", 1, 1, 1.0, 1.0, 1.0, count, 0, 0)
    page = _page(write_report(Report(classes, confusion, panoptic, (score,)), tmp_path / "out"))
    assert any(t == f"The {HEAT_CLASSES} classes with the most pixels of {count}." for t in page.texts)
    assert any("Every picture is perfect" in t for t in page.texts)


def test_percentages_round_without_claiming_perfection() -> None:
    texts = Texts("en")
    shown = [texts.percent(v) for v in (None, 0.0, 0.0001, 0.12345, 0.99961, 1.0)]
    assert shown == ["–", "0.0 %", "<0.1 %", "12.3 %", ">99.9 %", "100.0 %"]


def _with_effort(**changes: object) -> Report:
    effort = Effort(pictures=3, pixels=1000, kept=938, changed=1234, seconds=3750.0, median_seconds=75.2)
    return replace(_report(), effort=replace(effort, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The model did 93.8 % of the work."), ("zh_CN", "模型完成了 93.8 % 的工作。")]
)
def test_the_cost_of_correction_is_told(tmp_path: Path, language: str, words: str):
    page = write_report(_with_effort(), tmp_path / "r", language=language, overlays=False)
    text = page.read_text("utf-8")
    _Page(text)
    assert words in text
    assert ("1 min 15 s" if language == "en" else "1 分 15 秒") in text
    assert ("1 h 2 min" if language == "en" else "1 小时 2 分") in text
    values = json.loads((tmp_path / "r" / "report.json").read_text("utf-8"))["effort"]
    assert values["model_share"] == 0.938
    assert values["pixels_changed_by_hand"] == 1234
    assert values["median_seconds_a_picture"] == 75.2


def test_without_work_nothing_is_said_of_its_cost(tmp_path: Path):
    page = write_report(_report(), tmp_path / "r", overlays=False)
    assert TEXTS["effort"][0] not in page.read_text("utf-8")
    assert json.loads((tmp_path / "r" / "report.json").read_text("utf-8"))["effort"] is None
