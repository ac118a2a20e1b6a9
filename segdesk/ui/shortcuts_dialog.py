"""The page on which keys are changed. Every change holds at once; the last large one can be taken back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import write_text
from segdesk.ui import dialogs, icons, theme
from segdesk.ui.actions import plain_title
from segdesk.ui.cheat_sheet import ORDER
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.key_recorder import KeyRecorder
from segdesk.ui.shortcut_presets import PRESETS
from segdesk.ui.shortcuts import LONGEST_FILE, Clash, Command, shown_keys
from segdesk.ui.widgets import button, label, name, set_kind

ID = Qt.ItemDataRole.UserRole
TITLE, KEYS = range(2)


class ShortcutsDialog(QDialog):
    """A list of all commands by group; below it the keys of the chosen one.

    Attributes:
        search, preset, tree: field, box of presets, list; recorder: takes new keys; clash: why they could not simply
        be given, while that is asked.
    """

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys, self._desk = desk.shortcuts, desk
        self._before = ""
        self.clash: Clash | None = None
        self.setWindowTitle(tr("Keys of the commands"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build_head()
        self._build_strip()
        self._build_foot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.setSpacing(theme.GAP + 2)
        for part in (self._head, self.tree, self.strip, self._foot):
            layout.addWidget(part, 1 if part is self.tree else 0)
        self._keys.changed.connect(self.refresh)
        self.resize(QSize(820, 720).boundedTo(self.screen().availableSize() * 0.9))
        self.fill()

    def _build_head(self) -> None:
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(tr("Find a command or a key"))
        self.search.setAccessibleName(tr("Find a command or a key"))
        self.search.textChanged.connect(lambda _: self.fill())
        self.preset = QComboBox()
        name(self.preset, tr("Keys as in"))
        for key, (title, _) in PRESETS.items():
            self.preset.addItem(title, key)
        self.preset.activated.connect(lambda _: self._use_preset())
        self.tree = QTreeWidget()
        self.tree.setColumnCount(2)
        self.tree.setHeaderLabels([tr("Command"), tr("Keys")])
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(14)
        self.tree.setAccessibleName(tr("Commands"))
        self.tree.header().setSectionResizeMode(TITLE, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(KEYS, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        self.tree.currentItemChanged.connect(lambda *_: self._choose())
        self._head = _row(self.search, label(tr("Keys as in")), self.preset)

    def _build_strip(self) -> None:
        self.strip = QFrame()
        self.strip.setProperty("kind", "panel")
        self.title = label(kind="head")
        self.chips = QHBoxLayout()
        self.chips.setSpacing(6)
        self.recorder = KeyRecorder()
        self.recorder.recorded.connect(self.offer)
        self.note = label(kind="soft")
        self.note.setWordWrap(True)
        self.take = button(clicked=self._take)
        self.keep = button(tr("Leave it"), clicked=self._leave)
        self.reset = button(tr("Reset this one"), icon="undo", clicked=self._reset)
        for part in (self.take, self.keep, self.reset):
            part.setAutoDefault(False)
        layout = QVBoxLayout(self.strip)
        layout.setSpacing(6)
        layout.addWidget(self.title)
        keys = QHBoxLayout()
        keys.addLayout(self.chips)
        keys.addWidget(self.recorder)
        keys.addStretch(1)
        keys.addWidget(self.reset)
        layout.addLayout(keys)
        layout.addWidget(_row(self.note, self.take, self.keep, stretch=0))

    def _build_foot(self) -> None:
        self.load = button(tr("Import keys…"), icon="import", clicked=self._import)
        self.save = button(tr("Export keys…"), icon="export", clicked=self._export)
        self.reset_all = button(tr("Reset all"), clicked=self._use_preset)
        self.undo = button(tr("Undo"), icon="undo", clicked=self._undo)
        self.undo.setVisible(False)
        self.close_button = button(tr("Close"), clicked=self.accept)
        gap = QWidget()
        parts = (self.load, self.save, self.reset_all, self.undo, gap, self.close_button)
        for part in parts:
            if isinstance(part, QPushButton):
                part.setAutoDefault(False)
        self._foot = _row(*parts, stretch=4)

    # -- the list -------------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """List the commands that fit the field."""
        chosen = self.current()
        self.tree.blockSignals(True)
        self.tree.clear()
        words = self.search.text().casefold().split()
        commands = self._keys.commands.values()
        for title in dict.fromkeys((*ORDER, *(c.group for c in commands))):
            self._fill_group(title, [c for c in commands if c.group == title and self._fits(c, words)])
        self.tree.blockSignals(False)
        self._select(chosen.id if chosen is not None else "")
        self.refresh()

    def _fill_group(self, title: str, commands: list[Command]) -> None:
        if not commands:
            return
        group = QTreeWidgetItem([plain_title(title), ""])
        font = QFont(self.tree.font())
        font.setBold(True)
        group.setFont(TITLE, font)
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        for command in commands:
            line = QTreeWidgetItem([command.title, ""])
            line.setData(TITLE, ID, command.id)
            group.addChild(line)
        self.tree.addTopLevelItem(group)
        group.setExpanded(True)

    def _fits(self, command: Command, words: list[str]) -> bool:
        text = f"{command.title} {command.text} {self._keys.shown(command.id)} {plain_title(command.group)}".casefold()
        return all(word in text for word in words)

    def lines(self) -> list[QTreeWidgetItem]:
        """The lines of commands that are listed."""
        groups = [self.tree.topLevelItem(at) for at in range(self.tree.topLevelItemCount())]
        lines = [group.child(at) for group in groups if group is not None for at in range(group.childCount())]
        return [line for line in lines if line is not None]

    def _select(self, command_id: str) -> None:
        lines = self.lines()
        line = next((line for line in lines if line.data(TITLE, ID) == command_id), lines[0] if lines else None)
        self.tree.setCurrentItem(line)  # type: ignore[arg-type]  # None: no line

    def current(self) -> Command | None:
        """The chosen command."""
        line = self.tree.currentItem()
        return None if line is None else self._keys.commands.get(line.data(TITLE, ID) or "")

    def choose(self, command_id: str) -> None:
        """Go to a command."""
        self._select(command_id)
        self._choose()

    def refresh(self) -> None:
        """Show the keys that hold now, in the list and below it."""
        self.preset.setCurrentIndex(list(PRESETS).index(self._keys.preset))
        font, changed = QFont(self.tree.font()), QFont(self.tree.font())
        changed.setBold(True)
        for line in self.lines():
            command_id = line.data(TITLE, ID)
            line.setText(KEYS, self._keys.shown(command_id))
            line.setFont(KEYS, changed if self._keys.is_own(command_id) else font)
        self._choose()

    # -- the chosen command ---------------------------------------------------------------------------------------

    def _choose(self) -> None:
        self.clash = None
        command = self.current()
        self.strip.setEnabled(command is not None)
        self.title.setText(command.title if command is not None else tr("Choose a command in the list."))
        while (item := self.chips.takeAt(0)) is not None:
            chip = item.widget()
            if chip is not None:
                chip.hide()
                chip.deleteLater()
        if command is not None:
            for key in self._keys.keys(command.id):
                self.chips.addWidget(self._chip(command, key))
            self.reset.setEnabled(self._keys.keys(command.id) != self._keys.base(command.id))
        self._show_clash()

    def _chip(self, command: Command, key: str) -> QPushButton:
        shown = shown_keys([key]) or key
        chip = button(shown, clicked=lambda: self._keys.take(command.id, key))
        chip.setIcon(icons.icon("close"))
        chip.setIconSize(QSize(10, 10))
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        chip.setAutoDefault(False)
        name(chip, tr("Take the key {key} away", key=shown))
        return chip

    def offer(self, key: str) -> None:
        """Give the chosen command a key, or ask first where another command has it."""
        command = self.current()
        if command is None:
            return
        if key in self._keys.keys(command.id):
            self._say(tr("It has that key already."), "soft")
            return
        self.clash = self._keys.clash(command.id, key)
        if self.clash is None:
            self._keys.give(command.id, key)
            self._say(tr("{key} holds from now on.", key=shown_keys([key]) or key), "good")
        else:
            self._show_clash()

    def _show_clash(self) -> None:
        clash = self.clash
        asked = clash is not None and clash.command is not None
        self.take.setVisible(asked)
        self.keep.setVisible(asked)
        if clash is None:
            held = self.current() is not None and self.current().held  # type: ignore[union-attr]
            self._say(tr("Acts as long as it is held: a single key.") if held else "", "soft")
            return
        shown = shown_keys([clash.key]) or clash.key
        if clash.command is None:
            self._say(tr("{key} cannot be given: {what}", key=shown, what=clash.text), "bad")
        else:
            self._say(tr("{key} is the key of “{command}”.", key=shown, command=clash.text), "warn")
            self.take.setText(tr("Take it from “{command}”", command=clash.text))
            self.take.setFocus()

    def _say(self, text: str, kind: str) -> None:
        self.note.setText(text)
        set_kind(self.note, kind)

    def _take(self) -> None:
        command, clash = self.current(), self.clash
        if command is not None and clash is not None:
            self._keys.give(command.id, clash.key)
            self.recorder.setFocus()

    def _leave(self) -> None:
        self.clash = None
        self._show_clash()
        self.recorder.setFocus()

    def _reset(self) -> None:
        command = self.current()
        if command is not None:
            self._keys.reset(command.id)

    # -- all of them ----------------------------------------------------------------------------------------------

    def _use_preset(self) -> None:
        self._remember()
        self._keys.use_preset(self.preset.currentData())

    def _remember(self) -> None:
        """What is about to be changed can be taken back."""
        self._before = self._keys.as_text()
        self.undo.setVisible(True)

    def _undo(self) -> None:
        self._keys.use_text(self._before)
        self.undo.setVisible(False)
        self.tree.setFocus()

    def _export(self) -> None:
        start = str(Path.home() / "segdesk-keys.json")
        file = dialogs.ask_new_file(self, tr("Export keys"), tr("Keys (*.json)"), start)
        if file is not None:
            self.save_to(file)

    def save_to(self, file: Path) -> None:
        """Write the keys into a file."""
        try:
            write_text(file, self._keys.as_text())
        except SegDeskError as error:
            self._say(" ".join(error_text(error)), "bad")
        else:
            self._say(tr("Saved as {name}.", name=file.name), "good")

    def _import(self) -> None:
        file = dialogs.ask_file(self, tr("Import keys"), tr("Keys (*.json)"))
        if file is not None:
            self.load_from(file)

    def load_from(self, file: Path) -> None:
        """Take the keys of a file; a file that holds none changes nothing."""
        before = self._keys.as_text()
        try:
            left_out = self._keys.use_text(_read(file))
        except SegDeskError as error:
            self._say(" ".join(error_text(error)), "bad")
            return
        self._before = before
        self.undo.setVisible(True)
        more = tr("%n command(s) left out: not known here, or keys that cannot be given.", left_out) if left_out else ""
        self._say(tr("The keys of {name} hold now.", name=file.name) + " " + more, "warn" if left_out else "good")


def _read(file: Path) -> str:
    """The text of a small file; of one that cannot be read as such, nothing."""
    try:
        with file.open("rb") as stream:
            return stream.read(LONGEST_FILE + 1).decode("utf-8")
    except OSError as error:
        raise SegDeskError("{name} cannot be read: {reason}", name=file.name, reason=error.strerror or "") from error
    except UnicodeDecodeError:
        return ""


def _row(*parts: QWidget, stretch: int = 0) -> QWidget:
    """Widgets beside each other; the one at `stretch` takes the room that is left."""
    result = QWidget()
    layout = QHBoxLayout(result)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.GAP)
    for at, part in enumerate(parts):
        layout.addWidget(part, 1 if at == stretch else 0)
    return result
