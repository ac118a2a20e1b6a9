"""The worker threads of a session by name, and the ends of their jobs for those who wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from segdesk.app.jobs import Context, Done, Failed, Job, Lane, Stopped
from segdesk.app.worker import Worker

KEPT_ENDS = 1_000


class Workers:
    """Several workers that report to one listener. Job numbers are unique over all of them. `awaited`: somebody may
    `wait` for jobs; else their ends are not kept, for one may hold a whole picture."""

    def __init__(self, names: Sequence[str], on_report: Callable[[object], None], *, awaited: bool = True) -> None:
        self._on_report = on_report
        self._awaited = awaited
        self._ends: dict[int, Done | Failed | Stopped] = {}
        self._ended = threading.Condition()
        self._workers = {name: Worker(self.report, name=name) for name in names}

    def submit(
        self, worker: str, name: str, run: Callable[[Context], object], *, key: str = "", lane: Lane = "interactive"
    ) -> int:
        """Give a job to a worker; returns the job's number."""
        return self._workers[worker].submit(Job(name, run, key=key, lane=lane))

    def cancel(self, job_id: int) -> None:
        """Ask a job to end."""
        for worker in self._workers.values():
            worker.cancel(job_id)

    def pause(self, job_id: int) -> None:
        """Hold a batch at its next step."""
        for worker in self._workers.values():
            worker.pause(job_id)

    def resume(self, job_id: int) -> None:
        """Let a paused batch go on."""
        for worker in self._workers.values():
            worker.resume(job_id)

    def cancel_all(self, names: Iterable[str] = ()) -> None:
        """Ask all jobs of these workers (of all, if none is named) to end."""
        for name in names or self._workers:
            self._workers[name].cancel_all()

    def wait_idle(self, names: Iterable[str], check: Callable[[], None]) -> None:
        """Block until these workers have nothing left to do; `check` is called now and then and may raise."""
        for name in names:
            while not self._workers[name].wait_idle(0.1):
                check()

    def wait(self, job_id: int, timeout: float | None) -> Done | Failed | Stopped | None:
        """Block until a job has ended and take its end; None after `timeout` seconds. The latest ends are kept.
        RuntimeError where they are not."""
        if not self._awaited:
            raise RuntimeError("the ends of jobs are not kept here")
        with self._ended:
            self._ended.wait_for(lambda: job_id in self._ends, timeout)
            return self._ends.pop(job_id, None)

    def close(self, timeout: float) -> bool:
        """End all threads; False if a job did not give in within `timeout` seconds."""
        ended = [worker.close(timeout) for worker in self._workers.values()]
        return all(ended)

    def report(self, value: object) -> None:
        """Pass a report on, from whatever thread; note it if it ends a job."""
        if self._awaited and isinstance(value, (Done, Failed, Stopped)):
            with self._ended:
                self._ends[value.job_id] = value
                while len(self._ends) > KEPT_ENDS:
                    del self._ends[next(iter(self._ends))]
                self._ended.notify_all()
        self._on_report(value)
