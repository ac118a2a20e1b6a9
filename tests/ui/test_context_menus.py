"""Menus of what is under the pointer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from segdesk.ui.main_window import MainWindow

Right, Held = Qt.MouseButton.RightButton, Qt.KeyboardModifier
Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def painted(opened: MainWindow, qtbot: QtBot, until: Until) -> MainWindow:
    """Two classes, and one object of the first in the middle of the picture."""
    for name in ("nucleus", "cell"):
        opened.desk.labels.add_class(name)
    document = opened.desk.labels.document
    assert document is not None
    until(lambda: len(document.classes) == 2)
    opened.desk.labels.choose_nth(0)
    opened.desk.labels.set_brush(10)
    qtbot.mouseClick(opened.canvas, Qt.MouseButton.LeftButton, pos=opened.canvas.rect().center())
    until(lambda: document.segmentation.segments and document.areas_ready and not document.busy)
    return opened


def entries(menu: QMenu) -> dict[str, QAction]:
    return {action.text().partition("\t")[0]: action for action in menu.actions() if action.text()}


def ask(qtbot: QtBot, window: MainWindow, held: Qt.KeyboardModifier = Held.NoModifier) -> QMenu:
    qtbot.mousePress(window.canvas, Right, held, pos=window.canvas.rect().center())
    qtbot.mouseRelease(window.canvas, Right, held, pos=window.canvas.rect().center())
    return window.context_menus.menu


def test_the_object_under_the_pointer(painted: MainWindow, qtbot: QtBot, until: Until):
    document = painted.desk.labels.document
    assert document is not None
    key = next(iter(document.segmentation.segments))
    menu = ask(qtbot, painted, Held.ControlModifier)
    found = entries(menu)
    assert {"Select this object", "Lock object", "Delete object", "Paint with nucleus", "Show only nucleus"} <= set(
        found
    )
    assert {"Run here", "Fit to window"} <= set(found)
    assert next(iter(found)).startswith("nucleus")
    found["Lock object"].trigger()
    assert painted.desk.labels.is_locked(key)
    found = entries(ask(qtbot, painted, Held.ControlModifier))
    assert not found["Delete object"].isEnabled()
    found["Unlock object"].trigger()
    other = found["Give another class"].menu()
    assert isinstance(other, QMenu)
    entries(other)["cell"].trigger()
    until(lambda: document.class_of(document.segment_at(48, 32)) == painted.desk.session.classes[1].id)
    found = entries(ask(qtbot, painted, Held.ControlModifier))
    found["Show only cell"].trigger()
    assert painted.desk.view.only_class
    found["Delete object"].trigger()
    until(lambda: document.segment_at(48, 32) == 0)


def test_the_right_button_keeps_its_meaning_where_a_tool_has_one(painted: MainWindow, qtbot: QtBot, until: Until):
    document = painted.desk.labels.document
    assert document is not None
    before = painted.context_menus.menu
    ask(qtbot, painted)
    until(lambda: document.segment_at(48, 32) == 0)
    assert painted.context_menus.menu is before
    painted.desk.labels.choose_tool("pan")
    menu = ask(qtbot, painted)
    assert menu is not before
    assert "Delete object" not in entries(menu)
    before = menu
    size = document.brush_size
    qtbot.mousePress(painted.canvas, Right, Held.AltModifier, pos=painted.canvas.rect().center())
    qtbot.mouseRelease(painted.canvas, Right, Held.AltModifier, pos=painted.canvas.rect().center())
    assert painted.context_menus.menu is before
    assert document.brush_size == size


def test_the_menu_key(painted: MainWindow):
    middle = painted.canvas.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, painted.canvas.mapToGlobal(middle))
    before = painted.context_menus.menu
    QApplication.sendEvent(painted.canvas, event)
    assert painted.context_menus.menu is not before


def test_a_picture_of_the_list(opened: MainWindow, until: Until):
    view = opened.files.view
    at = view.visualRect(opened.files.model.index(2)).center()
    view.customContextMenuRequested.emit(at)
    found = entries(opened.context_menus.menu)
    assert {"c.png", "Accept and next", "Skip picture", "Copy the name", "Show its folder"} <= set(found)
    until(lambda: opened.desk.labels.document is not None and opened.desk.labels.document.row.path == "c.png")
    found["Copy the name"].trigger()
    assert QGuiApplication.clipboard().text() == "c.png"
    assert found["Accept and next"].isEnabled()
    opened.files.as_grid.setChecked(True)
    until(opened.files.grid.isVisible)
    grid = opened.files.grid
    places = [QPoint(x, y) for x in range(0, 400, 20) for y in range(0, 300, 20)]
    until(lambda: any(grid.line_at(place) == 1 for place in places))
    grid.customContextMenuRequested.emit(next(place for place in places if grid.line_at(place) == 1))
    assert "b.png" in entries(opened.context_menus.menu)
