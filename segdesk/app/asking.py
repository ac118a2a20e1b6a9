"""`Question`: what a tool wants to know and cannot work out at once. The latest one counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from segdesk.app.document import Document

T = TypeVar("T")
Cancelled = Callable[[], bool]


class Question:
    """One answer that is waited for. UI thread only. `waiting`: asked and not answered yet."""

    def __init__(self) -> None:
        self.waiting = False
        self._number = 0

    def ask(self, doc: Document, work: Callable[[Cancelled], T], then: Callable[[T], None]) -> None:
        """Run `work(cancelled)` in a thread, then `then(answer)` on the UI thread, unless another question was asked or
        this one was dropped meanwhile; `cancelled()` tells `work` so. At once where the document has no background. An
        exception of `work` is raised on the UI thread."""
        self._number += 1
        number = self._number
        self.waiting = True

        def safe() -> object:
            try:
                return work(lambda: number != self._number)
            except Exception as error:  # carried to the UI thread, where the program's hook shows it
                return error

        def land(answer: object) -> None:
            if number != self._number:
                return
            self.waiting = False
            if isinstance(answer, Exception):
                raise answer
            then(answer)  # type: ignore[arg-type]  # what `work` returned
            doc.tell(doc.on_state)

        if doc.background is None:
            land(safe())
        else:
            doc.background(safe, land)

    def drop(self) -> None:
        """Nobody wants the answer any more."""
        self._number += 1
        self.waiting = False
