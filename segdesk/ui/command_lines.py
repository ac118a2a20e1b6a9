"""How a line of the command search is drawn: icon, name with the letters that were meant, detail, keys or the reason
why it cannot be done now."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from segdesk.ui import theme
from segdesk.ui.command_sources import KINDS, Entry
from segdesk.ui.i18n import tr

ENTRY = Qt.ItemDataRole.UserRole
HIT = Qt.ItemDataRole.UserRole + 1
ICON = 16
LEFT, GAP = 10, 10
Index = QModelIndex | QPersistentModelIndex


def spoken(entry: Entry) -> str:
    """A line in words: "Run on all, command, Ctrl+B", with the reason why not."""
    state = "" if entry.checked is None else tr("on") if entry.checked else tr("off")
    return ", ".join(part for part in (entry.text, tr(KINDS[entry.kind]), entry.keys, state, entry.why) if part)


class LineDelegate(QStyledItemDelegate):
    """Draws a line; all are of one height."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._drawn: dict[tuple[object, ...], QPixmap] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Qt: a line and its margins."""
        return QSize(200, option.fontMetrics.height() + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: draw one line."""
        entry: Entry | None = index.data(ENTRY)
        if entry is None:
            return
        look = theme.current()
        rect: QRect = option.rect  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            self._ground(painter, rect, look.select)
        elif option.state & QStyle.StateFlag.State_MouseOver:  # type: ignore[attr-defined]
            self._ground(painter, rect, look.hover)
        self._sign(painter, rect, entry)
        inner = rect.adjusted(LEFT + ICON + GAP, 0, -LEFT, 0)
        inner = self._right(painter, inner, entry)
        used = self._name(painter, inner, entry, index.data(HIT))
        self._detail(painter, inner.adjusted(used + 12, 0, 0, 0), entry)
        painter.restore()

    @staticmethod
    def _ground(painter: QPainter, rect: QRect, color: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)

    def _sign(self, painter: QPainter, rect: QRect, entry: Entry) -> None:
        where = QRect(rect.left() + LEFT, rect.center().y() - ICON // 2 + 1, ICON, ICON)
        if entry.checked:
            painter.setPen(QColor(theme.current().accent))
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, "✓")
        elif entry.icon is not None:
            scale = painter.device().devicePixelRatio()
            key = entry.icon.cacheKey(), scale, theme.current().name
            if key not in self._drawn:
                self._drawn[key] = entry.icon.pixmap(QSize(ICON, ICON), scale)
            painter.drawPixmap(where, self._drawn[key])

    @staticmethod
    def _right(painter: QPainter, rect: QRect, entry: Entry) -> QRect:
        """Keys, else the kind; returns what is left of the line."""
        look = theme.current()
        plain = QFont(painter.font())
        text = entry.keys or tr(KINDS[entry.kind])
        painter.setFont(plain if entry.keys else theme.small(plain))
        painter.setPen(QColor(look.text if entry.keys and not entry.why else look.soft))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        width = painter.fontMetrics().horizontalAdvance(text)
        painter.setFont(plain)
        return rect.adjusted(0, 0, -width - 16, 0)

    @staticmethod
    def _name(painter: QPainter, rect: QRect, entry: Entry, letters: frozenset[int]) -> int:
        """The text with the letters that were meant; returns its width."""
        look = theme.current()
        text = painter.fontMetrics().elidedText(entry.text, Qt.TextElideMode.ElideRight, rect.width())
        layout = QTextLayout(text, painter.font())
        meant = QTextCharFormat()
        meant.setForeground(QColor(look.accent))
        meant.setFontWeight(QFont.Weight.Bold)
        layout.setFormats([_range(at, meant) for at in sorted(letters) if at < len(text)])
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(rect.width() + 40)
        layout.endLayout()
        painter.setPen(QColor(look.soft if entry.why else look.text))
        layout.draw(painter, QPointF(rect.left(), rect.center().y() + 1 - line.height() / 2))
        return round(line.naturalTextWidth())

    @staticmethod
    def _detail(painter: QPainter, rect: QRect, entry: Entry) -> None:
        look = theme.current()
        text, color = (entry.why, look.warn) if entry.why else (entry.detail, look.soft)
        if not text or rect.width() < 40:
            return
        painter.setFont(theme.small(painter.font()))
        painter.setPen(QColor(color))
        short = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, short)


def _range(at: int, look: QTextCharFormat) -> QTextLayout.FormatRange:
    part = QTextLayout.FormatRange()
    part.start, part.length, part.format = at, 1, look  # type: ignore[attr-defined]
    return part
