"""Which task a worker does next: the rules of the two lanes, without threads; `worker` has the thread and the lock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Literal

from segdesk.app.jobs import Job

Action = Literal["stop", "hold", "run", "step"]


class Rate:
    """Time that is left, from how fast things went lately (not since the start, which a slow first picture spoils)."""

    def __init__(self, window_seconds: float = 30.0) -> None:
        self._window = window_seconds
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, now: float, done: int) -> None:
        """Note that `done` things are done at `now` (seconds)."""
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= self._window:
            self._samples.popleft()

    def restart(self) -> None:
        """Forget: a pause lies between."""
        self._samples.clear()

    def seconds_left(self, total: int) -> float | None:
        """Seconds until `total` is done, or None while that cannot be said."""
        if len(self._samples) < 2:
            return None
        (t0, d0), (t1, d1) = self._samples[0], self._samples[-1]
        if d1 <= d0 or t1 <= t0:
            return None
        return max(0, total - d1) * (t1 - t0) / (d1 - d0)


@dataclass(eq=False)
class Task:
    """A job on its way through a worker."""

    id: int
    job: Job
    cancelled: threading.Event = field(default_factory=threading.Event)
    paused: bool = False
    held: bool = False  # the pause has been reported
    steps: Generator[object, None, object] | None = None
    rate: Rate = field(default_factory=Rate)
    last: tuple[int, int, str] = (0, 0, "")


class Schedule:
    """The tasks of one worker, in the order they came. Not thread-safe by itself."""

    def __init__(self) -> None:
        self._tasks: list[Task] = []

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: Task) -> None:
        """Take a task in; older interactive ones with its key are to be stopped."""
        if task.job.key and task.job.lane == "interactive":
            for older in self._tasks:
                if older.job.key == task.job.key and older.job.lane == "interactive":
                    older.cancelled.set()
        self._tasks.append(task)

    def find(self, task_id: int) -> Task | None:
        """The task with this number, or None if it has ended or is another worker's."""
        return next((t for t in self._tasks if t.id == task_id), None)

    def remove(self, task: Task) -> None:
        """A task has ended."""
        self._tasks.remove(task)

    def cancel_all(self) -> None:
        """Every task is to be stopped."""
        for task in self._tasks:
            task.cancelled.set()

    def pick(self) -> tuple[Action, Task] | None:
        """What to do next, or None if there is nothing.

        In this order: "stop" a cancelled task, "hold" (report once) a batch that was paused, "run" an interactive
        task to its end, "step" the oldest batch that is not paused.
        """
        for task in self._tasks:
            if task.cancelled.is_set():
                return "stop", task
        for task in self._tasks:
            if task.job.lane == "batch" and task.paused and not task.held:
                return "hold", task
        for task in self._tasks:
            if task.job.lane == "interactive":
                return "run", task
        for task in self._tasks:
            if not task.paused:
                return "step", task
        return None
