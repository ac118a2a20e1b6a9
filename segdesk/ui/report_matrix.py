"""The confusion matrix as a widget: cells shaded by their share of the row, counts in the tool tip, a press chooses."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from segdesk.domain.metrics.report import Report
from segdesk.ui import theme
from segdesk.ui.i18n import number, tr

CELL, DENSE = (38, 23), (14, 14)  # width and height in pixels; dense: colour only
NAMES, HEAD = 100, 74  # room for the names on the left and above
NUMBERS = 14  # rows up to which the cells have numbers
MOST = 60  # classes that are shown, those with the most pixels


class ConfusionMatrix(QWidget):
    """Rows are the reference, columns the judged labels, void first; only what occurs is shown.

    Signals:
        chosen(int, int): class ids (reference, judged; 0 = void) of a cell beside the diagonal that has pixels.
    """

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._counts = np.zeros((0, 0), np.int64)
        self._ids: list[int] = []
        self._names: list[str] = []
        self.at: tuple[int, int] | None = None  # the chosen cell, by place
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Confusion matrix"))

    def show_report(self, report: Report) -> None:
        """Show a report's matrix."""
        counts = report.confusion.counts
        size = counts.sum(axis=0) + counts.sum(axis=1)
        occur = np.flatnonzero(size)
        shown = np.sort(occur[np.argsort(-size[occur], kind="stable")][:MOST])
        ids, names = [0, *(c.id for c in report.classes)], [tr("Void"), *(c.name for c in report.classes)]
        self._counts = counts[np.ix_(shown, shown)]
        self._whole = counts[shown].sum(axis=1)
        self._ids, self._names = [ids[k] for k in shown], [names[k] for k in shown]
        self.at = None
        wide, high = (side * len(self._ids) for side in self._cell)
        self.setFixedSize(QSize(NAMES + wide + HEAD // 2, HEAD + high + 2))
        self.update()

    def retranslate(self) -> None:
        """Set the texts again."""
        self.setAccessibleName(tr("Confusion matrix"))
        if self._ids[:1] == [0]:
            self._names[0] = tr("Void")
        self.update()

    @property
    def _cell(self) -> tuple[int, int]:
        return CELL if len(self._ids) <= NUMBERS else DENSE

    def cell_rect(self, row: int, column: int) -> QRect:
        """Where a cell is, in the widget."""
        wide, high = self._cell
        return QRect(NAMES + column * wide, HEAD + row * high, wide, high)

    def cell_of(self, reference: int, judged: int) -> tuple[int, int]:
        """The place of a cell by class ids. Raises ValueError for a class that is not shown."""
        return self._ids.index(reference), self._ids.index(judged)

    def _cell_at(self, point: QPoint) -> tuple[int, int] | None:
        wide, high = self._cell
        row, column = (point.y() - HEAD) // high, (point.x() - NAMES) // wide
        inside = 0 <= row < len(self._ids) and 0 <= column < len(self._ids)
        return (row, column) if inside else None

    def _choose(self, at: tuple[int, int]) -> None:
        self.at = at
        self.update()
        row, column = at
        if row != column and self._counts[row, column]:
            self.chosen.emit(self._ids[row], self._ids[column])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: draw."""
        painter, colours = QPainter(self), theme.current()
        for row in range(len(self._ids)):
            for column in range(len(self._ids)):
                self._paint_cell(painter, row, column)
        metrics, (wide, high) = painter.fontMetrics(), self._cell
        painter.setPen(QColor(colours.text))
        for k, text in enumerate(self._names):
            left = QRect(0, HEAD + k * high, NAMES - 6, high)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(left, flags, metrics.elidedText(text, Qt.TextElideMode.ElideRight, NAMES - 8))
            painter.save()
            painter.translate(NAMES + k * wide + wide / 2 + 4, HEAD - 6)
            painter.rotate(-60 if self._cell == CELL else -90)
            painter.drawText(0, 0, metrics.elidedText(text, Qt.TextElideMode.ElideRight, HEAD - 2))
            painter.restore()
        if self.at is not None:
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.drawRect(self.cell_rect(*self.at).adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        colours, rect = theme.current(), self.cell_rect(row, column)
        count, whole = int(self._counts[row, column]), int(self._whole[row])
        share = count / whole if whole else 0.0
        color = QColor(colours.accent if row == column else colours.bad)
        color.setAlphaF(0.85 * (share if row == column else share**0.5))
        painter.fillRect(rect, QColor(colours.field))
        painter.fillRect(rect, color)
        painter.setPen(QColor(colours.line))
        painter.drawRect(QRectF(rect).adjusted(0, 0, -1, -1))
        if count and self._cell == CELL:
            painter.setPen(_ink(color, QColor(colours.field)))
            text = "<0.1" if share < 0.0005 else "100" if share == 1 else f"{min(99.9, 100 * share):.1f}"
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def event(self, event: QEvent) -> bool:
        """Qt: the tool tip of a cell."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self._cell_at(event.pos())
            QToolTip.showText(event.globalPos(), self.tip(*at) if at else "", self)
            return True
        return super().event(event)

    def tip(self, row: int, column: int) -> str:
        """What a cell says of itself, by place."""
        count, whole = int(self._counts[row, column]), int(self._whole[row])
        return tr(
            "Right: {right}, judged as: {judged}: {count} pixels, {share} % of the row",
            right=self._names[row],
            judged=self._names[column],
            count=number(count),
            share=f"{100 * count / whole:.2f}" if whole else "–",
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: choose the cell under the pointer."""
        at = self._cell_at(event.position().toPoint())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: the arrows go from cell to cell."""
        steps = {
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._ids:
            super().keyPressEvent(event)
            return
        row, column = self.at or (0, 0)
        last = len(self._ids) - 1
        self._choose((max(0, min(last, row + step[0])), max(0, min(last, column + step[1]))))


def _ink(color: QColor, below: QColor) -> QColor:
    """Black or white, whichever is read better on a half-transparent colour over another."""
    share = color.alphaF()
    light = share * _lightness(color) + (1 - share) * _lightness(below)
    return QColor("#101418" if light > 0.55 else "#ffffff")


def _lightness(color: QColor) -> float:
    """0 to 1, as the eye weighs the colours (ITU-R BT.601)."""
    return 0.299 * color.redF() + 0.587 * color.greenF() + 0.114 * color.blueF()
