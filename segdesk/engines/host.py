"""The engine process: `python -m segdesk.engines.host`. Reads requests from its standard input and writes replies to
its standard output; whatever else is printed goes to its log. It ends when its input ends, and so never outlives the
window."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.segmentation import Segmentation
from segdesk.engines.inbox import Inbox
from segdesk.engines.lanes import Ends, Lanes
from segdesk.engines.messages import Answer, NotKept, PredictRequest, PromptRequest
from segdesk.engines.wire import (
    Ask,
    AskDevices,
    AskInspect,
    AskPrompt,
    AskSnap,
    AskTeach,
    Began,
    Pipe,
    Reply,
    Step,
    read_block,
    without_map,
    write_block,
)

if TYPE_CHECKING:
    import numpy as np

    from segdesk.engines.engine import Engine, Work
    from segdesk.engines.prompting import Prompting

LANE_PIXELS = 4_000_000  # larger pictures are computed one at a time: several would need too much memory
LANE_FULL_PIXELS = 24_000_000  # the same of pictures that come reduced: only the map of the answer is so large
STEP_SECONDS = 0.1  # between two words on how far something is
BATCH = 8  # pictures of one size that share a pass on a graphics card

log = logging.getLogger("segdesk.engine")


class Host:
    """Answers requests. On a graphics card, and for what is urgent or large, nets run in this thread with all that the
    device has, while refining and deciding, in another, overlap with the next picture; other batch work on the
    processor goes into lanes."""

    def __init__(self, pipe: Pipe, inbox: Inbox, engine: Engine, lanes: Lanes | None = None) -> None:
        self._pipe = pipe
        self._inbox = inbox
        self._engine = engine
        self._ends = Ends(2 * BATCH)
        self._lanes = lanes or Lanes()
        self._prompting: Prompting | None = None

    def serve(self) -> None:
        """Answer until the process ends."""
        while True:
            message = self._inbox.next()
            if isinstance(message, AskDevices):
                self._reply(message.number, self._engine.devices())
            elif isinstance(message, AskInspect):
                self._inspect(message)
            elif isinstance(message, AskPrompt):
                self._prompt(message)
            elif isinstance(message, AskTeach):
                self._teach(message)
            elif isinstance(message, AskSnap):
                self._snap(message)
            elif self._fits_a_lane(message):
                self._serve_in_lane(message)
            else:
                self._serve(self._with_alike(message))

    def _inspect(self, ask: AskInspect) -> None:
        from segdesk.engines.inspecting import inspect

        self._pipe.send(Began(ask.number))
        try:
            value: object = inspect(ask.request, self._inbox.cancelled(ask.number))
        except (SegDeskError, Cancelled) as error:
            value = error
        except BaseException as error:
            log.error("%s could not be looked into", ask.request.path, exc_info=error)
            value = unreadable(ask.request.path, error)
        self._reply(ask.number, value)

    def _snap(self, ask: AskSnap) -> None:
        from segdesk.engines.snap import snap

        self._pipe.send(Began(ask.number))
        try:
            value: object = snap(ask.request, self._inbox.cancelled(ask.number))
        except (SegDeskError, Cancelled) as error:
            value = error
        except BaseException as error:
            log.error("labels could not be snapped to edges", exc_info=error)
            value = SegDeskError(
                "The labels could not be moved to the edges: {reason}",
                "Try it on a smaller area; the log of the engine has the details.",
                reason=str(error).strip().split("\n")[0] or type(error).__name__,
            )
        self._reply(ask.number, value)

    def _prompt(self, ask: AskPrompt) -> None:
        from segdesk.engines.prompting import Prompting

        self._pipe.send(Began(ask.number))
        cancelled = self._inbox.cancelled(ask.number)
        try:
            if cancelled():
                raise Cancelled
            self._prompting = self._prompting or Prompting()
            image = None if ask.block is None or ask.shape is None else _picture(ask.block, ask.shape)
            value: object = self._prompting.answer(
                replace(ask.request, image=image), cancelled, self._teller(ask.number)
            )
        except BaseException as error:
            value = _as_value(error, ask.request)
        self._reply(ask.number, value)

    def _teach(self, ask: AskTeach) -> None:
        from segdesk.engines.teach.answering import answer, failure

        self._pipe.send(Began(ask.number))
        cancelled = self._inbox.cancelled(ask.number)
        try:
            if cancelled():
                raise Cancelled
            image = None if ask.block is None or ask.shape is None else _picture(ask.block, ask.shape)
            request = ask.request if image is None else replace(ask.request, image=image)
            value: object = answer(request, cancelled)
        except (SegDeskError, Cancelled) as error:
            value = error
        except BaseException as error:
            log.error("teaching failed", exc_info=error)
            value = failure(error)
        self._reply(ask.number, value)

    def _teller(self, number: int) -> Callable[[int, int], None]:
        """Tells the window how far a number is, not more than the eye can follow."""
        last = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal last
            if monotonic() - last >= STEP_SECONDS:
                last = monotonic()
                self._pipe.send(Step(number, done, total))

        return tell

    def _fits_a_lane(self, ask: Ask) -> bool:
        full = ask.request.full_size
        small = ask.shape is not None and ask.shape[0] * ask.shape[1] <= LANE_PIXELS
        small = small and (full is None or full[0] * full[1] <= LANE_FULL_PIXELS)
        return small and not ask.urgent and self._engine.on_processor(ask.request)

    def _serve_in_lane(self, ask: Ask) -> None:
        if not self._lanes.enter(self._inbox.urgent_waits):
            self._inbox.put(ask)
            return

        def work() -> None:
            self._pipe.send(Began(ask.number))
            cancelled = self._inbox.cancelled(ask.number)
            try:
                if cancelled():
                    raise Cancelled
                answer = self._engine.answer(_with_picture(ask), cancelled)
            except BaseException as error:
                self._reply(ask.number, _as_value(error, ask.request))
            else:
                self._reply_answer(ask, answer)

        self._lanes.run(work)

    def _with_alike(self, first: Ask) -> list[Ask]:
        """`first` and those waiting behind it that may share its pass."""
        if first.urgent or not self._engine.shares_passes(first.request):
            return [first]
        return self._inbox.alike(first, _alike, BATCH)

    def _serve(self, asks: Sequence[Ask]) -> None:
        for ask in asks:
            self._pipe.send(Began(ask.number))
        cancelled = self._inbox.cancelled(asks[0].number)
        try:
            if any(self._inbox.cancelled(ask.number)() for ask in asks):
                raise Cancelled
            requests = [_with_picture(ask) for ask in asks]
            works = self._works(requests, cancelled)
        except BaseException as error:
            if len(asks) > 1:
                for ask in asks:
                    self._serve([ask])
                return
            self._reply(asks[0].number, _as_value(error, asks[0].request))
            return
        for ask, request, work in zip(asks, requests, works, strict=True):
            if work is None:
                self._reply(ask.number, NotKept(request.key, request.card.id))
            else:
                self._ends.run(partial(self._finish, ask, request, work))

    def _works(self, requests: Sequence[PredictRequest], cancelled: Callable[[], bool]) -> Sequence[Work | None]:
        if requests[0].image is None:
            self._ends.settle()  # what is asked for may be on its way
            return [self._engine.kept(request) for request in requests]
        return self._engine.predict(requests, cancelled)

    def _finish(self, ask: Ask, request: PredictRequest, work: Work) -> None:
        try:
            answer = self._engine.finish(request, work, self._inbox.cancelled(ask.number))
        except BaseException as error:
            self._reply(ask.number, _as_value(error, request))
            return
        self._reply_answer(ask, answer)

    def _reply_answer(self, ask: Ask, answer: Answer | NotKept) -> None:
        """Send it, the label map through the request's block if it fits."""
        if isinstance(answer, NotKept):
            self._reply(ask.number, answer)
            return
        assert isinstance(answer.segmentation, Segmentation)
        ids = answer.segmentation.ids
        if ask.block is not None and write_block(ask.block, ids):
            self._reply(ask.number, without_map(answer), shape=(ids.shape[0], ids.shape[1]))
        else:
            self._reply(ask.number, answer)

    def _reply(self, number: int, value: object, *, shape: tuple[int, int] | None = None) -> None:
        self._inbox.done(number)
        try:
            self._pipe.send(Reply(number, value, shape))
        except (OSError, ValueError):
            os._exit(0)  # the window is gone


