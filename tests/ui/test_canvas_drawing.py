"""What the canvas draws, pixel for pixel: colours, dirty repaints against full ones, views, what keys show."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segdesk.app import changes, pyramid
from segdesk.app.document import Document
from segdesk.app.tools import brush
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.ui.canvas import Canvas
from segdesk.ui.canvas_view import View
from tests.app.documents import CELL, ROAD, SKY, halves, make
from tests.ui.canvases import (
    Left,
    Middle,
    Plain,
    at,
    drag,
    key,
    move,
    opened,
    shot,
    shown,
)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    return shown(qtbot)


def expected(doc: Document, view: View, size: tuple[int, int], opacity: float) -> np.ndarray:
    """What a canvas without outlines must show at a whole-number zoom, one pixel after the other."""
    out = np.zeros((size[1], size[0], 3), np.int64) - 1
    colors = doc.classes.color_table()
    height, width = doc.segmentation.size
    for y in range(size[1]):
        for x in range(size[0]):
            ix, iy = (x + 0.5 - view.x) / view.zoom, (y + 0.5 - view.y) / view.zoom
            if 0 <= ix < width and 0 <= iy < height:
                value = doc.pixels[int(iy), int(ix)].astype(float)
                class_id = doc.class_of(int(doc.segmentation.ids[int(iy), int(ix)]))
                if class_id:
                    value = value * (1 - opacity) + colors[class_id] * opacity
                out[y, x] = np.round(value)
    return out


# ---- what is drawn


@pytest.mark.parametrize("zoom", [1.0, 2.0, 5.0])
def test_picture_and_overlay_have_the_right_colours(canvas: Canvas, zoom: float):
    canvas.resize(180, 140)
    doc = opened(canvas, make(segmentation=halves()))
    canvas.set_overlay(0.5, "class", outline=False)
    canvas.zoom_to(zoom)
    want = expected(doc, canvas.view, (180, 140), 128 / 255)
    seen = shot(canvas).astype(np.int64)
    inside = want[:, :, 0] >= 0
    assert inside.sum() > 10_000
    assert np.abs(seen - want)[inside].max() <= 2


def test_instances_of_one_class_have_different_colours_in_instance_mode(canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    flat = np.full_like(doc.pixels, 128)
    doc.take_pixels(flat)
    canvas.set_document(doc, pyramid.build(flat))
    where = [at(canvas, x, 60) for x in (40, 120)]
    canvas.set_overlay(0.5, "class", outline=False)
    one, other = (shot(canvas)[p.y(), p.x()] for p in where)
    assert np.array_equal(one, other)
    canvas.set_overlay(0.5, "instance", outline=False)
    one, other = (shot(canvas)[p.y(), p.x()] for p in where)
    assert np.abs(one.astype(int) - other).sum() > 30


def test_outlines_lie_on_the_borders_of_segments(canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    canvas.zoom_to(4.0)
    canvas.set_overlay(0.0, "class", outline=True)
    with_outline = shot(canvas)
    canvas.set_overlay(0.0, "class", outline=False)
    changed = (with_outline != shot(canvas)).any(axis=2)
    columns = np.floor(canvas.view.columns(0, 400)).astype(int)
    rows = np.floor(canvas.view.rows(0, 300)).astype(int)
    ids = np.pad(doc.segmentation.ids, 200)[rows[:, None] + 200, columns[None] + 200].astype(int)
    padded = np.pad(ids, 1, mode="edge")
    border = np.zeros(ids.shape, bool)
    for dy, dx in ((0, 1), (2, 1), (1, 0), (1, 2)):
        border |= padded[dy : dy + 300, dx : dx + 400] != ids
    assert np.array_equal(changed[1:-1, 1:-1], (border & (ids > 0))[1:-1, 1:-1])


@pytest.mark.parametrize("zoom", [0.31, 0.8, 1.0, 1.7, 3.3, 7.0, 20.0])
@pytest.mark.parametrize("outline", [True, False])
def test_a_dirty_repaint_equals_a_full_one(qtbot: QtBot, canvas: Canvas, zoom: float, outline: bool):
    doc = opened(canvas, make(600, 900, segmentation=halves(600, 900)))
    canvas.set_tool(brush.Tool())
    canvas.set_overlay(0.4, "class", outline)
    canvas.set_view(canvas.view.zoomed(zoom, (203.7, 148.2)))
    shot(canvas)
    doc.active_class = CELL
    random = np.random.default_rng(3)
    for step in range(6):
        doc.brush_size = float(random.integers(1, 60))
        path = [QPoint(int(x), int(y)) for x, y in random.integers(0, (400, 300), (5, 2))]
        qtbot.mousePress(canvas, Left, pos=path[0])
        for point in path[1:]:
            move(canvas, point, Left)
            canvas.repaint()
        if step == 2:
            QApplication.sendEvent(canvas, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Plain))
        qtbot.mouseRelease(canvas, Left, pos=path[-1])
    doc.undo()
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    partial = shot(canvas)
    canvas.redraw()
    assert np.array_equal(partial, shot(canvas))


@pytest.mark.parametrize("zoom", [0.31, 1.7, 5.3, 20.0])
def test_a_moved_view_equals_a_full_repaint(qtbot: QtBot, canvas: Canvas, zoom: float):
    opened(canvas, make(600, 900, segmentation=halves(600, 900)))
    canvas.set_view(canvas.view.zoomed(zoom, (201.3, 151.9)))
    shot(canvas)
    for path in ([(200, 150), (190, 140), (230, 161)], [(10, 10), (17, 3)], [(300, 20), (300, 60)]):
        drag(qtbot, canvas, [QPoint(x, y) for x, y in path], Middle)
        moved = shot(canvas)
        canvas.redraw()
        assert np.array_equal(moved, shot(canvas))


def test_brightness_changes_only_what_is_shown(canvas: Canvas):
    doc = opened(canvas, make())
    before, pixels = shot(canvas), doc.pixels.copy()
    canvas.set_brightness(0.3, 1.2, 1.5)
    assert shot(canvas).mean() > before.mean() + 20
    assert np.array_equal(doc.pixels, pixels)
    canvas.set_brightness()
    assert np.array_equal(shot(canvas), before)


def test_the_pixel_grid_appears_at_high_zoom_only(canvas: Canvas):
    doc = opened(canvas, make())
    for zoom, lines in ((8.0, False), (16.0, True)):
        canvas.zoom_to(zoom)
        want = expected(doc, canvas.view, (400, 300), 0.0)
        differs = (np.abs(shot(canvas) - want).max(axis=2) > 2) & (want[:, :, 0] >= 0)
        assert differs.any() == lines


@pytest.mark.parametrize(("grey", "change"), [(10, 1), (240, -1)])
def test_the_pixel_grid_is_seen_on_dark_and_light_pictures(canvas: Canvas, grey: int, change: int):
    doc = make()
    doc.take_pixels(np.full_like(doc.pixels, grey))
    opened(canvas, doc)
    canvas.zoom_to(20.0)
    lines = shot(canvas).astype(int) - grey
    assert np.abs(lines).max() > 30
    assert (lines * change >= 0).all()


def test_an_empty_canvas_is_calm(canvas: Canvas):
    opened(canvas, make())
    canvas.clear()
    colors, counts = np.unique(shot(canvas).reshape(-1, 3), axis=0, return_counts=True)
    assert counts.max() > 0.95 * counts.sum()
    assert len(colors) > 1  # a quiet sentence stands in it


def test_a_reduced_picture_is_shown_first_and_the_view_stays(qtbot: QtBot, canvas: Canvas):
    doc = make(1600, 2400)
    small = cv2.resize(doc.pixels, (600, 400), interpolation=cv2.INTER_AREA)
    canvas.set_preview(small, (1600, 2400))
    canvas.zoom_to(0.5)
    view = canvas.view
    blurred = shot(canvas)
    canvas.set_document(doc)
    assert canvas.view == view
    qtbot.waitUntil(lambda: not np.array_equal(shot(canvas), blurred))
    canvas.set_document(make(1600, 2400), pyramid.build(doc.pixels))
    built_at_once = shot(canvas)
    canvas.set_document(doc)
    qtbot.waitUntil(lambda: np.array_equal(shot(canvas), built_at_once))


def test_a_picture_of_another_size_is_fitted(canvas: Canvas):
    opened(canvas, make())
    canvas.zoom_to(9.0)
    opened(canvas, make(50, 60))
    assert canvas.zoom == pytest.approx(288 / 50, abs=0.2)


# ---- seeing


def test_v_held_peeks_and_tapped_hides(canvas: Canvas):
    opened(canvas, make(segmentation=halves()))
    told = []
    canvas.overlay_hidden.connect(told.append)
    with_labels = shot(canvas)
    key(canvas, Qt.Key.Key_V, down=True, when=1000)
    without = shot(canvas)
    assert not np.array_equal(without, with_labels)
    key(canvas, Qt.Key.Key_V, down=False, when=3000)
    assert np.array_equal(shot(canvas), with_labels)
    key(canvas, Qt.Key.Key_V, down=True, when=5000)
    key(canvas, Qt.Key.Key_V, down=False, when=5100)
    assert np.array_equal(shot(canvas), without)
    key(canvas, Qt.Key.Key_V, down=True, when=7000)
    key(canvas, Qt.Key.Key_V, down=False, when=7100)
    assert np.array_equal(shot(canvas), with_labels)
    assert told == [True, False]


def test_v_held_is_no_tap_although_the_keyboard_repeats_it(canvas: Canvas):
    """On X11, Qt sometimes hands on the keyboard's repeats as presses and releases of their own."""
    opened(canvas, make(segmentation=halves()))
    with_labels = shot(canvas)
    key(canvas, Qt.Key.Key_V, down=True, when=1000)
    for at_ in (1600, 1630, 1660):
        key(canvas, Qt.Key.Key_V, down=False, when=at_)
        key(canvas, Qt.Key.Key_V, down=True, when=at_)
    key(canvas, Qt.Key.Key_V, down=False, when=1680)
    assert np.array_equal(shot(canvas), with_labels)


