"""What the tests of this folder share: a listener that a test can wait for, without sleeping."""

from __future__ import annotations

import threading
from collections.abc import Callable

from segdesk.app.jobs import Done, Failed, Progress, Stopped

TIMEOUT = 20.0  # seconds; reached only when something is broken
Ends = Done | Failed | Stopped


class Listener:
    """Collects reports; `wait` blocks until one of them fits."""

    def __init__(self) -> None:
        self.all: list[object] = []
        self._changed = threading.Condition()

    def __call__(self, report: object) -> None:
        with self._changed:
            self.all.append(report)
            self._changed.notify_all()

    def wait(self, fits: Callable[[object], bool]) -> object:
        """The first report that fits."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(fits(r) for r in self.all), TIMEOUT), self.all
            return next(r for r in self.all if fits(r))

    def end(self, job_id: int) -> Ends:
        """How a job ended."""
        found = self.wait(lambda r: isinstance(r, Ends) and r.job_id == job_id)
        assert isinstance(found, Ends)
        return found

    def ends(self) -> list[Ends]:
        """All ends so far, in order."""
        return [r for r in self.all if isinstance(r, Ends)]

    def progress(self, job_id: int) -> list[Progress]:
        """The progress of a job so far."""
        return [r for r in self.all if isinstance(r, Progress) and r.job_id == job_id]
