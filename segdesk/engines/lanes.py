"""What runs beside each other in the engine process: pictures on a processor, and the ends of answers on a card."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from segdesk.engines.messages import MOST_LANES, lane_threads, usable_cores


class Lanes:
    """Several pictures side by side on a processor, each with its share of the cores.

    One net on all cores waits at the end of every layer for the slowest of them; pictures beside each other do not, and
    what is done with an answer (upsampling, deciding) takes its turn in the same lane.
    """

    def __init__(self, count: int = 0, threads: int = 0) -> None:
        """`threads` of each of `count` lanes; 0 = as it suits this machine's cores."""
        self._count, self._threads = count or min(MOST_LANES, usable_cores()), threads or lane_threads()
        self._free = threading.Semaphore(self._count)
        self._pool = ThreadPoolExecutor(self._count, "lane", self._begin)

    def _begin(self) -> None:
        import torch

        torch.set_num_threads(self._threads)  # holds for this thread alone

    def enter(self, instead: Callable[[], bool]) -> bool:
        """Wait for a free lane; False if `instead` says that something else has come up."""
        while not self._free.acquire(timeout=0.02):
            if instead():
                return False
        return True

    def run(self, work: Callable[[], None]) -> None:
        """Do it in the lane that was entered."""
        self._pool.submit(self._run, work)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._free.release()


class Ends:
    """Threads that refine, decide and answer while the next pictures are on the card. So many wait at most that a slow
    refinement holds the card up instead of filling the memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pool = ThreadPoolExecutor(max(1, min(MOST_LANES, usable_cores() - 1)), "finish")
        self._running: deque[Future[None]] = deque()

    def run(self, work: Callable[[], None]) -> None:
        """Do it soon; blocks while too many wait. `work` must not raise."""
        while len(self._running) >= self._most:
            self._running.popleft().result()
        self._running.append(self._pool.submit(work))

    def settle(self) -> None:
        """Wait until all is done."""
        while self._running:
            self._running.popleft().result()
