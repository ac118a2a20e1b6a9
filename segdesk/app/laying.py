"""One-shot changes: a shape or new labels become one undo step, under the rules of protection, locks and classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from segdesk.app import rules
from segdesk.app.areas import histogram
from segdesk.app.rules import Rules
from segdesk.app.shapes import Masks, Point, Shape
from segdesk.domain.classes import VOID
from segdesk.domain.edit import TILE, Rect, Stroke, Tick, clip, no_tick
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation

if TYPE_CHECKING:
    from segdesk.app.document import Document

AT_ONCE = 1 << 18  # pixels of a window that is changed at once; a larger change goes to the background


class Writer:
    """Writes into a map through a stroke, where the rules allow it. Any thread, with a map of its own.

    `ids` is the map (read only for the caller), `counts` (65536,) the pixels that each segment has now. `tick` is to be
    called between pieces of work that takes long.
    """

    def __init__(
        self, target: Segmentation, stroke: Stroke, permits: Rules, counts: np.ndarray, tick: Tick = no_tick
    ) -> None:
        self.target = target
        self.ids = target.ids
        self.counts = counts
        self.rules = permits
        self.tick = tick
        self._stroke = stroke
        self._seen: set[int] = set()
        self._tables: dict[int, np.ndarray | None] = {}
        self._class_of: np.ndarray | None = None

    def add(self, segment: Segment, key: int = VOID) -> int:
        """A new segment, under `key` where that is free; returns its id. It stays in the table if it gets pixels.
        Raises SegDeskError if the map is full."""
        if key == VOID or key in self.target.segments:
            key = self.target.new_id()
        self.set(key, segment)
        self._seen.add(key)
        return key

    def set(self, key: int, segment: Segment) -> None:
        """Change a segment's entry in the table."""
        self._stroke.set_segment(key, segment)
        self._tables.clear()
        self._class_of = None

    def open_table(self) -> np.ndarray:
        """(65536,) bool: the ids that are not locked, void among them."""
        return self.rules.open_table(self._classes())

    def drop(self, key: int) -> None:
        """Take a segment that has no pixels from the table."""
        self._stroke.set_segment(key, None)
        self._seen.discard(key)

    def paint(self, x: int, y: int, mask: np.ndarray, value: int) -> None:
        """Set the pixels of the (h, w) bool `mask`, whose top-left is (x, y), to segment `value`."""
        h, w = mask.shape
        x0, y0, x1, y1 = clip((x, y, x + w, y + h), self.target.size)
        if x1 <= x0 or y1 <= y0:
            return
        if value not in self._tables:
            self._tables[value] = self.rules.table(self._classes(), value)
        table = self._tables[value]
        window = self.ids[y0:y1, x0:x1]
        hit = mask[y0 - y : y1 - y, x0 - x : x1 - x] & (window != value)
        if table is not None:
            hit &= table[window]
        self._put(x0, y0, hit, value)

    def relabel(self, x: int, y: int, new: np.ndarray) -> None:
        """Give the pixels of a window inside the map, top-left (x, y), the (h, w) uint16 labels `new`."""
        h, w = new.shape
        window = self.ids[y : y + h, x : x + w]
        hit = window != new
        if not self.rules.free:
            old, wanted = window[hit], new[hit]
            hit[hit] = self.rules.permits(self._classes(), old, wanted)
        self._put(x, y, hit, new[hit])

    def _put(self, x: int, y: int, hit: np.ndarray, values: int | np.ndarray) -> None:
        window = self.ids[y : y + hit.shape[0], x : x + hit.shape[1]]
        old = window[hit]
        if not old.size:
            return
        self._touch(x, y, hit)
        window[hit] = values
        self._stroke.settle()
        for sign, those in ((-1, old), (1, np.broadcast_to(np.asarray(values), old.shape))):
            found = np.bincount(those)
            self.counts[: found.size] += sign * found
            self._seen.update(np.flatnonzero(found).tolist())

    def _classes(self) -> np.ndarray:
        if self._class_of is None:
            self._class_of = self.target.class_table()
        return self._class_of

    def _touch(self, x: int, y: int, hit: np.ndarray) -> None:
        """Save the tiles with a pixel of the mask, and no others: an undo step costs what has changed."""
        top = 0
        while top < hit.shape[0]:
            stop = min(hit.shape[0], ((y + top) // TILE + 1) * TILE - y)
            columns = np.flatnonzero(hit[top:stop].any(axis=0)) + x
            for tile in np.unique(columns // TILE).tolist():
                self._stroke.touch((tile * TILE, y + top, (tile + 1) * TILE, y + stop))
            top = stop

    def finish(self) -> None:
        """Take the segments without a pixel that were written to from the table."""
        for key in self._seen:
            if key != VOID and self.counts[key] == 0:
                self._stroke.set_segment(key, None)


def change(
    doc: Document,
    name: str,
    write: Callable[[Writer], None],
    *,
    rect: Rect | None = None,
    permits: Rules | None = None,
) -> None:
    """Make one undo step of what `write` does. With a `rect`, which holds all pixels that may change, it is made at
    once; else it may run in a thread and must use nothing of the document. Raises what `write` raises, with the map
    as it was. `permits`: by default the rules of painting; `Rules.locks` for what changes objects themselves. UI
    thread."""
    permits = permits or Rules.of(doc)

    def through(target: Segmentation, stroke: Stroke, tick: Tick) -> None:
        counts = doc.areas.counts.copy() if rect is not None else histogram(target.ids)
        writer = Writer(target, stroke, permits, counts, tick)
        write(writer)
        writer.finish()

    doc.finish_counting()
    doc.changes.edit(name, through, rect)


def lay(doc: Document, name: str, shape: Shape, at: Point, *, erase: bool = False, protect: bool = False) -> None:
    """Paint a shape as one undo step, or make it void; see `lay_masks`."""
    rect = clip(shape.rect, doc.segmentation.size)
    area = max(0, rect[2] - rect[0]) * max(0, rect[3] - rect[1])
    if area:
        small = rect if area <= AT_ONCE else None
        lay_masks(doc, name, lambda w: shape.masks(w.target.size), at, rect=small, erase=erase, protect=protect)


def lay_several(doc: Document, name: str, shapes: Sequence[Shape]) -> None:
    """Paint shapes as one undo step: with a thing class each is an object of its own. Raises as `lay` does."""
    if len(doc.classes) == 0:
        raise SegDeskError("There is no class to paint with.", "Add a class in the list of classes.")

    def go() -> None:
        class_id = doc.active_class
        apart = doc.is_thing(class_id)
        rules.check_unlocked(doc, VOID, class_id)
        known = [key for key, segment in doc.segmentation.segments.items() if segment.class_id == class_id]

        def write(writer: Writer) -> None:
            value = VOID
            if class_id != VOID and not apart:
                value = min(known) if known else writer.add(Segment(class_id, by_human=True))
            for shape in shapes:
                if apart:
                    value = writer.add(Segment(class_id, by_human=True))
                for x, y, mask in shape.masks(writer.target.size):
                    writer.paint(x, y, mask, value)

        change(doc, name, write)

    doc.discard_preview()
    doc.after(go)


def lay_masks(
    doc: Document,
    name: str,
    masks: Callable[[Writer], Masks],
    at: Point,
    *,
    rect: Rect | None,
    erase: bool,
    protect: bool,
) -> None:
    """Paint the masks that `masks` gives as one undo step, or make them void. `at` is where the person began, which
    decides the segment (`rules.choose_target`). For `rect` see `change`. Raises SegDeskError if there is no class, the
    map is full or the segment is locked."""
    if not erase and len(doc.classes) == 0:
        raise SegDeskError("There is no class to paint with.", "Add a class in the list of classes.")

    def go() -> None:
        key, fresh = (VOID, None) if erase else rules.choose_target(doc, *at)
        rules.check_unlocked(doc, key, doc.active_class if fresh else VOID)

        def write(writer: Writer) -> None:
            value = key if fresh is None else writer.add(fresh, key)
            for x, y, mask in masks(writer):
                writer.paint(x, y, mask, value)

        change(doc, name, write, rect=rect, permits=Rules.of(doc, protect=protect))

    doc.discard_preview()
    doc.after(go)
