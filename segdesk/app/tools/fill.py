"""Fill: gives the connected region under the pointer to the active class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from segdesk.app import rules
from segdesk.app.region import Region, connected
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, ToolInfo
from segdesk.domain.classes import VOID
from segdesk.domain.edit import Stroke
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
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
AT_ONCE = 1 << 20  # pixels of the region's window; a larger region is filled in the background


class Tool(BaseTool):
    """Fills at the press; regions hang together over pixel sides."""

    changes_pixels = True

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Fill the region under the pointer. Nothing happens where it has the label already or is protected."""
        height, width = doc.segmentation.size
        if not (0 <= x < width and 0 <= y < height):
            return
        erase = modifiers.right or modifiers.ctrl
        if not erase and len(doc.classes) == 0:
            raise SegDeskError("There is no class to paint with.", "Add a class in the list of classes.")
        key, fresh = (VOID, None) if erase else rules.choose_target(doc, x, y)
        if key == doc.segment_at(x, y):
            return
        guard = rules.guard(doc, key) if doc.protect or modifiers.shift else None
        if guard is not None and not guard[doc.segment_at(x, y)]:
            return
        region = connected(doc.segmentation.ids, int(x), int(y), most_pixels=AT_ONCE)
        doc.discard_preview()
        doc.finish_counting()
        rect = region and region.rect
        doc.changes.edit(
            N_("Fill"), _Filling(key, fresh, (int(x), int(y)), doc.area(doc.segment_at(x, y)), region), rect
        )


@dataclass(frozen=True)
class _Filling:
    """The change itself. `region` None: a large one, looked for only now, in the background. `area`: of the segment
    that the region is part of, which leaves the table if this was all of it."""

    key: int
    fresh: Segment | None
    at: tuple[int, int]
    area: int
    region: Region | None

    def __call__(self, target: Segmentation, stroke: Stroke) -> None:
        column, row = self.at
        region = self.region or connected(target.ids, column, row)
        assert region is not None
        old = int(target.ids[row, column])
        if self.fresh is not None:
            stroke.set_segment(self.key, self.fresh)
        stroke.write(region.x, region.y, region.mask, self.key)
        if old != VOID and int(region.mask.sum()) == self.area:
            stroke.set_segment(old, None)
