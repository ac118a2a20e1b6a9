"""GrabCut box: drag a box around an object; what differs from its surroundings becomes the active class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import foreground
from segdesk.app.asking import Question
from segdesk.app.dragging import DragArea
from segdesk.app.laying import lay
from segdesk.app.region import Region
from segdesk.app.shapes import Point, Polygon, inside
from segdesk.app.tools.base import Modifiers, Sketch, ToolInfo
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="grabcut",
    title=N_("GrabCut"),
    icon="grabcut",
    key="N",
    order=120,
    note=N_("Drag a box around an object: what differs in colour from its surroundings becomes the active class."),
)


class Tool(DragArea):
    """Works in the background; the box stays until the answer is there, and Escape drops the question."""

    uses_right = True

    def __init__(self) -> None:
        super().__init__()
        self._question = Question()
        self._box: tuple[Sketch, ...] = ()

    def done(self, doc: Document, area: Polygon, start: Point, modifiers: Modifiers) -> None:
        """Look for the object."""
        pixels, rect = doc.pixels, area.rect
        erase, protect = modifiers.right or modifiers.ctrl, modifiers.shift
        self._box = (Sketch(area.points, closed=True),)

        def paint(region: Region | None) -> None:
            self._box = ()
            if region is None:
                raise SegDeskError("Nothing in this box differs from its surroundings.", "Drag a box around an object.")
            lay(doc, INFO.title, region, inside(region), erase=erase, protect=protect)

        self._question.ask(doc, lambda cancelled: foreground.in_box(pixels, rect, cancelled=cancelled), paint)

    def cancel(self, doc: Document) -> None:
        """Drop the box and the question."""
        super().cancel(doc)
        self._question.drop()
        self._box = ()

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The box."""
        return super().sketches(doc) + self._box
