"""A strip over the picture: a sign, a sentence, and buttons that say what can be done."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from segdesk.ui import icons, theme
from segdesk.ui.i18n import Translated
from segdesk.ui.widgets import label


class Strip(Translated, QFrame):
    """Derived classes show and hide it. `icon`, `color`: of the sign; `buttons` stand at the right, the main one
    last."""

    def __init__(self, icon: str, color: str, buttons: tuple[QPushButton, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._color = icon, color
        self.setProperty("kind", "strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.sign = QLabel()
        self.text = label()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP + 2, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.sign)
        layout.addWidget(self.text, 1)
        for part in buttons:
            layout.addWidget(part)
        self.hide()

    def say(self, text: str) -> None:
        """Show it with this sentence."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.show()

    def recolour(self) -> None:
        """The sign has the theme's colour."""
        self.sign.setPixmap(icons.icon(self._icon, self._color).pixmap(QSize(18, 18), self.devicePixelRatioF()))
