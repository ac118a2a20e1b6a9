"""How fast a batch goes and how busy it keeps the machine: what a run's progress tells beside its count."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segdesk.app.jobs import Pace
from segdesk.engines.messages import Answer, usable_cores

WINDOW_SECONDS = 30.0
STEP_SECONDS = 0.25  # between two looks at the system, which take a tenth of a millisecond
_PROC = Path("/proc")


@dataclass(frozen=True)
class _Sample:
    """Totals at a time; `computed`: processor seconds of both processes, None where the system does not tell."""

    now: float
    pictures: int
    pixels: int
    forward: float
    computed: float | None


class Meter:
    """Counts the answers of a run; not thread-safe. `engine_pid()`: the engine process, None while there is none."""

    def __init__(self, engine_pid: Callable[[], int | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._engine_pid = engine_pid
        self._clock = clock
        self._pictures = self._pixels = 0
        self._forward = 0.0
        self._on_card = False
        self._card_bytes: int | None = None
        self._pid: int | None = None
        self._samples: deque[_Sample] = deque()
        self._pace: Pace | None = None

    @property
    def megapixels(self) -> float:
        """Of all pictures that were answered."""
        return self._pixels / 1e6

    def add(self, answer: Answer, pixels: int) -> None:
        """A picture was answered."""
        self._pictures += 1
        self._pixels += pixels
        self._forward += answer.seconds.get("forward", 0.0)
        self._on_card = answer.device not in ("cpu", "")
        self._card_bytes = answer.device_bytes or None

    def restart(self) -> None:
        """Forget how fast it was: a pause lies between."""
        self._samples.clear()
        self._pace = None

    def pace(self) -> Pace | None:
        """The pace over the last half minute; None until there are two moments to compare."""
        now = self._clock()
        if self._samples and now - self._samples[-1].now < STEP_SECONDS:
            return self._pace
        if self._samples and now - self._samples[-1].now > WINDOW_SECONDS:
            self.restart()
        pid = self._engine_pid()
        if pid != self._pid:  # a new engine counts from nothing
            self._samples.clear()
            self._pid = pid
        self._samples.append(_Sample(now, self._pictures, self._pixels, self._forward, computed_seconds(pid)))
        while len(self._samples) > 2 and now - self._samples[1].now >= WINDOW_SECONDS:
            self._samples.popleft()
        if len(self._samples) >= 2 and self._samples[-1].pictures > self._samples[0].pictures:
            self._pace = self._between(self._samples[0], self._samples[-1])
        return self._pace

    def _between(self, first: _Sample, last: _Sample) -> Pace:
        elapsed = last.now - first.now
        busy = None
        if first.computed is not None and last.computed is not None:
            busy = min(1.0, (last.computed - first.computed) / (elapsed * usable_cores()))
        return Pace(
            (last.pictures - first.pictures) / elapsed,
            (last.pixels - first.pixels) / elapsed / 1e6,
            processor=busy,
            memory_bytes=resident_bytes(self._pid),
            graphics=min(1.0, (last.forward - first.forward) / elapsed) if self._on_card else None,
            graphics_bytes=self._card_bytes if self._on_card else None,
        )


def computed_seconds(engine_pid: int | None) -> float | None:
    """Processor seconds of this process and the engine's so far; None where the system does not tell."""
    if engine_pid is None:
        return None
    try:
        words = (_PROC / str(engine_pid) / "stat").read_text().rpartition(")")[2].split()
        return time.process_time() + (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def resident_bytes(engine_pid: int | None) -> int | None:
    """Memory that this process and the engine's hold; what they share counts twice. None where it is not told."""
    try:
        pages = [int((_PROC / name / "statm").read_text().split()[1]) for name in ("self", str(engine_pid))]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None
