"""Gives the whole program another style sheet without a stall: what can be seen at once, the rest in slices."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable
from time import perf_counter

import shiboken6
from PySide6.QtCore import QDir, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from segdesk import paths

SLICE = 0.006  # seconds
PREFIX, FILE = "segdesklook", "sheet.qss"
SHEET = f"file:///{PREFIX}:{FILE}"  # Qt reads it when it needs the rules, from the folder that the prefix stands for
log = logging.getLogger(__name__)


class Restyle(QObject):
    """The style sheet of the application, kept in a file, so that other rules do not mean another `app.styleSheet()`.

    `QApplication.setStyleSheet` looks every widget over at once, and each again for every parent that it has: 4,000
    times for 700 widgets. Here each is looked over once, those that are hidden later, or when they are shown.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._digest = ""
        self._waiting: dict[QWidget, None] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._slice)

    @property
    def waiting(self) -> int:
        """How many hidden widgets still have the rules before."""
        return len(self._waiting)

    def use(self, sheet: str, *, at_once: bool = False) -> None:
        """Take other rules. `at_once`: hidden widgets as well, since their size may have changed."""
        digest = hashlib.sha256(sheet.encode()).hexdigest()[:16]
        if digest == self._digest:
            return
        if not _provide(sheet, digest):
            self._digest = ""
            self._app.setStyleSheet(sheet)
            return
        self._digest = digest
        if self._app.styleSheet() != SHEET:
            self._app.setStyleSheet(SHEET)
            return
        self._app.style().unpolish(self._app)  # forgets the rules that were read
        self._app.style().polish(self._app)
        widgets = self._app.allWidgets()
        self._look_over(w for w in widgets if at_once or w.isVisible())
        hidden = [] if at_once else [w for w in widgets if not w.isVisible()]
        for widget in hidden:
            if widget.isHidden():  # the others come with their parent
                widget.installEventFilter(self)
        self._waiting = dict.fromkeys(hidden)
        self._timer.start()

    def settle(self) -> None:
        """Look over at once what waits."""
        while self._waiting:
            self._next()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: nothing is shown with the rules before. Children are shown before their parent is told."""
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            shown = [w for w in (watched, *watched.findChildren(QWidget)) if w in self._waiting and w.isVisible()]
            for widget in shown:
                del self._waiting[widget]
            self._look_over(shown)
        return False

    def _slice(self) -> None:
        end = perf_counter() + SLICE
        while self._waiting and perf_counter() < end:
            self._next()
        if not self._waiting:
            self._timer.stop()

    def _next(self) -> None:
        widget, _ = self._waiting.popitem()
        if shiboken6.isValid(widget):
            widget.removeEventFilter(self)
            self._look_over((widget,))

    def _look_over(self, widgets: Iterable[QWidget]) -> None:
        for widget in widgets:
            if shiboken6.isValid(widget):
                widget.style().polish(widget)
                QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))


def _provide(sheet: str, digest: str) -> bool:
    """Put the rules where `SHEET` leads now. False if they cannot be written."""
    folder = paths.user_cache_dir() / "looks" / digest
    try:
        if not (folder / FILE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / f"{os.getpid()}.part"
            part.write_text(sheet, "utf-8")
            part.replace(folder / FILE)
    except OSError as error:
        log.warning("the style sheet cannot be kept: %s", error)
        return False
    QDir.setSearchPaths(PREFIX, [str(folder)])
    return True
