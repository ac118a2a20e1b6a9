"""A long change in the real window: its row with progress and cancel, Escape, and a window that goes on working."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from segdesk.domain.edit import Stroke, Tick
from segdesk.domain.segmentation import Segment, Segmentation
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
