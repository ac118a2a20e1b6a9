"""The rules of painting: what the hand holds, which segment a stroke paints, which labels it may overwrite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.segmentation import Segment

if TYPE_CHECKING:
    from segdesk.app.document import Document

MIN_BRUSH, MAX_BRUSH = 1, 400


@dataclass
class Hand:
    """What the person paints with; one for the whole session, handed from document to document.

    `active_class` 0 = paint void; `other_class` is the class that was active before. `brush_size` is the diameter in
    image pixels, 1..400. `protect`: pixels of other classes and of other objects keep their label.
    """

    active_class: int = VOID
    other_class: int = VOID
    brush_size: float = 24.0
    protect: bool = False


def choose_target(doc: Document, x: float, y: float) -> tuple[int, Segment | None]:
    """The segment that a stroke beginning at (x, y) paints, and its table entry if it is a new one; (0, None) = void.

    The object that was picked, if it is of the active class; else the segment of that class in which the stroke begins
    (so touching up an object needs no click on it first); else, for stuff, the one segment of the class; else a new
    one: with a thing class each stroke that begins elsewhere is a new object. Raises SegDeskError if the map is full.
    """
    class_id = doc.active_class
    if class_id == VOID or doc.classes.get(class_id) is None:
        return VOID, None
    for key in (doc.active_segment or VOID, doc.segment_at(x, y)):
        if key != VOID and doc.class_of(key) == class_id:
            return key, None
    if not doc.is_thing(class_id):
        known = _of_class(doc, class_id)
        if known:
            return min(known), None
    return doc.segmentation.new_id(), Segment(class_id, by_human=True)


def guard(doc: Document, value: int) -> np.ndarray | None:
    """(65536,) bool: the ids that segment `value` may overwrite under protection; None = all.

    Painting keeps off other classes, and things off each other too. Erasing keeps to the active class, and to the
    object that was picked if there is one.
    """
    table = np.zeros(MAX_ID + 1, bool)
    if value != VOID:
        class_id = doc.class_of(value) or doc.active_class
        table[VOID] = table[value] = True
        if not doc.is_thing(class_id):
            table[_of_class(doc, class_id)] = True
        return table
    class_id = doc.active_class or doc.hand.other_class
    if class_id == VOID:
        return None
    same = _of_class(doc, class_id)
    table[[doc.active_segment] if doc.active_segment in same else same] = True
    return table


def _of_class(doc: Document, class_id: int) -> list[int]:
    return [k for k, s in doc.segmentation.segments.items() if s.class_id == class_id]
