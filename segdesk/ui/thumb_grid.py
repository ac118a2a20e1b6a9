"""The pictures as a grid of thumbnails. Only the visible cells are drawn: 100,000 pictures cost what a screen shows."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from segdesk.io.project import PictureRow
from segdesk.ui import theme
from segdesk.ui.desk_thumbs import Thumbs

CELL = QSize(126, 118)  # the least size; cells share the width that is left
NAME = 18  # pixels of height for the name
MOST_AHEAD = 24  # thumbnails made beyond the visible ones


class ThumbGrid(QAbstractScrollArea):
    """Shows the rows of a model whose `UserRole` is a `PictureRow`.

    Signals:
        chosen(int): a line of the model, by click or arrow key; by_mouse(): it was a click.
    """

    chosen = Signal(int)
    by_mouse = Signal()

    def __init__(self, model: QAbstractItemModel, thumbs: Thumbs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._thumbs = model, thumbs
        self._current = -1
        self._asked: tuple[int, ...] = ()
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        model.modelReset.connect(self._reset)
        model.dataChanged.connect(lambda *_: self.viewport().update())
        thumbs.ready.connect(lambda _: self.viewport().update())
        thumbs.stale.connect(self._ask_again)

    def set_current(self, line: int) -> None:
        """Mark a line (-1 = none) and bring it into view."""
        self._current = line
        if line >= 0:
            top = self._cell(line).top() + self.verticalScrollBar().value()
            bar, height = self.verticalScrollBar(), self.viewport().height()
            if top < bar.value():
                bar.setValue(top)
            elif top + self._size().height() > bar.value() + height:
                bar.setValue(top + self._size().height() - height)
        self.viewport().update()

    @property
    def current(self) -> int:
        """The marked line."""
        return self._current

    def visible_lines(self) -> range:
        """The lines of which something is in view."""
        size, first = self._size(), self.verticalScrollBar().value()
        top = first // size.height() * self._columns()
        bottom = -(-(first + self.viewport().height()) // size.height()) * self._columns()
        return range(min(top, self._model.rowCount()), min(bottom, self._model.rowCount()))

    def line_at(self, point: QPoint) -> int:
        """The line under a point of the viewport, -1 outside."""
        size = self._size()
        column, row = point.x() // size.width(), (point.y() + self.verticalScrollBar().value()) // size.height()
        line = row * self._columns() + column
        return line if 0 <= column < self._columns() and 0 <= line < self._model.rowCount() else -1

    def _columns(self) -> int:
        return max(1, self.viewport().width() // CELL.width())

    def _size(self) -> QSize:
        return QSize(max(1, self.viewport().width() // self._columns()), CELL.height())

    def _cell(self, line: int) -> QRect:
        """Where a line is drawn, in the viewport."""
        size = self._size()
        row, column = divmod(line, self._columns())
        return QRect(QPoint(column * size.width(), row * size.height() - self.verticalScrollBar().value()), size)

    def _reset(self) -> None:
        self._current = -1
        self._range()
        self._ask_again()

    def _ask_again(self) -> None:
        self._asked = ()
        self.viewport().update()

    def _range(self) -> None:
        rows = -(-self._model.rowCount() // self._columns())
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, rows * CELL.height() - height))
        bar.setPageStep(height)
        bar.setSingleStep(CELL.height() // 2)

    def _row(self, line: int) -> PictureRow | None:
        found = self._model.index(line, 0).data(Qt.ItemDataRole.UserRole)
        return found if isinstance(found, PictureRow) else None

    def _ask(self, lines: range) -> None:
        """Ask for what is in view and some below, once for each view."""
        ahead = range(lines.start, min(lines.stop + MOST_AHEAD, self._model.rowCount()))
        rows = [row for row in map(self._row, ahead) if row is not None]
        wanted = tuple(row.id for row in rows)
        if wanted != self._asked:
            self._asked = wanted
            self._thumbs.want(wanted)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: draw the visible cells."""
        lines = self.visible_lines()
        self._ask(lines)
        painter = QPainter(self.viewport())
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        for line in lines:
            row, cell = self._row(line), self._cell(line)
            if row is not None and cell.intersects(event.rect()):
                self._draw(painter, cell, row, line == self._current)

    def _draw(self, painter: QPainter, cell: QRect, row: PictureRow, current: bool) -> None:
        look = theme.current()
        inner = cell.adjusted(2, 2, -2, -2)
        if current:
            painter.setPen(QPen(QColor(look.accent), 2) if self.hasFocus() else QPen(Qt.PenStyle.NoPen))
            painter.setBrush(QColor(look.select))
            painter.drawRoundedRect(inner, 4, 4)
        place = inner.adjusted(5, 5, -5, -NAME - 2)
        image = self._thumbs.image(row.id)
        if image is None:
            painter.setPen(QPen(QColor(look.soft), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.adjusted(12, 8, -12, -8))
        else:
            size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(QPoint(0, 0), size)
            target.moveCenter(place.center())
            painter.drawImage(target, image)
        theme.draw_state(painter, QPoint(inner.left() + 11, inner.bottom() - NAME // 2 + 1), row.state)
        painter.setPen(QColor(look.soft if row.state == "skipped" else look.text))
        words = QRect(inner.left() + 20, inner.bottom() - NAME + 1, inner.width() - 24, NAME)
        text = painter.fontMetrics().elidedText(
            row.path.rpartition("/")[2], Qt.TextElideMode.ElideMiddle, words.width()
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: another number of columns."""
        self._range()
        if self._current >= 0:
            self.set_current(self._current)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt: the frame of the current cell says where the keys go."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Qt: they go elsewhere."""
        super().focusOutEvent(event)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: open the picture under the pointer."""
        line = self.line_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and line >= 0:
            self.chosen.emit(line)
            self.by_mouse.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: the arrow keys open the neighbours."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns(),
            Qt.Key.Key_Down: self._columns(),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        line = self._current + step
        if 0 <= line < self._model.rowCount():
            self.chosen.emit(line)
