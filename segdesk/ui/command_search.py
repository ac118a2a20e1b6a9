"""The line in which everything is found by a few letters of its name (Ctrl+K), and done with Enter."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from segdesk.app import fuzzy
from segdesk.app.model_search import Listing
from segdesk.domain.text import N_
from segdesk.ui import command_sources, i18n, theme
from segdesk.ui.command_lines import ENTRY, HIT, LineDelegate, spoken
from segdesk.ui.command_sources import Entry, PictureNames
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import label

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

MOST = 60  # lines
LINES = 11  # that are seen at once
WIDTH = 660
REMEMBERED = 24
AT_ONCE = 0.006  # seconds in which names are prepared in one go
IN_DETAIL = 45.0  # points less for words that are found in the detail only
RECENT_FIRST = 40.0  # points of the command that was used last
KIND_POINTS = {"action": 30.0, "tool": 30.0, "operation": 26.0, "class": 18.0, "choice": 14.0, "model": 6.0}
MOVES: dict[Qt.Key, Callable[[int, int], int]] = {  # (line, last line) -> line
    Qt.Key.Key_Down: lambda at, last: at + 1 if at < last else 0,
    Qt.Key.Key_Up: lambda at, last: at - 1 if at > 0 else last,
    Qt.Key.Key_Tab: lambda at, last: at + 1 if at < last else 0,
    Qt.Key.Key_Backtab: lambda at, last: at - 1 if at > 0 else last,
    Qt.Key.Key_PageDown: lambda at, last: min(last, at + LINES - 1),
    Qt.Key.Key_PageUp: lambda at, _last: max(0, at - LINES + 1),
}
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


@dataclass(frozen=True)
class Hit:
    """An entry with the letters of its text that were meant."""

    entry: Entry
    letters: frozenset[int] = frozenset()


def search(entries: Iterable[Entry], query: str, recent: Sequence[str] = (), most: int = MOST) -> list[Hit]:
    """The entries that fit, the best first. Nothing typed: those used last, then what can be done now."""
    rank = {command: at for at, command in enumerate(recent)}
    wanted = fuzzy.words(query)
    if not wanted:
        kept = [e for e in entries if e.kind not in ("model", "picture") or e.id in rank]
        order = sorted(kept, key=lambda e: (rank.get(e.id, len(rank)), bool(e.why)))
        return [Hit(e) for e in order[:most]]
    found: list[tuple[float, int, Hit]] = []
    for at, entry in enumerate(entries):
        fit = _fit(wanted, entry)
        if fit is None:
            continue
        score = fit.score + KIND_POINTS.get(entry.kind, 0.0) - (6.0 if entry.why else 0.0)
        if entry.id in rank:
            score += RECENT_FIRST / (1 + rank[entry.id])
        found.append((-score, at, Hit(entry, fit.letters)))
    return [hit for _, _, hit in heapq.nsmallest(most, found)]


def _fit(wanted: tuple[str, ...], entry: Entry) -> fuzzy.Found | None:
    """By its text, its English text, or words of either together with those of its detail."""
    own, other, whole = entry.names
    text = fuzzy.match(wanted, own)
    if other is not None:
        english = fuzzy.match(wanted, other)
        if english is not None and (text is None or english.score > text.score):
            return fuzzy.Found(english.score, text.letters if text is not None else frozenset())
    if text is None and whole is not None:
        found = fuzzy.match(wanted, whole, spelled=True)
        return None if found is None else fuzzy.Found(found.score - IN_DETAIL, frozenset())
    return text


class Hits(QAbstractListModel):
    """The lines that are shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.hits: list[Hit] = []

    def show(self, hits: list[Hit]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()

    def rowCount(self, parent: Index = ROOT) -> int:
        """Qt: how many lines."""
        return 0 if parent.isValid() else len(self.hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: the text, what a screen reader says, the reason why not, and the hit itself."""
        if not index.isValid():
            return None
        hit = self.hits[index.row()]
        return {
            Qt.ItemDataRole.DisplayRole: hit.entry.text,
            Qt.ItemDataRole.AccessibleTextRole: spoken(hit.entry),
            Qt.ItemDataRole.ToolTipRole: hit.entry.why or hit.entry.detail,
            ENTRY: hit.entry,
            HIT: hit.letters,
        }.get(role)


def _lines(model: Hits) -> QListView:
    view = QListView()
    view.setModel(model)
    view.setItemDelegate(LineDelegate(view))
    view.setUniformItemSizes(True)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setMouseTracking(True)
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return view


class CommandSearch(QFrame):
    """Lies over the window while it is open; keeps the focus in its field. What is chosen is done after it has closed
    and the focus is where it was. What cannot be done now stays listed with its reason.

    Attributes:
        field: where one types; view: the lines; model: what they show.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._before: QWidget | None = None
        self._commands: list[Entry] = []
        self._models: list[Entry] = []
        self._listing, self._models_of = Listing(), ("", "")
        self._narrowed: tuple[tuple[str, ...], list[Entry]] = ((), [])
        self._unprepared: Iterator[Entry] = iter(())
        self._owed = False  # what is typed is looked for as soon as the names are prepared
        self._names: PictureNames | None = None
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit()
        self.field.installEventFilter(self)
        self.field.textChanged.connect(lambda _: self.refresh())
        self.model = Hits(self)
        self.view = _lines(self.model)
        self.view.clicked.connect(lambda index: self.do(index.row()))
        self.none = label(kind="soft")
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.none.setContentsMargins(0, 24, 0, 24)
        self.hint = label(kind="soft")
        self.hint.setFont(theme.small(self.hint.font()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 8)
        layout.setSpacing(theme.GAP)
        for part in (self.field, self.view, self.none, self.hint):
            layout.addWidget(part)
        window.desk.pictures_changed.connect(lambda _: self._forget_names())
        window.desk.project_closed.connect(self._forget_names)
        self._idle = QTimer(self)
        self._idle.timeout.connect(self._prepare)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_went)
        self.hide()

    # -- opening and closing --------------------------------------------------------------------------------------

    def open(self) -> None:
        """Show it over the window, empty, with what was used last on top."""
        if self.isVisible():
            self.field.selectAll()
            return
        self._before = QApplication.focusWidget()
        self._retranslate()
        self._commands = list(command_sources.commands(self._window))
        self._fill_models(self._listing)
        self.field.clear()
        self.refresh()
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus()
        desk = self._window.desk
        desk.track(desk.session.list_models(), N_("Listing the models"), then=self._take_models, shown=False)

    def leave(self) -> None:
        """Close it and give the focus back."""
        self.hide()
        before, self._before = self._before, None
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        elif self._window.canvas.isVisible():
            self._window.canvas.setFocus()

    def _focus_went(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self.isVisible() and new is not None and new is not self and not self.isAncestorOf(new):
            self._before = None
            self.hide()

    def _retranslate(self) -> None:
        self.field.setPlaceholderText(tr("Find a command, a model, a class or a picture"))
        self.field.setAccessibleName(tr("Find a command"))
        self.view.setAccessibleName(tr("What was found"))
        self.none.setText(tr("Nothing here is called so."))
        self.hint.setText(tr("↑ ↓ choose    Enter does it    Esc closes"))

    def _place(self) -> None:
        window = self._window
        lines = min(LINES, max(1, len(self.model.hits)))
        row = self.view.sizeHintForRow(0) if self.model.hits else 0
        self.view.setFixedHeight(lines * row + 2 if row else 0)
        width = min(WIDTH * self.fontMetrics().height() // 17, window.width() - 40)
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.setGeometry((window.width() - width) // 2, max(36, window.height() // 9), width, self.sizeHint().height())

    def _take_models(self, value: object) -> None:
        if isinstance(value, Listing) and value is not self._listing:
            known = self._listing
            self._fill_models(value)
            if self.isVisible() and value != known:
                self.refresh()

    def _fill_models(self, listing: Listing) -> None:
        """Lines of the models; they are made again only if something about them has changed."""
        shown_for = i18n.language(), self._window.desk.session.model_id
        if listing != self._listing or shown_for != self._models_of:
            self._models = list(command_sources.models(self._window, listing))
            self._models_of = shown_for
        self._listing = listing
        self._narrowed = ((), [])
        self._unprepared = iter([*self._models, *self._commands])
        self._idle.start(0)

    def _prepare(self) -> None:
        """Prepare some names, while nothing else is to be done, so that letters find them ready."""
        until = time.perf_counter() + AT_ONCE
        for entry in self._unprepared:
            _ = entry.names
            if time.perf_counter() > until:
                return
        self._idle.stop()
        if self._owed:
            self.refresh()

    def finish(self) -> None:
        """List at once what fits, though not all names are prepared: somebody chooses now."""
        while self._owed:
            self._prepare()

    def _forget_names(self) -> None:
        self._names = None

    # -- finding and doing ----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """List what fits what is typed, or do so soon if the names, hundreds at the first time, are not prepared."""
        text = self.field.text()
        wanted = fuzzy.words(text)
        self._owed = bool(wanted) and self._idle.isActive()
        if self._owed:
            return
        hits = search(self._narrow(wanted), text, self._recent())
        if wanted and self._window.desk.session.pictures:
            if self._names is None:
                self._names = PictureNames(self._window.desk.session.pictures)
            rows = self._names.search(wanted)
            hits += search(command_sources.pictures(self._window, rows), text)
        self.model.show(hits)
        self.view.setVisible(bool(hits))
        self.none.setVisible(not hits)
        self.choose(0)
        if self.isVisible():
            self._place()

    def _narrow(self, wanted: tuple[str, ...]) -> list[Entry]:
        """What may fit: while a long enough word is typed on, only what fitted before."""
        before, entries = self._narrowed
        longer = bool(before) and len(wanted) >= len(before) and all(map(str.startswith, wanted, before))
        if not longer:
            entries = [*self._commands, *self._models]
        if wanted and all(len(word) >= fuzzy.LEAST_LOOSE for word in wanted):
            entries = [e for e in entries if _fit(wanted, e) is not None]
            self._narrowed = wanted, entries
        elif not longer:
            self._narrowed = ((), [])
        return entries

    def choose(self, row: int) -> None:
        """Move to a line."""
        if self.model.hits:
            index = self.model.index(max(0, min(row, len(self.model.hits) - 1)))
            self.view.setCurrentIndex(index)
            self.field.setAccessibleDescription(spoken(self.model.hits[index.row()].entry))

    def do(self, row: int) -> None:
        """Close and do what a line says, if it can be done now."""
        if not 0 <= row < len(self.model.hits):
            return
        entry = self.model.hits[row].entry
        if entry.why:
            self._window.desk.notice.emit("info", entry.why, entry.text)
            return
        self._remember(entry.id)
        self.leave()
        entry.run()

    def _recent(self) -> tuple[str, ...]:
        kept = self._window.desk.session.settings.ui.get("commands")
        return tuple(k for k in kept if isinstance(k, str)) if isinstance(kept, list) else ()

    def _remember(self, entry_id: str) -> None:
        kept = [entry_id, *(k for k in self._recent() if k != entry_id)]
        self._window.desk.remember(commands=kept[:REMEMBERED])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: keys of the field that move in the list."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if event.type() == QEvent.Type.ShortcutOverride:  # the field's keys are not the window's
            event.accept()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in MOVES:
            self.finish()
            self.choose(MOVES[key](self.view.currentIndex().row(), len(self.model.hits) - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish()
            self.do(self.view.currentIndex().row())
        elif key == Qt.Key.Key_Escape:
            self.leave()
        else:
            return False
        return True
