"""Labels that come from elsewhere, a model's answer or the previous picture, taken into the map or a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from segdesk.app.laying import Writer, change
from segdesk.app.rules import Rules
from segdesk.app.shapes import Shape
from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.edit import TILE
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import Labels

if TYPE_CHECKING:
    from segdesk.app.document import Document

BAND = 4 * TILE


def model_answer(doc: Document) -> Labels:
    """The model's answer: the one that waits for Apply or Discard, else the last one. Raises SegDeskError if there is
    none."""
    answer = doc.preview or doc.prediction
    if answer is None:
        raise SegDeskError("There is no answer of a model for this picture yet.", "Run a model first.")
    return answer


def take(doc: Document, source: Labels, name: str, *, shape: Shape | None = None, only_void: bool = False) -> None:
    """Make the labels inside `shape` (None = everywhere) those of `source`, as one undo step; `only_void`: only where
    there is no label yet. Locks hold; a waiting preview stays. Raises SegDeskError if the sizes differ. UI thread.

    An object of `source` stays one object with its part outside the shape: it keeps its id where the map has the same
    id, with the same class, on a common pixel, or has no such id; stuff joins the segment of its class; all others get
    a new id.
    """
    if source.size != doc.segmentation.size:
        raise SegDeskError(
            "The labels are {width} x {height} pixels large, which is not the size of this picture.",
            "Only labels of a picture of the same size can be taken.",
            width=source.size[1],
            height=source.size[0],
        )
    stuff = frozenset(c.id for c in doc.classes if not c.is_thing)

    def write(writer: Writer) -> None:
        here = np.zeros(MAX_ID + 1, np.int64)
        for x, y, mask in _masks(shape, source.size):
            here += np.bincount(_part(source, x, y, mask)[mask], minlength=MAX_ID + 1)
        table = _ids(writer, source, np.flatnonzero(here), stuff)
        for x, y, mask in _masks(shape, source.size):
            writer.tick(y, source.size[0])
            window = writer.ids[y : y + mask.shape[0], x : x + mask.shape[1]]
            mask = mask & (window == VOID) if only_void else mask
            writer.relabel(x, y, np.where(mask, table[_part(source, x, y, mask)], window))

    change(doc, name, write, permits=Rules.locks(doc))


def _masks(shape: Shape | None, size: tuple[int, int]) -> Iterator[tuple[int, int, np.ndarray]]:
    if shape is not None:
        yield from shape.masks(size)
        return
    for top in range(0, size[0], BAND):
        yield 0, top, np.ones((min(BAND, size[0] - top), size[1]), bool)


def _part(source: Labels, x: int, y: int, mask: np.ndarray) -> np.ndarray:
    return source.read((x, y, x + mask.shape[1], y + mask.shape[0]))


def _ids(writer: Writer, source: Labels, keys: np.ndarray, stuff: frozenset[int]) -> np.ndarray:
    """(65536,) uint16: which id of the map each id of `source` gets."""
    common = np.zeros(MAX_ID + 1, bool)
    for top in range(0, source.size[0], BAND):
        band = source.read((0, top, source.size[1], min(top + BAND, source.size[0])))
        common[band[band == writer.ids[top : top + BAND]]] = True
    table = np.zeros(MAX_ID + 1, np.uint16)
    target = writer.target.segments
    of_class = {s.class_id: k for k, s in sorted(target.items(), reverse=True) if s.class_id in stuff}
    for key in keys.tolist():
        wanted = source.segments.get(key)
        if key == VOID or wanted is None:
            continue
        present = target.get(key)
        same = present is not None and present.class_id == wanted.class_id
        if same and (common[key] or writer.counts[key] == 0):
            table[key] = key
        elif wanted.class_id in of_class:
            table[key] = of_class[wanted.class_id]
        else:
            table[key] = writer.add(wanted, key)
            if wanted.class_id in stuff:
                of_class[wanted.class_id] = int(table[key])
    return table
