"""The training process: `python -m segdesk.engines.training.host`. Reads a `TrainRequest` and then `TrainCommand`s from
its standard input, writes what `messages` has to its standard output, last a `TrainResult`, `SegDeskError` or
`Cancelled`. When its input ends, it keeps where it is and ends: it never outlives the window."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines.training.messages import TrainCommand, TrainRequest
from segdesk.engines.wire import Pipe

PATIENCE_SECONDS = 20.0  # for a last checkpoint, once the window is gone

log = logging.getLogger("segdesk.engine")


class Ear:
    """What the person wants now: the last command that was heard."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self.word = "go"
        threading.Thread(target=self._listen, name="commands", daemon=True).start()

    def _listen(self) -> None:
        while (message := self._pipe.receive()) is not None:
            if isinstance(message, TrainCommand):
                self.word = message.word
        self.word = "stop"
        timer = threading.Timer(PATIENCE_SECONDS, os._exit, (0,))
        timer.daemon = True
        timer.start()


def serve(pipe: Pipe) -> None:
    """Run the one training that is asked for."""
    request = pipe.receive()
    if not isinstance(request, TrainRequest):
        return
    ear = Ear(pipe)

    def tell(value: object) -> None:
        try:
            pipe.send(value)
        except (OSError, ValueError):  # nobody reads any more
            ear.word = "stop"

    tell(_run(request, tell, ear))


def _run(request: TrainRequest, tell: Callable[[object], None], ear: Ear) -> object:
    from segdesk.engines.training.loop import Trainer  # seconds: commands are heard before

    try:
        return Trainer(request, tell, lambda: ear.word).run()
    except (SegDeskError, Cancelled) as end:
        return end


def main() -> None:
    """Serve on the standard streams."""
    if hasattr(os, "nice"):
        os.nice(5)  # behind the window
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is the window's to handle
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # prints of libraries must not get between the frames
    serve(Pipe(sys.stdin.buffer, sink))


if __name__ == "__main__":
    main()
