"""Threads that share the loops of one CRF and stop together within some milliseconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as StillWorking
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch

from segdesk.domain.errors import Cancelled

MOST = 8  # what every thread has of its own grows with them
ASK_SECONDS = 0.005
GRACE_SECONDS = 0.02  # in which loops that look at `stop` have ended

Cancel = Callable[[], bool]
T = TypeVar("T")


class Team:
    """As many threads as torch may use here, at most `MOST`. To be used with `with`, by one thread.

    `stop`: (1,) uint8, set as soon as `cancelled` says so; long loops look at it. `progress` is told the share of the
    work that is done (0..1), by the thread that uses the team; `weight`: how much of it the present part is.
    """

    def __init__(
        self, cancelled: Cancel, threads: int = 0, progress: Callable[[float], object] = lambda _: None
    ) -> None:
        self.size = threads or max(1, min(MOST, torch.get_num_threads()))
        self.stop = np.zeros(1, np.uint8)
        self.weight = 1.0
        self._cancelled, self._progress, self._done = cancelled, progress, 0.0
        self._pool = ThreadPoolExecutor(self.size, "crf")

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop[0] = 1
        self._pool.shutdown(wait=False)

    def check(self) -> None:
        """Raises `Cancelled` if that is wished."""
        if self._cancelled():
            raise Cancelled

    def all(self, calls: list[Callable[[], T]]) -> list[T]:
        """Do all of it side by side; the results in order. Raises `Cancelled`, then without waiting for a call that
        does not look at `stop`: such a one must write only into what nobody else has."""
        return self._results([self._pool.submit(call) for call in calls])

    def _results(self, futures: list[Future[T]]) -> list[T]:
        for future in futures:
            while not self._ended(future):
                if self._cancelled():
                    self.stop[0] = 1
                    wait(futures, GRACE_SECONDS)
                    raise Cancelled
        if self.stop[0]:
            raise Cancelled
        return [future.result() for future in futures]

    @staticmethod
    def _ended(future: Future[T]) -> bool:
        """Whether it has ended, after a short wait."""
        try:
            future.exception(ASK_SECONDS)
        except StillWorking:
            return False
        return True

    def _along(self, calls: list[Callable[[], object]]) -> None:
        """Do all of it side by side, the first call by this thread: one less to be woken. Each looks at `stop` every
        few milliseconds. Raises `Cancelled`."""
        futures = [self._pool.submit(call) for call in calls[1:]]
        try:
            calls[0]()
        except BaseException:
            self.stop[0] = 1
            wait(futures, GRACE_SECONDS)
            raise
        self._results(futures)

    def _go_on(self, asks: bool) -> bool:
        """Whether nothing is to stop; the thread that `asks` finds out."""
        if asks and self._cancelled():
            self.stop[0] = 1
        return not self.stop[0]

    def apart(self, call: Callable[[], T]) -> T:
        """Do it on another thread, so that stopping need not wait for it; see `all`."""
        return self.all([call])[0]

    def stretches(self, first: int, last: int) -> list[tuple[int, int]]:
        """A range in as many parts as there are threads: the same that `own` makes."""
        return list(pairwise(first + (last - first) * i // self.size for i in range(self.size + 1)))

    def share(self, count: int, work: Callable[[int, int], object], chunk: int = 1 << 13) -> None:
        """Do `work(first, last)` for all of 0..`count` in chunks, each by the thread that is free."""
        turns = itertools.count()

        def stretch(asks: bool) -> None:
            for turn in turns:
                if turn * chunk >= count or not self._go_on(asks):
                    return
                work(turn * chunk, min(turn * chunk + chunk, count))

        some = min(self.size, -(-count // chunk))
        if some:
            self._along([lambda i=i: stretch(i == 0) for i in range(some)])

    def own(self, count: int, work: Callable[[int, int], object], chunk: int = 1 << 13) -> None:
        """As `share`, but each thread does its own of `stretches`."""

        def stretch(start: int, last: int) -> None:
            for first in range(start, last, chunk):
                if not self._go_on(start == 0):
                    return
                work(first, min(first + chunk, last))

        self._along([lambda a=a, b=b: stretch(a, b) for a, b in self.stretches(0, count)])

    def advance(self, share: float) -> None:
        """Say that some of the work is done: `share` of what `weight` says of the present part."""
        self._done += share * self.weight
        self._progress(min(1.0, self._done))
