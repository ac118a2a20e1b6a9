"""The only place where a report of a worker thread becomes a queued Qt signal. Progress is coalesced to 20 Hz a job."""

from __future__ import annotations

import threading
import time
from collections import deque

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from segdesk.app.jobs import Done, Failed, Progress, Stopped

INTERVAL = 0.05  # seconds between two progress reports of one job
BUDGET = 0.008  # seconds of the UI thread that one round may take before it lets other events in


class Bridge(QObject):
    """Call it with a report from any thread; `report` is emitted on the thread that made the bridge, in order.

    Signals:
        report(object): one report.
    """

    report = Signal(object)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._queue: deque[object] = deque()
        self._progress: dict[int, Progress] = {}
        self._shown: dict[int, float] = {}
        self._awake = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        self._wake.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def __call__(self, report: object) -> None:
        """Take a report (any thread); returns at once."""
        with self._lock:
            if isinstance(report, Progress):
                self._progress[report.job_id] = report
            else:
                self._queue.append(report)
            if self._awake:
                return
            self._awake = True
        try:
            self._wake.emit()
        except RuntimeError:  # the window is gone already; nobody is left to tell
            return

    def _drain(self) -> None:
        end = time.monotonic() + BUDGET
        while True:
            with self._lock:
                if not self._queue:
                    self._awake = False
                    break
                report = self._queue.popleft()
                self._forget(report)
            self.report.emit(report)
            if time.monotonic() > end:
                self._timer.start(0)
                return
        self._send_progress()

    def _forget(self, report: object) -> None:
        """A job that has ended needs no more progress."""
        if isinstance(report, (Done, Failed, Stopped)):
            self._progress.pop(report.job_id, None)
            self._shown.pop(report.job_id, None)

    def _send_progress(self) -> None:
        now = time.monotonic()
        with self._lock:
            due = [i for i in self._progress if now - self._shown.get(i, 0.0) >= INTERVAL]
            ready = [self._progress.pop(i) for i in due]
            for item in ready:
                self._shown[item.job_id] = now
            wait = bool(self._progress)
            self._awake = self._awake or wait
        for item in ready:
            self.report.emit(item)
        if wait:
            self._timer.start(int(INTERVAL * 1000))
