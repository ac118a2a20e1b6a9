"""Pick: takes the class and the object under the pointer, so that the next strokes extend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, ToolInfo
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="pick",
    title=N_("Pick"),
    icon="pick",
    key="I",
    order=40,
    note=N_("Take the class and the object under the pointer. Alt+click does it with any tool."),
)


class Tool(BaseTool):
    """Picks at the press; a click on void lets go of the object."""

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Pick what is under the pointer."""
        doc.pick(x, y)
