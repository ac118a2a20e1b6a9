"""The tour: five steps that point at the real parts of the window, one by one. Shown once, and from the menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from segdesk.ui import motion, theme
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import button, label, name

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

WIDTH = 26  # characters "M" of the card's width
MOVE = 180  # milliseconds from one part to the next
KEPT = "toured"  # the entry of the settings: it has been shown


@dataclass(frozen=True)
class Step:
    """One stop. `words` gives (title, text) in the current language; `place` the part's rectangle in the window, empty
    where it is not visible."""

    words: Callable[[], tuple[str, str]]
    place: Callable[[], QRect]


class Tour(Translated, QWidget):
    """Lies over the whole window, darkens all but one part, and says what that part is for.

    Right or Enter goes on, Left goes back, Esc ends it; Tab stays inside. Signals: ended().
    """

    ended = Signal()

    def __init__(self, steps: Sequence[Step], window: QWidget) -> None:
        super().__init__(window)
        self._window, self._steps = window, steps
        self._hole = QRect()
        self._move = QVariantAnimation(self)
        self._move.setDuration(MOVE)
        self._move.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._move.valueChanged.connect(self._moved)
        self.at = 0
        self.card = QFrame(self)
        self.card.setProperty("kind", "panel")
        self.title, self.text, self.count = label(kind="head"), label(), label(kind="soft")
        self.text.setWordWrap(True)
        self.skip = button(kind="quiet", clicked=self.end)
        self.back = button(clicked=lambda: self.go(self.at - 1))
        self.next = button(kind="main", clicked=lambda: self.go(self.at + 1))
        self._lay_out()
        for part in (window, self.skip, self.back, self.next):
            part.installEventFilter(self)
        self.retranslate()

    def _lay_out(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.count)
        foot.setSpacing(theme.GAP)
        foot.addWidget(self.skip)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.next)
        layout = QVBoxLayout(self.card)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(theme.GAP)
        layout.addLayout(head)
        layout.addWidget(self.text)
        layout.addSpacing(theme.GAP // 2)
        layout.addLayout(foot)

    def begin(self) -> None:
        """Show the first step."""
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.go(0)

    def go(self, at: int) -> None:
        """Show a step; beyond the last one the tour ends."""
        if at >= len(self._steps):
            self.end()
            return
        self.at = max(0, at)
        self.retranslate()
        place = self._steps[self.at].place()
        if self._hole.isEmpty() or place.isEmpty() or motion.reduced():
            self._moved(place)
        else:
            self._move.stop()
            self._move.setStartValue(self._hole)
            self._move.setEndValue(place)
            self._move.start()
        self._place_card(place)
        self.next.setFocus()

    def end(self) -> None:
        """Go away, after the last step or before."""
        if not self.isHidden():
            self._move.stop()
            self.hide()
            self.ended.emit()
            self.deleteLater()

    def _moved(self, hole: QRect) -> None:
        self._hole = hole
        self.update()

    def _place_card(self, part: QRect) -> None:
        """Beside the part where there is room, else over its middle."""
        for widget in (self.card, self.title, self.text):
            widget.ensurePolished()
        width = min(WIDTH * self.fontMetrics().horizontalAdvance("M"), self.width() - 4 * theme.GAP)
        layout = self.card.layout()
        assert layout is not None
        layout.invalidate()
        self.card.resize(QSize(width, layout.totalHeightForWidth(width)))
        self.card.move(beside(part, self.card.size(), self.rect()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: follow the window's size; a button would take the arrows for itself."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and watched is not self._window:
            if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                self.keyPressEvent(event)
                return True
        elif event.type() == QEvent.Type.Resize and not self.isHidden():
            self.setGeometry(self._window.rect())
            self._move.stop()
            self._moved(self._steps[self.at].place())
            self._place_card(self._hole)
        return False

    def focusNextPrevChild(self, next: bool) -> bool:  # Qt's name of the argument
        """Qt: Tab goes round among the card's buttons."""
        parts = [part for part in (self.skip, self.back, self.next) if part.isVisible() and part.isEnabled()]
        if not parts:  # it is being hidden
            return super().focusNextPrevChild(next)
        at = parts.index(self.focusWidget()) if self.focusWidget() in parts else -1  # type: ignore[arg-type]
        parts[(at + (1 if next else -1)) % len(parts)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Esc ends, the arrows go on and back."""
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go(self.at + 1)
        elif event.key() == Qt.Key.Key_Left:
            self.go(self.at - 1)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt: nothing below is clicked by mistake."""
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: darken everything but the part."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dark = QPainterPath()
        dark.addRect(QRectF(self.rect()))
        if not self._hole.isEmpty():
            hole = QPainterPath()
            hole.addRoundedRect(QRectF(self._hole), 7, 7)
            dark = dark.subtracted(hole)
        painter.fillPath(dark, QColor(10, 14, 18, 130))
        if not self._hole.isEmpty():
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.drawRoundedRect(QRectF(self._hole).adjusted(1, 1, -1, -1), 7, 7)
        painter.end()

    def retranslate(self) -> None:
        """Set the texts again."""
        title, text = self._steps[self.at].words()
        self.title.setText(title)
        self.text.setText(text)
        self.count.setText(tr("{done} of {total}", done=self.at + 1, total=len(self._steps)))
        self.skip.setText(tr("Skip"))
        self.back.setText(tr("Go back"))
        last = self.at == len(self._steps) - 1
        self.next.setText(tr("Done") if last else tr("Go on"))
        self.back.setEnabled(self.at > 0)
        self.skip.setVisible(not last)
        name(self.skip, tr("End the tour  (Esc)"))
        name(self.back, tr("Go back"))
        name(self.next, tr("Done") if last else tr("Go on"))
        self.next.setAccessibleDescription(f"{title}. {text}")  # read out with the focus
        self.setAccessibleName(tr("Tour"))
        if not self.isHidden():
            self._place_card(self._steps[self.at].place())


def beside(part: QRect, size: QSize, room: QRect) -> QPoint:
    """Upper left corner of a card: right of the part, left, below or above it, whichever fits first; else in the middle
    of the part, or of the room where there is no part."""
    gap = 2 * theme.GAP
    inner = room.adjusted(gap, gap, -gap, -gap)
    target = inner if part.isEmpty() else part
    middle = QPoint(target.center().x() - size.width() // 2, target.center().y() - size.height() // 2)
    corners = [
        QPoint(part.right() + gap, middle.y()),
        QPoint(part.left() - gap - size.width(), middle.y()),
        QPoint(middle.x(), part.bottom() + gap),
        QPoint(middle.x(), part.top() - gap - size.height()),
    ]
    for corner in corners if not part.isEmpty() else ():
        moved = QRect(_inside(corner, size, inner), size)
        if not moved.intersects(part):
            return moved.topLeft()
    return _inside(middle, size, inner)


def _inside(corner: QPoint, size: QSize, room: QRect) -> QPoint:
    x = min(max(corner.x(), room.left()), room.right() + 1 - size.width())
    y = min(max(corner.y(), room.top()), room.bottom() + 1 - size.height())
    return QPoint(max(x, room.left()), max(y, room.top()))


def steps(window: MainWindow) -> tuple[Step, ...]:
    """Open, run a model, correct, accept, export."""
    keys = window.action_set.by_id

    def key(action: str) -> str:
        return keys[action].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def place(*parts: QWidget) -> QRect:
        whole = QRect()
        for part in parts:
            if part.isVisible():
                whole = whole.united(QRect(part.mapTo(window, QPoint(0, 0)), part.size()))
        return whole

    def accept() -> QRect:
        return place(*(b for b in window.tools.findChildren(QToolButton) if b.defaultAction() is keys["accept"]))

    def file_menu() -> QRect:
        bar = window.menuBar()
        return bar.actionGeometry(bar.actions()[0]).translated(bar.pos())

    return (
        Step(
            lambda: (
                tr("Your pictures"),
                tr(
                    "A folder that you open becomes a project. The dot beside a picture says how far it is. Every "
                    "stroke is saved at once, and the pictures themselves are never changed."
                ),
            ),
            lambda: place(window.docks["files"]),
        ),
        Step(
            lambda: (
                tr("Run a model"),
                tr(
                    "Choose a model, then run it on this picture ({here}) or on all of them ({all}). Confidence and "
                    "refinements change the answer at once, without another run.",
                    here=key("run_here"),
                    all=key("run_all"),
                ),
            ),
            lambda: place(window.model_panel, window.options_panel),
        ),
        Step(
            lambda: (
                tr("Correct it"),
                tr(
                    "Paint with the left button, erase with the right one. The keys 1 to 9 choose the class, the wheel "
                    "zooms, and {undo} takes back as much as you like.",
                    undo=key("undo"),
                ),
            ),
            lambda: place(window.tools.grid),
        ),
        Step(
            lambda: (
                tr("Accept it"),
                tr(
                    "When a picture is right, {accept} marks it as verified and brings the next one. The line at the "
                    "bottom counts them.",
                    accept=key("accept"),
                ),
            ),
            accept,
        ),
        Step(
            lambda: (
                tr("Hand it on"),
                tr(
                    "The menu File exports the labels for the next program ({export}) and writes a report of their "
                    "quality. All keys: {keys}.",
                    export=key("export_labels"),
                    keys=key("cheat_sheet"),
                ),
            ),
            file_menu,
        ),
    )


class TourGuide(QObject):
    """Starts the tour: once of its own accord if `offered`, whenever asked from the menu or the first page."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._wanted = False
        self.offered = False
        self.tour: Tour | None = None
        window.desk.document_opened.connect(lambda _: self._document_opened())
        window.desk.dialog_asked.connect(lambda asked: self.start() if asked == "tour" else None)

    def start(self) -> None:
        """Begin; without a project the sample project is opened for it."""
        if self._window.desk.session.project is None:
            self._wanted = True
            self._window.desk.open_samples()
        elif self.tour is None:
            self._begin()

    def _document_opened(self) -> None:
        seen = self._window.desk.session.settings.ui.get(KEPT) is True
        if self.tour is None and (self._wanted or (self.offered and not seen)):
            self._begin()

    def _begin(self) -> None:
        self._wanted = False
        self.tour = Tour(steps(self._window), self._window)
        self.tour.ended.connect(self._ended)
        self.tour.begin()

    def _ended(self) -> None:
        self.tour = None
        self._window.desk.remember(**{KEPT: True})
        self._window.canvas.setFocus()
