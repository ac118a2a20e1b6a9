"""The list of models: rows under heads that open and close, and how a row is drawn. Made for hundreds of models: only
what is seen is drawn, and a change of the filter costs the UI thread a few milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from segdesk.app.model_search import Listing, ModelEntry, ModelFilter, Section, arrange
from segdesk.domain.text import N_
from segdesk.io.cards import BrokenCard
from segdesk.ui import i18n, theme
from segdesk.ui.i18n import tr
from segdesk.ui.model_text import about, row_text, score_text, weights_text

ID = Qt.ItemDataRole.UserRole  # the model's id; "" of a head or a broken card
ROW = Qt.ItemDataRole.UserRole + 1
FEW = 25  # so many models are shown without opening their heads
HEADS = {"recent": N_("Used last"), "here": N_("Ready here"), "broken": N_("Cards that cannot be used")}
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


@dataclass(frozen=True)
class Row:
    """A line of the list: a head (`section` alone), a model (`entry`) or a card that cannot be used (`broken`)."""

    section: Section
    entry: ModelEntry | None = None
    broken: BrokenCard | None = None
    open: bool = False
    count: int = 0

    @property
    def is_head(self) -> bool:
        """Whether it opens and closes what follows."""
        return self.entry is None and self.broken is None

    @property
    def text(self) -> str:
        """Its first line."""
        if self.entry is not None:
            return self.entry.card.name.get(i18n.language())
        if self.broken is not None:
            return self.broken.path.name
        return tr(HEADS[self.section.kind]) if self.section.kind in HEADS else self.section.title


class ModelRows(QAbstractListModel):
    """The rows as the filter and the open heads leave them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.found = 0
        self._listing = Listing()
        self._filter = ModelFilter()
        self._recent: tuple[str, ...] = ()
        self._toggled: set[str] = set()  # heads that are not as they are by themselves

    @property
    def listing(self) -> Listing:
        """What is listed."""
        return self._listing

    def show(self, listing: Listing, wanted: ModelFilter, recent: Sequence[str] = ()) -> None:
        """List what the filter admits."""
        if wanted != self._filter:
            self._toggled.clear()
        self._listing, self._filter, self._recent = listing, wanted, tuple(recent)
        self._lay_out()

    def toggle(self, key: str) -> None:
        """Open or close a head."""
        self._toggled ^= {key}
        self._lay_out()

    def row_of(self, card_id: str) -> int:
        """Where a model stands; opens its head if need be. -1 if the filter leaves it out."""
        for attempt in range(2):
            for at, row in enumerate(self.rows):
                if row.entry is not None and row.entry.card.id == card_id:
                    return at
            closed = next((r for r in self.rows if r.is_head and not r.open and _holds(r.section, card_id)), None)
            if closed is None or attempt:
                break
            self.toggle(closed.section.key)
        return -1

    def first_model(self) -> int:
        """The first row that is a model; -1 if there is none."""
        return next((at for at, row in enumerate(self.rows) if row.entry is not None), -1)

    def _lay_out(self) -> None:
        sections = arrange(self._listing, self._filter, self._recent)
        systems = [s for s in sections if s.kind == "system"]
        self.found = sum(len(s.entries) for s in systems)
        by_itself = self.found <= FEW
        rows: list[Row] = []
        for section in sections:
            is_open = (by_itself or section.kind != "system") != (section.key in self._toggled)
            rows.append(Row(section, open=is_open, count=len(section.entries)))
            if is_open:
                rows += [Row(section, entry) for entry in section.entries]
        self.beginResetModel()
        self.rows = rows + self._broken_rows()
        self.endResetModel()

    def _broken_rows(self) -> list[Row]:
        broken = self._listing.broken
        words = self._filter.text.casefold().split()
        seen = [b for b in broken if all(word in b.path.name.casefold() for word in words)]
        if not seen or self._filter != ModelFilter(text=self._filter.text):
            return []
        section = Section("broken", "", ())
        return [Row(section, open=True, count=len(seen)), *(Row(section, broken=b) for b in seen)]

    # -- Qt --------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = ROOT) -> int:
        """Qt: rows that are there."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: what a row is."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text
        if role == ID:
            return row.entry.card.id if row.entry is not None else ""
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (row.text, *texts(row)) if part)
        if role == Qt.ItemDataRole.ToolTipRole and row.entry is not None:
            return about(row.entry.card)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt: a broken card can be looked at, not chosen."""
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled


