"""A person who opens a page or a dialog of the window, looks at it for a moment, and closes it again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget

from segdesk.ui.command_search import CommandSearch

if TYPE_CHECKING:
    from tests.soak.person import Person

DIALOGS = (
    "gallery", "classes", "preferences", "cheat_sheet", "edit_keys", "import_labels", "report", "match_classes",
    "plugins", "about",
)  # fmt: skip
DOCKS = {"compare": "comparison", "batch": "batch"}
WORDS = ("model", "undo", "deeplab", "picture 3", "zz")
MOMENT = 0.2  # seconds


def visit(person: Person) -> None:
    """Open one of them, by its action, and close it; nothing in it is changed."""
    name = person.random.choice((*DIALOGS, *DOCKS, "command_search"))
    person.watch.doing = f"page: {name}"
    action = person.window.action_set.by_id[name]
    if not person.window.action_set.enabling.allows(name):
        return
    action.trigger()
    if name == "command_search":
        _search(person)
    elif name in DOCKS:
        person.wait(lambda: any(dock.isVisible() for dock in _docks(person, DOCKS[name])))
        _look(person)
        for dock in _docks(person, DOCKS[name]):
            dock.close()
    else:
        person.wait(_open)
        _look(person)
        for dialog in _open():
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
        person.wait(lambda: not _open())


def _search(person: Person) -> None:
    search = person.window.findChild(CommandSearch)
    assert search is not None
    field = search.field
    for letter in person.random.choice(WORDS):
        QTest.keyClicks(field, letter)
        person.turn()
    _look(person)
    QTest.keyClick(field, Qt.Key.Key_Escape)


def _look(person: Person) -> None:
    end = time.monotonic() + MOMENT
    while time.monotonic() < end:
        person.turn()


def _open() -> list[QDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]


def _docks(person: Person, name: str) -> list[QDockWidget]:
    return [dock for dock in person.window.findChildren(QDockWidget) if dock.objectName() == name]
