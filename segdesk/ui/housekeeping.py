"""Keeps the memory of a window that is open for days small, and the garbage collector off the person's hand."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from segdesk.app.arenas import give_back

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

SETTLING = (20, 60, 180)  # seconds after the start at which what is there is taken for what stays
OFTEN = 120_000  # milliseconds between two looks at whether there is something to give back
MUCH = 100_000_000  # bytes; less is kept, for it will be needed again
SOON = 3_000  # where somebody is at work just then


class Housekeeping(QObject):
    """Made once the window is shown; lives as long as it.

    What is there at the start, the modules and lists that are loaded soon after it too, stays: it is taken out of what
    the garbage collector looks over, which took 50 to 100 ms of the UI thread, now and then, also within a stroke. And
    a hundred megabytes that large pictures have left in the allocator go back to the system, when nothing is under way.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._worker: threading.Thread | None = None
        gc.freeze()
        for seconds in SETTLING:
            QTimer.singleShot(seconds * 1000, self, lambda: gc.freeze())
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tidy)
        self._timer.start(OFTEN)

    def tidy(self) -> None:
        """Give memory back, in a thread, or try again soon if somebody is at work."""
        if self._at_work():
            self._timer.start(SOON)
            return
        self._timer.start(OFTEN)
        self._worker = threading.Thread(target=give_back, args=(MUCH,), name="housekeeping", daemon=True)
        self._worker.start()

    def _at_work(self) -> bool:
        document, desk = self._window.desk.labels.document, self._window.desk
        busy = document is not None and (document.painting or document.changes.under_way)
        held = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        return busy or held or bool(desk.jobs) or (self._worker is not None and self._worker.is_alive())
