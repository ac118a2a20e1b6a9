"""The gallery's cards: hundreds of models in a grid of which only what is in view is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from segdesk.app.model_search import ModelEntry
from segdesk.ui import i18n, theme
from segdesk.ui.desk_trials import Trials
from segdesk.ui.i18n import tr
from segdesk.ui.model_text import TASKS, megabytes, score_text, short_licence, speed_text, weights_short

ENTRY = Qt.ItemDataRole.UserRole
CARD_WIDTH = 232  # the least; cards share the width that is left
MARGIN, PAD = 4, 10
THUMB = QSize(72, 54)
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class CardRows(QAbstractListModel):
    """The models as search, filters and order leave them."""

    def __init__(self, trials: Trials, parent: QWidget) -> None:
        super().__init__(parent)
        self.trials = trials
        self.entries: list[ModelEntry] = []
        self._lines: dict[str, tuple[str, str, str, str]] = {}

    def show(self, entries: Sequence[ModelEntry]) -> None:
        """List these."""
        self.beginResetModel()
        self.entries = list(entries)
        self._lines.clear()
        self.endResetModel()

    def lines(self, entry: ModelEntry) -> tuple[str, str, str, str]:
        """See `lines`; remembered, for a card is drawn often."""
        found = self._lines.get(entry.card.id)
        if found is None:
            found = self._lines[entry.card.id] = lines(entry)
        return found

    def row_of(self, card_id: str) -> int:
        """Where a model stands, -1 if it is left out."""
        return next((at for at, entry in enumerate(self.entries) if entry.card.id == card_id), -1)

    def rowCount(self, parent: Index = ROOT) -> int:
        """Qt: how many."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Qt: what a card is."""
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.card.name.get(i18n.language())
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(t for t in (entry.card.name.get(i18n.language()), *lines(entry), self.speed(entry)) if t)
        return None

    def speed(self, entry: ModelEntry) -> str:
        """How fast the model is here, in words."""
        found = self.trials.speed(entry.card.id)
        return "" if found is None else speed_text(found.seconds)


def lines(entry: ModelEntry) -> tuple[str, str, str, str]:
    """(task and classes, score, licence and size, where the weights are) of a card."""
    card = entry.card
    classes = tr("%n class(es)", len(card.classes)) if len(card.classes) else ""
    first = " · ".join(t for t in (tr(TASKS[card.task]), classes) if t)
    size = tr("{count} M parameters", count=f"{card.parameters / 1e6:.1f}") if card.parameters else ""
    if entry.status.bytes and not size:
        size = megabytes(entry.status.bytes)
    rights = " · ".join(t for t in (short_licence(card), size) if t)
    return first, score_text(card), rights, weights_short(entry.status, card)[0]


