"""Snap brush: paint over borders; on release the labels under the brush go to the edges of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segdesk.app import snapping
from segdesk.app.operations.snap import HOW
from segdesk.app.region import Region
from segdesk.app.rules import Snapping
from segdesk.app.shapes import Point
from segdesk.app.tools.base import PLAIN, BaseTool, Cursor, Modifiers, Sketch, ToolInfo, Value
from segdesk.domain.capsule import Line, masks
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="snap",
    title=N_("Snap"),
    icon="snap",
    key="Z",
    order=175,
    note=N_(
        "Paint over borders that were drawn roughly: when you let go, the labels there snap to the edges of the "
        "picture. Nothing else changes; Escape stops it."
    ),
    options=HOW,
)


class Tool(BaseTool):
    """Collects the way of the brush; the labels change in the background, once, when the button goes up."""

    changes_pixels = True
    options = HOW

    def __init__(self) -> None:
        super().__init__()
        self._points: list[Point] = []

    def set_option(self, doc: Document | None, option_id: str, value: Value) -> None:
        """The hand keeps them too: the strokes that are snapped by key obey them."""
        super().set_option(doc, option_id, value)
        if doc is not None:
            doc.hand.snapping = self._how

    @property
    def _how(self) -> Snapping:
        return Snapping(float(self.values["reach"]), float(self.values["certainty"]) / 100)

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Begin, if the picture is there."""
        assert doc.pixels is not None
        self._points = [(x, y)]

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Go on to here."""
        if self._points and self._points[-1] != (x, y):
            self._points.append((x, y))

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Snap what was painted over."""
        self.move(doc, x, y, modifiers)
        points, self._points = self._points, []
        region = swept(points, doc.brush_size, doc.segmentation.size) if points else None
        if region is not None:
            snapping.snap_region(doc, region, self._how)

    def cancel(self, doc: Document) -> None:
        """Drop it."""
        self._points = []

    def cursor(self, doc: Document) -> Cursor:
        """The brush of the hand."""
        return Cursor("circle", doc.brush_size)

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """What was painted over so far."""
        return (Sketch(tuple(self._points), role="swath", width=doc.brush_size),) if self._points else ()


def swept(points: list[Point], diameter: float, size: tuple[int, int]) -> Region | None:
    """The pixels of a map of `size` (H, W) that a disc goes over along a line; None if there are none."""
    starts = [points[0], *points[:-1]]
    parts = [m for a, b in zip(starts, points, strict=True) for m in masks(Line(a, b, max(0.75, diameter / 2)), size)]
    if not parts:
        return None
    x0, y0 = min(x for x, _, _ in parts), min(y for _, y, _ in parts)
    x1, y1 = max(x + m.shape[1] for x, _, m in parts), max(y + m.shape[0] for _, y, m in parts)
    mask = np.zeros((y1 - y0, x1 - x0), bool)
    for x, y, part in parts:
        mask[y - y0 : y - y0 + part.shape[0], x - x0 : x - x0 + part.shape[1]] |= part
    return Region(x0, y0, mask)
