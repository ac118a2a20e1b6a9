"""The list of runs: those that have ended, the one under way, those that wait; and beside them other long work, such as
exports and trainings."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from segdesk.app.batch_queue import Order
from segdesk.ui import theme
from segdesk.ui.batch_words import STATES, model_name, reached, what
from segdesk.ui.desk import Desk, Tracked
from segdesk.ui.i18n import tr
from segdesk.ui.lists import draw_ground

LINE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


@dataclass(frozen=True)
class Line:
    """A row of the list: a run, or (`job` > 0) other work."""

    title: str
    detail: str
    state: str
    part: float | None = None  # 0..1, of what is under way
    order: Order | None = None
    job: int = 0


class OrderRows(QAbstractListModel):
    """The runs of the desk's queue, and the other jobs that it follows."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.lines: list[Line] = []

    def reload(self) -> None:
        """Take what there is; rows that stay keep their place, so that a selection does."""
        lines = [self._run(order) for order in self._desk.runs.batches.queue.orders]
        lines += [_work(job, tracked) for job, tracked in self._desk.jobs.items() if self._shows(job, tracked)]
        if len(lines) != len(self.lines):
            self.beginResetModel()
            self.lines = lines
            self.endResetModel()
            return
        changed = [at for at, line in enumerate(lines) if line != self.lines[at]]
        self.lines = lines
        for at in changed:
            self.dataChanged.emit(self.index(at), self.index(at))

    def _shows(self, job: int, tracked: Tracked) -> bool:
        return tracked.shown and job != self._desk.runs.batches.job_id

    def _run(self, order: Order) -> Line:
        total = order.total + order.before
        part = (order.done + order.before) / total if total and order.state in ("running", "paused") else None
        title = model_name(self._desk, order)
        failed = tr("%n failed", len(order.failed)) if order.failed else ""
        return Line(title, " · ".join(t for t in (what(order), reached(order), failed) if t), order.state, part, order)

    def row_of(self, number: int) -> int:
        """Where an order stands, -1 if it does not."""
        return next((at for at, x in enumerate(self.lines) if x.order is not None and x.order.number == number), -1)

    def rowCount(self, parent: Index = ROOT) -> int:
        """Qt: how many."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: what a row is."""
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line.title
        if role == LINE:
            return line
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            error = line.order.error[0] if line.order is not None else ""
            return "\n".join(t for t in (line.title, line.detail, tr(STATES[line.state][0]), error) if t)
        return None


def _work(job: int, tracked: Tracked) -> Line:
    now = tracked.progress
    part = now.done / now.total if now is not None and now.total else None
    return Line(tr(tracked.name), "" if now is None or not now.text else tr(now.text), "running", part, job=job)


class OrderDelegate(QStyledItemDelegate):
    """Draws a run in two lines with a thin bar under what is under way."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Qt: two lines."""
        return QSize(120, option.fontMetrics.height() * 2 + 14)  # type: ignore[attr-defined]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: draw one run."""
        line: Line = index.data(LINE)
        look, rect = theme.current(), QRect(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, option)
        words, color = STATES[line.state]
        inner = rect.adjusted(24, 5, -10, -7)
        half = inner.height() // 2
        top, low = inner.adjusted(0, 0, 0, -half), inner.adjusted(0, half, 0, 0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(look, color)))
        painter.drawEllipse(QPoint(rect.left() + 13, top.center().y() + 1), 4, 4)
        self._texts(painter, top, low, line, tr(words), getattr(look, color))
        if line.part is not None:
            bar = QRect(inner.left(), rect.bottom() - 4, inner.width(), 3)
            painter.setBrush(QColor(look.line))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(bar, 1.5, 1.5)
            painter.setBrush(QColor(look.warn if line.state == "paused" else look.accent))
            painter.drawRoundedRect(QRect(bar.topLeft(), QSize(round(bar.width() * line.part), 3)), 1.5, 1.5)
        painter.restore()

    @staticmethod
    def _texts(painter: QPainter, top: QRect, low: QRect, line: Line, state: str, color: str) -> None:
        look, font = theme.current(), QFont(painter.font())
        painter.setFont(theme.small(font))
        room = painter.fontMetrics().horizontalAdvance(state) + 12
        painter.setPen(QColor(color))
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, state)
        painter.setPen(QColor(look.soft))
        text = painter.fontMetrics().elidedText(line.detail, Qt.TextElideMode.ElideRight, low.width())
        painter.drawText(low, Qt.AlignmentFlag.AlignVCenter, text)
        font.setBold(line.state in ("running", "paused"))
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        text = painter.fontMetrics().elidedText(line.title, Qt.TextElideMode.ElideRight, top.width() - room)
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, text)
