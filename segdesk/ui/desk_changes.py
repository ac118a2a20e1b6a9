"""`Changing`: a long change of the open document (undo of a large step, an operation) as a row among the jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from segdesk.app.jobs import Progress, next_job_id
from segdesk.app.watch import Watch

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

EVERY_MS = 100
SCALE = 1_000  # parts that a row counts, whatever the work counts


class Changing(QObject):
    """Part of `Desk`; follows `Labels.state_changed`. Cancelling leaves the map as it was."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._watch: Watch | None = None
        self._job = 0
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._show)
        desk.labels.state_changed.connect(self._follow)

    def cancel(self) -> None:
        """Let the change that is shown end."""
        if self._watch is not None:
            self._watch.cancel()

    def _follow(self) -> None:
        document = self._desk.labels.document
        watch = None if document is None else document.changes.watch
        if watch is self._watch:
            return
        if self._watch is not None:
            self._timer.stop()
            self._desk.end(self._job)
        self._watch = watch
        if watch is not None:
            self._job = self._desk.track(next_job_id(), watch.name, cancel=self.cancel)
            self._timer.start()

    def _show(self) -> None:
        watch = self._watch
        if watch is not None:
            done, total = watch.progress
            part = round(SCALE * done / total) if total else 0
            self._desk.tell_progress(Progress(self._job, watch.name, part, SCALE, eta_seconds=watch.seconds_left()))
