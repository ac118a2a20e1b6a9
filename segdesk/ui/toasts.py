"""Short messages over the window instead of modal boxes. Errors stay longer; each can be clicked away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from segdesk.ui import icons, theme
from segdesk.ui.copy_details import CopyDetails
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import icon_button, label, name

SECONDS = {"info": 6, "good": 6, "error": 14}
ICONS = {"info": ("info", "info"), "good": ("verify", "good"), "error": ("warning", "bad")}
MOST = 4
WIDTH = 420


class Toast(QFrame):
    """One message: a sentence and a hint."""

    def __init__(self, kind: str, sentence: str, hint: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.key = (kind, sentence)
        icon, color = ICONS.get(kind, ICONS["info"])
        sign = QLabel()
        sign.setPixmap(icons.icon(icon, color).pixmap(QSize(20, 20), self.devicePixelRatioF()))
        words = QVBoxLayout()
        words.setSpacing(2)
        for text, look in ((sentence, ""), (hint, "soft")):
            if text:
                part = label(text, look)
                part.setWordWrap(True)
                part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                words.addWidget(part)
        if kind == "error":
            words.addWidget(CopyDetails(sentence, hint), 0, Qt.AlignmentFlag.AlignLeft)
        close = icon_button("close", self.dismiss, size=12)
        name(close, tr("Close"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 10, 8, 10)
        layout.setSpacing(theme.GAP + 2)
        layout.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(sentence)
        self.setFixedWidth(WIDTH)
        QTimer.singleShot(SECONDS.get(kind, 6) * 1000, self, self.dismiss)

    def wanted_height(self) -> int:
        """What its words need at the one width."""
        layout = self.layout()
        assert layout is not None
        return layout.totalHeightForWidth(WIDTH)

    def polish(self) -> None:
        """Let the style give the words their font. Once: whatever does this again and again in answer to a change of
        the layout changes the layout again."""
        for part in (self, *self.findChildren(QLabel)):
            part.ensurePolished()
        layout = self.layout()
        assert layout is not None
        layout.invalidate()

    def dismiss(self) -> None:
        """Go away."""
        self.hide()
        self.deleteLater()


class Toasts(QObject):
    """Stacks messages in the lower right corner of a widget."""

    def __init__(self, over: QWidget, bottom: int = 8) -> None:
        super().__init__(over)
        self._over = over
        self._bottom = bottom
        self.shown: list[Toast] = []
        over.installEventFilter(self)

    def show(self, kind: str, sentence: str, hint: str = "") -> None:
        """Show a message; the same one again replaces the first."""
        for old in [t for t in self.shown if t.key == (kind, sentence)]:
            old.dismiss()
        if not sentence:
            return
        toast = Toast(kind, sentence, hint, self._over)
        toast.polish()
        toast.installEventFilter(self)
        self.shown.append(toast)
        for old in self.shown[:-MOST]:
            old.dismiss()
        self._place()  # before it is shown: Qt forgets a size that is set while it tells the widget its first one
        toast.show()
        toast.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: keep the corner when the window changes, close the gap when a message goes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Hide, QEvent.Type.LayoutRequest):
            if event.type() == QEvent.Type.Hide and watched is not self._over:
                self.shown = [t for t in self.shown if t is not watched]
            self._place()
        return False

    def _place(self) -> None:
        bottom = self._over.height() - self._bottom
        for toast in reversed(self.shown):
            height = toast.wanted_height()
            if toast.height() != height:
                toast.setFixedHeight(height)
            bottom -= toast.height() + theme.GAP
            toast.move(self._over.width() - toast.width() - 2 * theme.GAP, bottom)
