"""The objects of the open picture: class, number, area, score, lock; select, delete, lock, give another class."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QBrush, QIcon, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QMenu, QTreeView, QVBoxLayout, QWidget

from segdesk.domain.classes import ClassInfo
from segdesk.ui import icons, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, number, tr
from segdesk.ui.widgets import EmptyNote, icon_button, label, name, swatch

CLASS, NUMBER, AREA, SCORE, LOCK = range(5)
ROOM_FOR_SCORES = 250  # pixels of the list's width
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
NAMED = (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)


@dataclass(frozen=True)
class ObjectRow:
    """A line of the list. `number` counts within the class; `area` in pixels."""

    segment: int
    name: str
    number: int
    area: int
    score: float
    by_human: bool
    color: tuple[int, int, int]


class ObjectModel(QAbstractTableModel):
    """The segments of the document that have pixels."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[ObjectRow] = []
        self._sort = (CLASS, Qt.SortOrder.AscendingOrder)
        self._icons: dict[tuple[int, int, int], QIcon] = {}
        self._locked = icons.icon("lock"), icons.icon("unlock", "soft")
        self.locked: frozenset[int] = frozenset()
        self.lock_keys = ""  # behind what is said of a lock

    def set_locked(self, segments: frozenset[int]) -> None:
        """Show which objects are locked."""
        if segments != self.locked:
            self.locked = segments
            if self.rows:
                self.dataChanged.emit(self.index(0, LOCK), self.index(len(self.rows) - 1, LOCK))

    def show(self, rows: list[ObjectRow]) -> None:
        """Show these lines in the order that was chosen."""
        self.beginResetModel()
        self.rows = sorted(rows, key=self._key, reverse=self._sort[1] == Qt.SortOrder.DescendingOrder)
        self.endResetModel()

    def _key(self, row: ObjectRow) -> tuple[object, ...]:
        return ((row.name, row.number), (row.number,), (row.area,), (row.score,), (row.segment in self.locked,))[
            self._sort[0]
        ]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Qt: a header was clicked."""
        self._sort = (column, order)
        self.show(self.rows)

    def line_of(self, segment: int | None) -> int | None:
        """The line that shows a segment."""
        return next((at for at, row in enumerate(self.rows) if row.segment == segment), None)

    def rowCount(self, parent: Index = ROOT) -> int:
        """Qt: how many lines."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        """Qt: how many columns."""
        return 0 if parent.isValid() else 5

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: the headings."""
        if orientation != Qt.Orientation.Horizontal or section == LOCK:
            return tr("Locked objects") if section == LOCK and role in NAMED else None
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (tr("Class"), tr("No."), tr("Area"), tr("Score"))[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: one cell."""
        row = self.rows[index.row()]
        if index.column() == LOCK and role != Qt.ItemDataRole.BackgroundRole:
            return self._lock(row.segment in self.locked, role)
        if role == Qt.ItemDataRole.DisplayRole:
            score = tr("hand") if row.by_human else f"{row.score:.2f}"
            return (row.name, str(row.number), number(row.area), score)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() != CLASS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.BackgroundRole:
            return QBrush(theme.tinted(row.color))
        if role == Qt.ItemDataRole.DecorationRole and index.column() == CLASS:
            return self._icons.setdefault(row.color, swatch(row.color, 12))
        return None

    def _lock(self, locked: bool, role: int) -> object:
        if role == Qt.ItemDataRole.DecorationRole:
            return self._locked[0 if locked else 1]
        if role in NAMED:
            return (tr("Locked: click to unlock") if locked else tr("Not locked: click to lock")) + self.lock_keys
        return None


class ObjectPanel(Translated, QWidget):
    """The list and its buttons; the selected line is the document's active segment."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._quiet = False
        self.model = ObjectModel(self)
        self.view = QTreeView()
        self.view.setRootIsDecorated(False)
        self.view.setUniformRowHeights(True)
        self.view.setSortingEnabled(True)
        self.view.setModel(self.model)
        self.view.sortByColumn(CLASS, Qt.SortOrder.AscendingOrder)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.setIconSize(QSize(14, 14))
        self._size_columns()
        self.delete = icon_button("delete", desk.labels.delete_selected)
        self.lock = icon_button("lock", self._toggle_lock)
        self.class_button = icon_button("recolour")
        self.class_button.setPopupMode(self.class_button.ToolButtonPopupMode.InstantPopup)
        self.count = label(kind="soft")
        self.none = EmptyNote("thing")
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.delete)
        row.addWidget(self.class_button)
        row.addWidget(self.lock)
        row.addStretch(1)
        row.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 2, theme.GAP, theme.GAP // 2)
        layout.setSpacing(theme.GAP // 2)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.none, 1)
        layout.addLayout(row)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(60)
        self._later.timeout.connect(self.fill)
        self._connect()
        self.retranslate()

    def _size_columns(self) -> None:
        header = self.view.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(26)
        header.setSectionResizeMode(CLASS, QHeaderView.ResizeMode.Stretch)
        for column, width in ((NUMBER, 34), (AREA, 60), (SCORE, 48), (LOCK, 26)):
            header.resizeSection(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow list the names need the room of the scores."""
        super().resizeEvent(event)
        self.view.setColumnHidden(SCORE, self.width() < ROOM_FOR_SCORES)

    def _connect(self) -> None:
        labels = self._desk.labels
        labels.segments_changed.connect(self._later.start)
        labels.state_changed.connect(self._show_active)
        self._desk.shortcuts.changed.connect(self._show_keys)
        self._desk.classes_changed.connect(lambda _: self._later.start())
        self.view.selectionModel().currentRowChanged.connect(self._chosen)
        self.view.clicked.connect(self._clicked)
        self.view.customContextMenuRequested.connect(self._menu)
        self.class_button.clicked.connect(lambda: self._menu(QPoint(8, 8)))

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() == LOCK:
            self._desk.labels.lock_segment(self.model.rows[index.row()].segment)

    def _toggle_lock(self) -> None:
        document = self._desk.labels.document
        if document is not None and document.active_segment:
            self._desk.labels.lock_segment(document.active_segment)

    def fill(self) -> None:
        """Take the segments of the document again."""
        self._quiet = True
        self.model.show(self._collect())
        self._quiet = False
        self._show_none()
        self._show_active()

    def _show_none(self) -> None:
        """What to do where there is nothing to list."""
        empty = not self.model.rows
        self.view.setVisible(not empty)
        self.none.setVisible(empty)
        if self._desk.labels.document is None:
            self.none.say(tr("No picture is open."), tr("Choose one from the list of pictures."))
        else:
            self.none.say(tr("No objects in this picture yet."), tr("Run a model, or paint one with the brush."))

    def _collect(self) -> list[ObjectRow]:
        document = self._desk.labels.document
        if document is None:
            return []
        rows, numbers = [], dict[int, int]()
        for key, segment in sorted(document.segmentation.segments.items()):
            area = document.area(key)
            if area == 0:
                continue
            info = document.classes.get(segment.class_id) or ClassInfo(segment.class_id, "?", (128, 128, 128))
            numbers[info.id] = numbers.get(info.id, 0) + 1
            rows.append(ObjectRow(key, info.name, numbers[info.id], area, segment.score, segment.by_human, info.color))
        return rows

    def _show_active(self) -> None:
        document = self._desk.labels.document
        active = None if document is None else document.active_segment
        line = self.model.line_of(active) if active else None
        self.model.set_locked(frozenset(key for _, key in self._desk.labels.hand.locked_segments))
        self._quiet = True
        selection = self.view.selectionModel()
        if line is None:
            selection.clear()
        elif self.view.currentIndex().row() != line or not selection.hasSelection():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            selection.setCurrentIndex(self.model.index(line, 0), flags)
            self.view.scrollTo(self.model.index(line, 0))
        self._quiet = False
        self._update_buttons(line is not None)

    def _update_buttons(self, selected: bool) -> None:
        tip = self._desk.shortcuts.tip
        why = "" if selected else "\n" + tr("Select an object first.")
        self.delete.setEnabled(selected)
        self.class_button.setEnabled(selected and len(self._desk.session.classes) > 0)
        name(self.delete, tip(tr("Delete object"), "delete_object") + why)
        self.lock.setEnabled(selected)
        document = self._desk.labels.document
        locked = selected and document is not None and self._desk.labels.is_locked(document.active_segment or 0)
        self.lock.setIcon(icons.icon("unlock" if locked else "lock"))
        name(self.lock, tip(tr("Unlock object") if locked else tr("Lock object"), "operation_lock_object") + why)
        name(self.class_button, tr("Give another class") + self._relabel_keys() + why)
        self.count.setText(tr("%n object(s)", len(self.model.rows)) if self.model.rows else "")

    def _relabel_keys(self) -> str:
        """The first and the last of the nine keys, where they have one each."""
        first, last = (self._desk.shortcuts.shown(f"relabel_{n}") for n in (1, 9))
        return f"  ({first} … {last.rpartition('+')[2]})" if first and last else ""

    def _show_keys(self) -> None:
        """Keys were changed."""
        self.model.lock_keys = self._desk.shortcuts.tip("", "operation_lock_object")
        self._show_active()

    def _chosen(self, index: QModelIndex) -> None:
        if not self._quiet and index.isValid():
            self._desk.labels.select(self.model.rows[index.row()].segment)

    def _menu(self, at: QPoint) -> None:
        document = self._desk.labels.document
        if document is None or not document.active_segment:
            return
        segment = document.active_segment
        menu = QMenu(self)
        for info in self._desk.session.classes:
            menu.addAction(swatch(info.color), info.name, lambda c=info.id: self._desk.labels.relabel(segment, c))
        menu.addSeparator()
        words = tr("Unlock object") if self._desk.labels.is_locked(segment) else tr("Lock object")
        menu.addAction(icons.icon("lock"), words, lambda: self._desk.labels.lock_segment(segment))
        menu.addAction(icons.icon("delete"), tr("Delete object"), lambda: self._desk.labels.delete(segment))
        menu.exec(self.view.viewport().mapToGlobal(at))
        menu.deleteLater()

    def retranslate(self) -> None:
        """Set the texts again."""
        self.view.setAccessibleName(tr("Objects"))
        self._show_keys()
        self.fill()
