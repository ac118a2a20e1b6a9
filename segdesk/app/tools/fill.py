"""Fill: gives the connected region under the pointer to the active class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import rules
from segdesk.app.laying import AT_ONCE, Writer, lay_masks
from segdesk.app.region import connected
from segdesk.app.shapes import Masks
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, ToolInfo
from segdesk.domain.classes import VOID
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="fill",
    title=N_("Fill"),
    icon="fill",
    key="G",
    order=30,
    note=N_("Give the connected region under the pointer to the active class. Right button or Ctrl makes it void."),
)


class Tool(BaseTool):
    """Fills at the press; regions hang together over pixel sides."""

    uses_right = True
    changes_pixels = True

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Fill the region under the pointer. Nothing happens where it has the label already or is protected."""
        height, width = doc.segmentation.size
        if not (0 <= x < width and 0 <= y < height):
            return
        erase = modifiers.right or modifiers.ctrl
        target = VOID if erase else rules.choose_target(doc, x, y)[0]
        there_already = target == doc.segment_at(x, y) and (erase or len(doc.classes) > 0)
        if there_already and not rules.is_locked(doc, target):
            return
        region = connected(doc.segmentation.ids, int(x), int(y), most_pixels=AT_ONCE)

        def masks(writer: Writer) -> Masks:
            found = region or connected(writer.ids, int(x), int(y))
            return found.masks(writer.target.size) if found else iter(())

        lay_masks(doc, N_("Fill"), masks, (x, y), rect=region and region.rect, erase=erase, protect=modifiers.shift)
