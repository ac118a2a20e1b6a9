"""A long change in the real window: its row with progress and cancel, Escape, and a window that goes on working."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segdesk.app import changes
from segdesk.domain.edit import Stroke, Tick
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.ui.desk_labels import RESULT
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]


class Slow:
    """A change that paints a row at a time and waits at the middle until the test lets it go on."""

    def __init__(self) -> None:
        self.halfway, self.go_on = threading.Event(), threading.Event()

    def __call__(self, target: Segmentation, stroke: Stroke, tick: Tick) -> None:
        height, width = target.size
        stroke.set_segment(1, Segment(1))
        for y in range(height):
            tick(y, height)
            stroke.write(0, y, np.ones((1, width), bool), 1)
            if y == height // 2:
                self.halfway.set()
                assert self.go_on.wait(30)


def begun(window: MainWindow, until: Until) -> Slow:
    """A slow change that is halfway done, with its row."""
    window.desk.labels.add_class("thing")
    slow = Slow()
    document = window.desk.labels.document
    assert document is not None
    document.changes.edit("Fill holes", slow)
    until(slow.halfway.is_set)
    until(lambda: window.progress.lines)
    return slow


def test_a_long_change_has_a_row_that_says_how_far_it_is(opened: MainWindow, until: Until, qtbot: QtBot):
    slow = begun(opened, until)
    document = opened.desk.labels.document
    assert document is not None
    (line,) = opened.progress.lines.values()
    assert line.text.text() == "Fill holes"
    until(lambda: line.bar.maximum() == 1_000 and 400 < line.bar.value() < 600)
    assert "%" in line.detail.text()
    zoom = opened.canvas.zoom
    opened.canvas.zoom_by(2.0)  # the window goes on working
    assert opened.canvas.zoom == 2 * zoom
    qtbot.mousePress(opened.canvas, Qt.MouseButton.LeftButton, pos=opened.canvas.rect().center())
    qtbot.mouseRelease(opened.canvas, Qt.MouseButton.LeftButton, pos=opened.canvas.rect().center())
    assert not document.painting
    assert "just being changed" in opened.toasts.shown[-1].accessibleName()  # and the person sees why
    slow.go_on.set()
    until(lambda: not document.busy)
    until(lambda: not opened.progress.lines)
    assert (document.segmentation.ids == 1).all()
    assert len(document.history.done) == 1


def test_escape_takes_a_long_change_back(opened: MainWindow, until: Until, qtbot: QtBot):
    slow = begun(opened, until)
    document = opened.desk.labels.document
    assert document is not None
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Escape)
    slow.go_on.set()
    until(lambda: not document.busy)
    assert not document.segmentation.ids.any()
    assert not document.segmentation.segments
    assert not document.can_undo
    until(lambda: not opened.progress.lines)


def test_the_rows_button_takes_it_back_too(opened: MainWindow, until: Until, qtbot: QtBot):
    slow = begun(opened, until)
    document = opened.desk.labels.document
    assert document is not None
    (line,) = opened.progress.lines.values()
    qtbot.mouseClick(line.cancel, Qt.MouseButton.LeftButton)
    slow.go_on.set()
    until(lambda: not document.busy)
    assert not document.segmentation.ids.any()


def test_a_picture_that_is_left_during_a_change_is_as_before_when_one_comes_back(
    opened: MainWindow, until: Until, qtbot: QtBot
):
    slow = begun(opened, until)
    document, queue = opened.desk.labels.document, opened.desk.queue
    assert document is not None
    first = document.row.id
    queue.next()
    until(lambda: opened.desk.labels.document not in (None, document))
    assert not opened.progress.lines
    opened.desk.go_to(first)
    QApplication.processEvents()
    assert opened.desk.labels.document is None  # it waits for the end of the change
    slow.go_on.set()
    until(lambda: opened.desk.labels.document is not None)
    again = opened.desk.labels.document
    assert again is not None
    assert again.row.id == first
    assert not again.segmentation.ids.any()
    assert not again.can_undo
    assert np.array_equal(document.segmentation.ids, again.segmentation.ids)


def test_an_answer_that_is_being_worked_in_is_there_when_one_comes_back(
    opened: MainWindow, until: Until, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(changes, "HEAVY_PIXELS", 1)
    opened.desk.labels.add_class("thing")
    document = opened.desk.labels.document
    assert document is not None
    first, (height, width) = document.row.id, document.segmentation.size
    held: list[tuple[Callable[[], object], Callable[[object], None]]] = []
    document.background = lambda work, then: held.append((work, then))
    document.apply_result(Segmentation(np.ones((height, width), np.uint16), {1: Segment(1)}), RESULT)
    opened.desk.queue.next()
    until(lambda: opened.desk.labels.document not in (None, document))
    opened.desk.go_to(first)
    while held:
        assert opened.desk.labels.document is None
        work, then = held.pop(0)
        then(work())
    until(lambda: opened.desk.labels.document is not None)
    again = opened.desk.labels.document
    assert again is not None
    assert again.row.id == first
    assert (again.segmentation.ids == 1).all()
    assert [step.name for step in again.history.done] == [RESULT]


def test_a_project_that_is_left_gets_nothing_of_a_change(opened: MainWindow, until: Until):
    slow = begun(opened, until)
    document = opened.desk.labels.document
    assert document is not None
    steps: list[str] = []
    document.on_edit.append(lambda edit, kind: steps.append(edit.name))
    opened.desk.close_project()
    slow.go_on.set()
    until(lambda: document.changes.watch is None)
    assert not steps
