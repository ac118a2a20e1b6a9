"""All keys on one page, by group, from the live table: searchable, and to be saved as a page that can be printed."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import write_text
from segdesk.ui import dialogs, theme
from segdesk.ui.actions import GESTURES, plain_title
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import tr
from segdesk.ui.shortcuts import Command, Shortcuts, shown_keys
from segdesk.ui.widgets import button, label

ORDER = ("&File", "&Edit", "Tools", "Classes", "&Labels", "&Picture", "&Model", "&View", "&Help")
LONGEST_KEYS = 18  # letters of keys that are not wrapped
COLUMN = 330  # least width of a column, pixels
RUN = ("class", "relabel")  # commands of nine keys that are told in one line where they are as they came


@dataclass(frozen=True)
class Group:
    """A heading and its (keys, text) lines."""

    title: str
    lines: tuple[tuple[str, str], ...]


def groups(shortcuts: Shortcuts, *, wanted: str = "") -> list[Group]:
    """What has keys now, by group, and what the mouse does; `wanted`: words that a line must hold."""
    found: list[Group] = []
    known = dict.fromkeys((*ORDER, *(c.group for c in shortcuts.commands.values())))
    for title in known:
        commands = [c for c in shortcuts.commands.values() if c.group == title and shortcuts.keys(c.id)]
        found.append(Group(plain_title(title), tuple(_lines(shortcuts, commands))))
    found.append(Group(tr("Canvas"), tuple((tr(key), tr(text)) for key, text in GESTURES)))
    words = wanted.casefold().split()
    kept = [Group(g.title, tuple(line for line in g.lines if _fits(words, g.title, line))) for g in found]
    return [g for g in kept if g.lines]


def _fits(words: Sequence[str], title: str, line: tuple[str, str]) -> bool:
    text = f"{title} {line[0]} {line[1]}".casefold()
    return all(word in text for word in words)


def _lines(shortcuts: Shortcuts, commands: Sequence[Command]) -> list[tuple[str, str]]:
    """One line a command; the nine keys of the classes, as they come, are one line."""
    lines: list[tuple[str, str]] = []
    told: set[str] = set()
    for kind in RUN:
        nine = [c for c in commands if c.id in {f"{kind}_{n}" for n in range(1, 10)}]
        if len(nine) == 9 and not any(shortcuts.is_own(c.id) for c in nine):
            first, last = shortcuts.keys(nine[0].id)[0], shortcuts.keys(nine[8].id)[0]
            text = tr("Choose class 1 to 9") if kind == "class" else tr("Give the object under the cursor class 1 to 9")
            lines.append((f"{shown_keys([first])} … {last[-1]}", text))
            told.update(c.id for c in nine)
    return lines + [(shortcuts.shown(c.id), c.title) for c in commands if c.id not in told]


def as_html(found: Sequence[Group]) -> str:
    """The page as a document of its own, in columns, for a browser or a printer."""
    title = html.escape(tr("Keys of SegDesk"))
    parts = []
    for group in found:
        rows = "".join(
            f"<tr><td><kbd>{html.escape(k)}</kbd></td><td>{html.escape(t)}</td></tr>" for k, t in group.lines
        )
        parts.append(f"<section><h2>{html.escape(group.title)}</h2><table>{rows}</table></section>")
    style = (
        "body{font:14px system-ui,sans-serif;margin:2em;color:#1d232b}main{columns:22em 3;column-gap:2.5em}"
        "section{break-inside:avoid}h2{font-size:15px;margin:1em 0 .3em}td{padding:2px 10px 2px 0;vertical-align:top}"
        "kbd{white-space:nowrap;color:#5a6573;font:inherit}@media print{body{margin:0;font-size:10px}}"
    )
    head = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>'
    return f"{head}<body><h1>{title}</h1><main>{''.join(parts)}</main></body></html>\n"


class CheatSheet(QDialog):
    """Shown over the window; follows what is typed into its field.

    Attributes:
        search: the field; shown: the groups that are listed.
    """

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._columns = 0
        self.shown: list[Group] = []
        self.setWindowTitle(tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(tr("Find a key or what it does"))
        self.search.setAccessibleName(tr("Find a key or what it does"))
        self.search.textChanged.connect(lambda _: self.fill())
        self.change = button(tr("Change keys…"), icon="keyboard", clicked=self._change)
        self.keep = button(tr("Save as a page…"), icon="save", clicked=self._save)
        self.close_button = button(tr("Close"), clicked=self.accept)
        for part in (self.change, self.keep, self.close_button):
            part.setAutoDefault(False)
        self.area = QScrollArea()
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName(tr("Keys"))
        self._lay_out()
        desk.shortcuts.changed.connect(self.fill)
        self.resize(QSize(1120, 700).boundedTo(self.screen().availableSize() * 0.9))
        self.fill()
        self.search.setFocus()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.setSpacing(theme.GAP + 4)
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.search, 1)
        note = label(tr("Single letters act while the picture has the focus: click it once."), "soft")
        note.setWordWrap(True)
        foot.addWidget(note, 1)
        for part in (self.change, self.keep, self.close_button):
            foot.addWidget(part)
        layout.addLayout(head)
        layout.addWidget(self.area, 1)
        layout.addLayout(foot)

    def fill(self) -> None:
        """List what fits the field, in as many columns as there is room for."""
        self.shown = groups(self._desk.shortcuts, wanted=self.search.text())
        self._columns = self._room()
        inner = QWidget()
        row = QHBoxLayout(inner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(28)
        if not self.shown:
            row.addWidget(label(tr("No key fits these words."), "soft"), 1, Qt.AlignmentFlag.AlignCenter)
        for part in balanced(self.shown, self._columns):
            row.addWidget(_column(part), 1, Qt.AlignmentFlag.AlignTop)
        self.area.setWidget(inner)

    def _room(self) -> int:
        wide = self.fontMetrics().horizontalAdvance("n") * 40
        return max(1, min(3, (self.width() - 40) // max(COLUMN, wide)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: fewer columns where they do not fit."""
        super().resizeEvent(event)
        if self._columns and self._columns != self._room():
            self.fill()

    def _change(self) -> None:
        self.accept()
        self._desk.ask("edit_keys")

    def _save(self) -> None:
        start = str(Path.home() / "segdesk-keys.html")
        file = dialogs.ask_new_file(self, tr("Save as a page"), tr("Pages (*.html)"), start)
        if file is not None:
            self.save_to(file)

    def save_to(self, file: Path) -> None:
        """Write the page; what cannot be written becomes a toast."""
        try:
            write_text(file, as_html(groups(self._desk.shortcuts)))
        except SegDeskError as error:
            self._desk.show_error(error)
        else:
            self._desk.notice.emit("good", tr("Saved as {name}.", name=file.name), str(file.parent))


