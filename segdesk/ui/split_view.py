"""The split slider on the canvas: its handle, and words on both sides that say what is compared."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QWidget

from segdesk.ui.actions import ActionSet
from segdesk.ui.canvas import Canvas
from segdesk.ui.canvas_split import STEPS, SplitHandle
from segdesk.ui.desk import Desk
from segdesk.ui.desk_split import SOURCES
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import name

TOP, GAP = 10, 12  # logical pixels


class SplitView(Translated, QWidget):
    """Follows `desk.split`. The button left of the line chooses what lies there. A hidden widget only so that it hears
    of a change of language."""

    def __init__(self, desk: Desk, actions: ActionSet, canvas: Canvas, card: QWidget) -> None:
        """`card`: what lies in the upper right corner of the canvas; the words keep below it."""
        super().__init__(canvas)
        self.hide()
        self._card = card
        card.installEventFilter(self)
        self._desk, self._canvas = desk, canvas
        self._action: QAction = actions.by_id["split"]
        desk.split.bind(canvas)
        self.handle = SplitHandle(canvas)
        self.before = QPushButton(canvas)
        self.before.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.menu = QMenu(self.before)
        self.choices = {key: self._choice(key) for key in SOURCES}
        self.before.setMenu(self.menu)
        self.now = QLabel(canvas)
        self.now.setProperty("kind", "panel")
        self.now.setContentsMargins(8, 4, 8, 4)
        self.now.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.handle.valueChanged.connect(lambda _: self._place())
        self.handle.left.connect(canvas.setFocus)
        canvas.resized.connect(self._place)
        desk.split.changed.connect(self.refresh)
        desk.document_opened.connect(lambda _: self.refresh())
        desk.loading.connect(lambda _: self.refresh())
        self.retranslate()

    def _choice(self, key: str) -> QAction:
        action = QAction(self.menu)
        action.setCheckable(True)
        action.triggered.connect(lambda _=False: self._desk.split.choose(key))
        self.menu.addAction(action)
        return action

    def refresh(self) -> None:
        """Show or hide, and name what is compared."""
        split = self._desk.split
        self._action.setChecked(split.on)
        shown = split.on and self._canvas.seeing.split is not None
        if shown and not self.handle.isVisible():
            self._canvas.splitter.move(self.handle.value() / STEPS)
            self.handle.place()
        if not shown and self.handle.hasFocus():
            self._canvas.setFocus()
        for part in (self.handle, self.before, self.now):
            part.setVisible(shown)
        self.before.setText(tr(SOURCES[split.source]))
        for key, action in self.choices.items():
            action.setChecked(key == split.source)
        self._place()

    def _place(self) -> None:
        """The words beside the line, as far as there is room."""
        line = round(self.handle.value() / STEPS * self._canvas.width())
        for part in (self.before, self.now):
            part.resize(part.sizeHint())
        self.before.move(max(GAP, line - GAP - self.before.width()), TOP)
        self.now.move(min(self._canvas.width() - GAP - self.now.width(), line + GAP), TOP)
        for part in (self.before, self.now):
            if self._card.isVisible() and part.geometry().intersects(self._card.geometry()):
                part.move(part.x(), self._card.geometry().bottom() + GAP)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: keep out of the card's way."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide):
            self._place()
        return False

    def retranslate(self) -> None:
        """Set the texts again."""
        for key, action in self.choices.items():
            action.setText(tr(SOURCES[key]))
        self.now.setText(tr("Now"))
        name(self.handle, tr("Before and after: drag, or use the arrow keys"))
        name(self.before, tr("What lies left of the line"))
        self.refresh()
