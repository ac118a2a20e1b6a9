"""Areas that are drawn by dragging: a box or a free line. What rectangle, lasso and the region tools share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app.shapes import Point, Polygon, box
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Sketch

if TYPE_CHECKING:
    from segdesk.app.document import Document

FINEST = 0.25  # pixels between two points of a free line


class DragArea(BaseTool):
    """Collects the pointer's way from press to release and hands the area to `done`. Escape drops it."""

    changes_pixels = True
    free_line = False
    """Whether the line follows the pointer; else it is the box between press and pointer."""

    def __init__(self) -> None:
        super().__init__()
        self._points: list[Point] = []

    def done(self, doc: Document, area: Polygon, start: Point, modifiers: Modifiers) -> None:
        """The button went up over an area that began at `start`; `modifiers` as at the press."""
        raise NotImplementedError

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Begin."""
        self._points = [(x, y)]
        self._modifiers = modifiers

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Draw on to here."""
        if not self._points:
            return
        if not self.free_line:
            self._points[1:] = [(x, y)]
        elif max(abs(x - self._points[-1][0]), abs(y - self._points[-1][1])) >= FINEST:
            self._points.append((x, y))

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Take the area."""
        self.move(doc, x, y, modifiers)
        points, self._points = self._points, []
        if len(points) > 1:
            area = Polygon(tuple(points)) if self.free_line else box(points[0], points[1])
            self.done(doc, area, points[0], self._modifiers)

    def cancel(self, doc: Document) -> None:
        """Drop the line."""
        self._points = []

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The line so far."""
        if len(self._points) < 2:
            return ()
        points = tuple(self._points) if self.free_line else box(self._points[0], self._points[1]).points
        return (Sketch(points, closed=True),)
