"""Knife: a line across objects cuts each of them in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segdesk.app import rules, splitting
from segdesk.app.asking import Question
from segdesk.app.region import Region, connected
from segdesk.app.shapes import Point
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Sketch, ToolInfo
from segdesk.domain.capsule import Line, masks
from segdesk.domain.classes import VOID
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="knife",
    title=N_("Knife"),
    icon="knife",
    key="K",
    order=140,
    note=N_(
        "Drag a line across an object to cut it in two. Every object that it crosses from side to side is cut, or only "
        "the selected one if there is one."
    ),
)


class Tool(BaseTool):
    """Cuts at the release. Pixels are neither lost nor added: the line passes between them."""

    changes_pixels = True

    def __init__(self) -> None:
        super().__init__()
        self._line: list[Point] = []
        self._question = Question()

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Begin the line."""
        self._line = [(x, y), (x, y)]

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """The line ends here."""
        self._line[1:] = [(x, y)] if self._line else []

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Cut."""
        line, self._line = self._line, []
        if line and line[0] != (x, y):
            start = line[0]
            doc.after(lambda: self._cut(doc, start, (x, y)))

    def cancel(self, doc: Document) -> None:
        """Drop the line and the question."""
        self._line = []
        self._question.drop()

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The line."""
        return (Sketch(tuple(self._line)),) if self._line else ()

    def _cut(self, doc: Document, start: Point, end: Point) -> None:
        under, revision, ids = _objects_under(doc, start, end), doc.revision, doc.segmentation.ids

        def work(_: object) -> list[splitting.Parts]:
            return [
                splitting.Parts(key, region.x, region.y, splitting.along_line(region, start, end))
                for key, places in under.items()
                for region in _regions(ids, places)
            ]

        def take(cuts: list[splitting.Parts]) -> None:
            if doc.revision != revision:  # the map has changed meanwhile
                self._cut(doc, start, end)
            else:
                splitting.apply(doc, INFO.title, cuts)

        if under:
            self._question.ask(doc, work, take)


def _under(doc: Document, start: Point, end: Point) -> dict[int, list[tuple[int, int]]]:
    """The segments on the line, each with the (column, row) of its pixels there."""
    found: dict[int, list[tuple[int, int]]] = {}
    for x, y, mask in masks(Line(start, end, 1.0), doc.segmentation.size):
        rows, columns = np.nonzero(mask)
        ids = doc.segmentation.ids[rows + y, columns + x]
        for key in np.unique(ids).tolist():
            if key != VOID:
                hit = ids == key
                places = zip((columns[hit] + x).tolist(), (rows[hit] + y).tolist(), strict=True)
                found.setdefault(key, []).extend(places)
    return found


def _objects_under(doc: Document, start: Point, end: Point) -> dict[int, list[tuple[int, int]]]:
    """Those of them that are cut. Raises SegDeskError if the selected one, or the only ones, cannot be cut."""
    under = _under(doc, start, end)
    picked = doc.active_segment
    if picked is not None and picked in under:
        splitting.check_object(doc, picked)
        return {picked: under[picked]}
    free = {k: v for k, v in under.items() if doc.is_thing(doc.class_of(k)) and not rules.is_locked(doc, k)}
    if under and not free:
        splitting.check_object(doc, next(iter(under)))
    return free


def _regions(ids: np.ndarray, places: list[tuple[int, int]]) -> list[Region]:
    """The connected regions of one segment at these pixels, each once. Any thread."""
    found: list[Region] = []
    for column, row in places:
        if not any(_holds(region, column, row) for region in found):
            region = connected(ids, column, row)
            assert region is not None
            found.append(region)
    return found


def _holds(region: Region, column: int, row: int) -> bool:
    x0, y0, x1, y1 = region.rect
    return x0 <= column < x1 and y0 <= row < y1 and bool(region.mask[row - y0, column - x0])
