"""The verbs of the class manager: each makes another draft."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QDialog, QLineEdit

from segdesk.app import class_lists
from segdesk.app.class_draft import Draft, Drafting, safe_colours
from segdesk.app.classing import ClassCount
from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.ui import dialogs
from segdesk.ui.class_manager_asks import FormatBox, TargetBox
from segdesk.ui.class_manager_table import ClassTable
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import tr
from segdesk.ui.shortcut_presets import FIXED
from segdesk.ui.shortcuts import normal

# verb: (icon, the word under it, key, whether it needs a selection)
VERBS: dict[str, tuple[str, str, str, bool]] = {
    "add": ("add", N_("Add"), "Ins", False),
    "rename": ("rename", N_("Rename"), "F2", True),
    "colour": ("recolour", N_("Colour"), "Ctrl+L", True),
    "kind": ("thing", N_("Kind"), "Ctrl+T", True),
    "key": ("keyboard", N_("Key"), "Ctrl+K", True),
    "merge": ("merge", N_("Merge"), "Ctrl+M", True),
    "delete": ("delete", N_("Delete"), "Del", True),
    "up": ("up", N_("Up"), "Ctrl+Up", True),
    "down": ("down", N_("Down"), "Ctrl+Down", True),
    "undo": ("undo", N_("Undo"), "Ctrl+Z", False),
    "redo": ("redo", N_("Redo"), "Ctrl+Y", False),
}
TIPS = {
    "add": N_("Add a class"),
    "rename": N_("Rename the class"),
    "colour": N_("Change the colour"),
    "kind": N_("Countable objects (thing) or area (stuff)"),
    "key": N_("Give the class a number or letter that chooses it"),
    "merge": N_("Give all labels of the selected classes to one class"),
    "delete": N_("Delete the selected classes"),
    "up": N_("Move up"),
    "down": N_("Move down"),
    "undo": N_("Take the last change here back"),
    "redo": N_("Make it again"),
}


# Alt and a letter is kept for menus.
KEYS = re.compile(r"[1-9]|(Shift\+)?[A-Z]|Alt\+[0-9]")


class Verbs(QDialog):
    """Part of `ClassManager`, which has the draft and the table."""

    drafting: Drafting
    table: ClassTable
    search: QLineEdit
    _desk: Desk
    _counts: dict[int, ClassCount]
    _counted: bool

    def _take(self, step: str, draft: Draft) -> None:
        raise NotImplementedError

    def _attempt(self, step: str, make: Callable[[], Draft]) -> bool:
        raise NotImplementedError

    def _refuse(self, error: SegDeskError) -> None:
        raise NotImplementedError

    def _show(self) -> None:
        raise NotImplementedError

    def _coloured(self, make: Callable[[int], list[tuple[int, int, int]]]) -> Draft:
        return self.drafting.draft.with_colours(make(len(self.drafting.draft.classes)))

    def _add(self) -> None:
        classes, at = self.drafting.draft.classes, len(self.drafting.draft.classes) + 1
        while classes.named(tr("class {number}", number=at)) is not None:
            at += 1
        draft, class_id = self.drafting.draft.added(tr("class {number}", number=at))
        self.search.clear()
        self._take(N_("add"), draft)
        self.table.pick([class_id])
        self.table.edit_name()

    def _rename(self) -> None:
        self.table.edit_name()

    def _renamed(self, class_id: int, text: str) -> None:
        self._attempt(N_("rename"), lambda: self.drafting.draft.renamed(class_id, text))

    def _colour(self) -> None:
        picked = self.table.picked()
        info = self.drafting.draft.classes.get(picked[0]) if picked else None
        if info is None:
            return
        chooser = QColorDialog(QColor(*info.color), self)
        chooser.setWindowTitle(tr("Colour of {name}", name=info.name))
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for at, color in enumerate(safe_colours(14)):
            QColorDialog.setCustomColor(at, QColor(*color))
        chooser.colorSelected.connect(lambda color: self._recoloured(picked, color))
        chooser.open()

    def _recoloured(self, class_ids: list[int], color: QColor) -> None:
        draft = self.drafting.draft
        for class_id in class_ids:
            draft = draft.recoloured(class_id, (color.red(), color.green(), color.blue()))
        self._take(N_("recolour"), draft)

    def _kind(self) -> None:
        picked, classes = self.table.picked(), self.drafting.draft.classes
        infos = [info for i in picked if (info := classes.get(i)) is not None]
        if infos:
            is_thing = not infos[0].is_thing
            self._take(N_("thing or stuff"), self.drafting.draft.of_kind(picked, is_thing=is_thing))

    def _key(self) -> None:
        self.table.edit_key()

    def _keyed(self, class_id: int, text: str) -> None:
        self._attempt(N_("key"), lambda: self.drafting.draft.with_key(class_id, self._checked_key(text)))

    def _checked_key(self, text: str) -> str:
        """A key as the project keeps it. Raises `SegDeskError` for one that cannot be given."""
        key = normal(text.strip().title()) if text.strip() else ""
        if text.strip() and not KEYS.fullmatch(key):
            raise SegDeskError(
                "{key} cannot be the key of a class.",
                "Type a number from 1 to 9, a letter, or Shift or Alt with it, such as Shift+Q or Alt+1.",
                key=text,
            )
        holder = None if not key or key.isdecimal() else self._desk.shortcuts.holder(key)
        if key in FIXED or holder is not None:
            raise SegDeskError(
                "The key {key} is in use: {command}.",
                "Take another one, such as Shift+Q, or change that key first.",
                key=key,
                command=holder.title if holder is not None else tr(FIXED[key]),
            )
        return key

    def _merge(self) -> None:
        picked, classes = self.table.picked(), self.drafting.draft.classes
        targets = [c for c in classes if len(picked) > 1 or c.id not in picked]
        names = ", ".join(c.name for c in classes if c.id in picked)
        sentence = tr(
            "{names}: all their labels in all pictures are given to one class, and the others go.", names=names
        )
        box = TargetBox(self, tr("Merge classes"), sentence, targets, void=False, first=self.table.current() or VOID)
        box.box.accepted.connect(lambda: self._take(N_("merge"), self.drafting.draft.merged(picked, box.chosen)))
        box.box.open()

    def _delete(self) -> None:
        picked, classes = self.table.picked(), self.drafting.draft.classes
        into = set(self.drafting.draft.become.values())
        if self._counted and not any(i in self._counts or i in into for i in picked):
            self._take(N_("delete"), self.drafting.draft.removed(picked))
            return
        rest = [c for c in classes if c.id not in picked]
        names = ", ".join(c.name for c in classes if c.id in picked)
        sentence = tr("{names}: there are labels of what you delete.", names=names)
        box = TargetBox(self, tr("Delete classes"), sentence, rest, void=True)
        box.box.accepted.connect(lambda: self._take(N_("delete"), self._without(picked, box.chosen)))
        box.box.open()

    def _without(self, picked: list[int], to: int) -> Draft:
        draft = self.drafting.draft
        return draft.merged(picked, to) if to != VOID else draft.removed(picked)

    def _up(self) -> None:
        self._take(N_("move"), self.drafting.draft.stepped(self.table.picked(), -1))

    def _down(self) -> None:
        self._take(N_("move"), self.drafting.draft.stepped(self.table.picked(), 1))

    def _undo(self) -> None:
        self.drafting.undo()
        self._show()

    def _redo(self) -> None:
        self.drafting.redo()
        self._show()

    # -- lists ----------------------------------------------------------------------------------------------------

    def _join(self, step: str, read: Callable[[], ClassSet]) -> None:
        self._attempt(step, lambda: self.drafting.draft.joined(read()))

    def _import(self) -> None:
        pattern = f"{tr('Class lists')} (*.json *.csv *.txt);;{tr('All files (*)')}"
        file = dialogs.ask_file(self, tr("Import a class list"), pattern)
        if file is not None:
            self.import_list(file)

    def import_list(self, file: Path) -> None:
        """Add the classes of a file, which is small: it is read at once."""
        self._join(N_("add a list"), lambda: class_lists.read(file))

    def _export(self) -> None:
        box = FormatBox(self)
        box.box.accepted.connect(lambda: self._export_as(box.chosen))
        box.box.open()

    def _export_as(self, kind: class_lists.ListFormat) -> None:
        pattern = f"{tr(kind.title)} (*{kind.suffix})"
        file = dialogs.ask_new_file(self, tr("Export the class list"), pattern, kind.usual)
        if file is not None:
            self.export_list(file, kind.id)

    def export_list(self, file: Path, kind: str) -> None:
        """Write the classes as they stand in the table."""
        try:
            class_lists.write(file, self.drafting.draft.classes, kind)
        except SegDeskError as error:
            self._refuse(error)
