"""The button of an error that puts its details on the clipboard. They are gathered in a thread: logs are files."""

from __future__ import annotations

import logging
import threading

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from segdesk.app.details import details
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import name

log = logging.getLogger(__name__)


class Gathering(QObject):
    """Gathers the details of one error and puts them on the clipboard, also when the message has gone meanwhile.

    Signals:
        copied(text)
    """

    copied = Signal(str)
    _gathered = Signal(str)

    def __init__(self, sentence: str, hint: str) -> None:
        super().__init__(QCoreApplication.instance())
        self._words = sentence, hint
        self._gathered.connect(self._copy)  # queued: it is sent from another thread

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._gather, name="segdesk-details", daemon=True).start()

    def _gather(self) -> None:
        try:
            text = details(*self._words)
        except Exception:  # the words that are on the screen are better than nothing
            log.exception("the details of an error could not be gathered")
            text = "\n".join(self._words)
        self._gathered.emit(text)

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(text)
        self.deleteLater()


class CopyDetails(QPushButton):
    """ "Copy details" of an error that is shown as a sentence and a hint."""

    def __init__(self, sentence: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(tr("Copy details"), parent)
        self.setProperty("kind", "quiet")
        name(self, tr("Copy the message, versions and the last lines of the log, without your name, to ask somebody"))
        self._words = sentence, hint
        self.clicked.connect(self._start)

    def _start(self) -> None:
        self.setEnabled(False)
        gathering = Gathering(*self._words)
        gathering.copied.connect(self._done)
        gathering.start()

    def _done(self) -> None:
        self.setEnabled(True)
        self.setText(tr("Copied"))
