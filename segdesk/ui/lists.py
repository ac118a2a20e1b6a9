"""What lists of several panels have in common: a table of one column for 100,000 lines, the ground of a line, and boxes
that are filled anew."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QComboBox, QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from segdesk.ui import theme


class LineTable(QTableView):
    """Its lines grow with the letters."""

    def changeEvent(self, event: QEvent) -> None:
        """Qt: the letters have another size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.fit_lines()

    def fit_lines(self) -> None:
        """Lines as high as the letters and a little."""
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 9)


def line_table(model: QAbstractItemModel, delegate: type[QStyledItemDelegate]) -> LineTable:
    """A list as a table of one column: a `QListView` lays out all rows whenever the order changes, which takes 0.15 s
    at 100,000, a table only those that are in view."""
    view = LineTable()
    view.setModel(model)
    view.setItemDelegate(delegate(view))
    view.setMouseTracking(True)
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.horizontalHeader().setVisible(False)
    view.horizontalHeader().setStretchLastSection(True)
    lines = view.verticalHeader()
    lines.setVisible(False)
    lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.fit_lines()
    return view


def draw_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """The ground of a line that is selected or under the pointer."""
    look = theme.current()
    if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
        painter.fillRect(option.rect, QColor(look.select))  # type: ignore[attr-defined]
    elif option.state & QStyle.StateFlag.State_MouseOver:  # type: ignore[attr-defined]
        painter.fillRect(option.rect, QColor(look.hover))  # type: ignore[attr-defined]


def fill_box(box: QComboBox, head: str, entries: Sequence[tuple[str, str]]) -> None:
    """Fill a box with (value, text), after `head` for "", without a signal; what was chosen stays chosen."""
    kept = box.currentData()
    box.blockSignals(True)
    box.clear()
    box.addItem(head, "")
    for value, text in entries:
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(kept)))
    box.blockSignals(False)
    box.view().setMinimumWidth(box.view().sizeHintForColumn(0) + 24)
