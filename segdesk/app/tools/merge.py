"""Merge: joins objects to the first one; together they are one object."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from segdesk.app import rules
from segdesk.app.merging import merge
from segdesk.app.shapes import Point
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Sketch, ToolInfo
from segdesk.domain.classes import VOID
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="merge",
    title=N_("Merge"),
    icon="merge",
    key="M",
    order=150,
    note=N_(
        "Click on an object, then on those that are to be one with it, or drag across them. Escape lets go of the "
        "first one."
    ),
)


class Tool(BaseTool):
    """The first object is the one that was picked, else the one that is clicked first, which is then picked. Objects
    are joined at the release: one undo step."""

    changes_pixels = True

    def __init__(self) -> None:
        super().__init__()
        self._way: list[Point] = []
        self._first = VOID
        self._others: list[int] = []

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Take the first object, or one more."""
        self._way, self._others = [(x, y)], []
        self._first = doc.active_segment or VOID
        self._meet(doc, x, y)

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Take what the pointer goes over."""
        if not self._way:
            return
        (ax, ay), steps = self._way[-1], max(1, math.ceil(math.dist(self._way[-1], (x, y))))
        for i in range(1, steps + 1):
            self._meet(doc, ax + (x - ax) * i / steps, ay + (y - ay) * i / steps)
        self._way.append((x, y))

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Join them."""
        self.move(doc, x, y, modifiers)
        way, self._way = self._way, []
        if not way or self._first == VOID:
            return
        first, others = self._first, list(self._others)
        doc.active_segment = first
        if others:
            doc.after(lambda: merge(doc, INFO.title, first, others))

    def cancel(self, doc: Document) -> None:
        """Forget what was met."""
        self._way, self._others = [], []

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The way across the objects."""
        return (Sketch(tuple(self._way)),) if len(self._way) > 1 else ()

    def _meet(self, doc: Document, x: float, y: float) -> None:
        key = doc.segment_at(x, y)
        if key in (VOID, self._first) or key in self._others or not doc.is_thing(doc.class_of(key)):
            return
        rules.check_unlocked(doc, key)
        if self._first == VOID:
            self._first = key
        else:
            self._others.append(key)
