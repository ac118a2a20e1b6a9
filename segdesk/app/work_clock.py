"""How long a person has worked on a picture: the clock runs from input to input and stands still in breaks."""

from __future__ import annotations

import time
from collections.abc import Callable

PAUSE = 30.0  # seconds without input after which the clock stands still


class WorkClock:
    """Counts seconds of work. `now` gives seconds from any origin; one thread."""

    def __init__(self, now: Callable[[], float] = time.monotonic, pause: float = PAUSE) -> None:
        self._now = now
        self._pause = pause
        self._last = now()
        self._spent = 0.0

    def start(self) -> None:
        """A picture is open from now on; what was not taken is forgotten."""
        self._last = self._now()
        self._spent = 0.0

    def tick(self) -> None:
        """The person did something: the time since the last input counts, a break at most as long as the pause."""
        now = self._now()
        self._spent += min(max(0.0, now - self._last), self._pause)
        self._last = now

    def take(self) -> float:
        """The seconds since the last call, up to the last input."""
        spent, self._spent = self._spent, 0.0
        return spent
