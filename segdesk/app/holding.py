"""`Holding`: what the person paints with, as a document gives and takes it."""

from __future__ import annotations

from collections.abc import Callable

from segdesk.app.rules import MAX_BRUSH, MIN_BRUSH, Hand
from segdesk.domain.classes import VOID
from segdesk.domain.segmentation import Segmentation


class Holding:
    """Part of `Document`: the `hand`, which goes from document to document, and the object that was picked. Tells
    `on_state` of each change."""

    hand: Hand
    segmentation: Segmentation
    on_state: list[Callable[[], None]]
    _active_segment: int

    @property
    def active_class(self) -> int:
        """The class that strokes paint; 0 = void."""
        return self.hand.active_class

    @active_class.setter
    def active_class(self, class_id: int) -> None:
        if class_id != self.hand.active_class:
            self.hand.other_class, self.hand.active_class = self.hand.active_class, class_id
            if self.class_of(self._active_segment) != class_id and class_id != VOID:
                self._active_segment = VOID
            self.tell(self.on_state)

    @property
    def active_segment(self) -> int | None:
        """The object that was picked, which strokes extend; None if there is none."""
        return self._active_segment if self._active_segment in self.segmentation.segments else None

    @active_segment.setter
    def active_segment(self, segment_id: int | None) -> None:
        self._active_segment = segment_id or VOID
        self.tell(self.on_state)

    @property
    def brush_size(self) -> float:
        """Diameter in image pixels."""
        return self.hand.brush_size

    @brush_size.setter
    def brush_size(self, size: float) -> None:
        self.hand.brush_size = min(float(MAX_BRUSH), max(float(MIN_BRUSH), size))
        self.tell(self.on_state)

    @property
    def protect(self) -> bool:
        """Whether pixels of other classes and other objects keep their label."""
        return self.hand.protect

    @protect.setter
    def protect(self, on: bool) -> None:
        self.hand.protect = on
        self.tell(self.on_state)

    def swap_void(self) -> None:
        """Paint void instead of the active class, and back (key X)."""
        self.active_class = self.hand.other_class if self.active_class == VOID else VOID

    @staticmethod
    def tell(listeners: list[Callable[[], None]]) -> None:
        """Call the listeners."""
        for listener in listeners:
            listener()

    def class_of(self, segment_id: int) -> int:
        """The class of a segment; 0 for void and for ids that are not in the table."""
        segment = self.segmentation.segments.get(segment_id)
        return segment.class_id if segment else VOID
