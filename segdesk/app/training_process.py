"""The window's side of a training process: starts it, passes commands on, and yields what it says."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from segdesk import processes
from segdesk.app.engine_spawn import WINDOWS_FLAGS, opened_log
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines.training.messages import TrainCommand, TrainRequest, TrainResult
from segdesk.engines.wire import Pipe

POLL_SECONDS = 0.1
LEAVE_SECONDS = 3.0


class TrainingProcess:
    """One training in a process of its own, beside the engine's: predictions go on. Made and used by one thread;
    `command` may be called by any."""

    def __init__(self, request: TrainRequest, log: Path) -> None:
        """Start it. `log`: its own messages are appended there."""
        self.folder = request.folder
        stderr = opened_log(log)
        try:
            self._process = subprocess.Popen(
                processes.module_command("segdesk.engines.training.host"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=processes.module_environment(),
                creationflags=WINDOWS_FLAGS,
            )
        finally:
            if stderr != subprocess.DEVNULL:
                os.close(stderr)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe = Pipe(self._process.stdout, self._process.stdin)  # type: ignore[arg-type]  # both are binary
        self._heard: queue.Queue[object] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="training", daemon=True)
        self._reader.start()
        with suppress(OSError, ValueError):  # it died at once: the reader says so
            self._pipe.send(request)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def command(self, word: str) -> None:
        """Say "pause", "go" or "stop"."""
        with suppress(OSError, ValueError):
            self._pipe.send(TrainCommand(word))

    def messages(self) -> Iterator[object | None]:
        """What it says, as it comes, the `TrainResult` last; None now and then while it says nothing. Raises its
        `SegDeskError` or `Cancelled`, and `SegDeskError` if it died."""
        while True:
            try:
                message = self._heard.get(timeout=POLL_SECONDS)
            except queue.Empty:
                yield None
                continue
            if message is None:
                raise SegDeskError(
                    "The training stopped unexpectedly.",
                    "Often memory ran out: go on with smaller crops or fewer pictures at a time.",
                )
            if isinstance(message, (SegDeskError, Cancelled)):
                raise message
            yield message
            if isinstance(message, TrainResult):
                return

    def close(self) -> None:
        """End it; it still saves where it is, which is waited for a few seconds and then left to it."""
        self.command("stop")
        self._pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LEAVE_SECONDS)
        if self._process.poll() is not None:
            self._reader.join(LEAVE_SECONDS)

    def _read(self) -> None:
        while (message := self._pipe.receive()) is not None:
            self._heard.put(message)
        self._heard.put(None)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
