"""Sliders of the answer's options: a quick answer at once, the full one after it, and never a step too many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from segdesk.domain.segmentation import Segment
from segdesk.ui.canvas import Canvas
from segdesk.ui.canvas_glance import GRID, Shown, glance_at
from segdesk.ui.canvas_view import View, fitted
from segdesk.ui.main_window import MainWindow
from tests.app.documents import CAR, halves, make
from tests.ui.canvases import opened as show
from tests.ui.canvases import shot, shown


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    return shown(qtbot)


def car() -> Shown:
    """A quick answer at half the size: a car all over a part of the picture."""
    return Shown((40, 20, 120, 100), np.full((40, 40), 5, np.uint16), {5: Segment(CAR)})


def test_a_quick_answer_lies_over_the_labels_and_only_there(canvas: Canvas):
    doc = show(canvas, make(segmentation=halves()))
    plain = shot(canvas)
    canvas.show_glimpse(car())
    seen = shot(canvas)
    x0, y0 = (round(v) for v in canvas.view.to_device(40, 20))
    x1, y1 = (round(v) for v in canvas.view.to_device(120, 100))
    assert (seen != plain)[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3].any(axis=2).mean() > 0.5
    outside = np.ones(seen.shape[:2], bool)
    outside[y0 - 2 : y1 + 2, x0 - 2 : x1 + 2] = False
    assert np.array_equal(seen[outside], plain[outside])
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    canvas.show_glimpse(None)
    assert np.array_equal(shot(canvas), plain)


def test_it_looks_as_the_same_labels_in_full_do(canvas: Canvas):
    labels = halves()
    show(canvas, make(segmentation=labels))
    plain = shot(canvas)
    canvas.show_glimpse(Shown((0, 0, 160, 120), labels.ids, labels.segments))
    assert np.array_equal(shot(canvas), plain)
    canvas.zoom_to(3.0)
    zoomed = shot(canvas)
    canvas.show_glimpse(None)
    assert np.array_equal(shot(canvas), zoomed)


def test_it_goes_when_the_labels_change_and_with_the_picture(canvas: Canvas):
    doc = show(canvas, make(segmentation=halves()))
    canvas.show_glimpse(car())
    doc.active_class = CAR
    doc.begin("Brush")
    doc.paint(1, 1, np.ones((3, 3), bool), doc.target_at(1, 1))
    assert canvas.seeing.glimpse is None
    doc.commit()
    canvas.show_glimpse(car())
    show(canvas, make(segmentation=halves()))
    assert canvas.seeing.glimpse is None


def test_what_is_looked_at_is_what_the_screen_shows():
    size, area = (1000, 1500), (800, 600)
    whole = glance_at(fitted(size, area), area, size, 10**9)
    assert whole is not None
    assert whole.rect == (0, 0, 1500, 1000)
    assert whole.size[1] == pytest.approx(1500 * fitted(size, area).zoom, abs=1)
    near = View(4.0, -2000.0, -1000.0)
    part = glance_at(near, area, size, 10**9)
    assert part is not None
    assert part.rect[0] <= 500 <= part.rect[2] - 200
    assert part.size == (part.rect[3] - part.rect[1], part.rect[2] - part.rect[0])
    assert all(v % GRID == 0 for v in part.rect)
    assert glance_at(near.moved(3, 2), area, size, 10**9) == part
    few = glance_at(near, area, size, 5000)
    assert few is not None
    assert few.rect == part.rect
    assert few.size[0] * few.size[1] == pytest.approx(5000, rel=0.05)
    most = glance_at(View(0.6, -60.0, -40.0), area, size, 10**9)
    assert most is not None
    assert most.rect == (0, 0, 1500, 1000)  # nearly all of it is in view
    assert glance_at(View(4.0, 5000.0, 0.0), area, size, 10**9) is None


def moved(window: MainWindow, least: int) -> None:
    runs = window.desk.runs
    runs.set_options(replace(runs.options, decide=replace(runs.options.decide, min_area=least)))


def test_a_slider_shows_a_quick_answer_then_the_full_one_as_one_step(opened: MainWindow, until):
    window, desk = opened, opened.desk
    desk.runs.run_here()
    until(lambda: desk.labels.document.prediction is not None and not desk.jobs)
    document = desk.labels.document
    steps, before = len(document.history.done), len(document.segmentation.segments)
    glimpses = []
    desk.runs.live.shown.connect(glimpses.append)
    for least in (100, 400, 900, 1500):
        moved(window, least)
    until(lambda: glimpses)
    assert window.canvas.seeing.glimpse is not None
    assert len(document.segmentation.segments) == before  # for the eye only
    until(lambda: not desk.runs.live.pending and not desk.jobs)
    until(lambda: window.canvas.seeing.glimpse is None)
    assert 1 <= len(glimpses) <= 4
    assert len(document.segmentation.segments) < before
    assert len(document.history.done) == steps
    assert {s.class_id for s in glimpses[-1].segments.values()} <= {c.id for c in document.classes}


def test_an_answer_that_changes_nothing_leaves_nothing_behind(opened: MainWindow, until):
    window, desk = opened, opened.desk
    desk.runs.run_here()
    until(lambda: desk.labels.document.prediction is not None and not desk.jobs)
    labels = desk.labels.document.segmentation.ids.copy()
    moved(window, 2)
    until(lambda: window.canvas.seeing.glimpse is not None)
    until(lambda: not desk.runs.live.pending and not desk.jobs)
    until(lambda: window.canvas.seeing.glimpse is None)
    assert np.array_equal(desk.labels.document.segmentation.ids, labels)


def test_hand_work_is_not_overwritten(opened: MainWindow, until):
    window, desk = opened, opened.desk
    desk.runs.run_here()
    until(lambda: desk.labels.document.prediction is not None and not desk.jobs)
    document = desk.labels.document
    document.begin("Brush")
    document.paint(3, 3, np.ones((9, 9), bool), 0)
    document.commit()
    labels = document.segmentation.ids.copy()
    moved(window, 1500)
    until(lambda: document.preview is not None)
    until(lambda: window.canvas.seeing.glimpse is None)
    assert np.array_equal(document.segmentation.ids, labels)