def balanced(found: Sequence[Group], count: int) -> list[list[Group]]:
    """Groups in their order, cut into at most `count` columns of about equal height."""
    whole = sum(len(g.lines) + 2 for g in found)
    columns: list[list[Group]] = [[]]
    height = 0
    for group in found:
        half = (len(group.lines) + 2) / 2
        if columns[-1] and height + half > whole / count * len(columns) and len(columns) < count:
            columns.append([])
        columns[-1].append(group)
        height += len(group.lines) + 2
    return columns


def _column(found: Sequence[Group]) -> QWidget:
    result = QWidget()
    grid = QGridLayout(result)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    at = 0
    for group in found:
        grid.addWidget(label(group.title, "head"), at, 0, 1, 2)
        at += 1
        for keys, text in group.lines:
            for column, part in enumerate((label(keys, "soft"), label(text))):
                part.setWordWrap(True)
                part.setTextFormat(Qt.TextFormat.PlainText)
                grid.addWidget(part, at, column, Qt.AlignmentFlag.AlignTop)
            at += 1
        grid.setRowMinimumHeight(at, 8)
        at += 1
    _same_width(grid)
    return result


def _same_width(grid: QGridLayout) -> None:
    """The keys' column is as wide as its widest ordinary entry; longer ones are wrapped."""
    keys = [
        item.widget()
        for row in range(grid.rowCount())
        if (item := grid.itemAtPosition(row, 0)) is not None and item is not grid.itemAtPosition(row, 1)
    ]
    labels = [part for part in keys if isinstance(part, QLabel)]
    most = max((part.fontMetrics().horizontalAdvance("n") * LONGEST_KEYS for part in labels), default=0)
    width = min(max((part.fontMetrics().horizontalAdvance(part.text()) for part in labels), default=0) + 2, most)
    for part in labels:
        part.setFixedWidth(width)
