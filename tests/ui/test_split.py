"""The split of the canvas: left of the line the other map, right of it the labels, wherever line and view are."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.ui.canvas import Canvas
from segdesk.ui.canvas_split import STEPS, SplitHandle
from segdesk.ui.main_window import MainWindow
from tests.app.documents import CAR, ROAD, halves, make
from tests.ui.canvases import opened, shot, shown

Shift = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    return shown(qtbot)


def other() -> PackedMap:
    """A map that differs from `halves` all over."""
    labels = Segmentation(np.full((120, 160), 3, np.uint16), {3: Segment(ROAD), 4: Segment(CAR)})
    labels.ids[20:90, 10:150] = 4
    return PackedMap.of(labels)


def sides(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """The canvas with the other labels all over, and without them."""
    kept = canvas.splitter.part
    images = []
    for part in (1.0, 0.0):
        canvas.splitter.move(part)
        images.append(shot(canvas))
    canvas.splitter.move(kept)
    return images[0], images[1]


def check(canvas: Canvas) -> None:
    """Left of the line one, right of it the other, to the pixel (an outline looks to the other side)."""
    before, now = sides(canvas)
    image, line = shot(canvas), round(canvas.splitter.part * canvas.width())
    assert (before != now).any()
    assert np.array_equal(image[:, : line - 2], before[:, : line - 2])
    assert np.array_equal(image[:, line + 2 :], now[:, line + 2 :])


def test_each_side_shows_its_labels(canvas: Canvas):
    opened(canvas, make(segmentation=halves()))
    plain = shot(canvas)
    canvas.set_split(other())
    for part in (0.5, 0.31, 0.77):
        canvas.splitter.move(part)
        check(canvas)
    assert np.array_equal(sides(canvas)[1], plain)
    canvas.set_split(None)
    assert np.array_equal(shot(canvas), plain)


def test_it_stays_on_the_screen_while_the_picture_moves(canvas: Canvas):
    opened(canvas, make(segmentation=halves()))
    canvas.set_split(other())
    canvas.splitter.move(0.4)
    canvas.zoom_to(3.0)
    check(canvas)
    canvas.set_view(canvas.view.moved(-31, 17))
    check(canvas)
    canvas.zoom_to(0.5)
    check(canvas)
    canvas.resize(320, 260)
    check(canvas)


def test_dragging_repaints_what_a_full_repaint_shows(canvas: Canvas):
    opened(canvas, make(segmentation=halves()))
    canvas.set_split(other())
    for part in (0.5, 0.52, 0.45, 0.46, 0.9, 0.1):
        canvas.splitter.move(part)
        image = shot(canvas)
        canvas.redraw()
        assert np.array_equal(shot(canvas), image)


def test_painting_goes_on_at_the_right(canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    canvas.set_split(other())
    canvas.splitter.move(0.2)
    doc.active_class = CAR
    doc.begin("Brush")
    doc.paint(60, 20, np.ones((40, 80), bool), doc.target_at(70, 30))
    painted = shot(canvas)
    doc.commit()
    check(canvas)
    canvas.redraw()
    assert np.array_equal(shot(canvas), painted)


def test_it_goes_with_the_picture(canvas: Canvas):
    opened(canvas, make(segmentation=halves()))
    canvas.set_split(other())
    doc = opened(canvas, make(segmentation=halves()))
    assert canvas.seeing.split is None
    assert doc is canvas.document


def test_the_handle_is_dragged_and_moved_by_keys(canvas: Canvas, qtbot: QtBot):
    opened(canvas, make(segmentation=halves()))
    canvas.set_split(other())
    handle = SplitHandle(canvas)
    handle.place()
    handle.show()
    assert handle.geometry().center().x() == pytest.approx(200, abs=1)
    grip = handle.rect().center()
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=grip)
    QTest.mouseMove(handle, grip + QPoint(60, 5))
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton)
    assert handle.value() == pytest.approx(0.65 * STEPS, abs=5)
    assert canvas.splitter.part == handle.value() / STEPS
    check(canvas)
    at = handle.value()
    qtbot.keyClick(handle, Qt.Key.Key_Right)
    assert handle.value() == at + STEPS // 50
    qtbot.keyClick(handle, Qt.Key.Key_Left, Shift)
    assert handle.value() == at + STEPS // 50 - 1
    qtbot.keyClick(handle, Qt.Key.Key_Home)
    assert canvas.splitter.part == 0
    with qtbot.waitSignal(handle.left):
        qtbot.keyClick(handle, Qt.Key.Key_Escape)


def test_the_handle_follows_the_size_and_lets_the_wheel_through(canvas: Canvas):
    opened(canvas, make(segmentation=halves()))
    handle = SplitHandle(canvas)
    handle.show()
    canvas.resize(600, 280)
    assert handle.geometry().center().x() == pytest.approx(300, abs=1)
    assert handle.height() == 280
    assert not handle.mask().contains(QPoint(2, 5))  # one can paint beside the line
    assert handle.mask().contains(handle.rect().center())


def test_the_window_compares_with_the_models_answer(opened: MainWindow, until):
    window, desk = opened, opened.desk
    action, view = window.action_set.by_id["split"], window.split_view
    action.trigger()  # nothing to compare with yet
    until(lambda: not desk.split.on)
    assert not action.isChecked()
    assert not view.handle.isVisible()
    desk.runs.run_here()
    until(lambda: desk.labels.document.prediction is not None)
    QTest.keyClick(window.canvas, Qt.Key.Key_B, Shift)
    until(lambda: view.handle.isVisible())
    assert desk.split.source == "unrefined"
    assert view.before.text() == "Before refinement"
    assert view.handle.accessibleName().startswith("Before and after")
    for at in range(0, 1001, 50):  # the words are nowhere covered by the card
        view.handle.setValue(at)
        assert not view.now.geometry().intersects(window.view_card.geometry())
        assert not view.before.geometry().intersects(window.view_card.geometry())
    assert QAccessible.queryAccessibleInterface(view.handle).role() == QAccessible.Role.Slider
    view.choices["prediction"].trigger()
    until(lambda: window.canvas.seeing.split is desk.labels.document.prediction)
    assert view.before.text() == "Model's answer"
    view.choices["reference"].trigger()
    until(lambda: not desk.split.on)
    assert not view.handle.isVisible()
    assert window.canvas.seeing.split is None
    action.trigger()
    until(lambda: view.handle.isVisible())
    desk.queue.next()  # a picture without an answer is shown without the line, which comes with the answer
    until(lambda: desk.labels.document is not None and desk.labels.document.row.path == "b.png")
    assert desk.split.on
    assert not view.handle.isVisible()
    desk.runs.run_here()
    until(lambda: view.handle.isVisible())
    assert desk.split.source == "unrefined"
