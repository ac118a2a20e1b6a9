"""The session's verbs for what a person does with a picture, its steps, marks and locks, and for saving them."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from segdesk.app.answering import machine_owned
from segdesk.app.desk import Desk
from segdesk.app.jobs import Context
from segdesk.app.steps import KINDS, Step
from segdesk.app.workers import Workers
from segdesk.domain.edit import Edit
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_

PROJECT_WORKERS = ("engine", "loader", "files", "lists")  # a download goes on when another project is opened


class SavingVerbs:
    """Part of `Session`."""

    _desk: Desk
    _workers: Workers

    def save_step(
        self, picture_id: int, after: Segmentation | Patch, edit: Edit, kind: str, *, by_model: bool = False
    ) -> None:
        """Save an undo step ("push", "undo" or "redo") in the background. `after`: what the step touched of the map;
        or the document's own map after the step, of which that is copied before this returns.
        `by_model`: the step applied a model's answer, which does not make the picture "edited"."""
        if kind not in KINDS:
            raise ValueError(f"no such kind of step: {kind}")
        opened = self._desk.opened()
        opened.book.revive({s.class_id for s in map(after.segments.get, edit.segments) if s is not None})
        patch = after if isinstance(after, Patch) else Patch.of(after, edit).keep_all()
        step = Step(patch, edit, kind)
        state = ""  # as it was: verified stays verified, edited stays edited
        if machine_owned(opened, picture_id):
            state = "predicted" if by_model else "edited"
            opened.show(picture_id, state=state, error="")
        if not by_model:
            opened.touched(picture_id)

        def write() -> None:
            opened.project.save_step(picture_id, step.after, edit, kind)
            if state == "predicted":  # the project counts every step as a person's work
                opened.project.set_state(picture_id, state)

        self._desk.saver.put(write, owner=picture_id, payload=step)

    def locked_segments(self, picture_id: int) -> frozenset[int]:
        """The objects of a picture that are locked."""
        return self._desk.open.locks.get(picture_id, frozenset()) if self._desk.open else frozenset()

    @property
    def locked_classes(self) -> frozenset[int]:
        """The classes that are locked."""
        return self._desk.open.locked_classes if self._desk.open else frozenset()

    def lock_segments(self, picture_id: int, segment_ids: frozenset[int]) -> None:
        """Remember which objects of a picture are locked."""
        self._desk.opened().set_locks(picture_id, segment_ids)

    def lock_classes(self, class_ids: frozenset[int]) -> None:
        """Remember which classes are locked."""
        self._desk.opened().set_locked_classes(class_ids)

    def save_now(self) -> None:
        """Try again at once to save what waits (Ctrl+S)."""
        self._desk.saver.poke()

    def flush(self) -> None:
        """Wait until all that was saved in the background is on the disk. Raises the `SegDeskError` that saving fails
        with. Not for the window's thread."""
        self._desk.saver.flush()

    def save_elsewhere(self, path: Path) -> int:
        """Save a complete copy of the project and go on in it, with all that could not be saved so far. Reports
        Progress; Done value: its path. For a disk that is full or gone; the old file stays as it is."""
        opened, saver = self._desk.opened(), self._desk.saver

        def run(ctx: Context) -> Path:
            with saver.hold():
                opened.project.move_to(path, lambda done, total: (ctx.check(), ctx.progress(done, total)))
            saver.flush(ctx.cancelled)
            return path

        return self._workers.submit("files", N_("Saving a copy"), run)

    def save_all(self, timeout: float = 10.0) -> bool:
        """Cancel jobs and save what waits; False if that is not possible, and then all is as it was (`save_elsewhere`
        may help). Blocks."""
        end = time.monotonic() + timeout

        def late() -> bool:
            return time.monotonic() > end

        def check() -> None:
            if late():
                raise Cancelled

        self._workers.cancel_all(PROJECT_WORKERS)
        try:
            self._workers.wait_idle(PROJECT_WORKERS, check)
            self._desk.saver.flush(late)
        except (SegDeskError, Cancelled):
            return self._desk.saver.state.waiting == 0
        return True

    def verify(self, picture_id: int) -> None:
        """Mark a picture as right; a batch never touches it."""
        self._desk.opened().mark(picture_id, "verified")

    def unverify(self, picture_id: int) -> None:
        """Take the mark of `verify` or `skip` back: the state is what it was before, or "edited"."""
        self._desk.opened().unmark(picture_id)

    def skip(self, picture_id: int) -> None:
        """Mark a picture as left out; batches pass over it."""
        self._desk.opened().mark(picture_id, "skipped")

    def labels_of(self, picture_id: int) -> int:
        """Read the labels of a picture that is not the open one. Done value: `PackedMap`, None if it has none."""
        opened, saver = self._desk.opened(), self._desk.saver

        def run(ctx: Context) -> PackedMap | None:
            with suppress(SegDeskError):  # what cannot be saved is told elsewhere
                saver.flush(ctx.cancelled)
            return opened.project.load_packed(picture_id, "annotation")

        return self._workers.submit("lists", N_("Reading labels"), run)

    def add_cost(self, picture_id: int, seconds: float, pixels: int) -> None:
        """Add the time and the pixels spent on a correction."""
        opened = self._desk.opened()
        row = opened.roster.row(picture_id)
        if row is not None:
            opened.show(picture_id, seconds=row.seconds + seconds, pixels_changed=row.pixels_changed + pixels)
            self._desk.saver.put(lambda: opened.project.add_cost(picture_id, seconds, pixels), owner=picture_id)
