"""Areas that are drawn click by click: what the polygon and the scissors share."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING

from segdesk.app.laying import lay
from segdesk.app.shapes import Point, Polygon
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Sketch

if TYPE_CHECKING:
    from segdesk.app.document import Document

NEAR_FIRST, NEAR_LAST = 8, 4  # screen pixels: a click on the first point, a double click
ENTER = ("Return", "Enter")


class Anchored(BaseTool):
    """Clicks set anchors; Enter, a double click or a click on the first anchor closes the line; Backspace takes the
    last anchor back; Escape drops all. The area becomes the active class, or void if the first click was by the right
    button or with Ctrl. An anchor follows the pointer until its button goes up.

    Drawing belongs to one picture: a press in another one begins anew.
    """

    uses_right = True
    changes_pixels = True
    name = ""
    """What the undo menu shows, marked by `N_`."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[Point] = []
        self._first = PLAIN
        self._held = False
        self._pointer: Point | None = None
        self._picture: weakref.ref[Document] | None = None
        self._legs: list[tuple[Point, ...]] = []
        self._scale = 1.0

    # ---- what a tool may do otherwise

    def leg(self, doc: Document, start: Point, end: Point) -> tuple[Point, ...]:
        """The line from an anchor to a point, both included."""
        return start, end

    def anchor_set(self, doc: Document, scale: float) -> None:
        """The last of `anchors` is new, or has come back. `scale` as in `Modifiers`."""

    # ---- the pointer

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Set an anchor, or close."""
        if self._picture is None or self._picture() is not doc:
            self._reset()
            self._picture = weakref.ref(doc)
        self._pointer, self._scale = (x, y), modifiers.scale
        far = [math.dist(a, (x, y)) / modifiers.scale for a in (self.anchors[:1] + self.anchors[-1:])]
        if len(self.anchors) >= 3 and (far[0] <= NEAR_FIRST or far[1] <= NEAR_LAST):
            self._close(doc)
        elif not self.anchors or far[1] > NEAR_LAST:
            if not self.anchors:
                self._first = modifiers
            self._set(doc, (x, y))
            self._held = True

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Move the anchor that was just set."""
        self._pointer = (x, y)
        if self._held and self.anchors:
            self._take_back()
            self._set(doc, (x, y))

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """The anchor stays here."""
        if self._held and self.anchors:
            self._held = False
            self.anchor_set(doc, modifiers.scale)

    def hover(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """The line goes on to the pointer."""
        self._pointer = (x, y)

    def cancel(self, doc: Document) -> None:
        """Drop the line."""
        self._reset()

    def key(self, doc: Document, key: str) -> bool:
        """Enter closes, Backspace takes the last anchor back."""
        if not self.anchors or self._picture is None or self._picture() is not doc:
            return False
        if key in ENTER and not doc.busy:
            self._close(doc)
        elif key == "Backspace":
            self._take_back()
            if self.anchors:
                self.anchor_set(doc, self._scale)
        else:
            return False
        return True

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The line so far, on to the pointer, and its anchors."""
        if not self.anchors or self._picture is None or self._picture() is not doc:
            return ()
        line = self._line()
        if self._pointer is not None and not self._held:
            line += self.leg(doc, self.anchors[-1], self._pointer)[1:]
        return Sketch(tuple(line)), Sketch(tuple(self.anchors), role="handle")

    # ---- inside

    def _set(self, doc: Document, point: Point) -> None:
        self._legs.append(self.leg(doc, self.anchors[-1], point) if self.anchors else (point,))
        self.anchors.append(point)

    def _take_back(self) -> None:
        self.anchors.pop()
        self._legs.pop()

    def _line(self) -> list[Point]:
        """The anchors and what lies between them."""
        return [p for i, leg in enumerate(self._legs) for p in (leg[1:] if i else leg)]

    def _close(self, doc: Document) -> None:
        if len(self.anchors) < 3 and len(self._line()) < 3:
            self._reset()
            return
        line = self._line() + list(self.leg(doc, self.anchors[-1], self.anchors[0])[1:-1])
        start, first = self.anchors[0], self._first
        lay(doc, self.name, Polygon(tuple(line)), start, erase=first.right or first.ctrl, protect=first.shift)
        self._reset()  # only now: a line that was refused is still there

    def _reset(self) -> None:
        self.anchors = []
        self._legs = []
        self._held = False
        self._picture = None