def _alike(first: Ask, other: Ask) -> bool:
    a, b = first.request, other.request
    return (
        first.shape is not None
        and first.shape == other.shape
        and a.card == b.card
        and a.device == b.device
        and dict(a.weights) == dict(b.weights)
    )


def _with_picture(ask: Ask) -> PredictRequest:
    if ask.block is None or ask.shape is None:
        return ask.request
    return replace(ask.request, image=_picture(ask.block, ask.shape))


def _picture(block: str, shape: tuple[int, int, int]) -> np.ndarray:
    try:
        return read_block(block, shape)
    except FileNotFoundError:  # given up and freed in the meantime
        raise Cancelled from None


def _as_value(error: BaseException, request: PredictRequest | PromptRequest) -> SegDeskError | Cancelled:
    if isinstance(error, (SegDeskError, Cancelled)):
        return error
    log.error("%s on %s failed", request.card.id, request.key, exc_info=error)
    from segdesk.engines.engine import failure

    return failure(error, request.card)


def unreadable(path: str, error: BaseException) -> SegDeskError:
    """The error to show for a file that failed in a way that nobody foresaw."""
    return SegDeskError(
        "The file {file} cannot be read as a model: {reason}",
        "The log of the engine has the details.",
        file=os.path.basename(path),
        reason=str(error).strip().split("\n")[0] or type(error).__name__,
    )


