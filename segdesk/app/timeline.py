"""The undo history of the open picture, and which of its steps are a model's answers. Also: whole-map changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from segdesk.domain.edit import TILE, Edit, Stroke, Tick, TileKey, swap
from segdesk.domain.history import History
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segmentation

Change = Callable[[Segmentation, Tick], Edit | None]
"""Changes a map in place and returns the step that takes it back, None if nothing changed. What it raises, or `tick`
does, leaves the map as it was."""


class Timeline:
    """`History` plus one flag a step: is it a model's answer? Steps from an earlier session count as hand work if the
    picture opened with hand work in it."""

    def __init__(self, history: History, *, hand_work: bool) -> None:
        self.history = history
        self._hand_before = hand_work
        self._done = [not hand_work] * len(history.done)
        self._undone = [not hand_work] * len(history.undone)

    @property
    def hand_work(self) -> bool:
        """Whether hand edits came after the last answer of a model (which a new answer would overwrite)."""
        return not self._done[-1] if self._done else self._hand_before

    @property
    def ends_with_answer(self) -> bool:
        """Whether the last step is a model's answer, which a new one may replace."""
        return bool(self._done) and self._done[-1]

    def since_answer(self) -> list[Edit]:
        """The steps after the last answer of a model, the newest first; all of them if there is none."""
        steps = []
        # not strict: where old steps cannot be read, the history is the shorter
        for edit, answer in zip(reversed(self.history.done), reversed(self._done), strict=False):
            if answer:
                break
            steps.append(edit)
        return steps

    def record(self, kind: str, edit: Edit, *, answer: bool = False) -> None:
        """Note a step that was made on the map. `kind` "push": a new edit; "undo", "redo": the last one was swapped,
        and `edit` is what came out of the swap."""
        if kind == "push":
            dropped = self.history.push(edit)
            self._done.append(answer)
            del self._done[:dropped]
            self._undone.clear()
            return
        steps = (self.history.done, self.history.undone), (self._done, self._undone)
        source, sink = (0, 1) if kind == "undo" else (1, 0)
        steps[0][source].pop()
        steps[0][sink].append(edit)
        steps[1][sink].append(steps[1][source].pop())


@dataclass(frozen=True)
class Step:
    """A change of the whole map that becomes one record of the timeline. `tiles`: the 64x64 tiles that it can touch;
    None = any, an empty one = only the segment table."""

    kind: str
    change: Change
    answer: bool = False
    tiles: Iterable[TileKey] | None = None


def swap_step(kind: str, edit: Edit) -> Step:
    """Undo or redo of an edit."""
    return Step(kind, lambda target, tick: swap(target, edit, tick), tiles=tuple(edit.tiles))


def merge_into(old: int, new: int, name: str) -> Change:
    """A change that gives all pixels of segment `old` to `new` (0 = void) and takes `old` from the table."""

    def write(target: Segmentation, stroke: Stroke, tick: Tick) -> None:
        for top in range(0, target.size[0], TILE):
            tick(top, target.size[0])
            found = target.ids[top : top + TILE] == old
            columns = np.flatnonzero(found.any(axis=0))
            if columns.size:
                first, last = int(columns[0]), int(columns[-1]) + 1
                stroke.write(first, top, found[:, first:last], new)
        stroke.set_segment(old, None)

    return through_stroke(name, write)


def through_stroke(name: str, write: Callable[[Segmentation, Stroke, Tick], None]) -> Change:
    """A change that `write` makes through a stroke; what it raises leaves the map as it was."""

    def change(target: Segmentation, tick: Tick) -> Edit | None:
        stroke = Stroke(target, name)
        try:
            write(target, stroke, tick)
        except BaseException:
            stroke.abort()
            raise
        return stroke.commit()

    return change


@dataclass(frozen=True)
class Made:
    """A step that was made, with what it touched of the map as it is after it (None: ask the map)."""

    kind: str
    edit: Edit
    answer: bool = False
    state: Patch | None = None
