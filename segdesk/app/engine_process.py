"""The window's side of the engine process: starts it, hands it pictures through shared memory, restarts it when it
died. Never imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from segdesk.domain.errors import SegDeskError
from segdesk.engines.messages import Answer, DeviceInfo, NotKept, PredictRequest


def _never() -> bool:
    return False


class EngineProcess:
    """A proxy of `segdesk.engines.engine.Engine` in a process of its own. All methods may be called from any thread."""

    def __init__(self, *, keep_models: int = 2, keep_bytes: int = 1 << 30, log: Path | None = None) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """Start the process if it does not run; returns at once, torch is imported over there."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the process and free the shared memory. Waits at most a few seconds."""
        raise NotImplementedError

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """Its process id, or None."""
        raise NotImplementedError

    def devices(self) -> list[DeviceInfo]:
        """Where it can compute, the best first. Waits until the process is up (seconds on the first call)."""
        raise NotImplementedError

    def answer(self, request: PredictRequest, cancelled: Callable[[], bool] = _never) -> Answer | NotKept:
        """Segment one picture; blocks. Raises `SegDeskError` (also if the process died: the next call starts it anew)
        and `Cancelled`, which comes at once even where the engine cannot stop what it does."""
        raise NotImplementedError

    def answer_many(
        self, requests: Iterable[PredictRequest], cancelled: Callable[[], bool] = _never, *, ahead: int = 2
    ) -> Iterator[tuple[str, Answer | NotKept | SegDeskError]]:
        """Segment many pictures in order, yielding (request.key, answer or error).

        Up to `ahead` further requests are taken from `requests` and wait in shared memory while one runs. A process
        that dies costs the picture it worked on; the others are sent again. Raises `Cancelled`.
        """
        raise NotImplementedError
