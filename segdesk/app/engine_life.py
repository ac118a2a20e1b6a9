"""One life of the engine process: what was asked of it, and the thread that reads its replies. `EngineProcess` begins
another when it is over."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from segdesk.app.engine_spawn import last_line, spawn
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines.messages import Answer
from segdesk.engines.wire import Began, Blocks, Forget, Pipe, Reply, Step, with_map

STOP_SECONDS = 2.0


@dataclass(eq=False)
class Ticket:
    """One question to the engine and, once `done` is set, its outcome.

    `outcome`: the reply's value, an error, or None if the process died of another ticket: ask again.
    """

    number: int
    block: str | None = None
    begun: bool = False
    progress: Callable[[int, int], None] | None = None
    outcome: object = None
    done: threading.Event = field(default_factory=threading.Event)


class Life:
    """From the start of the process to its end. `ask`, `forget` and `stop` may be called from any thread."""

    def __init__(self, arguments: list[str], log: Path, blocks: Blocks) -> None:
        self._blocks = blocks
        self._log = log
        self._tickets: dict[int, Ticket] = {}
        self._lock = threading.Lock()
        self._over = False
        self._heard = False
        self._stopping = False
        self._process = spawn(arguments, log)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe = Pipe(self._process.stdout, self._process.stdin)  # type: ignore[arg-type]  # both are binary
        self._reader = threading.Thread(target=self._read, name="engine replies", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return not self._over and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, ticket: Ticket, message: object) -> None:
        """Send; where the process is gone, the ticket comes back as one to ask again."""
        with self._lock:
            if not self._over:
                self._tickets[ticket.number] = ticket
        if ticket.number in self._tickets:
            with suppress(OSError, ValueError):  # gone: the reader thread settles the ticket
                self._pipe.send(message)
        elif not ticket.done.is_set():
            self._settle(ticket, None if self._had_started() else _never_started(self._log))

    def forget(self, ticket: Ticket) -> None:
        """Tell the engine that nobody waits for this one."""
        with suppress(OSError, ValueError):
            self._pipe.send(Forget(ticket.number))

    def kill_if_busy_with(self, ticket: Ticket) -> None:
        """End the process if this ticket is still being worked on. The others in it are asked again."""
        if ticket.begun and not ticket.done.is_set():
            self._process.kill()

    def stop(self) -> None:
        """End the process, kindly first. Its reader thread ends too."""
        self._stopping = True
        self._pipe.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join(STOP_SECONDS)

    def _read(self) -> None:
        while (message := self._pipe.receive()) is not None:
            self._heard = True
            if isinstance(message, Began):
                ticket = self._tickets.get(message.number)
                if ticket is not None:
                    ticket.begun = True
            elif isinstance(message, Step):
                ticket = self._tickets.get(message.number)
                if ticket is not None and ticket.progress is not None:
                    ticket.progress(message.done, message.total)
            elif isinstance(message, Reply):
                self._resolve(message)
        self._process.wait()
        self._bury()

    def _resolve(self, reply: Reply) -> None:
        with self._lock:
            ticket = self._tickets.pop(reply.number, None)
        if ticket is None:
            return
        value = reply.value
        if isinstance(value, Answer) and ticket.block is not None and reply.shape is not None:
            try:
                value = with_map(value, self._blocks.take(ticket.block, value.segmentation, reply.shape))
            except KeyError:  # stopped in the meantime
                value = Cancelled()
        self._settle(ticket, value)

    def _bury(self) -> None:
        """Tell everybody who waits: the one it worked on failed, the others may ask again."""
        with self._lock:
            self._over = True
            orphans = list(self._tickets.values())
            self._tickets.clear()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        suspects = [ticket for ticket in orphans if ticket.begun]
        for ticket in orphans:
            if self._stopping:
                self._settle(ticket, Cancelled())
            elif len(suspects) == 1:
                self._settle(ticket, died() if ticket.begun else None)
            else:  # of two, each alone will tell which it was
                self._settle(ticket, None if suspects or self._had_started() else _never_started(self._log))

    def _had_started(self) -> bool:
        # A process that was killed from outside before its first word is worth a second try; one that ended by itself
        # (a broken installation) would do so again.
        return self._heard or (self._process.returncode or 0) < 0

    def _settle(self, ticket: Ticket, outcome: object) -> None:
        try:
            if ticket.block is not None:
                self._blocks.give_back(ticket.block)
        finally:  # whatever happens to the block, nobody must wait for ever
            ticket.outcome = outcome
            ticket.done.set()


def died() -> SegDeskError:
    """What is told of the picture that the process worked on when it ended."""
    return SegDeskError(
        "The engine stopped while it worked on this picture; it starts again with the next one.",
        "Often memory ran out: try a smaller model, or close other programs.",
    )


def _never_started(log: Path) -> SegDeskError:
    return SegDeskError(
        "The engine could not start: {reason}",
        "Install the program again; the file {log} has the details.",
        reason=last_line(log),
        log=str(log),
    )
