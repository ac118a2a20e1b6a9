"""Relabel: gives the object under the pointer the active class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import rules
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, ToolInfo
from segdesk.domain.classes import VOID
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="relabel",
    title=N_("Relabel"),
    icon="relabel",
    key="Q",
    order=160,
    note=N_("Click on an object to give it the active class. Right button or Ctrl makes it void."),
)


class Tool(BaseTool):
    """Acts at the press, on the whole segment under the pointer."""

    uses_right = True
    changes_pixels = True

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Change the class of what is under the pointer."""
        key = doc.segment_at(x, y)
        if key == VOID:
            return
        class_id = VOID if modifiers.right or modifiers.ctrl else doc.active_class
        rules.check_unlocked(doc, key, class_id)
        doc.relabel(key, class_id)
