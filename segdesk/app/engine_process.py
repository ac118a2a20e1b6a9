"""The window's side of the engine process: starts it, hands it pictures through shared memory, restarts it when it
died. Never imports torch."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from segdesk.app.engine_life import Life, Ticket, died
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines.messages import (
    Answer,
    DeviceInfo,
    Inspected,
    InspectRequest,
    NotKept,
    PredictRequest,
    PromptAnswer,
    PromptRequest,
    SnapRequest,
)
from segdesk.engines.teach.messages import SampleRequest, TeachAnswer, TeachRequest
from segdesk.engines.wire import (
    Ask,
    AskDevices,
    AskInspect,
    AskPrompt,
    AskSnap,
    AskTeach,
    Blocks,
)
from segdesk.paths import user_data_dir

POLL_SECONDS = 0.02  # how often a waiting caller looks at its cancel token
GRACE_SECONDS = 5.0  # how long the engine may go on with what nobody waits for
TRIES = 2

Cancel = Callable[[], bool]
Result = Answer | NotKept | SegDeskError

AHEAD = 5  # as many as the engine computes side by side, and one that waits
AHEAD_ON_CARD = 17  # two passes of a graphics card, and one that waits
AHEAD_BYTES = 256 << 20
LABEL_BYTES = 2  # of a pixel of the map that comes back


def _never() -> bool:
    return False


class EngineProcess:
    """A proxy of `segdesk.engines.engine.Engine` in a process of its own. All methods may be called from any thread."""

    def __init__(
        self,
        *,
        keep_models: int = 2,
        keep_bytes: int = 1 << 30,
        log: Path | None = None,
        grace_seconds: float = GRACE_SECONDS,
        lanes: int = 0,
        lane_threads: int = 0,
        limits: Path | None = None,
    ) -> None:
        """`log`: where the engine's own messages go, by default `logs/engine.log` in the user's data folder. `lanes`:
        pictures side by side on a processor, each with `lane_threads`; 0 = as it suits this machine's cores.
        `limits`: where it notes what did not fit into memory, by default `limits.json` in the same folder."""
        self._arguments = ["--keep-models", str(keep_models), "--keep-bytes", str(keep_bytes)]
        self._arguments += ["--lanes", str(lanes), "--lane-threads", str(lane_threads)]
        self._arguments += ["--limits", str(limits or user_data_dir() / "limits.json")]
        self._log = log or user_data_dir() / "logs" / "engine.log"
        self._grace = grace_seconds
        self._blocks = Blocks()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._running: Life | None = None
        self._stopped = False

    def start(self) -> None:
        """Start the process if it does not run; returns at once, torch is imported over there."""
        with self._lock:
            self._stopped = False
        self._process()

    def stop(self) -> None:
        """End the process and free the shared memory; waits at most a few seconds. Who still waits for an answer gets
        `Cancelled`. `start` makes it usable again."""
        with self._lock:
            self._stopped = True
            running, self._running = self._running, None
        if running is not None:
            running.stop()
        self._blocks.close()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        running = self._running
        return running is not None and running.alive

    @property
    def pid(self) -> int | None:
        """Its process id, or None."""
        running = self._running
        return running.pid if running is not None and running.alive else None

    def devices(self) -> list[DeviceInfo]:
        """Where it can compute, the best first. Waits until the process is up (seconds on the first call)."""
        for _ in range(TRIES):
            ticket = Ticket(next(self._numbers))
            self._process().ask(ticket, AskDevices(ticket.number))
            ticket.done.wait()
            if isinstance(ticket.outcome, list):
                return ticket.outcome
            _raise_if_error(ticket.outcome)
        raise died()

    def inspect(self, request: InspectRequest, cancelled: Cancel = _never) -> Inspected:
        """What a file holds; blocks. Raises `SegDeskError` (also if the file ended the process) and `Cancelled`."""
        for _ in range(TRIES):
            ticket = Ticket(next(self._numbers))
            self._process().ask(ticket, AskInspect(ticket.number, request))
            self._wait(ticket, cancelled)
            if isinstance(ticket.outcome, Inspected):
                return ticket.outcome
            if isinstance(ticket.outcome, SegDeskError) and ticket.outcome.message == died().message:
                raise SegDeskError(
                    "The engine stopped while it read {file}.",
                    "The file asks for more memory than there is, or it is damaged.",
                    file=Path(request.path).name,
                )
            _raise_if_error(ticket.outcome)
        raise died()

    def prompt(
        self, request: PromptRequest, cancelled: Cancel = _never, progress: Callable[[int, int], None] | None = None
    ) -> PromptAnswer | NotKept:
        """Answer clicks, a box or words; blocks. It goes before batch work, and waits for what was asked before it.
        `progress(done, total)` counts layers while the picture is encoded, in a thread of its own. Raises as `answer`
        does."""
        bare = replace(request, image=None)
        answer = self._asked(
            request.image,
            lambda ticket, shape: AskPrompt(ticket.number, bare, ticket.block, shape),
            cancelled,
            progress,
        )
        assert isinstance(answer, (PromptAnswer, NotKept))
        return answer

    def snap(self, request: SnapRequest, cancelled: Cancel = _never) -> np.ndarray:
        """(h, w) uint16: the labels with their borders at the edges of the picture; blocks. Raises as `answer` does."""
        answer = self._asked(None, lambda ticket, _: AskSnap(ticket.number, request), cancelled)
        assert isinstance(answer, np.ndarray)
        return answer

    def teach(self, request: TeachRequest, cancelled: Cancel = _never) -> TeachAnswer:
        """Sample a picture, or learn from samples; blocks. It goes before batch work. Raises as `answer` does."""
        image = request.image if isinstance(request, SampleRequest) else None
        bare = replace(request, image=None) if isinstance(request, SampleRequest) else request
        answer = self._asked(image, lambda ticket, shape: AskTeach(ticket.number, bare, ticket.block, shape), cancelled)
        assert isinstance(answer, TeachAnswer)
        return answer

    def _asked(
        self,
        image: np.ndarray | None,
        message: Callable[[Ticket, tuple[int, int, int] | None], object],
        cancelled: Cancel,
        progress: Callable[[int, int], None] | None = None,
    ) -> object:
        """The reply to a message, which is sent with a picture where there is one; again, if the process died of
        something else."""
        for _ in range(TRIES):
            running = self._process()
            ticket = Ticket(next(self._numbers), progress=progress)
            shape = None if image is None else (image.shape[0], image.shape[1], 3)
            ticket.block = None if image is None else self._in_block(image)
            running.ask(ticket, message(ticket, shape))
            self._wait(ticket, cancelled)
            _raise_if_error(ticket.outcome)
            if ticket.outcome is not None:
                return ticket.outcome
        raise died()

    def answer(self, request: PredictRequest, cancelled: Cancel = _never) -> Answer | NotKept:
        """Segment one picture; blocks. Raises `SegDeskError` (also if the process died: the next call starts it anew)
        and `Cancelled`, which comes at once even where the engine cannot stop what it does."""
        for _ in range(TRIES):
            ticket = self._ask(request, urgent=True)
            self._wait(ticket, cancelled)
            if isinstance(ticket.outcome, (Answer, NotKept)):
                return ticket.outcome
            _raise_if_error(ticket.outcome)
        raise died()

    def answer_many(
        self, requests: Iterable[PredictRequest], cancelled: Cancel = _never, *, ahead: int = AHEAD
    ) -> Iterator[tuple[str, Result]]:
        """Segment many pictures in order, yielding (request.key, answer or error).

        Up to `ahead` further requests are taken from `requests` and wait in shared memory while one runs, fewer where
        the pictures are so large that they would pass `AHEAD_BYTES`. A process
        that dies costs the picture it worked on; the others are sent again. Other calls may come between; they go
        first. Raises `Cancelled`. Closing the generator gives up what is under way, without waiting.
        """
        source = iter(requests)
        waiting: deque[tuple[PredictRequest, Ticket]] = deque()
        try:
            while True:
                while len(waiting) <= ahead and (not waiting or sum(map(_nbytes, waiting)) < AHEAD_BYTES):
                    request = next(source, None)
                    if request is None:
                        break
                    waiting.append((request, self._ask(request, urgent=False)))
                if not waiting:
                    return
                request, ticket = waiting[0]
                self._wait(ticket, cancelled)
                outcome = self._settled(request, ticket.outcome, cancelled)
                waiting.popleft()
                if isinstance(outcome, Answer) and outcome.device != "cpu":
                    ahead = max(ahead, AHEAD_ON_CARD)
                yield request.key, outcome
        finally:
            for _, ticket in waiting:
                self._give_up(ticket)

    def _settled(self, request: PredictRequest, outcome: object, cancelled: Cancel) -> Result:
        """The result to yield; where another picture's crash took this one along, it is asked again."""
        if isinstance(outcome, (Answer, NotKept, SegDeskError)):
            return outcome
        if isinstance(outcome, Cancelled):
            raise outcome
        try:
            return self.answer(request, cancelled)
        except SegDeskError as error:
            return error

    # -- asking --------------------------------------------------------------------------------------------------

    def _process(self) -> Life:
        """The running process; a new one if there is none."""
        with self._lock:
            if self._stopped:
                raise Cancelled
            if self._running is None or not self._running.alive:
                self._running = Life(self._arguments, self._log, self._blocks)
            return self._running

    def _ask(self, request: PredictRequest, *, urgent: bool) -> Ticket:
        running = self._process()
        ticket = Ticket(next(self._numbers))
        shape = None
        if request.image is not None:
            height, width = request.image.shape[:2]
            shape = (height, width, 3)
            full = request.full_size or (0, 0)
            ticket.block = self._in_block(request.image, full[0] * full[1] * LABEL_BYTES)
        ask = Ask(ticket.number, replace(request, image=None), ticket.block, shape, urgent)
        running.ask(ticket, ask)
        return ticket

    def _in_block(self, image: np.ndarray, room: int = 0) -> str:
        try:
            return self._blocks.put(image, room)
        except OSError as error:
            raise SegDeskError(
                "There is no shared memory left to hand the picture to the engine: {reason}.",
                "Close other programs, or enlarge the shared memory of this machine.",
                reason=error.strerror or str(error),
            ) from error

    def _wait(self, ticket: Ticket, cancelled: Cancel) -> None:
        while not ticket.done.wait(POLL_SECONDS):
            if cancelled():
                self._give_up(ticket)
                raise Cancelled

    def _give_up(self, ticket: Ticket) -> None:
        """Tell the engine that nobody waits any more; kill it if it goes on for long (a CRF step, a driver)."""
        running = self._running
        if running is None or ticket.done.is_set():
            return
        running.forget(ticket)
        timer = threading.Timer(self._grace, running.kill_if_busy_with, (ticket,))
        timer.daemon = True
        timer.start()


def _nbytes(waiting: tuple[PredictRequest, Ticket]) -> int:
    image = waiting[0].image
    return 0 if image is None else image.nbytes


def _raise_if_error(outcome: object) -> None:
    if isinstance(outcome, (SegDeskError, Cancelled)):
        raise outcome
