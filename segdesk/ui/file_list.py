"""The list of pictures: a model/view that takes 100,000 names, with a review dot beside each."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.queue import FILTERS, OPEN_STATES, ORDERS
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.project import PictureRow
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.lists import draw_ground, line_table
from segdesk.ui.thumb_grid import ThumbGrid
from segdesk.ui.widgets import EmptyNote, icon_button, name

STATES = {
    "new": N_("new"),
    "predicted": N_("predicted"),
    "edited": N_("edited"),
    "verified": N_("verified"),
    "skipped": N_("skipped"),
    "failed": N_("failed"),
}
SEARCH_REST = 150  # milliseconds without a key until the search begins
COUNT_REST = 200  # milliseconds between two counts of the states
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class FileModel(QAbstractListModel):
    """Shows the session's list of rows in the order of the desk's queue, without copying them."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows: list[PictureRow] = []
        self._shown: list[int] | None = None  # positions in `_rows`, None = all

    def reload(self) -> None:
        """The queue was arranged anew."""
        self.beginResetModel()
        self._rows = self._desk.session.pictures
        self._shown = self._desk.queue.shown
        self.endResetModel()

    def row_changed(self, position: int) -> None:
        """One row of the session's list is new; a filtered list keeps its rows until it is filtered again."""
        at = self.line_of(position)
        if at is not None:
            self.dataChanged.emit(self.index(at), self.index(at))

    def line_of(self, position: int) -> int | None:
        """The line that shows a position of the session's list."""
        if self._shown is None:
            return position if position < len(self._rows) else None
        try:
            return self._shown.index(position)
        except ValueError:
            return None

    def picture(self, index: Index) -> PictureRow | None:
        """The row under an index."""
        if not index.isValid():
            return None
        at = index.row() if self._shown is None else self._shown[index.row()]
        return self._rows[at] if at < len(self._rows) else None

    def rowCount(self, parent: Index = ROOT) -> int:
        """Qt: how many lines."""
        if parent.isValid():
            return 0
        return len(self._rows) if self._shown is None else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: the name, the tooltip, and what a screen reader says."""
        row = self.picture(index)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.path
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(row, self._desk.session.why_failed(row.id) if row.error else None)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.path}, {tr(STATES.get(row.state, row.state))}"
        return row if role == Qt.ItemDataRole.UserRole else None


def _tip(row: PictureRow, error: SegDeskError | None) -> str:
    lines = [row.path, tr(STATES.get(row.state, row.state))]
    if row.width:
        lines[1] += f"  ·  {row.width} × {row.height}"
    if row.state != "new" and row.state != "failed" and row.doubt is not None:
        lines.append(tr("doubt {value}", value=f"{row.doubt:.2f}"))
    if row.error:
        lines.append(row.error if error is None else error_text(error)[0])
    return "\n".join(lines)


class FileDelegate(QStyledItemDelegate):
    """Draws a line: review dot, file name, and its folder in soft letters."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: draw one line."""
        row = index.data(Qt.ItemDataRole.UserRole)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme.current()
        rect: QRect = option.rect  # type: ignore[attr-defined]
        draw_ground(painter, option)
        theme.draw_state(painter, QPoint(rect.left() + 13, rect.center().y() + 1), row.state)
        folder, _, name = row.path.rpartition("/")
        inner = rect.adjusted(24, 0, -8, 0)
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.setPen(QColor(look.soft if row.state == "skipped" else look.text))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, shown)
        left = inner.adjusted(metrics.horizontalAdvance(shown) + 10, 0, 0, 0)
        if folder and left.width() > 30:
            painter.setPen(QColor(look.soft))
            text = metrics.elidedText(folder, Qt.TextElideMode.ElideLeft, left.width())
            painter.drawText(left, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        painter.restore()


class FileList(Translated, QWidget):
    """The panel: search, filter by state, order, and the list or the grid of thumbnails.

    Signals:
        chosen(int): a picture's id, by click or by the arrow keys; by_mouse(): it was a click.
    """

    chosen = Signal(int)
    by_mouse = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._quiet = False  # while the program itself moves the current line
        self.model = FileModel(desk, self)
        self.view = line_table(self.model, FileDelegate)
        self.grid = ThumbGrid(self.model, desk.thumbs)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(SEARCH_REST)
        self.filter = QComboBox()
        self.order = QComboBox()
        for box, keys in ((self.filter, FILTERS), (self.order, ORDERS)):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
            for key in keys:
                box.addItem("", key)
        self.order.setCurrentIndex(list(ORDERS).index(desk.queue.wanted.order))
        self.as_grid = icon_button("grid")
        self.as_grid.setCheckable(True)
        self.as_grid.setChecked(desk.session.settings.ui.get("grid") is True)
        self.none = EmptyNote("samples")
        self.none.act(self.show_all)
        self._lay_out()
        self._connect()
        self.retranslate()

    def _lay_out(self) -> None:
        head, second = QHBoxLayout(), QHBoxLayout()
        for line in (head, second):
            line.setSpacing(theme.GAP // 2)
        head.addWidget(self.search, 1)
        head.addWidget(self.as_grid)
        second.addWidget(self.filter, 1)
        second.addWidget(self.order, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 2, theme.GAP, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addLayout(head)
        layout.addLayout(second)
        for part in (self.view, self.grid, self.none):
            layout.addWidget(part, 1)

    def _connect(self) -> None:
        desk = self._desk
        self.search.textChanged.connect(lambda _: self._later.start())
        self._later.timeout.connect(lambda: desk.queue.search(self.search.text()))
        self.filter.currentIndexChanged.connect(lambda _: desk.queue.set_state(self.filter.currentData() or ""))
        self.order.currentIndexChanged.connect(lambda _: desk.queue.set_order(self.order.currentData() or "name"))
        self.as_grid.toggled.connect(self._show_grid)
        self.view.selectionModel().currentChanged.connect(self._chosen)
        self.view.clicked.connect(lambda _: self.by_mouse.emit())
        self.grid.chosen.connect(lambda line: self._chosen(self.model.index(line)))
        self.grid.by_mouse.connect(self.by_mouse.emit)
        desk.queue.arranged.connect(self.reload)
        desk.picture_changed.connect(self.model.row_changed)
        desk.picture_changed.connect(lambda _: self._count.start())
        desk.loading.connect(self._show_current)
        self._count = QTimer(self)
        self._count.setSingleShot(True)
        self._count.setInterval(COUNT_REST)
        self._count.timeout.connect(self._show_counts)

    def reload(self) -> None:
        """Take the arranged list again and keep the current line."""
        self.model.reload()
        self._show_current(self._desk.current)
        self._show_none()
        self._show_counts()

    def _show_grid(self, on: bool) -> None:
        self._desk.remember(grid=on)
        self._show_none()
        self._show_current(self._desk.current)

    def _show_none(self) -> None:
        empty, grid = self.model.rowCount() == 0, self.as_grid.isChecked()
        self.view.setVisible(not empty and not grid)
        self.grid.setVisible(not empty and grid)
        self.none.setVisible(empty)
        hidden = empty and bool(self._desk.session.pictures)
        self.none.offer(tr("Show all pictures") if hidden else "")
        if hidden:
            self.none.say(tr("No picture fits the filter."), tr("Search for another name or class, or show all."))
        elif self._desk.scanning:
            self.none.say(tr("Looking for pictures…"))
        else:
            self.none.say(tr("No pictures in this folder."), tr("Put pictures into it and open it again."))

    def show_all(self) -> None:
        """Take search and filter back."""
        self.search.clear()
        self.filter.setCurrentIndex(0)
        self._later.stop()
        self._desk.queue.search("")

    def _show_counts(self) -> None:
        """How many pictures are in each state, behind its name in the filter."""
        counts = self._desk.session.counts()
        counts = {**counts, "": sum(counts.values()), "open": sum(counts.get(s, 0) for s in OPEN_STATES)}
        for at, (key, text) in enumerate(FILTERS.items()):
            number = counts.get(key, 0)
            self.filter.setItemText(at, f"{tr(text)}  {number}" if number else tr(text))

    def _show_current(self, row: PictureRow | None) -> None:
        position = None if row is None else self._desk.session.index_of(row.id)
        line = None if position is None else self.model.line_of(position)
        self._quiet = True
        self.grid.set_current(-1 if line is None else line)
        if line is None:
            self.view.clearSelection()
        else:
            self.view.setCurrentIndex(self.model.index(line))
            self.view.scrollTo(self.model.index(line))
        self._quiet = False

    def _chosen(self, index: QModelIndex) -> None:
        row = self.model.picture(index)
        if row is not None and not self._quiet:
            self.chosen.emit(row.id)

    def retranslate(self) -> None:
        """Set the texts again."""
        self.search.setPlaceholderText(tr("Find by name or class"))
        self.search.setAccessibleName(tr("Find by name or class"))
        self.view.setAccessibleName(tr("Pictures"))
        self.grid.setAccessibleName(tr("Pictures"))
        name(self.filter, tr("Show by state"))
        name(self.order, tr("Order of the pictures"))
        name(self.as_grid, tr("Thumbnails"))
        for at, text in enumerate(ORDERS.values()):
            self.order.setItemText(at, tr("Order: {order}", order=tr(text)))
        self._show_counts()
        self._show_none()
