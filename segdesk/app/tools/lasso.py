"""Lasso: a free line around an area, which becomes the active class or void."""

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
    id="lasso",
    title=N_("Lasso"),
    icon="lasso",
    key="L",
    order=60,
    note=N_("Drag around an area to give it to the active class. Right button or Ctrl makes it void."),
)


class Tool(DragArea):
    """Takes the pixels whose centre lies inside the line (even-odd)."""

    uses_right = True

    free_line = True

    def done(self, doc: Document, area: Polygon, start: Point, modifiers: Modifiers) -> None:
        """Paint the area as one step."""
        lay(doc, INFO.title, area, start, erase=modifiers.right or modifiers.ctrl, protect=modifiers.shift)
