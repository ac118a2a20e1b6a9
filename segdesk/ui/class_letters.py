"""The letters that a person has given to classes: each chooses its class while the picture has the focus."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from segdesk.ui.desk import Desk
from segdesk.ui.i18n import tr


class ClassLetters(QObject):
    """Follows the open project. The number keys are `ClassKeys`'.

    Attributes:
        by_key: the shortcuts.
    """

    def __init__(self, desk: Desk, canvas: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._canvas = desk, canvas
        self.by_key: dict[str, QShortcut] = {}
        desk.classes_changed.connect(lambda _: self.follow())
        desk.project_opened.connect(lambda _: self.follow())
        desk.project_closed.connect(self.follow)
        desk.labels.keys_changed.connect(self.follow)
        desk.shortcuts.guests.append(self.names)

    def names(self) -> dict[str, str]:
        """Key -> what it does, in words; those of numbers alone are commands."""
        classes = self._desk.session.classes
        keys = {key: info.name for i, key in self._desk.session.classing.keys.items() if (info := classes.get(i))}
        return {key: tr("Class {name}", name=text) for key, text in keys.items() if not key.isdecimal()}

    def follow(self) -> None:
        """Bind the letters that hold now, but none that a command has got meanwhile."""
        wanted = {key for key in self.names() if self._desk.shortcuts.holder(key) is None}
        for key in self.by_key.keys() - wanted:
            self.by_key.pop(key).deleteLater()
        for key in wanted - self.by_key.keys():
            shortcut = self.by_key[key] = QShortcut(QKeySequence(key), self._canvas)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda key=key: self._choose(key))

    def _choose(self, key: str) -> None:
        class_id = self._desk.labels.class_of_key(key)
        if class_id is not None:
            self._desk.labels.choose_class(class_id)
