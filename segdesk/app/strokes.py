"""Painting with a round or square brush: what the brush and the eraser share."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING

from segdesk.app.shapes import swept_square
from segdesk.app.tools.base import PLAIN, BaseTool, Cursor, Modifiers, Option, Sketch
from segdesk.domain.capsule import Line, Point
from segdesk.domain.classes import VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

SLIP = 3  # screen pixels that the pointer may move in a click
THINNEST = 0.1  # of the brush size, at no pressure of a pen


OPTIONS = (
    Option("shape", N_("Shape"), "choice", "circle", choices=(("circle", N_("Circle")), ("square", N_("Square")))),
    Option("pressure", N_("Pen pressure"), "bool", True),
)


class Brush(BaseTool):
    """Paints thick lines between the points of the pointer: every pixel whose centre the circle or square goes over.

    Ctrl or the right button turns brush into eraser and eraser into brush for one stroke. Shift protects other labels;
    a click with Shift draws a straight line from where the last stroke in this picture ended.
    """

    uses_right = True
    changes_pixels = True
    options = OPTIONS
    erases = False

    def __init__(self) -> None:
        super().__init__()
        self._last: Point | None = None
        self._value = VOID
        self._pressed: Point | None = None  # while nothing but a dab with Shift has been made
        self._held = PLAIN
        self._ended: tuple[weakref.ref[Document], Point] | None = None
        self._straight: tuple[Sketch, ...] = ()

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
        self._last, self._straight = None, ()
        self._pressed, self._held = ((x, y) if modifiers.shift else None), modifiers
        self._line_to(doc, x, y, modifiers)

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Paint on to here."""
        if not doc.painting:
            return
        if self._pressed is not None and math.dist(self._pressed, (x, y)) <= SLIP * modifiers.scale:
            return  # still a click
        self._pressed = None
        self._line_to(doc, x, y, modifiers)

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Paint on to here and end the stroke."""
        if doc.painting and self._last is not None:
            end = self._end_in(doc)
            if self._pressed is not None and end is not None:
                self._last = end
                self._line_to(doc, *self._pressed, self._held)
            elif self._pressed is None and (x, y) != self._last:
                self._line_to(doc, x, y, modifiers)
            self._ended = weakref.ref(doc), self._last
        self._last = self._pressed = None
        doc.commit()

    def cancel(self, doc: Document) -> None:
        """Take the stroke back."""
        self._last, self._straight = None, ()
        doc.abort()

    def hover(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """With Shift, show the straight line that a click would paint."""
        end = self._end_in(doc)
        self._straight = (Sketch((end, (x, y))),) if modifiers.shift and end is not None else ()

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The straight line."""
        return self._straight

    def cursor(self, doc: Document) -> Cursor:
        """A circle or square of true size."""
        return Cursor(str(self.values["shape"]), doc.brush_size)

    def _end_in(self, doc: Document) -> Point | None:
        return self._ended[1] if self._ended is not None and self._ended[0]() is doc else None

    def _line_to(self, doc: Document, x: float, y: float, modifiers: Modifiers) -> None:
        pressure = min(1.0, modifiers.pressure) if self.values["pressure"] else 1.0
        size = max(1.0, doc.brush_size * max(THINNEST, pressure))
        point = (x, y) if size >= 2 else (math.floor(x) + 0.5, math.floor(y) + 0.5)  # one pixel: always exactly one
        start = self._last or point
        if self.values["shape"] == "circle":
            doc.paint_line(Line(start, point, size / 2), self._value)
        else:
            for left, top, mask in swept_square(start, point, size).masks(doc.segmentation.size):
                doc.paint(left, top, mask, self._value)
        self._last = point
