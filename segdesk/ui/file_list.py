"""The list of pictures: a model/view that takes 100,000 names, with a review dot beside each."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.project import PictureRow
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, tr

STATES = {
    "new": N_("new"),
    "predicted": N_("predicted"),
    "edited": N_("edited"),
    "verified": N_("verified"),
    "skipped": N_("skipped"),
    "failed": N_("failed"),
}
FILTERS = {
    "": N_("All"),
    "open": N_("Not verified"),
    "verified": N_("Verified"),
    "skipped": N_("Skipped"),
    "failed": N_("Failed"),
}
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class FileModel(QAbstractListModel):
    """Shows the session's list of rows without copying it; a filter keeps a list of positions."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows: list[PictureRow] = []
        self._shown: list[int] | None = None  # positions in `_rows`, None = all
        self._text = ""
        self._state = ""

    def reload(self) -> None:
        """The session has a new list."""
        self.beginResetModel()
        self._rows = self._desk.session.pictures
        self._shown = self._filtered()
        self.endResetModel()

    def set_filter(self, text: str, state: str) -> None:
        """Show only names that contain `text`, of a state of `FILTERS`."""
        self.beginResetModel()
        self._text, self._state = text.casefold().strip(), state
        self._shown = self._filtered()
        self.endResetModel()

    def _filtered(self) -> list[int] | None:
        if not self._text and not self._state:
            return None
        text, state = self._text, self._state
        return [i for i, row in enumerate(self._rows) if _fits(row, state) and text in row.path.casefold()]

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


def _fits(row: PictureRow, state: str) -> bool:
    if state == "open":
        return row.state in ("new", "predicted", "edited")
    return not state or row.state == state


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

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Qt: all lines are of one height."""
        return QSize(120, option.fontMetrics.height() + 9)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: draw one line."""
        row = index.data(Qt.ItemDataRole.UserRole)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme.current()
        rect: QRect = option.rect  # type: ignore[attr-defined]
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.fillRect(rect, QColor(look.select))
        elif option.state & QStyle.StateFlag.State_MouseOver:  # type: ignore[attr-defined]
            painter.fillRect(rect, QColor(look.hover))
        self._dot(painter, rect, row.state)
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

    @staticmethod
    def _dot(painter: QPainter, rect: QRect, state: str) -> None:
        color = theme.state_color(state)
        box = QRect(rect.left() + 9, rect.center().y() - 3, 8, 8)
        if state in ("new", "skipped"):  # a ring: nothing of the model or of the person is there yet
            painter.setPen(QPen(QColor(theme.current().soft), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
        painter.drawEllipse(box)


class FileList(Translated, QWidget):
    """The panel: search, filter by state, the list.

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
        self.view = QListView()
        self.view.setUniformItemSizes(True)
        self.view.setModel(self.model)
        self.view.setItemDelegate(FileDelegate(self.view))
        self.view.setMouseTracking(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.filter = QComboBox()
        for key in FILTERS:
            self.filter.addItem("", key)
        self.none = QLabel()
        self.none.setProperty("kind", "soft")
        self.none.setWordWrap(True)
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        head = QHBoxLayout()
        head.setSpacing(theme.GAP // 2)
        head.addWidget(self.search, 1)
        head.addWidget(self.filter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 2, theme.GAP, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.none, 1)
        self._connect()
        self.retranslate()

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.filter.currentIndexChanged.connect(self._filter)
        self.view.selectionModel().currentChanged.connect(self._chosen)
        self.view.clicked.connect(lambda _: self.by_mouse.emit())
        self._desk.pictures_changed.connect(lambda _: self.reload())
        self._desk.picture_changed.connect(self.model.row_changed)
        self._desk.loading.connect(self._show_current)

    def reload(self) -> None:
        """Take the session's list again and keep the current line."""
        self.model.reload()
        self._show_current(self._desk.current)
        self._show_none()

    def _filter(self) -> None:
        self.model.set_filter(self.search.text(), self.filter.currentData() or "")
        self._show_current(self._desk.current)
        self._show_none()

    def _show_none(self) -> None:
        empty = self.model.rowCount() == 0
        self.view.setVisible(not empty)
        self.none.setVisible(empty)
        if self._desk.session.pictures:
            self.none.setText(tr("No picture fits the filter."))
        elif self._desk.scanning:
            self.none.setText(tr("Looking for pictures…"))
        else:
            self.none.setText(tr("No pictures in this folder."))

    def _show_current(self, row: PictureRow | None) -> None:
        position = None if row is None else self._desk.session.index_of(row.id)
        line = None if position is None else self.model.line_of(position)
        self._quiet = True
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
        self.search.setPlaceholderText(tr("Find by name"))
        self.search.setAccessibleName(tr("Find by name"))
        self.view.setAccessibleName(tr("Pictures"))
        self.filter.setAccessibleName(tr("Show by state"))
        for at, text in enumerate(FILTERS.values()):
            self.filter.setItemText(at, tr(text))
        self._show_none()
