"""`Document`: the open picture with its label map, undo history and the stroke under way. UI thread only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.edit import Edit, History, Rect, Stroke
from segdesk.domain.segmentation import Segment, Segmentation

if TYPE_CHECKING:
    from segdesk.io.project import PictureRow

MIN_BRUSH, MAX_BRUSH = 1, 400

Background = Callable[[Callable[[], object], Callable[[object], None]], None]
"""`background(work, then)`: run `work()` in a thread, then `then(result)` on the UI thread."""


@dataclass
class Hand:
    """What the person paints with; one for the whole session, handed from document to document.

    `active_class` 0 = paint void. `brush_size` is the diameter in image pixels, 1..400. `protect`: pixels of other
    classes and of other objects keep their label.
    """

    active_class: int = VOID
    other_class: int = VOID
    brush_size: float = 24.0
    protect: bool = False


class Document:
    """The open picture. Lists of listeners, called on the UI thread:

    `on_pixels`  (rect) the map changed inside (x0, y0, x1, y1) of the image
    `on_segments` ()    the segment table, an area or the class set changed (at the end of a stroke, not in each step)
    `on_edit`    (edit, kind) an undo step was made; kind "push", "undo", "redo"; see `snapshot`
    `on_state`   ()     active class, active segment, brush size, protection, preview or `busy` changed
    """

    def __init__(
        self,
        row: PictureRow,
        pixels: np.ndarray,
        segmentation: Segmentation,
        history: History,
        classes: ClassSet,
        prediction: Segmentation | None = None,
        *,
        hand: Hand | None = None,
    ) -> None:
        self.row = row
        self.pixels = pixels
        self.segmentation = segmentation
        self.history = history
        self.classes = classes
        self.prediction = prediction
        self.preview: Segmentation | None = None
        self.hand = hand or Hand()
        self.background: Background | None = None
        self.busy = False
        self.on_pixels: list[Callable[[Rect], None]] = []
        self.on_segments: list[Callable[[], None]] = []
        self.on_edit: list[Callable[[Edit, str], None]] = []
        self.on_state: list[Callable[[], None]] = []

    # What the person works with (properties over `hand`; setting one calls `on_state`)

    active_class: int
    active_segment: int | None
    brush_size: float
    protect: bool

    def set_classes(self, classes: ClassSet) -> None:
        """The project's class set changed."""
        raise NotImplementedError

    def swap_void(self) -> None:
        """Paint void instead of the active class, and back (key X)."""
        raise NotImplementedError

    # Reading

    def segment_at(self, x: float, y: float) -> int:
        """The segment id of the pixel at image coordinates, 0 for void and outside the picture."""
        raise NotImplementedError

    def segment(self, segment_id: int) -> Segment | None:
        """The table's entry."""
        raise NotImplementedError

    @property
    def areas_ready(self) -> bool:
        """Whether all pixels have been counted (a large map is counted in slices)."""
        raise NotImplementedError

    def count_some(self, seconds: float = 0.004) -> bool:
        """Go on counting areas for about this long; returns `areas_ready`."""
        raise NotImplementedError

    def area(self, segment_id: int) -> int:
        """Pixels of a segment (so far, until `areas_ready`)."""
        raise NotImplementedError

    # Strokes

    def begin(self, name: str) -> Stroke:
        """Start a stroke; `name` is what the undo menu shows (marked by `N_`). Discards a pending preview."""
        raise NotImplementedError

    def commit(self) -> Edit | None:
        """End the stroke as one undo step; None if nothing changed."""
        raise NotImplementedError

    def abort(self) -> None:
        """Take the stroke back."""
        raise NotImplementedError

    # Undo

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        raise NotImplementedError

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        raise NotImplementedError

    def undo(self) -> None:
        """Take the last step back. A step that covers much of a large map is swapped in a thread (`busy` meanwhile)."""
        raise NotImplementedError

    def redo(self) -> None:
        """Do the last undone step again."""
        raise NotImplementedError

    def snapshot(self, edit: Edit) -> Segmentation:
        """To be called in `on_edit`: a map for the store thread, filled only in the 256x256 tiles that `edit` touches,
        with its own copy of the segment table. Costs what the edit covers."""
        raise NotImplementedError

    # Whole maps

    @property
    def has_hand_edits_since_result(self) -> bool:
        """Whether a model's answer would overwrite hand work."""
        raise NotImplementedError

    def apply(self, segmentation: Segmentation, name: str) -> None:
        """Replace the map as one undo step (an import, labels copied from another picture)."""
        raise NotImplementedError

    def apply_result(self, segmentation: Segmentation, name: str) -> None:
        """Take a model's answer: one undo step; in the place of the previous answer's step where that is the last one;
        a preview (`preview`, overlay only) where hand edits would be overwritten."""
        raise NotImplementedError

    def accept_preview(self) -> None:
        """Apply the preview as one undo step."""
        raise NotImplementedError

    def discard_preview(self) -> None:
        """Drop the preview."""
        raise NotImplementedError

    def relabel(self, segment_id: int, class_id: int) -> None:
        """Give a segment another class, as one undo step."""
        raise NotImplementedError

    def delete(self, segment_id: int) -> None:
        """Make a segment void, as one undo step."""
        raise NotImplementedError
