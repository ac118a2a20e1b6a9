"""One thread that does jobs: interactive ones as soon as they come, batches step by step in between."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator

from segdesk.app.jobs import Done, Failed, Job, Pace, Progress, Stopped, next_job_id
from segdesk.app.schedule import Schedule, Task
from segdesk.domain.errors import Cancelled, SegDeskError

log = logging.getLogger(__name__)


def readable(error: BaseException) -> SegDeskError:
    """The error itself if it is made for a person; else a sentence that says where the details are (they are logged
    here, so call this once per error, inside the handler)."""
    if isinstance(error, SegDeskError):
        return error
    log.error("unexpected error", exc_info=error)
    if isinstance(error, MemoryError):
        return SegDeskError(
            "There was not enough memory.", "Close other programs, or work on smaller pictures, and try again."
        )
    return SegDeskError(
        "Something unexpected went wrong: {reason}.",
        "The log file has the details. Your work is kept; you can go on.",
        reason=f"{type(error).__name__}: {error}".rstrip(": "),
    )


class Worker:
    """Runs jobs in one thread. `on_report` is called from that thread, in order, and must not block for long.

    Methods may be called from any thread. Each job that `submit` accepted ends with exactly one of Done, Failed and
    Stopped. An interactive job that was cancelled counts as Stopped even if it came to its end; a batch that did all
    its steps before it saw the cancel is Done.
    """

    def __init__(
        self,
        on_report: Callable[[object], None],
        *,
        name: str = "worker",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_report = on_report
        self._clock = clock
        self._schedule = Schedule()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name=f"segdesk-{name}", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> int:
        """Queue a job; returns its number. Raises RuntimeError after `close`."""
        task = Task(next_job_id(), job)
        with self._changed:
            if self._closing:
                raise RuntimeError("the worker is closed")
            self._schedule.add(task)
            self._changed.notify_all()
        return task.id

    def cancel(self, job_id: int) -> bool:
        """Ask a job to end. False if it has ended already or is not ours."""
        return self._with_task(job_id, lambda task: task.cancelled.set())

    def cancel_all(self) -> None:
        """Ask every job to end."""
        with self._changed:
            self._schedule.cancel_all()
            self._changed.notify_all()

    def pause(self, job_id: int) -> bool:
        """Hold a batch at its next step; reported as `Progress(paused=True)`. Later batches may go on meanwhile."""
        return self._with_task(job_id, _set_paused)

    def resume(self, job_id: int) -> bool:
        """Let a paused batch go on."""
        return self._with_task(job_id, _clear_paused)

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Block until no job is left (a paused one is one). False if that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._schedule) == 0, timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Cancel all jobs and end the thread. False if a job has not given in after `timeout` seconds."""
        with self._changed:
            self._closing = True
            self._schedule.cancel_all()
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _with_task(self, job_id: int, act: Callable[[Task], None]) -> bool:
        with self._changed:
            task = self._schedule.find(job_id)
            if task is not None:
                act(task)
                self._changed.notify_all()
            return task is not None

    def _loop(self) -> None:
        while True:
            with self._changed:
                choice = self._schedule.pick()
                while choice is None:
                    if self._closing:
                        return
                    self._changed.wait()
                    choice = self._schedule.pick()
                action, task = choice
                if action == "hold":
                    task.held = True
            getattr(self, f"_{action}")(task)

    def _hold(self, task: Task) -> None:
        done, total, text = task.last
        self.report(Progress(task.id, task.job.name, done, total, text, paused=True))

    def _stop(self, task: Task) -> None:
        try:
            if task.steps is not None:
                task.steps.close()
        except Exception as error:  # what a batch cleans up may fail, for instance saving
            self._end(task, Failed(task.id, task.job.name, readable(error)))
        else:
            self._end(task, Stopped(task.id, task.job.name))

    def _run(self, task: Task) -> None:
        """An interactive job, from start to end."""
        self._guarded(task, self._to_the_end)

    def _step(self, task: Task) -> None:
        """The next step of a batch; its first call makes the generator."""
        self._guarded(task, self._one_step)

    def _guarded(self, task: Task, act: Callable[[Task], object]) -> None:
        """Do `act`, which returns the end report or None, and turn what it raises into the end report."""
        try:
            end = act(task)
        except Cancelled:
            end = Stopped(task.id, task.job.name)
        except BaseException as error:  # a thread that dies would leave the job without an end
            end = Failed(task.id, task.job.name, readable(error))
        if end is not None:
            self._end(task, end)

    def _to_the_end(self, task: Task) -> object:
        value = task.job.run(_Context(self, task))
        while isinstance(value, Generator):
            try:
                next(value)
            except StopIteration as stop:
                value = stop.value
                break
            if task.cancelled.is_set():
                value.close()
                break
        if task.cancelled.is_set():
            return Stopped(task.id, task.job.name)
        return Done(task.id, task.job.name, value)

    def _one_step(self, task: Task) -> object | None:
        if task.steps is None:
            value = task.job.run(_Context(self, task))
            if not isinstance(value, Generator):
                return Done(task.id, task.job.name, value)
            task.steps = value
            return None
        try:
            next(task.steps)
        except StopIteration as stop:
            return Done(task.id, task.job.name, stop.value)
        return None

    def _end(self, task: Task, report: object) -> None:
        task.steps = None
        self.report(report)
        with self._changed:
            self._schedule.remove(task)
            self._changed.notify_all()

    def report(self, value: object) -> None:
        """Send a report. A listener that raises is logged and does not end the thread."""
        try:
            self._on_report(value)
        except Exception:
            log.exception("a listener failed on %r", type(value).__name__)

    def progress(self, task: Task, done: int, total: int, text: str, pace: Pace | None = None) -> None:
        """Report progress of a task with the time that is left."""
        task.rate.add(self._clock(), done)
        task.last = (done, total, text)
        eta = task.rate.seconds_left(total) if total else None
        self.report(Progress(task.id, task.job.name, done, total, text, eta, pace=pace))


class _Context:
    """What a running job sees; implements `jobs.Context`."""

    def __init__(self, worker: Worker, task: Task) -> None:
        self._worker = worker
        self._task = task

    @property
    def job_id(self) -> int:
        return self._task.id

    def cancelled(self) -> bool:
        return self._task.cancelled.is_set()

    def check(self) -> None:
        if self._task.cancelled.is_set():
            raise Cancelled

    def progress(self, done: int, total: int, text: str = "", pace: Pace | None = None) -> None:
        self._worker.progress(self._task, done, total, text, pace)

    def report(self, value: object) -> None:
        self._worker.report(value)


def _set_paused(task: Task) -> None:
    task.paused = True


def _clear_paused(task: Task) -> None:
    task.paused = task.held = False
    task.rate.restart()
