"""`Changes`: a document's undo steps and changes of the whole map, at once where small, in the background where large.

A large change is made on a copy of the map in a thread and put in the map's place when it is done, so that the window
never waits. If the person painted meanwhile, the copy is out of date: it is dropped and the change starts again.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from segdesk.app.areas import histogram, tiles_histogram
from segdesk.app.keeping import keep_locked
from segdesk.app.rules import Rules, unlock_born
from segdesk.app.timeline import Change, Plan, Step, Timeline, merge_into, plan, swap_step
from segdesk.domain.classes import VOID
from segdesk.domain.edit import Edit, Rect, Stroke, replace_all, tiles_in
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

HEAVY_TILES = 256  # an undo step that covers more tiles goes to the background (5 ms and more)
HEAVY_PIXELS = 1 << 20  # and so does a change of a whole map that has more pixels
Operation = Callable[[], None]


class Changes:
    """Part of one `Document`; UI thread only. `state_after`: what the step that is being reported touched of the map,
    where a thread has copied it already."""

    def __init__(self, doc: Document, timeline: Timeline) -> None:
        self.timeline = timeline
        self.state_after: Patch | None = None
        self.busy = False
        self._owner = weakref.ref(doc)  # no circle: a picture that is left must go at once, it may have 500 MB
        self._flying = False
        self._waiting: list[tuple[str, Operation]] = []

    @property
    def _doc(self) -> Document:
        doc = self._owner()
        assert doc is not None
        return doc

    @property
    def under_way(self) -> bool:
        """Whether anything is under way in the background or waits for it."""
        return self._flying or bool(self._waiting)

    # ---- the operations

    def move(self, kind: str) -> None:
        """Undo or redo one step."""
        if self._deferred(lambda: self.move(kind)):
            return
        history = self.timeline.history
        steps = history.done if kind == "undo" else history.undone
        if steps:
            heavy = len(steps[-1].tiles) > HEAVY_TILES
            self._perform([swap_step(kind, steps[-1])], lambda: self.move(kind), heavy=heavy)

    def replace_map(self, new: Segmentation, name: str, *, answer: bool) -> None:
        """Make the map equal to `new`, as one step."""
        if self._deferred(lambda: self.replace_map(new, name, answer=answer)):
            return
        permits = Rules.locks(self._doc)
        step = Step("push", lambda target: replace_all(target, keep_locked(target, new, permits), name), answer)
        self._perform([step], lambda: self.replace_map(new, name, answer=answer), heavy=self._large)

    def take_answer(self, new: Segmentation, name: str) -> None:
        """See `Document.apply_result`. The person may go on painting while it is worked in."""
        if new.size != self._doc.segmentation.size:
            raise ValueError("the new map has another size")
        if self._deferred(lambda: self.take_answer(new, name), key="answer"):
            return
        if self.timeline.hand_work:
            self._doc.show_preview(new, name)
            return
        self._doc.preview = None
        permits = Rules.locks(self._doc)
        change: Change = lambda target: replace_all(target, keep_locked(target, new, permits), name)  # noqa: E731
        steps = [Step("push", change, answer=True)]
        if self.timeline.ends_with_answer and permits.free:  # without its last answer the map may lack what is locked
            steps.insert(0, swap_step("undo", self.timeline.history.done[-1]))
        self._perform(steps, lambda: self.take_answer(new, name), heavy=self._large, asked=False)

    def relabel(self, segment_id: int, class_id: int) -> None:
        """Give a segment another class; see `Document.relabel`."""
        if self._deferred(lambda: self.relabel(segment_id, class_id)):
            return
        segment = self._doc.segment(segment_id)
        if segment is None or segment.class_id == class_id:
            return
        target = self._merge_target(class_id)
        if class_id == VOID or target != VOID:
            name = N_("Delete") if class_id == VOID else N_("Change class")
            step = Step("push", merge_into(segment_id, target, name))
            self._perform([step], lambda: self.relabel(segment_id, class_id), heavy=self._large)
            return
        changed = replace(segment, class_id=class_id, by_human=True)
        step = Step("push", _table_change(segment_id, changed), tiles=())
        self._perform([step], lambda: self.relabel(segment_id, class_id), heavy=False)

    def edit(self, name: str, write: Callable[[Segmentation, Stroke], None], rect: Rect | None = None) -> None:
        """Any other change, as one step: `write` gets the map and a stroke to write through. It is made at once if it
        is known to stay inside `rect`; else it runs in a thread, however small the map, and must use nothing of the
        document."""
        if self._deferred(lambda: self.edit(name, write, rect)):
            return

        def change(target: Segmentation) -> Edit | None:
            stroke = Stroke(target, name)
            write(target, stroke)
            return stroke.commit()

        tiles = None if rect is None else tuple(tiles_in(rect, self._doc.segmentation.size))
        step = Step("push", change, tiles=tiles)
        self._perform([step], lambda: self.edit(name, write, rect), heavy=rect is None)

    def _merge_target(self, class_id: int) -> int:
        if class_id == VOID or self._doc.is_thing(class_id):
            return VOID
        return min((k for k, s in self._doc.segmentation.segments.items() if s.class_id == class_id), default=VOID)

    @property
    def _large(self) -> bool:
        return self._doc.segmentation.ids.size > HEAVY_PIXELS

    # ---- one at a time

    def after(self, operation: Operation) -> None:
        """See `Document.after`."""
        if not self._deferred(operation):
            operation()

    def _deferred(self, operation: Operation, key: str = "") -> bool:
        """True if something is under way: then the operation is kept for later (one with the same key is dropped)."""
        if not self._flying and not self._doc.painting:
            return False
        self._waiting = [w for w in self._waiting if not key or w[0] != key]
        self._waiting.append((key, operation))
        return True

    def go_on(self) -> None:
        """Do what waited for the end of a stroke or of a large change."""
        while self._waiting and not self._flying and not self._doc.painting:
            self._waiting.pop(0)[1]()

    def _perform(self, steps: Sequence[Step], again: Operation, *, heavy: bool, asked: bool = True) -> None:
        self._doc.finish_counting()
        if heavy and self._doc.background is not None:
            self._take_off(steps, again, asked)
            return
        for step in steps:
            self._make(step)
        self._doc.tell(self._doc.on_segments)
        self._doc.tell(self._doc.on_state)

    # ---- at once

    def _make(self, step: Step) -> None:
        doc, ids = self._doc, self._doc.segmentation.ids
        before = None if step.tiles is None else tiles_histogram(ids, step.tiles)
        edit = step.change(doc.segmentation)
        if edit is None:
            return
        doc.revision += 1
        if before is None or step.tiles is None:
            doc.areas.set_all(histogram(ids))
        else:
            doc.areas.set_all(doc.areas.counts + tiles_histogram(ids, step.tiles) - before)
        self.record(step.kind, edit, answer=step.answer)
        doc.changed(edit.rect())

    def record(self, kind: str, edit: Edit, *, answer: bool = False) -> None:
        """Enter a step that was made on the map and tell the listeners."""
        self.timeline.record(kind, edit, answer=answer)
        if kind == "push":
            unlock_born(self._doc, edit)
        for listener in self._doc.on_edit:
            listener(edit, kind)

    # ---- in the background

    def _take_off(self, steps: Sequence[Step], again: Operation, asked: bool) -> None:
        doc = self._doc
        base = Segmentation(doc.segmentation.ids, dict(doc.segmentation.segments))
        revision = doc.revision
        assert doc.background is not None

        def work() -> object:
            try:
                return plan(base, steps)
            except Exception as error:  # carried to the UI thread, where the program's hook shows it
                return error

        def then(made: object) -> None:
            self._flying = self.busy = False
            if isinstance(made, Plan) and revision == doc.revision and not doc.painting:
                self._land(made)
            elif isinstance(made, Plan):
                self._waiting.insert(0, ("answer" if not asked else "", again))
            doc.tell(doc.on_state)
            self.go_on()
            if isinstance(made, Exception):
                raise made

        self._flying, self.busy = True, asked
        doc.tell(doc.on_state)
        doc.background(work, then)

    def _land(self, made: Plan) -> None:
        doc = self._doc
        doc.revision += 1
        doc.segmentation.ids = made.result.ids
        doc.segmentation.segments = made.result.segments
        doc.areas.set_all(made.counts)
        for item in made.made:
            self.state_after = item.state
            self.record(item.step.kind, item.edit, answer=item.step.answer)
        self.state_after = None
        doc.redraw()


def _table_change(key: int, segment: Segment) -> Change:
    """A change of one entry of the segment table."""

    def change(target: Segmentation) -> Edit | None:
        stroke = Stroke(target, N_("Change class"))
        stroke.set_segment(key, segment)
        return stroke.commit()

    return change
