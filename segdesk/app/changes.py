"""`Changes`: a document's undo steps and changes of the whole map, at once where small, in the background where large.

A thread makes a large change in the map itself, tile by tile, so that it needs no copy of it; meanwhile the document is
`busy` and nobody else writes to the map. An answer that comes by itself is first compared with the map, and only
written, which is quick, if the person has not painted since.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from segdesk.app.areas import histogram, tiles_histogram
from segdesk.app.keeping import keep_locked
from segdesk.app.rules import Rules, unlock_born
from segdesk.app.timeline import Change, Made, Step, Timeline, merge_into, swap_step, through_stroke
from segdesk.app.unsaved import Unsaved
from segdesk.app.watch import Watch
from segdesk.domain.classes import VOID
from segdesk.domain.edit import Edit, Rect, Stroke, Tick, no_tick, tiles_in
from segdesk.domain.errors import Cancelled
from segdesk.domain.packed import Labels
from segdesk.domain.patch import Patch
from segdesk.domain.replacing import Replacement, replacement
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

HEAVY_TILES = 160  # an undo step that covers more tiles goes to the background (10 ms with its drawing)
SHOWN_EXACTLY = 1024  # tiles
HEAVY_PIXELS = 1 << 20  # and so does a change of a whole map that has more pixels
Operation = Callable[[], None]
Write = Callable[[Segmentation, Stroke, Tick], None]


class Changes:
    """Part of one `Document`; UI thread only. `state_after`: what the step that is being reported touched of the map,
    where a thread has copied it already. `watch`: the change in the background, None if there is none."""

    def __init__(self, doc: Document, timeline: Timeline) -> None:
        self.timeline = timeline
        self.unsaved = Unsaved()
        self.state_after: Patch | None = None
        self.busy = False
        self.watch: Watch | None = None
        self._owner = weakref.ref(doc)  # no circle: a picture that is left must go at once, it may have 500 MB
        self._waiting: list[tuple[str, Operation]] = []
        self._left = False

    @property
    def _doc(self) -> Document:
        doc = self._owner()
        assert doc is not None
        return doc

    @property
    def under_way(self) -> bool:
        """Whether anything is under way in the background or waits for it."""
        return self.watch is not None or bool(self._waiting)

    # ---- the operations

    def move(self, kind: str) -> None:
        """Undo or redo one step."""
        if self._deferred(lambda: self.move(kind)):
            return
        history = self.timeline.history
        steps = history.done if kind == "undo" else history.undone
        if steps:
            heavy = len(steps[-1].tiles) > HEAVY_TILES
            self._perform(swap_step(kind, steps[-1]), N_("Undo") if kind == "undo" else N_("Redo"), heavy=heavy)

    def replace_map(self, new: Labels, name: str, *, answer: bool) -> None:
        """Make the map equal to `new`, as one step."""
        if new.size != self._doc.segmentation.size:
            raise ValueError("the new map has another size")
        if not self._deferred(again := lambda: self.replace_map(new, name, answer=answer)):
            self._replace(new, name, again, answer=answer, watch=Watch(name))

    def take_answer(self, new: Labels, name: str) -> None:
        """See `Document.apply_result`. The person may go on painting while it is worked in."""
        if new.size != self._doc.segmentation.size:
            raise ValueError("the new map has another size")
        if self._deferred(again := lambda: self.take_answer(new, name), key="answer"):
            return
        if self.timeline.hand_work:
            self._doc.show_preview(new, name)
            return
        self._doc.preview = None
        # without its last answer the map may lack what is locked
        instead = self.timeline.ends_with_answer and Rules.locks(self._doc).free
        under = self.timeline.history.done[-1] if instead else None
        self._replace(new, name, again, answer=True, under=under, watch=Watch(name, asked=False))

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
            self._perform(Step("push", merge_into(segment_id, target, name)), name, heavy=self._large)
            return
        changed = replace(segment, class_id=class_id, by_human=True)
        self._perform(Step("push", _table_change(segment_id, changed), tiles=()), "", heavy=False)

    def edit(self, name: str, write: Write, rect: Rect | None = None) -> None:
        """Any other change, as one step: `write` gets the map, a stroke to write through and a `Tick` to call between
        pieces of its work. It is made at once if it is known to stay inside `rect`; else it runs in a thread, however
        small the map, and must use nothing of the document."""
        if self._deferred(lambda: self.edit(name, write, rect)):
            return
        tiles = None if rect is None else tuple(tiles_in(rect, self._doc.segmentation.size))
        self._perform(Step("push", through_stroke(name, write), tiles=tiles), name, heavy=rect is None)

    def _merge_target(self, class_id: int) -> int:
        if class_id == VOID or self._doc.is_thing(class_id):
            return VOID
        return min((k for k, s in self._doc.segmentation.segments.items() if s.class_id == class_id), default=VOID)

    @property
    def _large(self) -> bool:
        return self._doc.segmentation.ids.size > HEAVY_PIXELS

    # ---- one at a time

    def cancel(self) -> bool:
        """Let what a person asked for end, with the map as it was before; False if there is nothing like that."""
        if self.watch is None or not self.busy:
            return False
        self.watch.cancel()
        return True

    def leave(self, *, discard: bool) -> None:
        """The picture is left for another one. What a person asked for is cancelled, a model's answer still worked in:
        until `under_way` is false, the project may still get it. `discard`: nothing is recorded any more, for the
        project is left too."""
        self._waiting = [] if discard else [w for w in self._waiting if w[0] == "answer"]
        self._left = discard
        if self.watch is not None and (discard or self.watch.asked):
            self.watch.cancel()

    def after(self, operation: Operation) -> None:
        """See `Document.after`."""
        if not self._deferred(operation):
            operation()

    def _deferred(self, operation: Operation, key: str = "") -> bool:
        """True if something is under way: then the operation is kept for later (one with the same key is dropped)."""
        if self.watch is None and not self._doc.painting:
            return False
        self._waiting = [w for w in self._waiting if not key or w[0] != key]
        self._waiting.append((key, operation))
        return True

    def go_on(self) -> None:
        """Do what waited for the end of a stroke or of a large change."""
        while self._waiting and self.watch is None and not self._doc.painting:
            self._waiting.pop(0)[1]()

    # ---- at once

    def _perform(self, step: Step, name: str, *, heavy: bool) -> None:
        doc = self._doc
        doc.finish_counting()
        if heavy and doc.background is not None:
            self._in_place(step, Watch(name))
            return
        self._make(step)
        doc.tell(doc.on_segments)
        doc.tell(doc.on_state)

    def _make(self, step: Step) -> None:
        doc, ids = self._doc, self._doc.segmentation.ids
        before = None if step.tiles is None else tiles_histogram(ids, step.tiles)
        if step.tiles is None:
            self.unsaved.keep_all()
        else:
            self.unsaved.keep(tuple(step.tiles))
        edit = step.change(doc.segmentation, no_tick)
        if edit is None:
            return
        doc.revision += 1
        if before is None or step.tiles is None:
            doc.areas.set_all(histogram(ids))
        else:
            doc.areas.set_all(doc.areas.counts + tiles_histogram(ids, step.tiles) - before)
        self.record(step.kind, edit, answer=step.answer)
        self._show([edit])

    def record(self, kind: str, edit: Edit, *, answer: bool = False) -> None:
        """Enter a step that was made on the map and tell the listeners."""
        self.timeline.record(kind, edit, answer=answer)
        if kind == "push":
            unlock_born(self._doc, edit)
        for listener in self._doc.on_edit:
            listener(edit, kind)

    # ---- in the background

    def _in_place(self, step: Step, watch: Watch) -> None:
        """A thread changes the map; strokes wait."""
        doc = self._doc
        base = Segmentation(doc.segmentation.ids, dict(doc.segmentation.segments))  # the table is the window's

        def work() -> object:
            self.unsaved.pack_all()
            edit = step.change(base, watch.tick)
            return edit, histogram(base.ids)

        def then(made: object) -> None:
            assert isinstance(made, tuple)
            edit, counts = made
            if edit is not None:
                self._landed(base, counts, [Made(step.kind, edit, step.answer)])

        self.busy = True
        self._fly(watch, work, then)

    def _replace(
        self, new: Labels, name: str, again: Operation, *, answer: bool, watch: Watch, under: Edit | None = None
    ) -> None:
        """Compare, then write, both by a thread where the map is large; `again` if the map has changed in between."""
        doc = self._doc
        doc.finish_counting()
        permits = Rules.locks(doc)
        now, revision = Segmentation(doc.segmentation.ids, dict(doc.segmentation.segments)), doc.revision

        def compare() -> object:
            return replacement(now, keep_locked(now, new, permits), name, under=under, tick=watch.tick)

        def compared(made: object) -> None:
            assert isinstance(made, Replacement)
            if revision != doc.revision or doc.painting:
                self._waiting.insert(0, ("" if watch.asked else "answer", again))
                return
            self._write(made, answer, watch)

        if self._large and doc.background is not None:
            self.busy = watch.asked
            self._fly(watch, compare, compared)
        else:
            compared(compare())

    def _write(self, made: Replacement, answer: bool, watch: Watch) -> None:
        doc = self._doc
        base = Segmentation(doc.segmentation.ids, doc.segmentation.segments)
        steps = [] if made.undone is None else [Made("undo", made.undone, state=made.between)]
        if made.edit is not None:
            steps.append(Made("push", made.edit, answer))

        def write() -> object:
            self.unsaved.pack_all()
            made.write(base)
            return None

        def written(_: object) -> None:
            self._landed(base, made.counts, steps)

        if self._large and doc.background is not None:
            self.busy = True
            self._fly(watch, write, written)
        else:
            written(write())

    def _fly(self, watch: Watch, work: Callable[[], object], then: Callable[[object], None]) -> None:
        doc = self._doc
        assert doc.background is not None

        def guarded() -> object:
            try:
                return work()
            except Exception as error:  # carried to the UI thread, where the program's hook shows it
                return error

        def landed(made: object) -> None:
            self.watch, self.busy = None, False
            if self._left:  # the map, changed or not, is nobody's any more
                return
            if isinstance(made, Exception):
                doc.redraw()  # what was half done may have been drawn
            else:
                then(made)
            doc.tell(doc.on_state)
            self.go_on()
            if isinstance(made, Exception) and not isinstance(made, Cancelled):
                raise made

        self.watch = watch
        doc.tell(doc.on_state)
        doc.background(guarded, landed)

    def _landed(self, base: Segmentation, counts: np.ndarray, steps: list[Made]) -> None:
        """The map has been changed: take over its table and the (65536,) counts, and tell."""
        doc = self._doc
        if steps:
            doc.revision += 1
            doc.segmentation.segments = base.segments
            doc.areas.set_all(counts)
        for step in steps:
            self.state_after = step.state
            self.record(step.kind, step.edit, answer=step.answer)
        self.state_after = None
        self._show([step.edit for step in steps])
        doc.tell(doc.on_segments)
        doc.tell(doc.on_state)

    def _show(self, edits: list[Edit]) -> None:
        """Report what the edits touch, exactly where that is not much: it is drawn at once then."""
        height, width = self._doc.segmentation.size
        few = sum(len(edit.tiles) for edit in edits) <= SHOWN_EXACTLY
        for rect in [r for edit in edits for r in edit.rects()] if few else [(0, 0, width, height)]:
            self._doc.changed(rect)


def _table_change(key: int, segment: Segment) -> Change:
    """A change of one entry of the segment table."""
    return through_stroke(N_("Change class"), lambda target, stroke, tick: stroke.set_segment(key, segment))
