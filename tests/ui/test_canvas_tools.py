"""The tools in the real canvas: simulated mouse, keys and the canvas' own background threads."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from segdesk.app.document import Document
from segdesk.app.tools.base import BaseTool
from segdesk.ui.canvas import Canvas
from tests.app.documents import CAR, CELL, SKY, check, halves, make
from tests.app.tools.driving import disc, iou, picture
from tests.ui.canvases import Left, Right, at, drag, move, opened, shot, shown

CENTRE, RADIUS = (160.0, 120.0), 60.0
Key = Qt.Key


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    return shown(qtbot)


def ball() -> Document:
    """A reddish disc before bluish grey."""
    random = np.random.default_rng(3)
    pixels = np.full((240, 320, 3), (70, 80, 110), np.float64)
    pixels[disc(240, 320, *CENTRE, RADIUS)] = (190, 90, 70)
    return picture(np.clip(pixels + random.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8))


BALL = disc(240, 320, *CENTRE, RADIUS)


def hold(canvas: Canvas, name: str, doc: Document, active: int = CELL) -> BaseTool:
    tool = importlib.import_module(f"segdesk.app.tools.{name}").Tool()
    opened(canvas, doc)
    canvas.set_tool(tool)
    doc.active_class = active
    return tool


def ring(count: int, radius: float = RADIUS) -> list[tuple[float, float]]:
    angles = np.arange(count) * 2 * np.pi / count
    return [(CENTRE[0] + radius * np.cos(a), CENTRE[1] + radius * np.sin(a)) for a in angles]


def click(qtbot: QtBot, canvas: Canvas, x: float, y: float, button: Qt.MouseButton = Left) -> None:
    move(canvas, at(canvas, x, y))
    qtbot.mouseClick(canvas, button, pos=at(canvas, x, y))


def settled(qtbot: QtBot, doc: Document, steps: int = 1) -> None:
    qtbot.waitUntil(lambda: len(doc.history.done) == steps and not doc.busy, timeout=20_000)
    check(doc)


@pytest.mark.parametrize("close", ["Return", "double click", "first point"])
def test_a_polygon_by_mouse_and_keys(qtbot: QtBot, canvas: Canvas, close: str):
    doc = ball()
    hold(canvas, "polygon", doc)
    corners = [(60, 40), (260, 60), (240, 200), (80, 190)]
    zoom = canvas.zoom
    for corner in corners:
        click(qtbot, canvas, *corner)
    if close == "Return":
        click(qtbot, canvas, 5, 5)
        qtbot.keyClick(canvas, Key.Key_Backspace)
        qtbot.keyClick(canvas, Key.Key_Return)
    elif close == "double click":
        qtbot.mouseDClick(canvas, Left, pos=at(canvas, *corners[-1]))
    else:
        click(qtbot, canvas, *corners[0])
    settled(qtbot, doc)
    assert 25_000 < (doc.segmentation.ids > 0).sum() < 29_000
    assert canvas.zoom == zoom


def test_escape_drops_a_polygon_and_its_picture(qtbot: QtBot, canvas: Canvas):
    doc = ball()
    tool = hold(canvas, "polygon", doc)
    plain = shot(canvas)
    for corner in ((60, 40), (260, 60), (240, 200)):
        click(qtbot, canvas, *corner)
    assert (shot(canvas) != plain).any()
    qtbot.keyClick(canvas, Key.Key_Escape)
    assert tool.sketches(doc) == ()
    qtbot.keyClick(canvas, Key.Key_Return)
    assert not doc.can_undo


def test_lasso_and_rectangle_add_and_subtract(qtbot: QtBot, canvas: Canvas):
    doc = ball()
    hold(canvas, "lasso", doc)
    drag(qtbot, canvas, [at(canvas, *p) for p in ring(60)])
    settled(qtbot, doc)
    assert iou(doc.segmentation.ids > 0, BALL) > 0.9
    hold(canvas, "rectangle", doc)
    drag(qtbot, canvas, [at(canvas, 90, 50), at(canvas, 240, 200)], Right)
    settled(qtbot, doc, 2)
    assert not doc.segmentation.ids.any()


def test_scissors_follow_the_edge(qtbot: QtBot, canvas: Canvas):
    doc = ball()
    tool = hold(canvas, "scissors", doc)
    for point in ring(4):
        click(qtbot, canvas, *point)
        qtbot.waitUntil(lambda: not tool._question.waiting, timeout=20_000)
    qtbot.keyClick(canvas, Key.Key_Enter)
    settled(qtbot, doc)
    assert iou(doc.segmentation.ids > 0, BALL) > 0.9


def test_clicks_propose_and_enter_accepts(qtbot: QtBot, canvas: Canvas):
    doc = ball()
    tool = hold(canvas, "prompt", doc)
    plain = shot(canvas)
    click(qtbot, canvas, *CENTRE)
    click(qtbot, canvas, 20, 20, Right)
    qtbot.waitUntil(lambda: tool.proposal is not None, timeout=20_000)
    assert (shot(canvas) != plain).sum() > 5000  # the proposal is tinted
    assert not doc.can_undo
    qtbot.keyClick(canvas, Key.Key_Return)
    settled(qtbot, doc)
    assert iou(doc.segmentation.ids > 0, BALL) > 0.95


def test_grabcut_and_wand(qtbot: QtBot, canvas: Canvas):
    doc = ball()
    hold(canvas, "grabcut", doc)
    drag(qtbot, canvas, [at(canvas, 85, 45), at(canvas, 235, 195)])
    settled(qtbot, doc)
    assert iou(doc.segmentation.ids > 0, BALL) > 0.95
    tool = hold(canvas, "wand", doc, SKY)
    tool.set_option(doc, "tolerance", 70)
    click(qtbot, canvas, 10, 10)
    settled(qtbot, doc, 2)
    assert iou(doc.segmentation.class_map() == SKY, ~BALL) > 0.99


def test_superpixels_are_painted_along_the_way(qtbot: QtBot, canvas: Canvas):
    doc = ball()
    hold(canvas, "superpixel", doc)
    drag(qtbot, canvas, [at(canvas, 130, 120), at(canvas, 160, 120), at(canvas, 190, 120)])
    settled(qtbot, doc)
    painted = doc.segmentation.ids > 0
    assert painted[120, 130:190].all()
    assert painted.sum() > 1000


def test_split_knife_and_merge(qtbot: QtBot, canvas: Canvas):
    doc = make(segmentation=halves(240, 320))
    hold(canvas, "knife", doc, CAR)
    drag(qtbot, canvas, [at(canvas, 60, 120), at(canvas, 100, 121)])
    settled(qtbot, doc)
    assert len(doc.segmentation.segments) == 5
    hold(canvas, "merge", doc, CAR)
    click(qtbot, canvas, 80, 110)
    click(qtbot, canvas, 80, 130)
    settled(qtbot, doc, 2)
    assert len(doc.segmentation.segments) == 4
    hold(canvas, "split", doc, CAR)
    qtbot.keyClick(canvas, Key.Key_Escape)
    drag(qtbot, canvas, [at(canvas, 80, 108), at(canvas, 80, 132)])
    settled(qtbot, doc, 3)
    assert doc.segment_at(80, 108) != doc.segment_at(80, 132)


def test_an_answer_for_a_picture_that_is_gone_is_dropped(qtbot: QtBot, canvas: Canvas):
    doc, other = ball(), ball()
    hold(canvas, "grabcut", doc)
    drag(qtbot, canvas, [at(canvas, 85, 45), at(canvas, 235, 195)])
    opened(canvas, other)
    other.active_class = CELL
    drag(qtbot, canvas, [at(canvas, 85, 45), at(canvas, 235, 195)])
    settled(qtbot, other)
    assert not doc.can_undo


def test_what_a_tool_cannot_do_is_reported_wherever_it_comes_up(qtbot: QtBot, canvas: Canvas):
    doc = make(segmentation=halves(240, 320))
    problems = []
    canvas.problem.connect(lambda error: problems.append(str(error)))
    hold(canvas, "split", doc, CAR)
    click(qtbot, canvas, 5, 5)  # at the press: stuff
    click(qtbot, canvas, 80, 120)  # in the answer from the background: no notch
    qtbot.waitUntil(lambda: len(problems) == 2, timeout=20_000)
    hold(canvas, "polygon", doc, CAR)
    doc.hand.locked_classes = {CAR}
    for corner in ((60, 40), (260, 60), (240, 200)):
        click(qtbot, canvas, *corner)
    qtbot.keyClick(canvas, Key.Key_Return)  # at a key: locked
    assert [p.split()[0] for p in problems] == ["Only", "No", "This"]
    assert not doc.can_undo
    doc.hand.locked_classes = set()
    qtbot.keyClick(canvas, Key.Key_Return)  # the polygon is still there
    settled(qtbot, doc)