def test_backquote_shows_the_prediction_while_held(canvas: Canvas):
    prediction = Segmentation.empty(120, 160)
    prediction.ids[:] = 9
    prediction.segments = {9: Segment(CELL)}
    opened(canvas, make(segmentation=halves(), prediction=prediction))
    own = shot(canvas)
    key(canvas, Qt.Key.Key_QuoteLeft, down=True)
    assert not np.array_equal(shot(canvas), own)
    key(canvas, Qt.Key.Key_QuoteLeft, down=False)
    assert np.array_equal(shot(canvas), own)


def test_a_preview_is_drawn_until_it_is_discarded(canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves(), state="edited"))
    own = shot(canvas)
    doc.apply_result(Segmentation(np.full((120, 160), 5, np.uint16), {5: Segment(CELL)}), "Model")
    assert not np.array_equal(shot(canvas), own)
    doc.discard_preview()
    assert np.array_equal(shot(canvas), own)


def test_changes_from_outside_are_drawn(canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    canvas.set_overlay(0.5, "class", outline=False)
    steps: list[Callable[[], None]] = [
        lambda: doc.relabel(10, CELL),
        lambda: doc.delete(ROAD),
        lambda: setattr(doc, "active_segment", 11),
        doc.undo,
        lambda: doc.set_classes(doc.classes.with_class(type(doc.classes[0])(SKY, "sky", (255, 0, 0)))),
        lambda: doc.apply(Segmentation.empty(120, 160), "Import"),
    ]
    for step in steps:
        before = shot(canvas)
        step()
        after = shot(canvas)
        assert not np.array_equal(before, after)
        canvas.redraw()
        assert np.array_equal(after, shot(canvas))


def test_a_large_undo_comes_from_a_thread_and_is_drawn(qtbot: QtBot, canvas: Canvas, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(changes, "HEAVY_TILES", 0)
    doc = opened(canvas, make(segmentation=halves()))
    before = shot(canvas)
    doc.apply(Segmentation.empty(120, 160), "Import")
    assert not np.array_equal(shot(canvas), before)
    doc.undo()
    assert doc.busy
    qtbot.waitUntil(lambda: not doc.busy)
    assert np.array_equal(shot(canvas), before)


def test_areas_are_counted_while_the_canvas_shows_the_picture(qtbot: QtBot, canvas: Canvas):
    doc = make(segmentation=halves())
    canvas.set_document(doc)
    qtbot.waitUntil(lambda: doc.areas_ready)
    assert doc.area(10) == 900
