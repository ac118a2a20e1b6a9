"""`Background`: runs a function in a thread and hands its result to the UI thread. For work of the canvas alone."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from segdesk.domain.errors import SegDeskError


class Background(QObject):
    """One short-lived thread a call; results come in through a queued signal. `problem(error)`: what was done with a
    result raised a `SegDeskError`."""

    problem = Signal(object)
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        """Run `work()` in a thread, then `then(result)` on the UI thread. `work` must not raise."""

        def body() -> None:
            result = work()
            with contextlib.suppress(RuntimeError):  # the canvas is gone, and nobody waits for the result
                self._done.emit(then, result)

        threading.Thread(target=body, name="canvas", daemon=True).start()

    def _deliver(self, then: Callable[[object], None], result: object) -> None:
        try:
            then(result)
        except SegDeskError as error:
            self.problem.emit(error)
