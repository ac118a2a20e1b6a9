"""Commands on objects, classes and the whole picture (`segdesk.app.operations`), as menu entries with keys."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from segdesk.app import discover
from segdesk.app.discover import Plugin
from segdesk.app.tools.base import Value, defaults
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.domain.text import N_
from segdesk.ui.actions import REASONS
from segdesk.ui.desk import Desk
from segdesk.ui.enabling import Enabling
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.option_fields import ask
from segdesk.ui.shortcuts import Command, acts_in_canvas


class OperationsMenu(Translated, QWidget):
    """Holds one action an operation; a hidden widget only so that it hears of a change of language."""

    def __init__(self, desk: Desk, canvas: QWidget, window: QWidget) -> None:
        super().__init__(window)
        self.hide()
        self._desk, self._window = desk, window
        good, bad = discover.operations()
        for item in bad:
            desk.show_error(item.reason)
        self.plugins: dict[str, Plugin] = {p.info.id: p for p in good}
        self.values: dict[str, dict[str, Value]] = {p.info.id: defaults(p.info.options) for p in good}
        self.by_id = {key: self._action(plugin, canvas) for key, plugin in self.plugins.items()}
        self.enabling = Enabling(self, self.by_id, lambda key, why: why or tr(self.plugins[key].info.note))
        desk.conditions_changed.connect(self.refresh)
        self.retranslate()

    def _action(self, plugin: Plugin, canvas: QWidget) -> QAction:
        info = plugin.info
        action = QAction(self)
        action.setObjectName(f"operation_{info.id}")
        shortcuts = self._desk.shortcuts
        keys = (info.key,) if info.key and shortcuts.holder(info.key) is None else ()
        inside = any(acts_in_canvas(key) for key in keys)
        command = Command(action.objectName(), info.title, N_("&Labels"), keys, canvas=inside)
        shortcuts.bind(command, action, (self._window, canvas))
        action.triggered.connect(lambda _=False: self.begin(info.id))
        return action

    def fill(self, menu: QMenu) -> None:
        """Put the entries into the menu that shows them."""
        menu.addActions(list(self.by_id.values()))

    def begin(self, key: str) -> None:
        """Run an operation, after asking for its options where there are any."""
        if not self.enabling.allows(key):
            return
        info = self.plugins[key].info
        if info.options:
            ask(self._window, info, self.values[key], lambda: self.run(key))
        else:
            self.run(key)

    def run(self, key: str) -> None:
        """Run it with the values of the last time; what it cannot do becomes a toast."""
        document, plugin = self._desk.labels.document, self.plugins[key]
        if document is None or document.busy or not self.enabling.allows(key):
            return
        if "previous" in plugin.info.needs:
            self._with_previous(key)
        else:
            self._run(key, {})

    def _run(self, key: str, extra: dict[str, object]) -> None:
        document, plugin = self._desk.labels.document, self.plugins[key]
        try:
            plugin.module.run(document, **self.values[key], **extra)
        except SegDeskError as error:
            self._desk.show_error(error)

    def _with_previous(self, key: str) -> None:
        """Run an operation that takes labels of the previous picture, once they have been read."""
        session, row = self._desk.session, self._desk.current
        index = None if row is None else session.index_of(row.id)
        if session.project is None or row is None or not index:
            return

        def then(previous: object) -> None:
            document = self._desk.labels.document
            here = document is not None and document.row.id == row.id and not document.busy
            if here and isinstance(previous, PackedMap):
                self._run(key, {"previous": previous})

        job = session.labels_of(session.pictures[index - 1].id)
        self._desk.track(job, N_("Reading labels"), then=then, shown=False)

    def refresh(self) -> None:
        """What can be done now; what cannot says why."""
        document, row = self._desk.labels.document, self._desk.current
        index = None if row is None else self._desk.session.index_of(row.id)
        holds = {
            "segment": document is not None and bool(document.active_segment),
            "answer": document is not None and document.prediction is not None,
            "previous": bool(index),
        }
        for key, plugin in self.plugins.items():
            needs = [n for n in plugin.info.needs if not holds.get(n, True)]
            needs = (["annotating"] if self._desk.teaching.on else []) + needs
            needs = ["picture"] if document is None else needs
            self.enabling.say(key, REASONS[needs[0]] if needs else "")

    def retranslate(self) -> None:
        """Set the texts again."""
        for key, action in self.by_id.items():
            info = self.plugins[key].info
            action.setText(tr(info.title) + ("…" if info.options else ""))
        self.refresh()
        self.enabling.retranslate()