class CardDelegate(QStyledItemDelegate):
    """Draws a card. All cards have one size."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Qt: six lines, as wide as a cell of the grid."""
        view = self.parent()
        if isinstance(view, QListView) and view.gridSize().isValid():
            return view.gridSize()
        return QSize(CARD_WIDTH, card_height(option.fontMetrics))  # type: ignore[attr-defined]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: draw one card."""
        entry: ModelEntry = index.data(ENTRY)
        model = index.model()
        assert isinstance(model, CardRows)
        look = theme.current()
        card = QRect(option.rect).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)  # type: ignore[attr-defined]
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(QColor(look.accent if chosen else look.line), 1.5 if chosen else 1.0))
        painter.setBrush(QColor(look.select if chosen else look.hover if hovered else look.field))
        painter.drawRoundedRect(card, 7, 7)
        inner = card.adjusted(PAD, PAD - 1, -PAD, -PAD + 1)
        image = model.trials.image(entry.card.id)
        if image is not None:
            _thumb(painter, QRect(QPoint(inner.right() - THUMB.width() + 1, inner.top()), THUMB), image)
        busy = model.trials.busy == entry.card.id
        speed = tr("running…") if busy else model.speed(entry)
        self._texts(painter, inner, entry, model.lines(entry), beside=image is not None, speed=speed)
        painter.restore()

    @staticmethod
    def _texts(
        painter: QPainter,
        inner: QRect,
        entry: ModelEntry,
        texts: tuple[str, str, str, str],
        *,
        beside: bool,
        speed: str,
    ) -> None:
        look, card = theme.current(), entry.card
        what, score, rights, where = texts
        font = QFont(painter.font())
        bold, small = QFont(font), theme.small(font)
        bold.setBold(True)
        high, low = QFontMetrics(font).height() + 1, QFontMetrics(small).height() + 2
        line = QRect(inner.left(), inner.top(), inner.width() - (THUMB.width() + 8 if beside else 0), high)
        for part in two_lines(QFontMetrics(bold), card.name.get(i18n.language()), line.width()):
            _left(painter, line, part, bold, look.text)
            line = _below(line, high)
        line.setHeight(low)
        _left(painter, line, what, small, look.soft)
        line = _below(line, high)
        main, color = (font, look.text) if score else (small, look.soft)
        taken = _left(painter, line, score or tr("no published score"), main, color)
        if score:
            _left(painter, line.adjusted(taken + 8, 0, 0, 0), card.scores[0].data, small, look.soft)
        line = _below(line, low)
        line.setWidth(inner.width())
        _left(painter, line, rights, small, look.soft)
        line = QRect(inner.left(), inner.bottom() - low + 1, inner.width(), low)
        state = getattr(look, weights_short(entry.status, card)[1] or "soft")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(state))
        painter.drawEllipse(QPoint(line.left() + 4, line.center().y() + 1), 3, 3)
        painter.setFont(small)
        room = painter.fontMetrics().horizontalAdvance(speed) + 8 if speed else 0
        _left(painter, line.adjusted(14, 0, -room, 0), where, small, state)
        painter.setPen(QColor(look.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, speed)


def two_lines(metrics: QFontMetrics, text: str, width: int) -> list[str]:
    """A name in one line, or in two broken at a space; names that differ at their ends are told apart."""
    if metrics.horizontalAdvance(text) <= width:
        return [text]
    words, first = text.split(" "), 1
    while first < len(words) and metrics.horizontalAdvance(" ".join(words[: first + 1])) <= width:
        first += 1
    head, rest = " ".join(words[:first]), " ".join(words[first:])
    head, rest = head.removesuffix(" ·"), rest.removeprefix("· ")
    return [head, metrics.elidedText(rest, Qt.TextElideMode.ElideMiddle, width)] if rest else [head]


def card_height(metrics: QFontMetrics) -> int:
    """Six lines and their surroundings."""
    return metrics.height() * 6 + 2 * (PAD + MARGIN) + 6


def _below(line: QRect, height: int) -> QRect:
    return QRect(line.left(), line.bottom() + 1, line.width(), height)


def _left(painter: QPainter, rect: QRect, text: str, font: QFont, color: str) -> int:
    """Draw a text that ends where its room does; returns its width."""
    painter.setFont(font)
    painter.setPen(QColor(color))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, rect.width()))
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
    return painter.fontMetrics().horizontalAdvance(shown)


def _thumb(painter: QPainter, place: QRect, image: QImage) -> None:
    """The preview, filling its place."""
    size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
    target = QRect(QPoint(0, 0), size)
    target.moveCenter(place.center())
    path = QPainterPath()
    path.addRoundedRect(place, 4, 4)
    painter.save()
    painter.setClipPath(path)
    painter.drawImage(target, image)
    painter.restore()


class CardGrid(QListView):
    """The grid."""

    def __init__(self, model: CardRows) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(CardDelegate(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().setSingleStep(24)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the cards share the width."""
        self._fit()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Qt: the letters may have another size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        width, metrics = self.viewport().width() - 1, self.fontMetrics()
        columns = max(1, width // max(CARD_WIDTH, metrics.height() * 12))
        self.setGridSize(QSize(width // columns, card_height(metrics)))
