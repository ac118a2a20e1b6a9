"""Rectangle: a box becomes the active class or void."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app.dragging import DragArea
from segdesk.app.laying import lay
from segdesk.app.shapes import Point, Polygon
from segdesk.app.tools.base import Modifiers, ToolInfo
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="rectangle",
    title=N_("Rectangle"),
    icon="rectangle",
    key="U",
    order=70,
    note=N_("Drag a box to give it to the active class. Right button or Ctrl makes it void."),
)


class Tool(DragArea):
    """Takes the pixels whose centre lies inside the box."""

    uses_right = True

    def done(self, doc: Document, area: Polygon, start: Point, modifiers: Modifiers) -> None:
        """Paint the box as one step."""
        lay(doc, INFO.title, area, start, erase=modifiers.right or modifiers.ctrl, protect=modifiers.shift)