def _warm_crf() -> None:
    """Have teach mode and the CRF compiled before they are asked for: seconds once an installation, then read from a
    file. Whatever is asked for meanwhile goes first."""
    if hasattr(os, "setpriority") and sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
    from segdesk.engines import crf
    from segdesk.engines.teach import classifier

    try:
        classifier.warm()
        crf.warm()
    except Exception:  # the first use will tell
        log.exception("the CRF or the trees of teach mode cannot be compiled")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on the standard streams until the input ends."""
    parser = argparse.ArgumentParser(prog="segdesk.engines.host")
    parser.add_argument("--keep-models", type=int, default=2)
    parser.add_argument("--keep-bytes", type=int, default=1 << 30)
    parser.add_argument("--limits", default="")
    parser.add_argument("--lanes", type=int, default=0)
    parser.add_argument("--lane-threads", type=int, default=0)
    options = parser.parse_args(arguments)
    if hasattr(os, "nice"):
        os.nice(5)  # it uses every core there is: the window must still get its turn at once
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is the window's to handle
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # prints of libraries must not get between the frames
    pipe = Pipe(sys.stdin.buffer, sink)
    inbox = Inbox(pipe)
    from segdesk.engines.engine import Engine  # seconds: the inbox is open before
    from segdesk.engines.limits import Limits

    threading.Thread(target=_warm_crf, name="warm", daemon=True).start()
    log.info("engine %d is ready", os.getpid())
    limits = Limits(Path(options.limits) if options.limits else None)
    engine = Engine(keep_models=options.keep_models, keep_bytes=options.keep_bytes, limits=limits)
    Host(pipe, inbox, engine, Lanes(options.lanes, options.lane_threads)).serve()


if __name__ == "__main__":
    main()
