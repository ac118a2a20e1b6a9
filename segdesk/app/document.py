"""`Document`: the open picture with its label map, undo history and the stroke under way. UI thread only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from segdesk.app import rules
from segdesk.app.areas import Areas, tiles_histogram
from segdesk.app.changes import Changes
from segdesk.app.holding import Holding
from segdesk.app.rules import Hand
from segdesk.app.timeline import Timeline
from segdesk.domain.capsule import Line, masks
from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.edit import Edit, Rect, Stroke, clip
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.packed import Labels, PackedMap
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segment, Segmentation

if TYPE_CHECKING:
    from segdesk.io.project import PictureRow

STRIP = 16  # rows of a rectangle that is reported as changed

Background = Callable[[Callable[[], object], Callable[[object], None]], None]
"""`background(work, then)`: run `work()` in a thread, then `then(result)` on the UI thread. `work` does not raise."""


class Document(Holding):
    """The open picture. Lists of listeners, called on the UI thread:

    `on_pixels`  (rect) the map changed inside (x0, y0, x1, y1) of the image
    `on_segments` ()    the segment table, an area or the class set changed (at the end of a stroke, not in each step)
    `on_edit`    (edit, kind) an undo step was made; kind "push", "undo", "redo"; see `snapshot`
    `on_state`   ()     active class, active segment, brush size, protection, preview or `busy` changed
    `on_picked`  (segment) the person pointed at a segment or at void (0)
    `on_picture` ()     the picture has been read (`take_pixels`)

    `preview` is a model's answer that waits for Apply or Discard; `prediction` the model's last answer. Large changes
    (undo of a large step, a new answer, deletion) run through `background` where it is set; while one is under way
    that the person asked for, or an answer is written into the map, `busy` is true and no stroke can begin.
    `changes.watch` tells how far it is.
    """

    def __init__(
        self,
        row: PictureRow,
        pixels: np.ndarray | None,
        segmentation: Segmentation,
        history: History,
        classes: ClassSet,
        prediction: Labels | None = None,
        *,
        hand: Hand | None = None,
    ) -> None:
        if pixels is not None and segmentation.size != pixels.shape[:2]:
            raise ValueError("the label map and the picture have different sizes")
        if not segmentation.ids.flags.writeable:
            segmentation = segmentation.copy()
        self.row = row
        self._pixels = pixels
        self.segmentation = segmentation
        self.classes = classes
        self.prediction = None if prediction is None else PackedMap.of(prediction)
        self.preview: PackedMap | None = None
        self.hand = hand or Hand()
        self.background: Background | None = None
        self.on_pixels: list[Callable[[Rect], None]] = []
        self.on_segments: list[Callable[[], None]] = []
        self.on_edit: list[Callable[[Edit, str], None]] = []
        self.on_state: list[Callable[[], None]] = []
        self.on_picked: list[Callable[[int], None]] = []
        self.on_picture: list[Callable[[], None]] = []
        self.areas = Areas()
        self.changes = Changes(self, Timeline(history, hand_work=row.state in ("edited", "verified")))
        self.revision = 0
        self._preview_name = ""
        self._active_segment = VOID
        self._stroke: Stroke | None = None
        self._protect = False
        self._guards: dict[int, np.ndarray | None] = {}
        self._emptied: set[int] = set()
        self._choose_a_class()

    # ---- what the person works with

    def set_classes(self, classes: ClassSet) -> None:
        """The project's class set changed."""
        self.classes = classes
        self._choose_a_class()
        self.tell(self.on_segments)

    def pick(self, x: float, y: float) -> int:
        """Take the class under a point, and the object there if it is a thing; returns its segment id, 0 for void
        (which lets go of the object that was picked)."""
        key = self.segment_at(x, y)
        if key != VOID:
            self.active_class = self.class_of(key)
        self.active_segment = key if self.is_thing(self.class_of(key)) else None
        for listener in self.on_picked:
            listener(key)
        return key

    # ---- the picture

    @property
    def pixels(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB. Raises SegDeskError while a large picture is still being read: one can paint, but not
        yet with tools that look at its colours."""
        if self._pixels is None:
            raise SegDeskError("The picture is still being read.", "Try again in a moment.")
        return self._pixels

    @property
    def has_pixels(self) -> bool:
        """Whether the picture has been read."""
        return self._pixels is not None

    def take_pixels(self, pixels: np.ndarray) -> None:
        """The picture has been read. ValueError if it has another size than the map."""
        if self.segmentation.size != pixels.shape[:2]:
            raise ValueError("the label map and the picture have different sizes")
        self._pixels = pixels
        self.tell(self.on_picture)

    # ---- reading

    @property
    def history(self) -> History:
        """The undo and redo steps; changed only by this document."""
        return self.changes.timeline.history

    def segment_at(self, x: float, y: float) -> int:
        """The segment id of the pixel at image coordinates, 0 for void and outside the picture."""
        height, width = self.segmentation.size
        inside = 0 <= x < width and 0 <= y < height
        return int(self.segmentation.ids[int(y), int(x)]) if inside else VOID

    def segment(self, segment_id: int) -> Segment | None:
        """The table's entry."""
        return self.segmentation.segments.get(segment_id)

    @property
    def areas_ready(self) -> bool:
        """Whether all pixels have been counted (a large map is counted in slices)."""
        return self.areas.ready

    def count_some(self, seconds: float = 0.004) -> bool:
        """Go on counting areas for about this long; returns `areas_ready`. `on_segments` is called at the end."""
        if not self.areas.ready and self.areas.count_some(self.segmentation.ids, seconds):
            self.tell(self.on_segments)
        return self.areas.ready

    def area(self, segment_id: int) -> int:
        """Pixels of a segment (so far, until `areas_ready`)."""
        return int(self.areas.counts[segment_id])

    def snapshot(self, edit: Edit) -> Patch:
        """Within `on_edit`: what that edit touches of the map, as it is after it, for saving."""
        return self.changes.state_after or self.changes.unsaved.add(Patch.of(self.segmentation, edit))

    # ---- strokes

    @property
    def painting(self) -> bool:
        """Whether a stroke is under way."""
        return self._stroke is not None

    @property
    def busy(self) -> bool:
        """Whether a large change that the person asked for is under way."""
        return self.changes.busy

    def begin(self, name: str, *, protect: bool = False) -> Stroke:
        """Start a stroke. `name` is what the undo menu shows (marked by `N_`); `protect` protects other labels for
        this stroke. Discards a pending preview: going on painting means keeping one's own work. Raises RuntimeError
        while `busy`."""
        if self.busy:
            raise RuntimeError("a large change is under way")
        self.commit()
        self.discard_preview()
        self.finish_counting()
        self._stroke = Stroke(self.segmentation, name, keep=self.changes.unsaved.keep)
        self._protect = protect
        self._guards, self._emptied = {}, set()
        return self._stroke

    def target_at(self, x: float, y: float) -> int:
        """Within a stroke that begins at (x, y): the segment to paint (`rules.choose_target`); a new one joins the
        table. Raises SegDeskError if the map is full."""
        assert self._stroke is not None
        key, fresh = rules.choose_target(self, x, y)
        rules.check_unlocked(self, key, self.active_class if fresh else VOID)
        if fresh is not None:
            self._stroke.set_segment(key, fresh)
            self._emptied.add(key)
            self.tell(self.on_segments)
        return key

    def paint(self, x: int, y: int, mask: np.ndarray, value: int) -> None:
        """Within a stroke: set the pixels of the (h, w) bool `mask`, whose top-left is (x, y), to segment `value`
        where protection allows it, and report what changed."""
        assert self._stroke is not None
        h, w = mask.shape
        x0, y0, x1, y1 = clip((x, y, x + w, y + h), self.segmentation.size)
        if x1 <= x0 or y1 <= y0:
            return
        window = self.segmentation.ids[y0:y1, x0:x1]
        hit = mask[y0 - y : y1 - y, x0 - x : x1 - x] & (window != value)
        if value not in self._guards:
            self._guards[value] = rules.guard(self, value, protect=self._protect)
        guard = self._guards[value]
        if guard is not None:
            hit &= guard[window]
        old = window[hit]
        if old.size:
            self.revision += 1
            self._stroke.write(x0, y0, hit, value)
            self._emptied.update(self.areas.replaced(old, value))
            for rect in strips(hit, x0, y0):
                self.changed(rect)

    def paint_line(self, line: Line, value: int) -> None:
        """Within a stroke: paint a thick line, exactly."""
        for x, y, mask in masks(line, self.segmentation.size):
            self.paint(x, y, mask, value)

    def changed(self, rect: Rect) -> None:
        """Report a painted rectangle, so that it is drawn."""
        for listener in self.on_pixels:
            listener(rect)

    def commit(self) -> Edit | None:
        """End the stroke as one undo step; None if nothing changed. Objects that lost their last pixel leave the
        table with it."""
        if self._stroke is None:
            return None
        for key in self._emptied:
            if key != VOID and self.areas.counts[key] == 0:
                self._stroke.set_segment(key, None)
        edit = self._stroke.commit()
        self._stroke = None
        if edit is not None:
            self.changes.record("push", edit)
        self.tell(self.on_segments)
        self.changes.go_on()
        return edit

    def abort(self) -> None:
        """Take the stroke back."""
        if self._stroke is None:
            return
        keys = self._stroke.touched()
        painted = tiles_histogram(self.segmentation.ids, keys)
        rect = self._stroke.abort()
        self.areas.counts += tiles_histogram(self.segmentation.ids, keys) - painted
        self._stroke = None
        self.revision += 1
        self.changed(rect)
        self.tell(self.on_segments)
        self.changes.go_on()

    # ---- undo and whole maps

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self.history.done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return bool(self.history.undone)

    def undo(self) -> None:
        """Take the last step back; a step that covers much of a large map is swapped in the background."""
        self.changes.move("undo")

    def redo(self) -> None:
        """Do the last undone step again."""
        self.changes.move("redo")

    @property
    def has_hand_edits_since_result(self) -> bool:
        """Whether a model's answer would overwrite hand work."""
        return self.changes.timeline.hand_work

    def cancel_change(self) -> bool:
        """Let a large change under way end, with the map as it was before; False if there is none that was asked
        for."""
        return self.changes.cancel()

    def leave(self, *, discard: bool = False) -> None:
        """The person goes to another picture: a stroke under way is kept as a step, a large change under way is
        cancelled, a preview is dropped; see `Changes.leave`."""
        self.commit()
        self.changes.leave(discard=discard)
        if self.preview is not None:
            self.discard_preview()

    def apply(self, segmentation: Labels, name: str) -> None:
        """Replace the map as one undo step (an import, labels copied from another picture)."""
        self.changes.replace_map(segmentation, name, answer=False)

    def apply_result(self, segmentation: Labels, name: str) -> None:
        """Take a model's answer, which also becomes `prediction`: one undo step; in the place of the previous answer's
        step where that is the last one; a `preview` (overlay only) where hand edits would be overwritten. Where the
        latest answer is still being worked in, a newer one takes its place."""
        self.prediction = PackedMap.of(segmentation)
        self.changes.take_answer(self.prediction, name)

    def accept_preview(self) -> None:
        """Apply the preview as one undo step."""
        if self.preview is not None:
            answer, self.preview = self.preview, None
            self.changes.replace_map(answer, self._preview_name, answer=True)
            self.tell(self.on_state)

    def discard_preview(self) -> None:
        """Drop the preview."""
        if self.preview is not None:
            self.preview = None
            self.redraw()

    def show_preview(self, segmentation: Labels, name: str) -> None:
        """Lay an answer over the picture without applying it; `name` is the undo step's if it is accepted."""
        self.preview, self._preview_name = PackedMap.of(segmentation), name
        self.redraw()

    def relabel(self, segment_id: int, class_id: int) -> None:
        """Give a segment another class, as one undo step. Void deletes it; a stuff class that has a segment already
        takes its pixels into that."""
        self.changes.relabel(segment_id, class_id)

    def delete(self, segment_id: int) -> None:
        """Make a segment void, as one undo step."""
        self.changes.relabel(segment_id, VOID)

    def after(self, operation: Callable[[], None]) -> None:
        """Call `operation` when no stroke and no change in the background is under way: now, or as soon as that is."""
        self.changes.after(operation)

    # ---- inside

    def _choose_a_class(self) -> None:
        """There is always a class to paint with, if there is a class at all."""
        if self.classes.get(self.hand.other_class) is None:
            self.hand.other_class = VOID
        unknown = self.hand.active_class != VOID and self.classes.get(self.hand.active_class) is None
        unset = self.hand.active_class == VOID and self.hand.other_class == VOID
        if (unknown or unset) and len(self.classes):
            self.active_class = self.classes[0].id

    def finish_counting(self) -> None:
        """Count what is left now: a map that changes must be counted (6 ms at 24 megapixels, once)."""
        if not self.areas.ready:
            self.count_some(float("inf"))

    def is_thing(self, class_id: int) -> bool:
        """Whether a class is countable; false for void and unknown classes."""
        info = self.classes.get(class_id)
        return info is not None and info.is_thing

    def redraw(self) -> None:
        """Report that all of the map looks different."""
        height, width = self.segmentation.size
        self.changed((0, 0, width, height))
        self.tell(self.on_segments)
        self.tell(self.on_state)


def strips(hit: np.ndarray, x: int, y: int) -> Iterator[Rect]:
    """Rectangles, each of a few rows, that cover the set pixels of a mask whose top-left is (x, y). A brush that moves
    on changes a thin crescent, whose box is the whole brush; its strips are small."""
    tops = np.arange(0, hit.shape[0], STRIP)
    found = np.logical_or.reduceat(hit, tops, axis=0)  # (strips, w)
    for top, columns in zip(tops, found, strict=True):
        left = int(columns.argmax())
        if columns[left]:
            right = columns.size - int(columns[::-1].argmax())
            yield x + left, y + int(top), x + right, y + min(int(top) + STRIP, hit.shape[0])
