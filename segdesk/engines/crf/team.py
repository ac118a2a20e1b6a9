"""Threads that share the loops of one CRF and stop together within some milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import numpy as np
import torch

from segdesk.domain.errors import Cancelled

MOST = 4  # each thread has lattice values of its own: more threads would need too much memory
ASK_SECONDS = 0.01

Cancel = Callable[[], bool]
T = TypeVar("T")


class Team:
    """As many threads as torch may use here, at most `MOST`. To be used with `with`, by one thread.

    `stop`: (1,) uint8, set as soon as `cancelled` says so; long loops look at it.
    """

    def __init__(self, cancelled: Cancel, threads: int = 0) -> None:
        self.size = threads or max(1, min(MOST, torch.get_num_threads()))
        self.stop = np.zeros(1, np.uint8)
        self._cancelled = cancelled
        self._pool = ThreadPoolExecutor(self.size, "crf")

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop[0] = 1
        self._pool.shutdown()

    def check(self) -> None:
        """Raises `Cancelled` if that is wished."""
        if self._cancelled():
            raise Cancelled

    def all(self, calls: list[Callable[[], T]]) -> list[T]:
        """Do all of it side by side; the results in order. Raises `Cancelled`."""
        futures = [self._pool.submit(call) for call in calls]
        waiting = set(futures)
        while waiting:
            if not self.stop[0] and self._cancelled():
                self.stop[0] = 1
            waiting = wait(waiting, ASK_SECONDS).not_done
        if self.stop[0]:
            raise Cancelled
        return [future.result() for future in futures]

    def share(self, count: int, work: Callable[[int, int, int], object], chunk: int = 1 << 14) -> None:
        """Do `work(thread, first, last)` for all of 0..`count`: a stretch for each thread, in chunks."""

        def stretch(thread: int) -> None:
            last = count * (thread + 1) // self.size
            for first in range(count * thread // self.size, last, chunk):
                if self.stop[0]:
                    return
                work(thread, first, min(first + chunk, last))

        self.all([lambda thread=thread: stretch(thread) for thread in range(self.size)])
