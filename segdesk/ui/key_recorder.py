"""A button that takes the next press of keys, whatever it is, and tells which it was."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

from segdesk.ui.i18n import tr
from segdesk.ui.shortcuts import normal

ALONE = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock)
# The row of figures by the place of its keys, since Shift turns them into signs that depend on the keyboard.
PLACES: dict[str, tuple[int, ...]] = {
    "linux": tuple(range(10, 20)),
    "win32": tuple(range(2, 12)),
    "darwin": (18, 19, 20, 21, 23, 22, 26, 28, 25, 29),
}
SIGNS = "!@#$%^&*()"
FIGURES = "1234567890"


def pressed(event: QKeyEvent) -> str:
    """The keys of an event as `normal` writes them; "" while only Ctrl, Shift and the like are down."""
    key = Qt.Key(event.key())
    if key in ALONE or key == Qt.Key.Key_unknown:
        return ""
    figure = _figure(event)
    if figure:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        words = QKeySequence(int(held.value) | int(Qt.Key.Key_A)).toString(QKeySequence.SequenceFormat.PortableText)
        return normal(words[:-1] + figure)
    if key == Qt.Key.Key_Backtab:
        return "Shift+Tab" if event.modifiers() == Qt.KeyboardModifier.ShiftModifier else ""
    held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.GroupSwitchModifier)
    text = event.text()
    if held == Qt.KeyboardModifier.ShiftModifier and len(text) == 1 and text.isprintable() and not text.isalpha():
        held = Qt.KeyboardModifier.NoModifier  # the sign says it already: "?" and not "Shift+?"
    return normal(QKeySequence(int(held.value) | event.key()).toString(QKeySequence.SequenceFormat.PortableText))


def _figure(event: QKeyEvent) -> str:
    """The figure under a press of Shift and a key of that row, else ""."""
    if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        return ""
    places = PLACES.get(sys.platform, ())
    if event.nativeScanCode() in places:
        return FIGURES[places.index(event.nativeScanCode())]
    sign = chr(event.key()) if 0 < event.key() < 128 else ""
    return FIGURES[SIGNS.index(sign)] if sign and sign in SIGNS and not event.nativeScanCode() else ""


class KeyRecorder(QPushButton):
    """Pressed, it waits for keys; Esc, another click or leaving it ends that.

    Signals:
        recorded(str): the keys, as `normal` writes them.
    """

    recorded = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.toggled.connect(lambda _: self._show())
        self._show()

    def _show(self) -> None:
        self.setText(tr("Press the keys now…") if self.isChecked() else tr("Press new keys…"))

    def event(self, event: QEvent) -> bool:
        """Qt: while it waits every key is its own, also Tab and those of the window."""
        if self.isChecked() and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._take(event)
                return True
            if event.type() == QEvent.Type.KeyRelease:
                return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setChecked(False)
            return
        keys = pressed(event)
        if keys:
            self.setChecked(False)
            self.recorded.emit(keys)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Qt: keys go elsewhere now."""
        self.setChecked(False)
        super().focusOutEvent(event)
