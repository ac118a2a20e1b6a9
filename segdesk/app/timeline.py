"""The undo history of the open picture, and which of its steps are a model's answers. Also: whole-map changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from segdesk.app.areas import histogram
from segdesk.domain.edit import TILE, Edit, History, Stroke, TileKey, swap
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segmentation

Change = Callable[[Segmentation], Edit | None]


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
    return Step(kind, lambda target: swap(target, edit), tiles=tuple(edit.tiles))


def merge_into(old: int, new: int, name: str) -> Change:
    """A change that gives all pixels of segment `old` to `new` (0 = void) and takes `old` from the table."""

    def change(target: Segmentation) -> Edit | None:
        stroke = Stroke(target, name)
        for top in range(0, target.size[0], TILE):
            found = target.ids[top : top + TILE] == old
            columns = np.flatnonzero(found.any(axis=0))
            if columns.size:
                first, last = int(columns[0]), int(columns[-1]) + 1
                stroke.write(first, top, found[:, first:last], new)
        stroke.set_segment(old, None)
        return stroke.commit()

    return change


@dataclass(frozen=True)
class Made:
    """A step that was made, with what it touched of the map as it is after it."""

    step: Step
    edit: Edit
    state: Patch


@dataclass(frozen=True)
class Plan:
    """What a thread made of a copy of the map: the new map, its steps and its areas."""

    result: Segmentation
    made: tuple[Made, ...]
    counts: np.ndarray


def plan(base: Segmentation, steps: Iterable[Step]) -> Plan:
    """Make the steps on a copy of `base`. Any thread; `base` may be written to meanwhile, then the plan is useless
    and the caller must drop it."""
    result = Segmentation(base.ids.copy(), dict(base.segments))
    made = []
    for step in steps:
        edit = step.change(result)
        if edit is not None:
            made.append(Made(step, edit, Patch.of(result, edit)))
    return Plan(result, tuple(made), histogram(result.ids))