def _holds(section: Section, card_id: str) -> bool:
    return any(entry.card.id == card_id for entry in section.entries)


def texts(row: Row) -> tuple[str, str, str]:
    """(score, second line, state) of a row; of a head (how many models, their data sets, "")."""
    if row.entry is not None:
        card = row.entry.card
        return score_text(card), row_text(card), weights_text(row.entry.status, row.entry.card)[0]
    if row.broken is not None:
        return "", i18n.error_text(row.broken.reason)[0], tr("card is broken")
    data_sets = {entry.card.data: None for entry in row.section.entries if entry.card.data}
    named = ", ".join(data_sets) if row.section.kind == "system" else ""
    return tr("%n model(s)", row.count), named, ""


class ModelDelegate(QStyledItemDelegate):
    """Draws a head as one line, a model as two: name and score, facts and where the weights are."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Qt: heads are lower than models."""
        lines = 1 if index.data(ROW).is_head else 2
        return QSize(430, option.fontMetrics.height() * lines + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: draw one row."""
        row: Row = index.data(ROW)
        look, rect = theme.current(), option.rect  # type: ignore[attr-defined]
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)  # type: ignore[attr-defined]
        painter.save()
        ground = look.select if chosen else look.hover if hovered else look.window if row.is_head else look.panel
        painter.fillRect(rect, QColor(ground))
        if row.is_head:
            self._head(painter, rect.adjusted(8, 0, -10, 0), row)
        else:
            self._model(painter, rect.adjusted(26, 5, -10, -5), row)
        painter.restore()

    def _head(self, painter: QPainter, rect: QRect, row: Row) -> None:
        look = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.soft))
        painter.drawPolygon(_arrow(rect, is_open=row.open))
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        rest = rect.adjusted(18, 0, 0, 0)
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, row.text)
        rest.setLeft(rest.left() + painter.fontMetrics().horizontalAdvance(row.text) + 12)
        font.setBold(False)
        painter.setFont(theme.small(font))
        count, data_sets, _ = texts(row)
        _line(painter, rest, (data_sets, look.soft), (count, look.soft))

    def _model(self, painter: QPainter, rect: QRect, row: Row) -> None:
        look = theme.current()
        score, facts, state = texts(row)
        kind = weights_text(row.entry.status)[1] if row.entry is not None else "bad"
        font = QFont(painter.font())
        top = rect.adjusted(0, 0, 0, -rect.height() // 2)
        low = rect.adjusted(0, rect.height() // 2, 0, 0)
        _line(painter, top, (row.text, look.text if row.broken is None else look.soft), (score, look.text))
        painter.setFont(theme.small(font))
        _line(painter, low, (facts, look.soft), (state, getattr(look, kind or "soft")))


def _line(painter: QPainter, rect: QRect, left: tuple[str, str], right: tuple[str, str]) -> None:
    """A text that is cut where the right one begins. Each is (text, colour)."""
    metrics = painter.fontMetrics()
    room = rect.width() - (metrics.horizontalAdvance(right[0]) + 16 if right[0] else 0)
    painter.setPen(QColor(left[1]))
    text = metrics.elidedText(left[0], Qt.TextElideMode.ElideRight, room)
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, text)
    painter.setPen(QColor(right[1]))
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, right[0])


def _arrow(rect: QRect, *, is_open: bool) -> QPolygonF:
    x, y = float(rect.left() + 5), float(rect.center().y() + 1)
    points = ((-4, -2), (4, -2), (0, 3)) if is_open else ((-2, -4), (-2, 4), (3, 0))
    return QPolygonF([QPointF(x + dx, y + dy) for dx, dy in points])
