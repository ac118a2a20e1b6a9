"""Tells what only shows what can be done now, once for all changes of a turn of the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk


class Telling(QObject):
    """Many `Desk.conditions_changed` become one `told`. Going to another picture changes them six to nine times. What
    enables actions follows them at once all the same: a key may come before.

    Signals:
        told(): what can be done may have changed.
    """

    told = Signal()
    _due = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._waiting = False
        desk.conditions_changed.connect(self._wait)
        self._due.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def _wait(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._due.emit()

    def _tell(self) -> None:
        self._waiting = False
        self.told.emit()
