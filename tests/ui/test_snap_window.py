"""Snapping in the window, with the real engine: by key after a stroke, by brush, and Escape."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from segdesk.app import snapping
from segdesk.ui.main_window import MainWindow
from segdesk.ui.widgets import ValueSlider
from tests.ui.canvases import at, drag

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
Shift = Qt.KeyboardModifier.ShiftModifier
BOX = 20, 16, 60, 48  # of the fixture's first picture: x0, y0, x1, y1


def painted(window: MainWindow, until) -> int:
    """A box that was painted too large; returns its object."""
    desk = window.desk
    desk.labels.add_class("box")
    until(lambda: len(desk.labels.document.classes) == 1 and desk.labels.document.active_class)
    document = desk.labels.document
    document.begin("Brush")
    key = document.target_at(30, 30)
    x0, y0, x1, y1 = BOX
    document.paint(x0 - 4, y0 - 4, np.ones((y1 - y0 + 8, x1 - x0 + 8), bool), key)
    document.commit()
    return key


def errors(window: MainWindow, key: int) -> int:
    truth = np.zeros(window.desk.labels.document.segmentation.size, bool)
    truth[BOX[1] : BOX[3], BOX[0] : BOX[2]] = True
    return int((truth != (window.desk.labels.document.segmentation.ids == key)).sum())


def test_a_stroke_snaps_by_key_and_comes_back(opened: MainWindow, until):
    key, document = painted(opened, until), opened.desk.labels.document
    rough = errors(opened, key)
    QTest.keyClick(opened.canvas, Qt.Key.Key_E, Shift)
    until(lambda: document.history.done[-1].name == snapping.NAME and not document.busy)
    assert errors(opened, key) < rough / 8
    assert not opened.desk.jobs
    opened.desk.labels.undo()
    assert errors(opened, key) == rough


def test_nothing_painted_is_said(opened: MainWindow, until):
    until(lambda: opened.desk.labels.document.has_pixels)
    told = []
    opened.desk.notice.connect(lambda *words: told.append(words))
    QTest.keyClick(opened.canvas, Qt.Key.Key_E, Shift)
    assert told
    assert "painted nothing" in told[0][1]


def test_the_brush_snaps_where_it_was_and_its_certainty_is_a_slider(opened: MainWindow, qtbot, until):
    key, document = painted(opened, until), opened.desk.labels.document
    rough = errors(opened, key)
    QTest.keyClick(opened.canvas, Qt.Key.Key_Z)
    assert opened.desk.labels.tool == "snap"
    fields = [f for f in opened.tool_row.findChildren(ValueSlider) if f is not opened.tool_row.brush]
    assert [f.value() for f in fields] == [40.0]
    fields[0].slider.setValue(25)
    assert document.hand.snapping.certainty == 0.25
    document.brush_size = 14
    x0, y0, x1, y1 = BOX
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
    path = [QPoint(at(opened.canvas, x, y)) for x, y in corners]
    drag(qtbot, opened.canvas, path)
    until(lambda: document.history.done[-1].name == snapping.NAME and not document.busy)
    assert errors(opened, key) < rough / 4
