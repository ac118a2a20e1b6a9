"""Undo steps on their way to the disk: what is copied of a map when one is made, and how a map that was read gets the
steps that are not on the disk yet."""

from __future__ import annotations

from dataclasses import dataclass

from segdesk.domain.edit import Edit, tile_slices
from segdesk.domain.history import History
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segmentation

KINDS = ("push", "undo", "redo")


@dataclass(frozen=True, eq=False)
class Step:
    """One step that waits to be saved. `after`: the map behind it, in the store tiles that it touched."""

    after: Patch
    edit: Edit
    kind: str


def replay(segmentation: Segmentation, history: History, steps: list[Step]) -> Segmentation:
    """Bring a map and its history, as they are on the disk, to where the waiting steps have led. Changes both."""
    for step in steps:
        if step.after.size != segmentation.size:
            segmentation = Segmentation.empty(*step.after.size)
        for key in step.edit.tiles:
            where = tile_slices(key, segmentation.size)
            segmentation.ids[where] = step.after.tile(key)
        segmentation = Segmentation(segmentation.ids, dict(step.after.segments))
        if step.kind == "push":
            history.push(step.edit)
        else:
            _move(history, step)
    return segmentation


def _move(history: History, step: Step) -> None:
    source, sink = (history.done, history.undone) if step.kind == "undo" else (history.undone, history.done)
    if source:
        source.pop()
    sink.append(step.edit)
