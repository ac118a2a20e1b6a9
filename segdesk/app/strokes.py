"""Painting with a round brush: what the brush and the eraser share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from segdesk.app.tools.base import PLAIN, BaseTool, Cursor, Modifiers
from segdesk.domain.capsule import Line, Point
from segdesk.domain.classes import VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

THINNEST = 0.1  # of the brush size, at no pressure of a pen


class RoundBrush(BaseTool):
    """Paints thick lines between the points of the pointer; every pixel whose centre lies within the radius.

    Ctrl or the right button turns brush into eraser and eraser into brush for one stroke; Shift protects other labels.
    """

    changes_pixels = True
    erases = False

    def __init__(self) -> None:
        super().__init__()
        self._last: Point | None = None
        self._value = VOID

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Start a stroke with one dab."""
        erase = self.erases != (modifiers.right or modifiers.ctrl)
        if not erase and len(doc.classes) == 0:
            raise SegDeskError("There is no class to paint with.", "Add a class in the list of classes.")
        doc.begin(N_("Eraser") if erase else N_("Brush"), protect=modifiers.shift)
        try:
            self._value = VOID if erase else doc.target_at(x, y)
        except SegDeskError:
            doc.abort()
            raise
        self._last = None
        self._line_to(doc, x, y, modifiers)

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Paint on to here."""
        if doc.painting:
            self._line_to(doc, x, y, modifiers)

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Paint on to here and end the stroke."""
        if doc.painting and self._last is not None and (x, y) != self._last:
            self._line_to(doc, x, y, modifiers)
        self._last = None
        doc.commit()

    def cancel(self, doc: Document) -> None:
        """Take the stroke back."""
        self._last = None
        doc.abort()

    def cursor(self, doc: Document) -> Cursor:
        """A circle of true size."""
        return Cursor("circle", doc.brush_size)

    def _line_to(self, doc: Document, x: float, y: float, modifiers: Modifiers) -> None:
        size = max(1.0, doc.brush_size * max(THINNEST, min(1.0, modifiers.pressure)))
        point = (x, y) if size >= 2 else (math.floor(x) + 0.5, math.floor(y) + 0.5)  # one pixel: always exactly one
        doc.paint_line(Line(self._last or point, point, size / 2), self._value)
        self._last = point
