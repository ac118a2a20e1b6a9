"""Closing the window: waits, visibly, until all work is on disk; asks only when it cannot be saved."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMessageBox

from segdesk.app.reports import SaveState
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.widgets import button, label

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

PATIENCE = 150  # milliseconds before the waiting is shown


class Closing(QObject):
    """`begin` starts it; the window closes itself again when `finished`."""

    _ended = Signal(bool)

    def __init__(self, desk: Desk, window: MainWindow) -> None:
        super().__init__(window)
        self._desk, self._window = desk, window
        self.finished = False
        self.running = False
        self._waiting = False
        self._card: QFrame | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show_card)
        self._ended.connect(self._end)
        desk.save_changed.connect(self._saved)

    def begin(self) -> None:
        """Save what waits, then end the session in a thread of its own."""
        if self.running or self._waiting:
            return
        self._timer.start(PATIENCE)
        if self._desk.session.project is None or self._desk.session.save_state.status == "saved":
            self._end_session()
            return
        self._waiting = True
        self._desk.session.save_now()

    def _saved(self, state: SaveState) -> None:
        if not self._waiting:
            return
        if state.status == "saved":
            self._waiting = False
            self._end_session()
        elif state.status == "failed":
            self._waiting = False
            self._ask(state)

    def _ask(self, state: SaveState) -> None:
        """The one modal question: work would be lost."""
        self._hide_card()
        question = QMessageBox(self._window)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setText(tr("%n change(s) could not be saved.", max(1, state.waiting)))
        if state.error is not None:
            question.setInformativeText("\n".join(t for t in error_text(state.error) if t))
        stay = question.addButton(tr("Keep SegDesk open"), QMessageBox.ButtonRole.RejectRole)
        lose = question.addButton(tr("Close and lose them"), QMessageBox.ButtonRole.DestructiveRole)
        question.setDefaultButton(stay)
        question.exec()
        if question.clickedButton() is lose:
            self._end_session()

    def _end_session(self) -> None:
        self.running = True
        self._window.setEnabled(False)
        threading.Thread(
            target=lambda: self._ended.emit(self._desk.session.close()), name="closing", daemon=True
        ).start()

    def _end(self, _saved: bool) -> None:
        self._timer.stop()
        self.finished = True
        self._hide_card()
        self._window.close()

    def _stop_waiting(self) -> None:
        self._waiting = False
        self._hide_card()

    def _show_card(self) -> None:
        card = QFrame(self._window)
        card.setProperty("kind", "panel")
        card.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QHBoxLayout(card)
        layout.setContentsMargins(24, 18, 24, 18)
        layout.addWidget(label(tr("Saving your work before closing…"), "head"))
        if self._waiting:
            layout.addWidget(button(tr("Keep SegDesk open"), clicked=self._stop_waiting))
        card.adjustSize()
        card.move((self._window.width() - card.width()) // 2, (self._window.height() - card.height()) // 2)
        card.show()
        self._card = card

    def _hide_card(self) -> None:
        self._timer.stop()
        if self._card is not None:
            self._card.deleteLater()
            self._card = None
