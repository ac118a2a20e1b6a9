"""The table of the class manager: a row a class with its colour, kind, key and how much of it there is. It shows a
draft and says what a person wants; it changes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QLocale, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from segdesk.app.class_draft import Draft, digit_keys
from segdesk.app.classing import ClassCount
from segdesk.domain.classes import ClassInfo
from segdesk.ui import theme
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import name, swatch

NAME, KIND, KEY, PICTURES, OBJECTS, PIXELS = range(6)
ID = Qt.ItemDataRole.UserRole


class ClassTable(QTreeWidget):
    """Signals:
    renamed(int class, str); keyed(int class, str key); kind_wanted(int class); colour_wanted(int class)
    moved(list of classes, int place among the others)
    """

    renamed = Signal(int, str)
    keyed = Signal(int, str)
    kind_wanted = Signal(int)
    colour_wanted = Signal(int)
    moved = Signal(list, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = False
        self._draft: Draft | None = None
        self._numbers: dict[int, int] = {}
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setColumnCount(6)
        self.setIconSize(QSize(16, 16))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHeaderLabels([tr("Class"), tr("Kind"), tr("Key"), tr("Pictures"), tr("Objects"), tr("Pixels")])
        head = self.headerItem()
        head.setToolTip(KIND, tr("Countable objects (thing) or area (stuff)"))
        head.setToolTip(KEY, tr("A number or letter that chooses the class while the picture has the focus"))
        for column in (PICTURES, OBJECTS, PIXELS):
            head.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        name(self, tr("Classes of the project"))
        self.itemDoubleClicked.connect(self._double_clicked)
        self.itemChanged.connect(self._edited)

    # -- showing --------------------------------------------------------------------------------------------------

    def show_draft(self, draft: Draft, counts: Mapping[int, ClassCount], *, counted: bool) -> None:
        """Show a draft; what is selected stays so. `counted`: a class that is not in `counts` has no labels."""
        picked, current = set(self.picked()), self.current()
        self._quiet = True
        if self._draft is None or [c.id for c in self._draft.classes] != [c.id for c in draft.classes]:
            self.clear()
            self.addTopLevelItems([QTreeWidgetItem() for _ in draft.classes])
        self._draft = draft
        sums = _summed(draft, counts)
        whole = sum(c.pixels or 0 for c in sums.values())
        digits = digit_keys(draft.classes, draft.keys)
        for at, info in enumerate(draft.classes):
            item = self._item(at)
            self._fill(item, info, draft.keys.get(info.id, ""), digits.get(info.id, ""))
            self._fill_counts(item, sums.get(info.id, ClassCount(0, 0, 0) if counted else None), whole)
            item.setSelected(info.id in picked)
            if info.id == current:
                self.setCurrentItem(item, NAME, self.selectionModel().SelectionFlag.NoUpdate)
        self._quiet = False

    def _fill(self, item: QTreeWidgetItem, info: ClassInfo, own: str, digit: str) -> None:
        item.setData(NAME, ID, info.id)
        item.setText(NAME, info.name)
        item.setIcon(NAME, swatch(info.color))
        item.setText(KIND, tr("thing") if info.is_thing else tr("stuff"))
        item.setText(KEY, own or digit)
        soft = QBrush(QColor(theme.current().soft))
        item.setForeground(KEY, QBrush(QColor(theme.current().text)) if own else soft)
        item.setFlags((item.flags() | Qt.ItemFlag.ItemIsEditable) & ~Qt.ItemFlag.ItemIsDropEnabled)
        for column in range(self.columnCount()):
            item.setBackground(column, QBrush(theme.tinted(info.color)))

    def _fill_counts(self, item: QTreeWidgetItem, count: ClassCount | None, whole: int) -> None:
        locale = QLocale()
        shown = ["…", "…", "…"]
        if count is not None and not count.segments:
            shown = ["0", "0", "0"]
        elif count is not None:
            shown[:2] = locale.toString(count.pictures), locale.toString(count.segments)
            if count.pixels is not None:
                share = f"  {100 * count.pixels / whole:.1f} %" if whole else ""
                shown[2] = locale.toString(count.pixels) + share
        for column, text in zip((PICTURES, OBJECTS, PIXELS), shown, strict=True):
            item.setText(column, text)
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setForeground(column, QBrush(QColor(theme.current().soft if text == "0" else theme.current().text)))

    def filter(self, text: str) -> None:
        """Show the classes whose name has this text in it."""
        for at in range(self.topLevelItemCount()):
            item = self._item(at)
            hidden = text.casefold() not in item.text(NAME).casefold()
            item.setHidden(hidden)
            if hidden:
                item.setSelected(False)

    # -- what is selected -----------------------------------------------------------------------------------------

    def picked(self) -> list[int]:
        """Ids of the selected classes in their order."""
        items = (self._item(at) for at in range(self.topLevelItemCount()))
        return [item.data(NAME, ID) for item in items if item.isSelected() and not item.isHidden()]

    def current(self) -> int | None:
        """The class that has the cursor."""
        item = self.currentItem()
        return None if item is None else item.data(NAME, ID)

    def pick(self, class_ids: list[int]) -> None:
        """Select these classes alone and go to the first."""
        self.clearSelection()
        for at in reversed(range(self.topLevelItemCount())):
            item = self._item(at)
            if item.data(NAME, ID) in class_ids:
                self.setCurrentItem(item, NAME, self.selectionModel().SelectionFlag.Select)

    def edit_name(self) -> None:
        """Let the person type a name for the class that has the cursor."""
        self._edit(NAME)

    def edit_key(self) -> None:
        """Let the person type a key for it."""
        self._edit(KEY)

    def typing(self) -> bool:
        """Whether a name or key is being typed."""
        return any(e.isVisible() for e in self.viewport().findChildren(QLineEdit))

    def _edit(self, column: int) -> None:
        item = self.currentItem()
        if item is not None:
            self.setFocus()
            self.editItem(item, column)

    def _item(self, at: int) -> QTreeWidgetItem:
        item = self.topLevelItem(at)
        assert item is not None
        return item

    # -- what the person does -------------------------------------------------------------------------------------

    def _double_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        at = self.viewport().mapFromGlobal(self.cursor().pos())
        icon = QPoint(self.visualItemRect(item).left() + self.iconSize().width() + 6, 0)
        if column == NAME and 0 <= at.x() < icon.x() and self.visualItemRect(item).contains(at):
            self.colour_wanted.emit(item.data(NAME, ID))
        elif column == KIND:
            self.kind_wanted.emit(item.data(NAME, ID))
        elif column in (NAME, KEY):
            self._edit(column)

    def _edited(self, item: QTreeWidgetItem, column: int) -> None:
        if not self._quiet and column in (NAME, KEY):
            signal = self.renamed if column == NAME else self.keyed
            signal.emit(item.data(NAME, ID), item.text(column))

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt: rows were dragged. The draft moves them, not the table."""
        picked = self.picked()
        target = self.indexAt(event.position().toPoint())
        row = target.row() if target.isValid() else self.topLevelItemCount()
        if self.dropIndicatorPosition() == QAbstractItemView.DropIndicatorPosition.BelowItem:
            row += 1
        before = [self._item(at).data(NAME, ID) for at in range(min(row, self.topLevelItemCount()))]
        event.setDropAction(Qt.DropAction.IgnoreAction)  # or Qt would take the dragged rows out
        event.accept()
        self.moved.emit(picked, sum(class_id not in picked for class_id in before))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: F2 renames, Enter too (not the one that ends typing); the rest is the table's or the dialog's."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers()
        if self.typing():
            event.accept()
        elif enter or event.key() == Qt.Key.Key_F2:
            self._edit(KEY if self.currentColumn() == KEY else NAME)
        else:
            super().keyPressEvent(event)


def _summed(draft: Draft, counts: Mapping[int, ClassCount]) -> dict[int, ClassCount]:
    """The counts as they would be: those of a merged class go to the one that it becomes. Of the pictures no more than
    that is known without looking at them again."""
    result: dict[int, ClassCount] = {}
    for class_id, count in counts.items():
        to = draft.change.of(class_id)
        known = result.get(to)
        if known is None:
            result[to] = count
        else:
            pixels = None if known.pixels is None or count.pixels is None else known.pixels + count.pixels
            result[to] = ClassCount(max(known.pictures, count.pictures), known.segments + count.segments, pixels)
    return result
