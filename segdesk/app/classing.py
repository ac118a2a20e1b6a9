"""The verbs of the class manager: a change of the class list carried out in all labels of the project, the keys of the
classes, and how much of each there is."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace

from segdesk.app.desk import RETIRED_CLASSES, Desk, retired_as_json
from segdesk.app.jobs import Context
from segdesk.app.teaching import Teaching
from segdesk.app.workers import Workers
from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.recasting import Recast
from segdesk.domain.text import N_
from segdesk.io.project_classes import Recasted


@dataclass(frozen=True)
class ClassCount:
    """How much of a class the annotations of a project hold. `pixels` is None until they have been counted."""

    pictures: int = 0
    segments: int = 0
    pixels: int | None = None


@dataclass(frozen=True)
class ClassCounts:
    """Reported by `Classing.count` as it goes, and its Done value, then `complete`. `by_class`: class id -> counts;
    classes without labels are left out."""

    by_class: Mapping[int, ClassCount]
    complete: bool = False


class Classing:
    """Part of `Session`; called from the same thread."""

    def __init__(self, desk: Desk, workers: Workers, teaching: Teaching) -> None:
        self._desk, self._workers, self._teaching = desk, workers, teaching

    @property
    def keys(self) -> Mapping[int, str]:
        """Class id -> the key that a person has given it."""
        return self._desk.open.class_keys if self._desk.open else {}

    def set_keys(self, keys: Mapping[int, str]) -> None:
        """Give classes keys; saved in the background."""
        self._desk.opened().set_class_keys(keys)

    def apply(self, change: Recast, *, of: ClassSet) -> int:
        """Replace the class list `of` and carry merged and removed classes out in all labels: whole or, if it fails or
        is cancelled, not at all. Each changed picture gets an undo step, which brings a class that has gone
        back; the models' answers and reference labels change for good. Done value: `Recasted`. Waits for the end of
        what the engine is doing; open the current picture again afterwards."""
        opened = self._desk.opened()

        def run(ctx: Context) -> Recasted:
            if change.become:
                self._workers.wait_idle(("engine", "lists"), ctx.check)
            if opened.book.classes != of:
                raise SegDeskError(
                    "The classes of the project have changed meanwhile: those of a model have joined them.",
                    "Open the class manager again and repeat your changes.",
                )
            if not change.become:
                opened.book.recast(change)
                return Recasted()
            self._desk.saver.flush(ctx.cancelled)
            retired = dict(opened.book.retired)
            retired.update((c.id, c) for c in opened.book.classes if change.classes.get(c.id) is None)
            meta = {RETIRED_CLASSES: retired_as_json(retired)}
            done = opened.project.recast(change, lambda at, total: (ctx.check(), ctx.progress(at, total)), meta=meta)
            opened.book.recast(change)
            opened.set_locked_classes(opened.locked_classes - change.become.keys())
            opened.locks = opened.project.locks()
            self._teaching.read_again()
            return done

        return self._workers.submit("files", N_("Changing the classes"), run)

    def count(self) -> int:
        """Count pictures and segments of each class at once, then pixels, picture by picture; waits for what is being
        saved. Reports `ClassCounts` now and then; Done value: the last of them. The latest call wins."""
        opened = self._desk.opened()

        def run(ctx: Context) -> Generator[None, None, ClassCounts]:
            self._desk.saver.flush(ctx.cancelled)
            found = {
                key: ClassCount(pictures, segments)
                for key, (pictures, segments) in opened.project.count_classes().items()
                if key != VOID
            }
            ctx.report(ClassCounts(found))
            for done, total, pixels in opened.project.class_pixels():
                if done % 16 == 0 or done == total:
                    found = {key: replace(count, pixels=int(pixels[key])) for key, count in found.items()}
                    ctx.report(ClassCounts(found, complete=done == total))
                ctx.progress(done, total)
                yield
            return ClassCounts(found, complete=True)

        return self._workers.submit("files", N_("Counting the classes"), run, lane="batch")
