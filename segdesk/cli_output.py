"""What the command line prints: a progress bar on a terminal, plain lines elsewhere, and errors as one sentence."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, TextIO

from tqdm import tqdm

from segdesk.app.jobs import Done, Failed, Pace, Progress, Stopped
from segdesk.app.reports import SaveState
from segdesk.app.session import Session
from segdesk.domain.errors import Cancelled, SegDeskError

LINE_EVERY = 2.0  # seconds between two plain progress lines


class Output:
    """Takes a session's reports (any thread). Results go to standard output, progress and problems to the error
    stream, so that the output can be piped."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None, *, quiet: bool = False) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self._quiet = quiet
        self._lock = threading.Lock()
        self._bar: tqdm[Any] | None = None
        self._next_line = 0.0

    def __call__(self, report: object) -> None:
        """A report of the session."""
        if isinstance(report, Progress) and not self._quiet:
            with self._lock:
                self._progress(report)
        elif isinstance(report, (Done, Failed, Stopped)):
            with self._lock:
                self._end_bar()
        elif isinstance(report, SaveState) and report.error is not None:
            self.problem(report.error)

    def line(self, text: str) -> None:
        """A line of the result."""
        with self._lock:
            self._end_bar()
            print(text, file=self.out, flush=True)

    def note(self, text: str) -> None:
        """A line beside the result."""
        with self._lock:
            self._end_bar()
            print(text, file=self.err, flush=True)

    def problem(self, error: SegDeskError) -> None:
        """A sentence on what is wrong, and what to do."""
        hint = error.hint_text()
        self.note(f"segdesk: {error.text()}" + (f" {hint}" if hint else ""))

    def _progress(self, report: Progress) -> None:
        if self.err.isatty():
            self._draw(report)
            return
        now = time.monotonic()
        last = report.total and report.done >= report.total
        if report.done and (now >= self._next_line or last):
            self._next_line = now + LINE_EVERY
            total = f"/{report.total}" if report.total else ""
            told = ", ".join([f"{report.done}{total}", *_pace(report.pace), *_left(report.eta_seconds)])
            print(f"{report.name}: {told}", file=self.err, flush=True)

    def _draw(self, report: Progress) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=report.total or None, desc=report.name, file=self.err, dynamic_ncols=True, leave=True
            )
        self._bar.total = report.total or None
        self._bar.n = report.done
        self._bar.set_postfix_str(", ".join([report.text[-30:], *_pace(report.pace)]), refresh=False)
        self._bar.refresh()

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _left(seconds: float | None) -> list[str]:
    if seconds is None or seconds < 1:
        return []
    minutes, rest = divmod(round(seconds), 60)
    return [f"{minutes} min {rest} s left" if minutes else f"{rest} s left"]


def _pace(pace: Pace | None) -> list[str]:
    """How fast a run goes and how busy it keeps the machine, as far as that is known."""
    if pace is None:
        return []
    shares = ("graphics card", pace.graphics), ("processor", pace.processor)
    return [f"{pace.pictures:.3g} pictures/s", *(f"{word} {share:.0%}" for word, share in shares if share is not None)]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines: the first column to the left, the others to the right, each as wide as it must be."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    cells = ([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))] for row in rows)
    return ["  ".join(each).rstrip() for each in cells]


def value_of(session: Session, job_id: int) -> Any:
    """Wait for a job and return its value; raises its error, or `Cancelled` if it was stopped. Ctrl+C gets through."""
    end = None
    while end is None:
        end = session.wait(job_id, 0.2)
    if isinstance(end, Failed):
        raise end.error
    if isinstance(end, Stopped):
        raise Cancelled
    return end.value
