"""Closing the window: waits, visibly, until all work is on disk; asks only when it cannot be saved."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMessageBox, QPushButton

from segdesk.app.reports import SaveState
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.widgets import button, label

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

PATIENCE = 150  # milliseconds before the waiting is shown


class Closing(QObject):
    """`begin` starts it; the window closes itself again when `finished`."""

    _ended = Signal(bool, bool)  # all is saved; the session has ended

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
        question, (copy, stay, lose) = self._question(
            state, (tr("Save a copy elsewhere…"), tr("Keep SegDesk open"), tr("Close and lose them"))
        )
        question.setDefaultButton(stay)
        question.setEscapeButton(stay)
        question.exec()
        if question.clickedButton() is lose:
            self._end_session(lose=True)
        elif question.clickedButton() is copy:
            self._desk.ask("save_elsewhere")

    def _question(self, state: SaveState, words: tuple[str, ...]) -> tuple[QMessageBox, list[QPushButton]]:
        question = QMessageBox(self._window)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setText(tr("%n change(s) could not be saved.", max(1, state.waiting)))
        if state.error is not None:
            question.setInformativeText("\n".join(t for t in error_text(state.error) if t))
        roles = (QMessageBox.ButtonRole.AcceptRole, QMessageBox.ButtonRole.RejectRole)
        roles = (*roles, QMessageBox.ButtonRole.DestructiveRole)
        return question, [question.addButton(text, role) for text, role in zip(words, roles, strict=False)]

    def _end_session(self, *, lose: bool = False) -> None:
        """Save and end, or, where saving fails, come back with all as it was. `lose`: end in any case."""
        self.running = self._desk.ending = True
        self._window.setEnabled(False)
        self._desk.runs.live.rest()  # an answer that was to follow is not asked for any more
        session, keeper = self._desk.session, self._desk.settings_keeper

        def end() -> None:
            if not lose and not session.save_all():
                self._ended.emit(False, False)
                return
            keeper.close()
            self._ended.emit(session.close() or lose, True)

        threading.Thread(target=end, name="closing", daemon=True).start()

    def _end(self, saved: bool, over: bool) -> None:
        self._timer.stop()
        self._hide_card()
        state = self._desk.session.save_state
        if not over:
            self.running = self._desk.ending = False
            self._window.setEnabled(True)
            self._ask(state)
            return
        if not saved and state.waiting:  # a write that came when the session was ending
            question, _ = self._question(state, (tr("Close"),))
            question.exec()
        self.finished = True
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
