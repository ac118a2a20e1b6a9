"""A strip over the picture while work cannot be saved: what is wrong, try again, go on in a copy elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from segdesk.app.reports import SaveState
from segdesk.ui import icons, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.widgets import button, label, name


class SaveBanner(Translated, QFrame):
    """Shows itself when saving fails, and goes when all is saved."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("kind", "strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.sign = QLabel()
        self.text = label()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.again = button(icon="retry", clicked=desk.save_now)
        self.elsewhere = button(kind="main", icon="save", clicked=desk.save_elsewhere)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP + 2, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.sign)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.again)
        layout.addWidget(self.elsewhere)
        desk.save_changed.connect(self.show_state)
        desk.project_closed.connect(self.hide)
        desk.project_opened.connect(lambda _: self.show_state(desk.save_state))
        self.retranslate()
        self.hide()
        self.built = True

    def show_state(self, state: SaveState) -> None:
        """Show or hide; a try that is under way changes nothing."""
        if state.status == "failed" and state.error is not None:
            self.text.setText(" ".join(t for t in error_text(state.error) if t))
            self.setAccessibleName(self.text.text())
            self.show()
        elif state.status == "saved":
            self.hide()

    def recolour(self) -> None:
        """The sign has the theme's colour."""
        self.sign.setPixmap(icons.icon("warning", "bad").pixmap(QSize(18, 18), self.devicePixelRatioF()))

    def retranslate(self) -> None:
        """Set the texts again."""
        self.again.setText(tr("Try again"))
        name(self.again, tr("Save now"))
        self.elsewhere.setText(tr("Save a copy elsewhere…"))
        name(self.elsewhere, tr("Save everything in another place and go on working there"))
        self.show_state(self._desk.save_state)
        self.recolour()
