"""The store thread: writes run one after another in the background; what fails stays in memory and is retried."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from segdesk.app.reports import SaveState, SaveStatus
from segdesk.app.worker import readable
from segdesk.domain.errors import Cancelled, SegDeskError

log = logging.getLogger(__name__)
TRIES = 3  # of a write that fails for a reason that no one foresaw; foreseen ones (a full disk) are retried for ever


@dataclass(eq=False)
class Write:
    """A write that waits. `owner`: the picture it belongs to; `payload`: what a reader needs before it is on disk."""

    run: Callable[[], object]
    key: str = ""
    owner: int | None = None
    payload: object = None
    on_lost: Callable[[SegDeskError], None] | None = None
    tries: int = 0


class Saver:
    """A queue of writes and the thread that does them, in order. Methods may be called from any thread.

    A write that raises `SegDeskError` stays first in the queue and is tried again every `retry_seconds` (None = only
    when asked), with each new write and on `poke`. `on_state` gets a `SaveState` whenever the state changes; it is
    called from the thread that changed it.
    """

    def __init__(self, on_state: Callable[[SaveState], None], *, retry_seconds: float | None = 3.0) -> None:
        self._on_state = on_state
        self._retry_seconds = retry_seconds
        self._queue: list[Write] = []
        self._changed = threading.Condition()
        self._writing = threading.RLock()  # held while a write runs, and by `hold`
        self._error: SegDeskError | None = None
        self._poked = False
        self._closing = False
        self._told: SaveStatus = "saved"
        self._thread = threading.Thread(target=self._loop, name="segdesk-store", daemon=True)
        self._thread.start()

    @property
    def state(self) -> SaveState:
        """The state now."""
        with self._changed:
            return SaveState(self._status(), len(self._queue), self._error)

    def put(
        self,
        run: Callable[[], object],
        *,
        key: str = "",
        owner: int | None = None,
        payload: object = None,
        on_lost: Callable[[SegDeskError], None] | None = None,
        room: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Queue a write; a waiting one with the same `key` is dropped in its favour.

        `room` > 0: block while that many wait already, so that a batch cannot fill the memory; raises the error that
        writing fails with, or `Cancelled`. `on_lost` is called if the write is given up after an unforeseen error.
        """
        with self._changed:
            if room:
                self._make_room(room, cancelled)
            if key:
                # the first write may be running just now: it stays, and the newer one comes after it
                self._queue[1:] = [w for w in self._queue[1:] if w.key != key]
            self._queue.append(Write(run, key, owner, payload, on_lost))
            self._poked = True
            self._changed.notify_all()
        self._tell()

    def flush(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Block until nothing waits. Raises the error that writing fails with, or `Cancelled`."""
        with self._changed:
            self._poked = True
            tried = self._error
            self._error = None  # a failure of before says nothing: the thread tries again now
            self._changed.notify_all()
            while self._queue and self._error is None:
                if cancelled():
                    self._error = tried
                    raise Cancelled
                self._changed.wait(0.1)
            if self._error is not None:
                raise self._error

    def waiting(self, owner: int) -> list[object]:
        """Payloads of the writes that wait for a picture, oldest first. Stable only inside `hold`."""
        with self._changed:
            return [w.payload for w in self._queue if w.owner == owner and w.payload is not None]

    @contextmanager
    def hold(self) -> Iterator[None]:
        """No write begins or ends inside the block."""
        with self._writing:
            yield

    def poke(self) -> None:
        """Try again now; what comes of it is reported even if it is what came of it before."""
        with self._changed:
            self._poked = True
            if self._queue:
                self._told = "saving"
            self._changed.notify_all()

    def close(self, timeout: float | None = None) -> bool:
        """Write what waits and end the thread. False if something could not be written."""
        with self._changed:
            self._closing = True
            self._poked = True
            self._changed.notify_all()
        self._thread.join(timeout)
        return not self._thread.is_alive() and not self._queue

    def _make_room(self, room: int, cancelled: Callable[[], bool]) -> None:
        while len(self._queue) >= room:
            if self._error is not None:
                raise self._error
            if cancelled():
                raise Cancelled
            self._changed.wait(0.1)

    def _status(self) -> SaveStatus:
        if self._error is not None:
            return "failed"
        return "saving" if self._queue else "saved"

    def _tell(self) -> None:
        with self._changed:
            state = SaveState(self._status(), len(self._queue), self._error)
            if state.status == self._told:
                return
            self._told = state.status
        try:
            self._on_state(state)
        except Exception:  # a listener's fault must not end the thread that saves
            log.exception("a listener failed on the state of saving")

    def _loop(self) -> None:
        while True:
            with self._changed:
                if not self._wait_for_work():
                    return
                self._poked = False
            self._write_first()
            self._tell()

    def _wait_for_work(self) -> bool:
        """Block until the first write may be tried; False = end of the thread."""
        while True:
            if self._queue and (self._error is None or self._poked):
                return True
            if self._closing:
                return False
            timeout = self._retry_seconds if self._queue else None
            if not self._changed.wait(timeout) and self._queue:
                return True

    def _write_first(self) -> None:
        """Do the first write and take it off the queue unless it is to be tried again."""
        with self._writing:
            write = self._queue[0]
            error = _attempt(write)
            with self._changed:
                again = error is not None and (write.tries == 0 or write.tries < TRIES)
                if not again:
                    self._queue.pop(0)
                self._error = error
                self._changed.notify_all()
        if error is not None and not again and write.on_lost is not None:
            write.on_lost(error)


def _attempt(write: Write) -> SegDeskError | None:
    """Run a write; returns what went wrong. Unforeseen errors are counted."""
    try:
        write.run()
    except SegDeskError as error:
        return error
    except Exception as error:
        write.tries += 1
        return readable(error)
    return None
