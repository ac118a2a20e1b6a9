"""What the window sent to the engine process, in the order in which it is to be done."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable

from segdesk.engines.wire import Ask, AskDevices, AskInspect, AskPrompt, AskSnap, AskTeach, Forget, Pipe

Message = Ask | AskDevices | AskInspect | AskPrompt | AskSnap | AskTeach


class Inbox:
    """What the window sent, the urgent first. Filled by a thread of its own, so that a word to stop is heard while a
    net runs; the end of the input ends the process on the spot."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._queue: queue.PriorityQueue[tuple[bool, int, Message]] = queue.PriorityQueue()
        self._forgotten: set[int] = set()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def _read(self) -> None:
        while (message := self._pipe.receive()) is not None:
            if isinstance(message, Forget):
                self._forgotten.add(message.number)
            elif isinstance(message, Message):
                self.put(message)
        os._exit(0)

    def put(self, message: Message) -> None:
        """Queue a message (again)."""
        batch = isinstance(message, Ask) and not message.urgent
        self._queue.put((batch, message.number, message))

    def next(self) -> Message:
        """The next message; waits for it."""
        return self._queue.get()[2]

    def next_if_there(self) -> Message | None:
        """The next message, or None."""
        try:
            return self._queue.get_nowait()[2]
        except queue.Empty:
            return None

    def urgent_waits(self) -> bool:
        """Whether the next message goes before batch work."""
        with self._queue.mutex:
            return bool(self._queue.queue) and not self._queue.queue[0][0]

    def cancelled(self, number: int) -> Callable[[], bool]:
        """The cancel token of a number."""
        return lambda: number in self._forgotten

    def done(self, number: int) -> None:
        """Forget that it was to be forgotten."""
        self._forgotten.discard(number)

    def alike(self, first: Ask, alike: Callable[[Ask, Ask], bool], most: int) -> list[Ask]:
        """`first` and up to `most` - 1 batch requests that wait and are alike; those between them keep their places."""
        asks: list[Ask] = [first]
        others: list[Message] = []
        while len(asks) < most and not self.urgent_waits() and (message := self.next_if_there()) is not None:
            if isinstance(message, Ask) and not message.urgent and alike(first, message):
                asks.append(message)
            else:
                others.append(message)
        for message in others:
            self.put(message)
        return asks
