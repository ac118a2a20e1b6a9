"""The rules of painting: what the hand holds, which segment a stroke paints, which labels it may overwrite."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment

if TYPE_CHECKING:
    from segdesk.app.document import Document
    from segdesk.app.snapping import Snapper
    from segdesk.domain.edit import Edit

MIN_BRUSH, MAX_BRUSH = 1, 400


@dataclass(frozen=True)
class Snapping:
    """How borders are moved to edges. `reach`: by so many pixels at most, about; `certainty` 0..1: how sure a label is
    right at its border, at 1 nothing moves."""

    reach: float = 8.0
    certainty: float = 0.4


@dataclass
class Hand:
    """What the person paints with; one for the whole session, handed from document to document.

    `active_class` 0 = paint void; `other_class` is the class that was active before. `brush_size` is the diameter in
    image pixels, 1..400. `protect`: pixels of other classes and of other objects keep their label. `only_over`: paint
    over this class alone (0 = over void alone), None = over all. What is locked does not change: classes by id,
    objects by (picture id, segment id). `snapper` moves borders to edges, `snapping` says how far.
    """

    active_class: int = VOID
    other_class: int = VOID
    brush_size: float = 24.0
    protect: bool = False
    only_over: int | None = None
    locked_classes: set[int] = field(default_factory=set)
    locked_segments: set[tuple[int, int]] = field(default_factory=set)
    snapper: Snapper | None = None
    snapping: Snapping = Snapping()


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
    key = doc.segmentation.new_id()
    doc.hand.locked_segments.discard((doc.row.id, key))  # of an object that was undone: this is another one
    return key, Segment(class_id, by_human=True)


@dataclass(frozen=True)
class Rules:
    """Which labels may be overwritten, as it stood when a change began; any thread may ask.

    `protect`: painting keeps off other classes, and things off each other too; erasing keeps to the active class
    (`kept_class`, 0 = any), and to the object that was picked (`kept_segment`) if it is of that class. `only_over`: a
    class, or void, whose pixels alone change. Pixels of what is locked keep their label, and no others get it.
    """

    protect: bool = False
    only_over: int | None = None
    locked_classes: frozenset[int] = frozenset()
    locked_segments: frozenset[int] = frozenset()
    things: frozenset[int] = frozenset()
    kept_class: int = VOID
    kept_segment: int = VOID

    @classmethod
    def of(cls, doc: Document, *, protect: bool = False) -> Rules:
        """The rules now. `protect` sets protection for one change."""
        hand = doc.hand
        return cls(
            protect=protect or hand.protect,
            only_over=hand.only_over,
            locked_classes=frozenset(hand.locked_classes),
            locked_segments=frozenset(
                key for picture, key in hand.locked_segments if picture == doc.row.id and doc.segment(key) is not None
            ),
            things=frozenset(c.id for c in doc.classes if c.is_thing),
            kept_class=hand.active_class or hand.other_class,
            kept_segment=doc.active_segment or VOID,
        )

    @classmethod
    def locks(cls, doc: Document) -> Rules:
        """The locks alone, for what changes an object itself: cutting, joining, another class."""
        return replace(cls.of(doc), protect=False, only_over=None)

    @property
    def free(self) -> bool:
        """Whether nothing is forbidden."""
        locks = self.locked_classes or self.locked_segments
        return not (self.protect or locks or self.only_over is not None)

    def permits(self, class_of: np.ndarray, old: np.ndarray, new: int | np.ndarray) -> np.ndarray:
        """Whether pixels of segments `old` may become `new` (arrays of ids are broadcast), as bool. `class_of` is the
        map's `class_table()`."""
        allowed = np.ones(np.broadcast(old, new).shape, bool)
        if self.only_over is not None:
            allowed &= class_of[old] == self.only_over
        if self.locked_classes or self.locked_segments:
            opened = self.open_table(class_of)
            allowed &= opened[old] & opened[new]
        if self.protect:
            allowed &= np.where(np.equal(new, VOID), self._erases(class_of, old), self._covers(class_of, old, new))
        return allowed

    def open_table(self, class_of: np.ndarray) -> np.ndarray:
        """(65536,) bool: the ids that are not locked; void never is."""
        opened = ~np.isin(class_of, list(self.locked_classes))
        opened[list(self.locked_segments)] = False
        opened[VOID] = True
        return opened

    def table(self, class_of: np.ndarray, value: int) -> np.ndarray | None:
        """(65536,) bool: the ids that segment `value` may overwrite; None = all."""
        return None if self.free else self.permits(class_of, np.arange(MAX_ID + 1), value)

    def _covers(self, class_of: np.ndarray, old: np.ndarray, new: int | np.ndarray) -> np.ndarray:
        same = (class_of[old] == class_of[new]) & ~np.isin(class_of[new], list(self.things))
        return np.equal(old, VOID) | np.equal(old, new) | same

    def _erases(self, class_of: np.ndarray, old: np.ndarray) -> np.ndarray:
        if self.kept_class == VOID:
            return np.ones(old.shape, bool)
        if class_of[self.kept_segment] == self.kept_class:
            return np.equal(old, self.kept_segment)
        return class_of[old] == self.kept_class


def guard(doc: Document, value: int, *, protect: bool = False) -> np.ndarray | None:
    """(65536,) bool: the ids that segment `value` may overwrite now; None = all."""
    rules = Rules.of(doc, protect=protect)
    return None if rules.free else rules.table(doc.segmentation.class_table(), value)


def is_locked(doc: Document, segment_id: int) -> bool:
    """Whether a segment or its class is locked; void and what does not exist are not."""
    if doc.segment(segment_id) is None:
        return False
    return (doc.row.id, segment_id) in doc.hand.locked_segments or doc.class_of(segment_id) in doc.hand.locked_classes


def unlock_born(doc: Document, edit: Edit) -> None:
    """A new step made objects: none of them is locked, also not one with the id of a locked object that was undone."""
    born = {(doc.row.id, key) for key, before in edit.segments.items() if before is None}
    doc.hand.locked_segments -= born


def check_unlocked(doc: Document, segment_id: int, class_id: int = VOID) -> None:
    """Raise SegDeskError if a segment, or the class that a new one gets, is locked."""
    if class_id in doc.hand.locked_classes or is_locked(doc, segment_id):
        raise SegDeskError("This object or its class is locked.", "Unlock it to change it.")


def _of_class(doc: Document, class_id: int) -> list[int]:
    return [k for k, s in doc.segmentation.segments.items() if s.class_id == class_id]
