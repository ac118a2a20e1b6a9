"""What the canvas does with simulated mouse, wheel, pen and keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segdesk.app.tools import brush, pick
from segdesk.domain.segmentation import Segment
from segdesk.ui.canvas import Canvas
from tests.app.documents import CAR, CELL, SKY, halves, make
from tests.ui.canvases import (
    Alt,
    Ctrl,
    Left,
    Middle,
    Plain,
    Right,
    at,
    drag,
    image_at,
    key,
    move,
    opened,
    shown,
    wheel,
)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    return shown(qtbot)


# ---- zoom and pan


@pytest.mark.parametrize("held", [Plain, Ctrl])
def test_the_wheel_keeps_the_point_under_the_pointer(canvas: Canvas, held: Qt.KeyboardModifier):
    opened(canvas, make(600, 900))
    zooms = []
    canvas.zoom_changed.connect(zooms.append)
    point = QPoint(137, 91)
    before = image_at(canvas, point)
    for notches in (1, 1, 2.5, 1, -1, 0.25, 3):
        wheel(canvas, point, notches, held)
        after = image_at(canvas, point)
        assert abs(after[0] - before[0]) * canvas.zoom < 0.3
        assert abs(after[1] - before[1]) * canvas.zoom < 0.3
    assert zooms[-1] == canvas.zoom > zooms[0]


def test_alt_and_the_wheel_set_the_brush(canvas: Canvas):
    doc = opened(canvas, make())
    size, zoom = doc.brush_size, canvas.zoom
    wheel(canvas, QPoint(50, 50), 1, Alt)
    assert doc.brush_size > size
    wheel(canvas, QPoint(50, 50), -1, Alt)
    assert doc.brush_size == pytest.approx(size, abs=1)
    assert canvas.zoom == zoom
    doc.brush_size = 1
    canvas.step_brush(-1)
    assert doc.brush_size == 1
    canvas.step_brush(1)
    assert doc.brush_size == 2


def test_space_or_the_middle_button_pans_and_paints_nothing(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make(600, 900))
    canvas.set_tool(brush.Tool())
    canvas.zoom_to(2.0)
    for button in (Middle, Left):
        before = canvas.view
        key(canvas, Qt.Key.Key_Space, down=button == Left)
        drag(qtbot, canvas, [QPoint(100, 100), QPoint(120, 90), QPoint(133, 81)], button)
        assert (canvas.view.x - before.x, canvas.view.y - before.y) == (33, -19)
    key(canvas, Qt.Key.Key_Space, down=False)
    assert not doc.can_undo


def test_the_picture_cannot_be_lost_out_of_view(qtbot: QtBot, canvas: Canvas):
    opened(canvas, make())
    for _ in range(20):
        drag(qtbot, canvas, [QPoint(10, 10), QPoint(390, 290)], Middle)
    x, y = canvas.view.to_device(0, 0)
    assert x <= 400 - 40
    assert y <= 300 - 40


def test_fit_follows_the_size_of_the_window(canvas: Canvas):
    opened(canvas, make())
    canvas.zoom_fit()
    small = canvas.zoom
    canvas.resize(800, 600)
    assert canvas.zoom == pytest.approx(2 * small)
    canvas.zoom_to(1.0)
    canvas.resize(400, 300)
    assert canvas.zoom == 1.0


def test_show_rect_centres_and_zooms_only_where_it_must(canvas: Canvas):
    opened(canvas, make(600, 900))
    canvas.zoom_to(1.0)
    canvas.show_rect((400, 300, 500, 380))
    assert canvas.zoom == 1.0
    assert canvas.view.to_device(450, 340) == pytest.approx((200, 150), abs=1)
    canvas.show_rect((400, 300, 404, 304))
    assert canvas.zoom > 10
    canvas.show_rect((0, 0, 900, 600))
    assert canvas.zoom < 0.5


def test_double_click_fits_unless_a_painting_tool_is_over_the_picture(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make(600, 900))
    canvas.set_tool(pick.Tool())
    canvas.zoom_to(3.0)
    qtbot.mouseDClick(canvas, Left, pos=QPoint(200, 150))
    assert canvas.zoom < 1
    canvas.set_tool(brush.Tool())
    canvas.zoom_to(3.0)
    qtbot.mouseDClick(canvas, Left, pos=QPoint(200, 150))
    qtbot.mouseRelease(canvas, Left, pos=QPoint(200, 150))
    assert canvas.zoom == 3.0
    assert doc.can_undo


# ---- painting


def test_painting_with_the_mouse_is_one_step_and_lands_where_it_was_drawn(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    canvas.set_tool(brush.Tool())
    doc.active_class, doc.brush_size = CELL, 8
    drag(qtbot, canvas, [at(canvas, 20.5, 20.5), at(canvas, 60.5, 20.5), at(canvas, 60.5, 40.5)])
    assert len(doc.history.done) == 1
    assert doc.class_of(doc.segment_at(40, 20)) == CELL
    assert doc.class_of(doc.segment_at(60, 30)) == CELL
    assert doc.class_of(doc.segment_at(40, 30)) == SKY


def test_the_right_button_erases(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    canvas.set_tool(brush.Tool())
    drag(qtbot, canvas, [at(canvas, 20, 20), at(canvas, 30, 20)], Right)
    assert doc.segment_at(25, 20) == 0


def test_escape_takes_the_stroke_back_and_the_rest_of_the_drag_does_nothing(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    canvas.set_tool(brush.Tool())
    doc.active_class = CELL
    qtbot.mousePress(canvas, Left, pos=at(canvas, 20, 20))
    move(canvas, at(canvas, 60, 20), Left)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    move(canvas, at(canvas, 60, 60), Left)
    qtbot.mouseRelease(canvas, Left, pos=at(canvas, 60, 60))
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    assert not doc.can_undo
    drag(qtbot, canvas, [at(canvas, 20, 20), at(canvas, 30, 20)])
    assert doc.can_undo


def test_escape_without_a_stroke_lets_go_of_the_object(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    doc.pick(40, 60)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert doc.active_segment is None


def test_another_picture_in_the_middle_of_a_stroke_keeps_the_stroke(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    canvas.set_tool(brush.Tool())
    doc.active_class = CELL
    qtbot.mousePress(canvas, Left, pos=at(canvas, 20, 20))
    following = opened(canvas, make())
    qtbot.mouseRelease(canvas, Left, pos=QPoint(100, 100))
    assert len(doc.history.done) == 1
    assert not following.can_undo
    assert doc.on_pixels == []


def test_alt_click_picks_with_any_tool(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    canvas.set_tool(brush.Tool())
    with qtbot.waitSignal(canvas.picked) as picked:
        qtbot.mouseClick(canvas, Left, Alt, pos=at(canvas, 40, 60))
    assert picked.args == [10]
    assert (doc.active_class, doc.active_segment) == (CAR, 10)
    assert not doc.can_undo


def test_hovered_tells_the_pixel_and_its_end(canvas: Canvas):
    opened(canvas, make())
    seen = []
    canvas.hovered.connect(lambda x, y: seen.append((x, y)))
    canvas.zoom_to(10.0)
    move(canvas, at(canvas, 80.5, 60.5))
    move(canvas, at(canvas, 80.6, 60.4))
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert seen == [(80, 60), (-1, -1)]


def test_a_problem_of_a_tool_is_reported_and_not_raised(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make())
    doc.segmentation.segments = {k: Segment(CELL) for k in range(1, 65536)}
    doc.active_class = CAR
    canvas.set_tool(brush.Tool())
    with qtbot.waitSignal(canvas.problem) as problem:
        drag(qtbot, canvas, [QPoint(100, 100), QPoint(120, 100)])
    assert "65535" in str(problem.args[0])


def test_a_pen_paints_with_pressure(canvas: Canvas):
    doc = opened(canvas, make())
    canvas.set_tool(brush.Tool())
    doc.active_class, doc.brush_size = SKY, 40
    for kind, pressure in ((QEvent.Type.TabletPress, 0.5), (QEvent.Type.TabletRelease, 0.0)):
        point = QPointF(at(canvas, 80, 60))
        event = QTabletEvent(
            kind, QPointingDevice.primaryPointingDevice(), point, canvas.mapToGlobal(point), pressure, 0, 0, 0, 0, 0,
            Plain, Left, Left if pressure else Qt.MouseButton.NoButton,
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)
    assert len(doc.history.done) == 1
    assert doc.area(doc.segment_at(80, 60)) == pytest.approx(np.pi * 10**2, rel=0.05)
