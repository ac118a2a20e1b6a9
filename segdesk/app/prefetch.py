"""Decoding ahead of need: a cache for the pictures around the open one, and a look-ahead for batches."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from segdesk.app.worker import readable
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines.messages import usable_cores
from segdesk.io import images

READ_AHEAD = 4  # pictures that must fit the budget together
Stamp = tuple[str, int, int]
T = TypeVar("T")


class Sized(Protocol):
    """Something decoded."""

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        ...


R = TypeVar("R", bound=Sized)


def _stamp(path: Path) -> Stamp:
    """Changes when the file does, so that a picture edited elsewhere is decoded again."""
    try:
        info = os.stat(path)
    except OSError:
        return str(path), 0, 0
    return str(path), info.st_mtime_ns, info.st_size


class Prefetch:
    """Decoded pictures, (H, W, 3) uint8 RGB, read-only, least recently used first out. Any thread may call."""

    def __init__(
        self, budget_bytes: int = 512 << 20, *, threads: int = 2, read: Callable[[Path], np.ndarray] = images.read
    ) -> None:
        self._budget = budget_bytes
        self._read = read
        self._lock = threading.RLock()  # a future that is cancelled calls back at once
        self._kept: OrderedDict[Stamp, np.ndarray] = OrderedDict()
        self._coming: dict[Stamp, Future[np.ndarray]] = {}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="segdesk-decode")

    @property
    def nbytes(self) -> int:
        """Memory of the pictures that are kept."""
        with self._lock:
            return sum(p.nbytes for p in self._kept.values())

    def worth(self, nbytes: int) -> bool:
        """Whether a picture of so many bytes is small enough to be read ahead: a few of them must fit the budget."""
        return nbytes * READ_AHEAD <= self._budget

    def ready(self, path: Path) -> np.ndarray | None:
        """The picture, if it is decoded already."""
        stamp = _stamp(path)
        with self._lock:
            if stamp in self._kept:
                self._kept.move_to_end(stamp)
            return self._kept.get(stamp)

    def get(self, path: Path) -> np.ndarray:
        """The picture; blocks while it is decoded. Raises what `images.read` raises."""
        found = self.ready(path)
        if found is not None:
            return found
        stamp = _stamp(path)
        with self._lock:
            coming = self._coming.get(stamp)
        if coming is not None and not coming.cancel():  # one that waits for a thread is quicker decoded here
            return coming.result()
        return self._decode(stamp, path)

    def want(self, paths: Sequence[Path]) -> None:
        """Decode these in the background, the first first; what was wanted before and has not begun is forgotten."""
        stamps = {_stamp(p): p for p in paths}
        with self._lock:
            for stamp, future in list(self._coming.items()):
                if stamp not in stamps and future.cancel():
                    self._coming.pop(stamp, None)
            fresh = [s for s in stamps if s not in self._kept and s not in self._coming]
            for stamp in fresh:
                self._coming[stamp] = self._pool.submit(self._decode, stamp, stamps[stamp])
                self._coming[stamp].add_done_callback(lambda _, stamp=stamp: self._came(stamp))

    def set_budget(self, budget_bytes: int) -> None:
        """Keep at most so much from now on."""
        with self._lock:
            self._budget = budget_bytes
            self._shed()

    def clear(self) -> None:
        """Forget everything."""
        self.want([])
        with self._lock:
            self._kept.clear()

    def close(self) -> None:
        """End the threads; running decodes are waited for."""
        self.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _came(self, stamp: Stamp) -> None:
        with self._lock:
            self._coming.pop(stamp, None)

    def _decode(self, stamp: Stamp, path: Path) -> np.ndarray:
        pixels = self._read(path)
        pixels.setflags(write=False)
        with self._lock:
            self._kept[stamp] = pixels
            self._kept.move_to_end(stamp)
            self._shed()
        return pixels

    def _shed(self) -> None:
        total = sum(p.nbytes for p in self._kept.values())
        while total > self._budget and self._kept:
            total -= self._kept.popitem(last=False)[1].nbytes


def read_ahead(
    items: Iterable[tuple[T, Path]],
    *,
    read: Callable[[Path], R] = images.read,
    threads: int = 0,
    ahead: int = 0,
    budget_bytes: int = 512 << 20,
    cancelled: Callable[[], bool] = lambda: False,
) -> Generator[tuple[T, R | SegDeskError], None, None]:
    """Decode pictures in threads and give them in order as (item, what `read` gave or what was wrong).

    `threads`: 0 = half the cores, at least 2 and at most 8. At most `ahead` pictures (0 = two for each thread) are
    decoded beyond the one given, fewer where they are so large that they would pass
    `budget_bytes`. Raises `Cancelled`. Close the generator to end its threads.
    """
    threads = threads or max(2, min(8, usable_cores() // 2))
    ahead = ahead or 2 * threads
    source = iter(items)
    waiting: deque[tuple[T, Future[R]]] = deque()
    largest = 1
    pool = ThreadPoolExecutor(threads, thread_name_prefix="segdesk-batch-decode")
    try:
        while True:
            while len(waiting) < max(1, min(ahead, budget_bytes // largest)):
                item = next(source, None)
                if item is None:
                    break
                waiting.append((item[0], pool.submit(read, item[1])))
            if not waiting:
                return
            if cancelled():
                raise Cancelled
            key, future = waiting.popleft()
            result = _result(future)
            if not isinstance(result, SegDeskError):
                largest = max(largest, result.nbytes)
            yield key, result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _result(future: Future[R]) -> R | SegDeskError:
    try:
        return future.result()
    except Exception as error:
        return readable(error)
