"""The number keys: 1 to 9 choose a class, Shift and the number relabels the object under the pointer, 0 is "No label"
in teach mode. Commands like any other, so that their keys can be changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from segdesk.domain.text import N_
from segdesk.ui.class_letters import ClassLetters
from segdesk.ui.desk import Desk
from segdesk.ui.shortcuts import Command

GROUP = N_("Classes")


class ClassKeys(QObject):
    """Binds the commands "class_1" to "class_9", "relabel_1" to "relabel_9" and "class_0".

    Attributes:
        by_id: their actions.
    """

    def __init__(self, desk: Desk, canvas: QWidget, under_pointer: Callable[[], int], window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._homes = (window, canvas)
        self.by_id: dict[str, QAction] = {}
        labels = desk.labels
        for at in range(9):
            text = N_("Choose class {number}")
            self._bind(f"class_{at + 1}", text, f"{at + 1}", at + 1, lambda at=at: labels.choose_nth(at))
        for at in range(9):
            text = N_("Give the object under the pointer class {number}")
            call = lambda at=at: labels.relabel_nth(at, under_pointer())  # noqa: E731
            self._bind(f"relabel_{at + 1}", text, f"Shift+{at + 1}", at + 1, call)
        self.letters = ClassLetters(desk, canvas, self)
        self._bind("class_0", N_("In teach mode: choose “No label”"), "0", 0, desk.teaching.choose_background)

    def _bind(self, command_id: str, text: str, key: str, number: int, call: Callable[[], object]) -> None:
        action = self.by_id[command_id] = QAction(self)
        action.setObjectName(command_id)
        action.triggered.connect(lambda _=False: call())
        fields = (("number", number),) if number else ()
        command = Command(command_id, text, GROUP, (key,), canvas=True, fields=fields)
        self._desk.shortcuts.bind(command, action, self._homes)
