"""`Watch`: how a thread that changes a document tells how far it is, and hears that it is to stop."""

from __future__ import annotations

import threading
import time

from segdesk.app.schedule import Rate
from segdesk.domain.edit import Tick
from segdesk.domain.errors import Cancelled


class Watch:
    """One change in the background. The thread calls `tick`, which raises `Cancelled` after `cancel`; the window reads
    `progress` as often as it likes. `name`: English text of what is done, marked by `N_`; `asked`: a person asked for
    it and waits, else it came by itself."""

    def __init__(self, name: str, *, asked: bool = True) -> None:
        self.name = name
        self.asked = asked
        self.progress: tuple[int, int] = 0, 0
        self._rate = Rate(5.0)
        self._stop = threading.Event()

    def tick(self, done: int, total: int) -> None:
        """Thread: so much is done. Raises `Cancelled`."""
        self.progress = done, total
        if self._stop.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Let it end; the map will be as it was before."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether it is to end."""
        return self._stop.is_set()

    def seconds_left(self) -> float | None:
        """About how long it still takes, None while that is not known. One thread only, the window's."""
        done, total = self.progress
        self._rate.add(time.monotonic(), done)
        return self._rate.seconds_left(total) if total else None


def part_of(tick: Tick, done: int, share: int, total: int) -> Tick:
    """The `Tick` of a piece of work that is `share` of `total`, where `done` is done already."""

    def inner(part: int, parts: int) -> None:
        tick(round(1000 * (done + share * part / max(1, parts))), 1000 * total)

    return inner
