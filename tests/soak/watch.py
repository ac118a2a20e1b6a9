"""Watches a window from outside: when its thread stalls and in what, how much memory it holds."""

from __future__ import annotations

import faulthandler
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer

from segdesk.app.arenas import held

STALL = 0.1  # seconds without a turn of the event loop
LOOK = 0.02  # seconds between two looks of the watching thread
BEAT = 5  # milliseconds
ASLEEP = ("threading.py", "queue.py", "selectors.py", "connection.py", "watch.py", "socket.py")  # where threads wait
LINE = re.compile(r'File ".*?([^/"]+)", line (\d+) in (\S+)')
SAMPLE = 2.0  # seconds between two samples of memory


@dataclass(frozen=True)
class Stall:
    """The UI thread did not come round for `seconds`, of which it computed `busy` ones and stood ready, without a
    processor, for `queued` ones, for others were running; the rest it waited for a lock or a file. `read`: pages that
    it waited for until the disk had them (major faults). `doing`: the action; `stack`: where it was, seen while it
    lasted; `others`: in which line the threads were then that were not asleep."""

    seconds: float
    busy: float
    queued: float
    read: int
    doing: str
    stack: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def own(self) -> float:
        """What a machine that has nothing else to do would not have spared the person."""
        return self.seconds - self.queued


@dataclass
class Watch:
    """Made on the UI thread. `stalls`, and `memory`: (seconds, megabytes of this process, of its children)."""

    doing: str = ""
    stalls: list[Stall] = field(default_factory=list)
    memory: list[tuple[float, float, float]] = field(default_factory=list)
    used: list[tuple[float, float]] = field(default_factory=list)  # (seconds, megabytes asked for and not given back)

    def __post_init__(self) -> None:
        self._main = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._main)
        self._start = self._last = time.monotonic()
        self._busy, self._queued, self._read = time.clock_gettime(self._clock), self._queue(), self._pages()
        self._stack: tuple[str, ...] = ()
        self._others: tuple[str, ...] = ()
        self._paused = False
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the watch
        self._ended = threading.Event()
        self._timer = QTimer()
        self._timer.timeout.connect(self.beat)
        self._timer.start(BEAT)
        self._thread = threading.Thread(target=self._look, name="soak-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._timer.stop()
        self._ended.set()
        self._thread.join()
        self._file.close()

    def beat(self) -> None:
        """The event loop has come round."""
        now, busy, queued, read = time.monotonic(), time.clock_gettime(self._clock), self._queue(), self._pages()
        if now - self._last > STALL and not self._paused:
            lasted = now - self._last, busy - self._busy, queued - self._queued, read - self._read
            self.stalls.append(Stall(*lasted, self.doing, self._stack, self._others))
        self._stack = self._others = ()
        self._last, self._busy, self._queued, self._read = now, busy, queued, read

    @staticmethod
    def _queue() -> float:
        """Seconds that this process's first thread, which is the UI thread, stood ready without a processor."""
        try:
            return int(Path(f"/proc/self/task/{os.getpid()}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):  # not on this system
            return 0.0

    @staticmethod
    def _pages() -> int:
        """Major faults of the UI thread."""
        try:
            fields = Path(f"/proc/self/task/{os.getpid()}/stat").read_text().rpartition(")")[2].split()
            return int(fields[9])
        except (OSError, IndexError, ValueError):  # not on this system
            return 0

    @contextmanager
    def own_work(self) -> Iterator[None]:
        """What runs in the block is the watcher's own, not the window's."""
        self.beat()
        self._paused = True
        try:
            yield
        finally:
            self.beat()
            self._paused = False

    def _look(self) -> None:
        sampled = 0.0
        while not self._ended.wait(LOOK):
            now = time.monotonic()
            if now - self._last > STALL and not self._stack and not self._paused:
                self._stack, self._others = self._where()
            if now - sampled > SAMPLE:
                sampled = now
                self.memory.append((now - self._start, _megabytes(os.getpid()), _of_children()))
                self.used.append((now - self._start, held()[0] / 1e6))

    def _where(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Where the UI thread is, outermost first, and the innermost line of each other thread that does something.
        Without Python's frame objects: whoever holds one keeps what is in it, a painter for instance, alive after its
        function has ended, which Qt does not forgive."""
        self._file.seek(0)
        self._file.truncate()
        faulthandler.dump_traceback(self._file, all_threads=True)
        self._file.seek(0)
        threads = self._file.read().decode(errors="replace").split("\n\n")
        mine = [text for text in threads if f"0x{self._main:016x}" in text.partition("\n")[0]]
        others = [lines[0] for lines in (_lines(text) for text in threads if text not in mine) if lines]
        others = [line for line in others if not line.startswith(ASLEEP)]
        return tuple(reversed(_lines(mine[0])[:8])) if mine else (), tuple(others)

    def slope(self) -> float:
        """Megabytes an hour that this process grew by in the second half."""
        return _slope([(t, here) for t, here, _ in self.memory])

    def slope_of_use(self) -> float:
        """The same of what it has asked for: less what its allocator keeps, and what is its libraries'."""
        return _slope(self.used)

    def slope_of_children(self) -> float:
        """The same of the engine."""
        return _slope([(t, children) for t, _, children in self.memory])


def _lines(thread: str) -> list[str]:
    """The lines of one thread of a dump, innermost first."""
    found = [LINE.search(line) for line in thread.splitlines()[1:]]
    return [f"{m[1]}:{m[2]} {m[3]}" for m in found if m is not None]


def _slope(samples: list[tuple[float, float]]) -> float:
    later = np.array(samples[len(samples) // 2 :])
    if len(later) < 3:
        return 0.0
    return float(np.polyfit(later[:, 0] / 3600, later[:, 1], 1)[0])


def _megabytes(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _of_children() -> float:
    try:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        for task in Path("/proc/self/task").iterdir():
            children += (task / "children").read_text().split()
    except OSError:
        return 0.0
    return sum(_megabytes(int(pid)) for pid in set(children))
