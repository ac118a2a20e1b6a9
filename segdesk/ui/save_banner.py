"""A strip over the picture while work cannot be saved: what is wrong, try again, go on in a copy elsewhere."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from segdesk.app.reports import SaveState
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.strip import Strip
from segdesk.ui.widgets import button, name


class SaveBanner(Strip):
    """Shows itself when saving fails, and goes when all is saved."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self._desk = desk
        self.again = button(icon="retry", clicked=desk.save_now)
        self.elsewhere = button(kind="main", icon="save", clicked=lambda: desk.ask("save_elsewhere"))
        super().__init__("warning", "bad", (self.again, self.elsewhere), parent)
        desk.save_changed.connect(self.show_state)
        desk.project_closed.connect(self.hide)
        desk.project_opened.connect(lambda _: self.show_state(desk.save_state))
        self.retranslate()
        self.built = True

    def show_state(self, state: SaveState) -> None:
        """Show or hide; a try that is under way changes nothing."""
        if state.status == "failed" and state.error is not None:
            self.say(" ".join(t for t in error_text(state.error) if t))
        elif state.status == "saved":
            self.hide()

    def retranslate(self) -> None:
        """Set the texts again."""
        self.again.setText(tr("Try again"))
        name(self.again, tr("Save now"))
        self.elsewhere.setText(tr("Save a copy elsewhere…"))
        name(self.elsewhere, tr("Save everything in another place and go on working there"))
        self.show_state(self._desk.save_state)
        self.recolour()
