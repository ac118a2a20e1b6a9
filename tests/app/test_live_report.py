"""Comparisons for the window: in full, of two projects, the places behind a cell, and the open picture's figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from segdesk.app.document import Document
from segdesk.app.evaluate import EvalItem, Evaluation
from segdesk.app.live_report import Cell, figures, places_of
from segdesk.app.transfer import Comparison
from segdesk.domain.classes import ClassSet
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import Project
from tests.app.conftest import Desktop

CLASSES = ClassSet.from_names(["sky", "road"])
maps = arrays.arrays(np.uint8, (9, 11), elements=st.integers(0, 2))


@given(maps, maps, st.integers(0, 2), st.integers(0, 2))
def test_places_hold_every_pixel_of_a_cell_and_are_in_order(
    said: np.ndarray, was: np.ndarray, row: int, column: int
) -> None:
    labels, reference = Segmentation.from_class_map(said), Segmentation.from_class_map(was)
    found = places_of(labels, reference, Cell(row, column), 5)
    wrong = (was == row) & (said == column)
    inside = np.zeros_like(wrong)
    for x0, y0, x1, y1 in found.boxes:
        inside[y0:y1, x0:x1] = True
        assert wrong[y0:y1, x0:x1].any()
    assert (inside | ~wrong).all()
    assert sum(found.pixels) == found.total == wrong.sum()
    assert list(found.pixels) == sorted(found.pixels, reverse=True)


@given(maps, maps)
def test_live_figures_are_those_of_the_report(said: np.ndarray, was: np.ndarray) -> None:
    labels, reference = Segmentation.from_class_map(said), Segmentation.from_class_map(was)
    now = figures(labels, reference, CLASSES, picture_id=1, against="reference")
    evaluation = Evaluation(CLASSES)
    evaluation.add(EvalItem("a", labels, reference))
    report = evaluation.report()
    score = report.pictures[0]
    assert (now.miou, now.accuracy, now.pq) == (score.miou, score.accuracy, score.pq)
    judged = was > 0 if report.pixel_rule == "void_ignored" else np.ones_like(was, bool)
    assert (now.wrong, now.judged) == (int((judged & (was != said)).sum()), int(judged.sum()))


def _with_references(opened: Desktop) -> Project:
    opened.value(opened.session.run_all())
    project = opened.saved()
    for row in project.pictures():
        labels = project.load_map(row.id, "prediction")
        if labels is not None:
            project.save_map(row.id, "reference", labels)
    return project


def test_a_cell_leads_to_its_pictures_and_places(opened: Desktop) -> None:
    project = _with_references(opened)
    picture = opened.id("img2.png")
    labels = project.load_map(picture, "annotation")
    assert labels is not None
    was = int(labels.class_map()[20, 20] or labels.class_map().max())
    at = labels.class_map() == was
    labels.ids[at] = 0
    project.save_map(picture, "annotation", labels)
    wanted = Comparison("annotation", "reference")
    report = opened.value(opened.session.comparing.compare(wanted))
    assert report.findings.cells.pictures(was, 0) == [("img2.png", int(at.sum()))]
    found = opened.value(opened.session.comparing.places(wanted, Cell(was, 0), "img2.png"))
    assert (found.picture_id, found.total) == (picture, int(at.sum()))


def test_two_projects_are_compared_by_paths_and_class_names(opened: Desktop, tmp_path: Path) -> None:
    _with_references(opened)
    other = tmp_path / "other.segdesk"
    opened.saved().copy_to(other)
    with Project.open(other) as copy:
        row = copy.pictures()[0]
        blank = copy.load_map(row.id, "prediction")
        assert blank is not None
        kept = np.flatnonzero(blank.ids.ravel())
        blank.ids.ravel()[kept[: kept.size // 2]] = 0
        copy.save_map(row.id, "reference", blank)
    wanted = Comparison("prediction", "reference", other)
    report = opened.value(opened.session.comparing.compare(wanted))
    labelled = {p.name: p.labelled for p in report.pictures}
    assert labelled[row.path] == kept.size - kept.size // 2
    assert all(p.accuracy == 1.0 for p in report.pictures)
    assert report.against == "reference (other)"
    page = opened.value(opened.session.comparing.write(report, tmp_path / "out")).page
    assert "reference (other)" in page.read_text("utf-8")


def test_the_open_picture_is_compared_as_it_is_now(opened: Desktop) -> None:
    project = _with_references(opened)
    row = project.pictures()[0]
    labels = project.load_map(row.id, "reference")
    assert labels is not None
    pixels = np.zeros((*labels.size, 3), np.uint8)
    document = Document(row, pixels, labels.copy(), History(), opened.session.classes)
    before = opened.value(opened.session.comparing.live(document))
    assert (before.accuracy, before.wrong, before.missing) == (1.0, 0, False)
    document.segmentation.ids[:5] = 0
    after = opened.value(opened.session.comparing.live(document))
    assert after.wrong == int((labels.ids[:5] > 0).sum())
    assert opened.value(opened.session.comparing.live(document, "prediction")).missing
