"""Split: takes objects that touch each other apart where they are narrow (watershed)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from segdesk.app import splitting
from segdesk.app.anchors import ENTER
from segdesk.app.asking import Question
from segdesk.app.region import Region, connected
from segdesk.app.shapes import Point
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Option, Sketch, ToolInfo
from segdesk.domain.classes import VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

OPTIONS = (Option("notch", N_("Depth of a notch"), "int", 15, 1, 90, unit="%"),)
INFO = ToolInfo(
    id="split",
    title=N_("Split"),
    icon="split",
    key="T",
    order=130,
    note=N_(
        "Click on touching objects to take them apart where they are narrow; drag from one to the other, or "
        "Shift+click in each and press Enter, where you want to say which."
    ),
    options=OPTIONS,
)
DRAG = 4  # screen pixels: less is a click


class Tool(BaseTool):
    """Acts on the connected part of the object under the pointer, worked out in the background. A drag makes its two
    ends the seeds of two parts; clicks with Shift collect seeds until Enter."""

    changes_pixels = True
    options = OPTIONS

    def __init__(self) -> None:
        super().__init__()
        self._question = Question()
        self._pressed: Point | None = None
        self._pointer: Point | None = None
        self._seeds: list[Point] = []

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Begin a click or a drag; with Shift, set a seed."""
        if doc.segment_at(x, y) == VOID:
            return
        splitting.check_object(doc, doc.segment_at(x, y))
        if modifiers.shift:
            self._seeds.append((x, y))
        else:
            self._pressed = self._pointer = (x, y)

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Draw on to the second seed."""
        self._pointer = (x, y)

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Split."""
        start, self._pressed = self._pressed, None
        if start is None:
            return
        seeds = [start, (x, y)] if math.dist(start, (x, y)) > DRAG * modifiers.scale else []
        self._split(doc, start, seeds)

    def key(self, doc: Document, key: str) -> bool:
        """Enter splits by the seeds, Backspace takes the last one back."""
        if not self._seeds:
            return False
        if key in ENTER and not doc.busy:
            seeds, self._seeds = self._seeds, []
            self._split(doc, seeds[0], seeds)
        elif key == "Backspace":
            self._seeds.pop()
        else:
            return False
        return True

    def cancel(self, doc: Document) -> None:
        """Drop seeds and question."""
        self._pressed, self._seeds = None, []
        self._question.drop()

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The seeds and the drag."""
        marks = (Sketch(tuple(self._seeds), role="plus"),) if self._seeds else ()
        drag = self._pressed is not None and self._pointer is not None
        return (*marks, Sketch((self._pressed, self._pointer))) if drag else marks  # type: ignore[arg-type]

    def _split(self, doc: Document, at: Point, seeds: list[Point]) -> None:
        ids, segment, revision = doc.segmentation.ids, doc.segment_at(*at), doc.revision
        notch = float(self.values["notch"]) / 100

        def take(parts: splitting.Parts) -> None:
            if doc.revision != revision:  # the map has changed meanwhile
                self._split(doc, at, seeds)
            elif parts.count < 2:
                raise SegDeskError(
                    "No notch was found at which this object could be split.",
                    "Drag from one half to the other, or cut it with the knife.",
                )
            else:
                splitting.apply(doc, INFO.title, [parts])

        self._question.ask(doc, lambda _: _parted(ids, segment, at, seeds, notch), take)


def _parted(ids: np.ndarray, segment: int, at: Point, seeds: list[Point], notch: float) -> splitting.Parts:
    """Any thread."""
    region = connected(ids, int(at[0]), int(at[1]))
    assert region is not None
    places = [(math.floor(x) - region.x, math.floor(y) - region.y) for x, y in seeds]
    if any(not _holds(region, place) for place in places):
        raise SegDeskError("The seeds do not lie in one object.", "Set all of them in the object to be split.")
    labels = splitting.between_seeds(region.mask, places) if places else splitting.by_depth(region.mask, notch)
    return splitting.Parts(segment, region.x, region.y, labels)


def _holds(region: Region, place: tuple[int, int]) -> bool:
    column, row = place
    height, width = region.mask.shape
    return 0 <= column < width and 0 <= row < height and bool(region.mask[row, column])
