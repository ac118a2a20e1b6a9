"""The page that says what a model's classes become in the project: another class, a new one, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.class_book import Row
from segdesk.domain.classes import VOID
from segdesk.domain.matching import Match
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import button, label, name, swatch

MODEL, BECOMES, KIND = range(3)
SAME, DROP = "same", "drop"  # the two entries of the box that are no classes
Choice = Match | str  # a str is the name of a class that the project will get


class MatchDialog(QDialog):
    """Rows of the model's classes; whatever is selected gets what the box below says. Nothing happens before OK or
    Apply. `card_id`: the model."""

    def __init__(self, desk: Desk, card_id: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._desk, self._card_id = desk, card_id
        self._rows: list[Row] = desk.session.matching.rows(card_id)
        self._items: list[QTreeWidgetItem] = []
        self.choices: dict[str, Choice] = {r.model.name: Match(r.to or VOID, r.whole) for r in self._rows if r.chosen}
        card = desk.session.card(card_id)
        self.setWindowTitle(tr("Match classes of {model}", model=card.name.get(i18n.language()) if card else card_id))
        self.resize(660, 560)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search classes"))
        self.search.setClearButtonEnabled(True)
        name(self.search, tr("Search classes"))
        self.list = _listing()
        self.box = QComboBox()
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        name(self.box, tr("What the selected classes become; a new name makes a new class"))
        self.whole = QCheckBox(tr("As one region"))
        name(self.whole, tr("Objects of the selected classes grow together into one region, as stuff does."))
        self.count = label(kind="soft")
        self.note = label(tr("Pictures that are done already change when the model is run on them again."), kind="soft")
        self.note.setWordWrap(True)
        self.rest = button(tr("Leave out the others"), clicked=self._drop_others)
        self.reset = button(tr("By name again"), clicked=self._reset)
        name(self.rest, tr("Every class that is not selected is left out."))
        name(self.reset, tr("The selected classes go by their own names."))
        self._lay_out()
        self._fill()
        self.search.textChanged.connect(self._filter)
        self.list.itemSelectionChanged.connect(self._selected)
        self.box.activated.connect(lambda _: self._take())
        edit = self.box.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(tr("Several"))
            edit.returnPressed.connect(self._take)
        self.whole.clicked.connect(self._set_whole)
        if self._items:
            self.list.setCurrentItem(self._items[0])

    def _lay_out(self) -> None:
        standard = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(standard.Ok | standard.Apply | standard.Cancel)
        for which, text in ((standard.Ok, tr("OK")), (standard.Apply, tr("Apply")), (standard.Cancel, tr("Cancel"))):
            buttons.button(which).setText(text)
            buttons.button(which).setAutoDefault(False)  # Enter in a field is for the field
        buttons.button(standard.Ok).setProperty("kind", "main")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(standard.Apply).clicked.connect(self.apply)
        for part in (self.rest, self.reset):
            part.setAutoDefault(False)
        row, tools = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.count)
        row.addWidget(self.box, 1)
        row.addWidget(self.whole)
        tools.addWidget(self.reset)
        tools.addWidget(self.rest)
        tools.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(theme.GAP)
        for part in (self.search, self.list):
            layout.addWidget(part)
        layout.addLayout(row)
        layout.addLayout(tools)
        layout.addWidget(self.note)
        layout.addWidget(buttons)

    # -- showing --------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        for row in self._rows:
            item = QTreeWidgetItem([row.model.name, "", tr("thing") if row.model.is_thing else tr("stuff")])
            item.setIcon(MODEL, swatch(row.model.color))
            item.setData(MODEL, Qt.ItemDataRole.UserRole, row.model.name)
            self._items.append(item)
            self._show(item, row)
        self.list.addTopLevelItems(self._items)
        self.box.addItem(tr("Its own name"), SAME)
        self.box.addItem(tr("Left out"), DROP)
        self.box.insertSeparator(self.box.count())
        for info in self._desk.session.classes:
            self.box.addItem(swatch(info.color), info.name, info.id)

    def _show(self, item: QTreeWidgetItem, row: Row) -> None:
        """What the row's class becomes, in words."""
        choice = self.choices.get(row.model.name)
        look = theme.current()
        color, icon, text = look.text, row.model.color, row.model.name
        if choice is None:
            same = self._desk.session.classes.get(row.to) if row.to and not row.chosen else None
            same = same or self._desk.session.classes.named(row.model.name)
            icon, text = (same.color, same.name) if same else (icon, tr("{name} (new)", name=row.model.name))
            color = look.soft
        elif isinstance(choice, str):
            text = tr("{name} (new)", name=choice)
        elif choice.to == VOID:
            text, color = tr("left out"), look.warn
        elif (info := self._desk.session.classes.get(choice.to)) is not None:
            icon, text = info.color, info.name
        if isinstance(choice, Match) and choice.whole:
            text = tr("{name}, as one region", name=text)
        item.setText(BECOMES, text)
        item.setForeground(BECOMES, QColor(color))
        dropped = isinstance(choice, Match) and choice.to == VOID
        item.setIcon(BECOMES, swatch((0, 0, 0) if dropped else icon))

    def _filter(self, text: str) -> None:
        for item in self._items:
            shown = text.casefold() in (item.text(MODEL) + "\n" + item.text(BECOMES)).casefold()
            item.setHidden(not shown)
            if not shown:
                item.setSelected(False)

    def _picked(self) -> list[QTreeWidgetItem]:
        return [i for i in self.list.selectedItems() if not i.isHidden()]

    def _row(self, item: QTreeWidgetItem) -> Row:
        return self._rows[self.list.indexOfTopLevelItem(item)]

    def _selected(self) -> None:
        """Let the box and the check box show what the selected rows have in common."""
        picked = self._picked()
        for part in (self.box, self.reset, self.rest):
            part.setEnabled(bool(picked))
        self.count.setText(tr("%n class(es) become", len(picked)))
        choices = {self.choices.get(self._row(i).model.name) for i in picked}
        self.whole.setEnabled(any(self._target(self._row(i)) for i in picked if self._row(i).model.is_thing))
        self.whole.setChecked(bool(choices) and all(isinstance(c, Match) and c.whole for c in choices))
        targets = {c.to if isinstance(c, Match) else c for c in choices}
        if len(targets) != 1:
            self.box.setCurrentIndex(-1)
            self.box.setEditText("")
            return
        (target,) = targets
        if isinstance(target, str):
            self.box.setEditText(target)
        else:
            self.box.setCurrentIndex(self.box.findData({None: SAME, VOID: DROP}.get(target, target)))

    # -- changing -------------------------------------------------------------------------------------------------

    def _take(self) -> None:
        """Give the selected rows what the box says: one of its entries, or the name that was typed."""
        text = self.box.currentText().strip()
        at = self.box.findText(text, Qt.MatchFlag.MatchFixedString)
        data = self.box.itemData(at) if at >= 0 else None
        if data is None and not text:
            return
        for item in self._picked():
            key = self._row(item).model.name
            if data == SAME:
                self.choices.pop(key, None)
            elif data is None:
                self.choices[key] = text
            else:
                self.choices[key] = Match(VOID if data == DROP else int(data), self.whole.isChecked() and data != DROP)
            self._show(item, self._row(item))

    def _set_whole(self, on: bool) -> None:
        for item in self._picked():
            row = self._row(item)
            to = self._target(row)
            if to and row.model.is_thing:
                self.choices[row.model.name] = Match(to, on)
            self._show(item, row)

    def _target(self, row: Row) -> int | None:
        """The class of the project that a row's class becomes, if it is there already."""
        choice, same = self.choices.get(row.model.name), self._desk.session.classes.named(row.model.name)
        if isinstance(choice, Match):
            return choice.to
        return None if isinstance(choice, str) else row.to or (same.id if same else None)

    def _drop_others(self) -> None:
        picked = {self._row(i).model.name for i in self._picked()}
        for item, row in zip(self._items, self._rows, strict=True):
            if row.model.name not in picked:
                self.choices[row.model.name] = Match(VOID)
                self._show(item, row)

    def _reset(self) -> None:
        for item in self._picked():
            self.choices.pop(self._row(item).model.name, None)
            self._show(item, self._row(item))
        self._selected()

    def apply(self) -> None:
        """Set the choices; the open picture's answer follows."""
        self._desk.runs.match_classes(self._card_id, self.choices)
        self._rows = self._desk.session.matching.rows(self._card_id)
        self.choices = {r.model.name: Match(r.to or VOID, r.whole) for r in self._rows if r.chosen}
        self._relist(self._desk.session.classes)
        for item, row in zip(self._items, self._rows, strict=True):
            self._show(item, row)

    def _relist(self, classes: Sequence) -> None:  # type: ignore[type-arg]
        """Add the classes that are new to the box."""
        for info in classes:
            if self.box.findData(info.id) < 0:
                self.box.addItem(swatch(info.color), info.name, info.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Enter in a field is for the field, Ctrl+Enter is OK."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accept()

    def accept(self) -> None:
        """OK: apply and close."""
        self.apply()
        super().accept()


def _listing() -> QTreeWidget:
    result = QTreeWidget()
    result.setColumnCount(3)
    result.setRootIsDecorated(False)
    result.setUniformRowHeights(True)
    result.setHeaderLabels([tr("Class of the model"), tr("Becomes"), tr("Kind")])
    result.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    header = result.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(MODEL, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(BECOMES, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(KIND, QHeaderView.ResizeMode.ResizeToContents)
    name(result, tr("Classes of the model"))
    return result
