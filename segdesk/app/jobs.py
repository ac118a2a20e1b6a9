"""Jobs and the reports that they send: plain frozen values. How jobs are run is `worker`'s business."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from segdesk.domain.errors import SegDeskError

Lane = Literal["interactive", "batch"]
_numbers = itertools.count(1)


def next_job_id() -> int:
    """A number that no other job of this process has, whichever worker runs it."""
    return next(_numbers)


@dataclass(frozen=True)
class Pace:
    """How fast a batch goes and what it takes of the machine, both over the last half minute at most.

    `pictures`, `megapixels`: each second. `processor`: 0..1, the share of all cores that this program and its engine
    compute with; `memory_bytes`: what both hold resident. `graphics`: 0..1, the share of the time that nets ran on the
    graphics card, and `graphics_bytes`, what is taken of its memory by whomever; None on a processor. None also means
    that the system does not tell.
    """

    pictures: float
    megapixels: float
    processor: float | None = None
    memory_bytes: int | None = None
    graphics: float | None = None
    graphics_bytes: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a job is. `total` 0 = unknown; `text` is an English text marked with `N_` or a file name;
    `eta_seconds` None = not known yet. `paused` is True once when a batch stops at a pause. `pace`: of a batch, None
    until it is known."""

    job_id: int
    name: str
    done: int
    total: int
    text: str = ""
    eta_seconds: float | None = None
    paused: bool = False
    pace: Pace | None = None


@dataclass(frozen=True)
class Done:
    """The job came to its end; `value` is what it gave back."""

    job_id: int
    name: str
    value: Any = None


@dataclass(frozen=True)
class Failed:
    """The job ended with an error that a person can read."""

    job_id: int
    name: str
    error: SegDeskError


@dataclass(frozen=True)
class Stopped:
    """The job was cancelled, replaced by a newer one with its key, or never began because the program closed."""

    job_id: int
    name: str


class Context(Protocol):
    """What a running job sees of its worker. All methods may be called from the job's own helper threads."""

    @property
    def job_id(self) -> int:
        """The job's number."""
        ...

    def cancelled(self) -> bool:
        """True once somebody wants the job to end."""
        ...

    def check(self) -> None:
        """Raise `Cancelled` if somebody wants the job to end."""
        ...

    def progress(self, done: int, total: int, text: str = "", pace: Pace | None = None) -> None:
        """Report how far the job is; the worker adds the time that is left."""
        ...

    def report(self, value: object) -> None:
        """Send any other report to whoever listens."""
        ...


@dataclass(frozen=True)
class Job:
    """Something to do in a worker's thread.

    `name` is an English text marked with `N_`. `run(context)` either does the work and returns the value for `Done`,
    or returns a generator: then each `yield` is a place where a batch can be paused or cancelled and interactive jobs
    cut in, and the generator's return value goes into `Done`.
    `key`: of interactive jobs with the same key only the latest counts; "" = never replaced.
    """

    name: str
    run: Callable[[Context], object]
    key: str = ""
    lane: Lane = "interactive"
