"""Which actions can be done now, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction

from segdesk.ui.i18n import tr

GRACE = 200  # milliseconds


class Enabling(QObject):
    """Enables actions at once; greys them, and writes their tips, a moment later, if that is still so.

    Between two pictures there is none for some milliseconds. To grey everything then and to light it up again made the
    window flicker, and was most of the work of going to the next picture. In that moment `allows` says what holds:
    what is done asks it first.

    `actions`: by their ids, all bound before the first `say`; `tip(id, why)`: the tooltip of one, `why` translated.
    """

    def __init__(self, parent: QObject, actions: Mapping[str, QAction], tip: Callable[[str, str], str]) -> None:
        super().__init__(parent)
        self._actions, self._tip = actions, tip
        self._why: dict[str, str] = {}
        self._due: set[str] = set()
        self._timer = QTimer(self, singleShot=True, interval=GRACE)
        self._timer.timeout.connect(self.settle)

    def say(self, key: str, why: str) -> None:
        """An action cannot be done, for this reason (a sentence in English), or it can ("")."""
        if self._why.get(key) == why:
            return
        first = key not in self._why
        self._why[key] = why
        if first:
            self._show(key)
            return
        if not why:
            self._actions[key].setEnabled(True)
        self._due.add(key)
        if not self._timer.isActive():
            self._timer.start()

    def allows(self, key: str) -> bool:
        """Whether it can be done now."""
        return not self._why.get(key)

    def why(self, key: str) -> str:
        """Why it cannot be done now, in the language of the window; "" if it can."""
        why = self._why.get(key, "")
        return tr(why) if why else ""

    def settle(self) -> None:
        """Show what has been said."""
        self._timer.stop()
        due, self._due = self._due, set()
        for key in due:
            self._show(key)

    def retranslate(self) -> None:
        """Write all tips again."""
        for key in self._actions:
            self._show(key)

    def _show(self, key: str) -> None:
        action, why = self._actions[key], self.why(key)
        if action.isEnabled() == bool(why):
            action.setEnabled(not why)
        tip = self._tip(key, why)
        if action.toolTip() != tip:
            action.setToolTip(tip)
        if action.statusTip() != why:
            action.setStatusTip(why)
