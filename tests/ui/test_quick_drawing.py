"""A large canvas is drawn quickly first and made sharp afterwards: in the end it is what a small one shows at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from segdesk.app import reduced
from segdesk.app.document import Document
from segdesk.app.tools import brush
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.ui import canvas_picture, canvas_render
from segdesk.ui.canvas import Canvas
from tests.app.documents import CELL, ROAD, SKY, make
from tests.ui.canvases import Left, drag, move, opened, shot, shown

HEIGHT, WIDTH = 500, 700


def document() -> Document:
    """Noise as the picture; two stuff classes and twelve objects; an answer that is shifted a little."""
    random = np.random.default_rng(3)
    ids = np.ones((HEIGHT, WIDTH), np.uint16)
    ids[HEIGHT // 2 :] = 2
    segments = {1: Segment(SKY), 2: Segment(ROAD)}
    for key in range(3, 15):
        y, x = int(random.integers(0, HEIGHT - 60)), int(random.integers(0, WIDTH - 60))
        ids[y : y + 50, x : x + 37] = key
        segments[key] = Segment(CELL)
    doc = make(HEIGHT, WIDTH, segmentation=Segmentation(ids, segments))
    doc.take_pixels(random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
    doc.prediction = PackedMap.of(Segmentation(np.roll(ids, 5, axis=1), dict(segments)))
    return doc


def zoom_out(canvas: Canvas) -> None:
    canvas.zoom_to(0.7)


def zoom_and_pan(canvas: Canvas) -> None:
    canvas.zoom_to(1.5)
    shot(canvas)
    canvas.set_view(canvas.view.moved(-37, 61))
    shot(canvas)
    canvas.set_view(canvas.view.moved(12, -20))


def difference(canvas: Canvas) -> None:
    canvas.zoom_to(1.3)
    canvas.set_look("difference")


def doubt(canvas: Canvas) -> None:
    canvas.set_heat(np.linspace(0, 1, 6 * 8).reshape(6, 8))
    canvas.set_look("doubt")
    shot(canvas)
    canvas.zoom_to(0.9)


def sharp(qtbot: QtBot, canvas: Canvas) -> np.ndarray:
    shot(canvas)
    qtbot.waitUntil(lambda: not canvas._renderer.unfinished)
    return shot(canvas)


def exact(qtbot: QtBot, canvas: Canvas, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """What the same canvas shows if all of it is drawn at once."""
    with monkeypatch.context() as patched:
        patched.setattr(canvas_render, "QUICK_FROM", 1 << 40)
        canvas.redraw()
        return sharp(qtbot, canvas)


@pytest.mark.parametrize("change", [zoom_out, zoom_and_pan, difference, doubt])
def test_what_is_drawn_quickly_becomes_exact(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, change: Callable[[Canvas], None]
):
    monkeypatch.setattr(canvas_render, "QUICK_FROM", 1)
    canvas = shown(qtbot)
    opened(canvas, document())
    change(canvas)
    first = shot(canvas)
    assert canvas._renderer.unfinished
    last = sharp(qtbot, canvas)
    want = exact(qtbot, canvas, monkeypatch)
    assert not np.array_equal(first, want)
    assert np.array_equal(last, want)


def test_a_stroke_over_what_is_not_sharp_yet_is_exact_in_the_end(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(canvas_render, "QUICK_FROM", 1)
    canvas = shown(qtbot)
    doc = opened(canvas, document())
    canvas.set_tool(brush.Tool())
    doc.active_class, doc.brush_size = CELL, 40
    canvas.zoom_to(0.8)
    shot(canvas)
    drag(qtbot, canvas, [QPoint(60, 50), QPoint(300, 240), QPoint(90, 270)], Left)
    assert np.array_equal(sharp(qtbot, canvas), exact(qtbot, canvas, monkeypatch))


def test_truer_labels_of_a_small_zoom_wait_for_a_stroke(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(canvas_render, "QUICK_FROM", 1)
    canvas = shown(qtbot)
    doc = opened(canvas, document())
    canvas.zoom_to(0.5)
    sharp(qtbot, canvas)
    doc.segmentation.ids[100:110] = 2  # behind the canvas's back, as when its copies were not made yet
    canvas._copies.mark((0, 100, WIDTH, 110))  # type: ignore[union-attr]
    before = shot(canvas)
    canvas._copies_came()
    assert np.array_equal(shot(canvas), before)
    after = sharp(qtbot, canvas)
    assert not np.array_equal(after, before)
    assert np.array_equal(after, exact(qtbot, canvas, monkeypatch))


def test_the_copies_follow_when_the_hand_rests(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reduced, "AT_ONCE", 1)
    canvas = shown(qtbot)
    doc = opened(canvas, document())
    qtbot.waitUntil(lambda: canvas._copies is not None and canvas._copies.fresh)
    canvas.set_tool(brush.Tool())
    doc.active_class, doc.brush_size = CELL, 40
    canvas.zoom_to(0.4)
    before = shot(canvas)
    qtbot.mousePress(canvas, Left, pos=QPoint(150, 120))
    move(canvas, QPoint(250, 180), Left)
    assert not np.array_equal(shot(canvas), before)  # at once, out of the map itself
    assert not canvas._copies.fresh  # type: ignore[union-attr]
    qtbot.mouseRelease(canvas, Left, pos=QPoint(250, 180))
    qtbot.waitUntil(lambda: canvas._copies.fresh)  # type: ignore[union-attr]
    assert np.array_equal(sharp(qtbot, canvas), exact(qtbot, canvas, monkeypatch))


def test_nothing_is_made_sharp_while_the_hand_paints(qtbot: QtBot):
    """Also where a stroke goes over its own path, so that it changes nothing: the next rest begins with each move."""
    canvas = shown(qtbot)
    doc = opened(canvas, document())
    doc.active_class, doc.brush_size = ROAD, 9
    canvas.set_tool(brush.Tool())
    qtbot.mousePress(canvas, Left, pos=QPoint(100, 100))
    move(canvas, QPoint(120, 100), Left)
    shot(canvas)
    canvas._renderer.labels_sharper()  # as when copies of the map came
    canvas._sharpening.stop()
    move(canvas, QPoint(110, 100), Left)
    assert canvas._renderer.unfinished
    assert canvas._sharpening.isActive()
    assert canvas._sharpening.interval() == canvas_picture.RESTING_MS
    qtbot.mouseRelease(canvas, Left, pos=QPoint(110, 100))
