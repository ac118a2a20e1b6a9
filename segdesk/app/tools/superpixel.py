"""Superpixel brush: paints whole superpixels, small areas that keep to the picture's edges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from segdesk.app.shapes import Point, outline
from segdesk.app.superpixels import Superpixels
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Option, Sketch, ToolInfo
from segdesk.domain.classes import VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    import numpy as np

    from segdesk.app.document import Document

OPTIONS = (Option("size", N_("Size"), "int", 24, 8, 64, unit="px"),)
INFO = ToolInfo(
    id="superpixel",
    title=N_("Superpixels"),
    icon="superpixel",
    key="O",
    order=90,
    note=N_(
        "Paint small areas that keep to the edges of the picture; the size is on the screen, so zoom in for finer "
        "ones. Right button or Ctrl makes them void; Shift protects other labels."
    ),
    options=OPTIONS,
)


class Tool(BaseTool):
    """Paints the superpixels that the pointer goes over; the one under it is outlined. Their size follows the zoom;
    within a stroke it stays."""

    uses_right = True
    changes_pixels = True
    options = OPTIONS

    def __init__(self) -> None:
        super().__init__()
        self._of: tuple[int, int, int] | None = None
        self._made: Superpixels | None = None
        self._last: Point | None = None
        self._step = 1.0
        self._value = VOID
        self._painted: set[int] = set()
        self._under: tuple[Sketch, ...] = ()

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Start a stroke with the superpixel under the pointer."""
        erase = modifiers.right or modifiers.ctrl
        if not erase and len(doc.classes) == 0:
            raise SegDeskError("There is no class to paint with.", "Add a class in the list of classes.")
        self._prepare(doc.pixels, modifiers.scale)
        doc.begin(INFO.title, protect=modifiers.shift)
        try:
            self._value = VOID if erase else doc.target_at(x, y)
        except SegDeskError:
            doc.abort()
            raise
        self._painted = set()
        self._last = (x, y)
        self._under = ()
        self._paint(doc, x, y)

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Paint the superpixels on the way to here."""
        if not doc.painting or self._last is None:
            return
        (ax, ay), (bx, by) = self._last, (x, y)
        steps = max(1, math.ceil(math.dist((ax, ay), (bx, by)) / self._step))
        for i in range(1, steps + 1):
            self._paint(doc, ax + (bx - ax) * i / steps, ay + (by - ay) * i / steps)
        self._last = (x, y)

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """End the stroke."""
        self.move(doc, x, y, modifiers)
        self._last = None
        doc.commit()

    def cancel(self, doc: Document) -> None:
        """Take the stroke back."""
        self._last, self._under = None, ()
        doc.abort()

    def hover(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Outline the superpixel that a click would paint."""
        if not doc.has_pixels:
            return
        made = self._prepare(doc.pixels, modifiers.scale)
        number = made.number_at(x, y)
        self._under = outline(made.region(number), role="line") if number >= 0 else ()

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The outline under the pointer."""
        return self._under

    def _prepare(self, pixels: np.ndarray, scale: float) -> Superpixels:
        """The superpixels of this picture at this zoom; they are kept while both stay."""
        cell = max(4.0, float(self.values["size"]) * scale)
        reduce = max(1, int(scale))
        wanted = (id(pixels), round(cell * 4), reduce)
        if self._made is None or self._of != wanted:
            self._made, self._of = Superpixels(pixels, cell=cell, reduce=reduce), wanted
            self._step = cell / 3
        return self._made

    def _paint(self, doc: Document, x: float, y: float) -> None:
        assert self._made is not None
        number = self._made.number_at(x, y)
        if number < 0 or number in self._painted:
            return
        self._painted.add(number)
        region = self._made.region(number)
        doc.paint(region.x, region.y, region.mask, self._value)
