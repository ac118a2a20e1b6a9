"""How each picture of a run fares: filters with counts, and a list that takes 100,000 pictures."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.batch_queue import Ledger, Order
from segdesk.ui import theme
from segdesk.ui.batch_words import FILTERS, OUTCOMES
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, number, tr
from segdesk.ui.lists import draw_ground, line_table
from segdesk.ui.widgets import button, label, name

REFRESH_MS = 250  # between two looks at a run under way
FARE = Qt.ItemDataRole.UserRole
ID = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class PictureRows(QAbstractListModel):
    """The pictures of `ledger` that a filter lets through; of a run of an earlier session, those that failed."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.ledger: Ledger | None = None
        self._past: tuple[tuple[int, str], ...] = ()
        self._wanted: tuple[str, ...] = ()
        self._places = np.zeros(0, np.int64)

    def show(self, order: Order | None, ledger: Ledger | None, wanted: tuple[str, ...]) -> None:
        """Another run or filter."""
        self.beginResetModel()
        self.ledger, self._wanted = ledger, wanted
        self._past = order.failed if order is not None and ledger is None and "failed" in (*wanted, "failed") else ()
        self._places = self._found()
        self.endResetModel()

    def _found(self) -> np.ndarray:
        if self.ledger is not None:
            return self.ledger.places(*self._wanted)
        return np.arange(len(self._past) if not self._wanted or "failed" in self._wanted else 0)

    def refresh(self) -> bool:
        """Look again; True if other pictures are listed now."""
        places = self._found()
        if np.array_equal(places, self._places):
            if places.size:
                self.dataChanged.emit(self.index(0), self.index(places.size - 1))
            return False
        grown = places.size - self._places.size
        if grown > 0 and np.array_equal(places[: self._places.size], self._places):
            self.beginInsertRows(ROOT, self._places.size, places.size - 1)
            self._places = places
            self.endInsertRows()
        else:
            self.layoutAboutToBeChanged.emit()
            self._places = places
            self.layoutChanged.emit()
        return True

    def rowCount(self, parent: Index = ROOT) -> int:
        """Qt: how many."""
        return 0 if parent.isValid() else int(self._places.size)

    def picture(self, at: int) -> tuple[int, str, str]:
        """(id, outcome, reason) of a line."""
        place = int(self._places[at])
        if self.ledger is None:
            return self._past[place][0], "failed", self._past[place][1]
        picture_id, outcome = self.ledger.ids[place], self.ledger.outcome(place)
        error = self.ledger.reasons.get(picture_id) if outcome == "failed" else None
        return picture_id, outcome, "" if error is None else error_text(error)[0]

    def path(self, picture_id: int) -> str:
        """The picture's name in the project; "" if it has left it."""
        row = self._desk.session.row(picture_id)
        return "" if row is None else row.path

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: what a line is."""
        if index.row() >= self._places.size:
            return None
        picture_id, outcome, reason = self.picture(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.path(picture_id)
        if role == FARE:
            return outcome, reason
        if role == ID:
            return picture_id
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(t for t in (self.path(picture_id), tr(OUTCOMES[outcome][0]), reason) if t)
        return None


class PictureDelegate(QStyledItemDelegate):
    """Draws a dot, the name, and at the right how it fares or why it failed."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: draw one line."""
        fare = index.data(FARE)
        if fare is None:
            return
        (outcome, reason), look = fare, theme.current()
        rect = QRect(option.rect)  # type: ignore[attr-defined]
        words, color = OUTCOMES[outcome]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, option)
        painter.setPen(QColor(look.soft) if outcome == "waiting" else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if outcome == "waiting" else QColor(getattr(look, color)))
        painter.drawEllipse(QPoint(rect.left() + 13, rect.center().y() + 1), 4, 4)
        inner = rect.adjusted(24, 0, -10, 0)
        metrics = painter.fontMetrics()
        state = reason or tr(words)
        room = min(metrics.horizontalAdvance(state), inner.width() * (6 if reason else 5) // 10)
        painter.setPen(QColor(look.soft if outcome in ("waiting", "already", "verified") else getattr(look, color)))
        right = QRect(inner.right() - room, inner.top(), room + 1, inner.height())
        shown = metrics.elidedText(state, Qt.TextElideMode.ElideRight, room + 1)
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)
        painter.setPen(QColor(look.text))
        text = metrics.elidedText(index.data() or "", Qt.TextElideMode.ElideMiddle, inner.width() - room - 12)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class PictureFares(Translated, QWidget):
    """Filters and list. `show_run` says whose pictures; they follow the run while it goes.

    Signals:
        chosen(int): a picture's id, by double click or Enter; retry(): its failed ones are wanted once more
    """

    chosen = Signal(int)
    retry = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._order: Order | None = None
        self._filter = "all"
        self.model = PictureRows(desk, self)
        self.view = line_table(self.model, PictureDelegate)
        self.pills: dict[str, QPushButton] = {}
        self._build_filters()
        row = QHBoxLayout()
        row.setSpacing(theme.GAP // 2)
        row.addWidget(self._pill_row, 1)
        row.addWidget(self.box, 1)
        self.again = button(icon="retry", clicked=self.retry.emit)
        self.copy = button(icon="copy", clicked=self.copy_list)
        row.addWidget(self.again)
        row.addWidget(self.copy)
        self.none = label(kind="soft")
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.none.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.none, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        desk.runs.batches.stepped.connect(self.follow)
        self.view.activated.connect(lambda index: self.chosen.emit(index.data(ID)))
        self.pills["all"].setChecked(True)
        self.retranslate()

    def _build_filters(self) -> None:
        self._group = QButtonGroup(self)
        self.box = QComboBox()  # in the place of the pills where they have no room
        self.box.activated.connect(lambda _: self.choose(self.box.currentData()))
        self._pill_row = QWidget()
        self._pill_row.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        pills = QHBoxLayout(self._pill_row)
        pills.setContentsMargins(0, 0, 0, 0)
        pills.setSpacing(theme.GAP // 2)
        for key in FILTERS:
            pill = self.pills[key] = button(kind="pill", clicked=lambda key=key: self.choose(key))
            pill.setCheckable(True)
            self._group.addButton(pill)
            pills.addWidget(pill)
            self.box.addItem("", key)
        pills.addStretch(1)

    def show_run(self, order: Order | None) -> None:
        """Whose pictures are listed."""
        same = self._order is not None and order is not None and order.number == self._order.number
        self._order = order
        if same and self._ledger() is not None and self.model.ledger is self._ledger():
            self._refresh()
        else:
            self._load()

    def _ledger(self) -> Ledger | None:
        return None if self._order is None else self._desk.runs.batches.ledgers.get(self._order.number)

    def choose(self, key: str) -> None:
        """Show only the pictures of a key of `FILTERS`."""
        self._filter = key
        self.pills[key].setChecked(True)
        self._load()

    def _load(self) -> None:
        self.model.show(self._order, self._ledger(), FILTERS[self._filter][1])
        self._show_counts()

    def follow(self) -> None:
        """Pictures came further: look again soon."""
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _refresh(self) -> None:
        self.model.refresh()
        self._show_counts()

    def _show_counts(self) -> None:
        ledger, order = self._ledger(), self._order
        for key, (text, outcomes) in FILTERS.items():
            count = 0 if ledger is None else ledger.count(*outcomes)
            if ledger is None and order is not None and key in ("all", "failed"):
                count = len(order.failed)
            words = f"{tr(text)}  {number(count)}" if count else tr(text)
            self.pills[key].setText(words)
            self.box.setItemText(self.box.findData(key), words)
            shown = key in ("all", "done", "failed") or count > 0 or key == self._filter
            self.pills[key].setVisible(shown and (ledger is not None or key in ("all", "failed")))
        failed = len(self._desk.runs.batches.failed_ids(order)) if order is not None else 0
        self.again.setVisible(failed > 0 and order is not None and order.ended)
        self.copy.setVisible(self.model.rowCount() > 0)
        self._fit()
        empty = self.model.rowCount() == 0
        self.view.setVisible(not empty)
        self.none.setVisible(empty)
        self.none.setText(self._why_none(ledger))

    def _fit(self) -> None:
        """Pills and words where there is room for them; else a box and icons."""
        layout = self._pill_row.layout()
        assert layout is not None
        beside = [part for part in (self.again, self.copy) if not part.isHidden()]
        needed = layout.minimumSize().width() + self.fontMetrics().height() * 7 * len(beside)
        roomy = needed <= self.width()
        self._pill_row.setVisible(roomy)
        self.box.setVisible(not roomy)
        self.box.setCurrentIndex(self.box.findData(self._filter))
        self.again.setText(tr("Retry failed") if roomy else "")
        self.copy.setText(tr("Copy list") if roomy else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: another width."""
        super().resizeEvent(event)
        self._fit()

    def _why_none(self, ledger: Ledger | None) -> str:
        if self._order is None:
            return ""
        if ledger is None and self._order.state == "waiting":
            return tr("Its pictures are chosen when it begins.")
        if ledger is None and self._order.ended:
            return tr("No picture failed. The list of all pictures is kept until the program ends.")
        return tr("No picture of this kind.") if ledger is not None else ""

    def copy_list(self) -> None:
        """Put the listed pictures on the clipboard: name, how it fares, reason, with tabs between."""
        lines = []
        for at in range(self.model.rowCount()):
            picture_id, outcome, reason = self.model.picture(at)
            lines.append("\t".join((self.model.path(picture_id), tr(OUTCOMES[outcome][0]), reason)).rstrip("\t"))
        QGuiApplication.clipboard().setText("\n".join(lines))
        self._desk.notice.emit("info", tr("%n line(s) copied.", len(lines)), "")

    def retranslate(self) -> None:
        """Set the texts again."""
        name(self.box, tr("Show by state"))
        name(self.again, tr("Run the same model on the pictures that failed once more"))
        name(self.copy, tr("Copy the listed pictures with their reasons"))
        name(self.view, tr("Pictures of the run"))
        self._show_counts()
