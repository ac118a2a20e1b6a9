"""Undo steps on their way to the disk: what is copied of a map when one is made, and how a map that was read gets the
steps that are not on the disk yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.edit import TILE, Edit, History, tile_slices
from segdesk.domain.segmentation import Segmentation

STORE_TILE = 256  # the project's tiles; a copy must hold whole ones
KINDS = ("push", "undo", "redo")


@dataclass(frozen=True, eq=False)
class Step:
    """One step that waits to be saved. `after`: the map behind it, filled only in the store tiles that it touched."""

    after: Segmentation
    edit: Edit
    kind: str


def snapshot(segmentation: Segmentation, edit: Edit) -> Segmentation:
    """A map of the same size that is filled only in the 256x256 tiles that `edit` touches, with its own table.

    The rest of the array is never touched, so that neither time nor memory is spent on it.
    """
    ids = np.zeros(segmentation.size, np.uint16)
    step = STORE_TILE // TILE
    for row, column in {(r // step, c // step) for r, c in edit.tiles}:
        y, x = row * STORE_TILE, column * STORE_TILE
        window = np.s_[y : y + STORE_TILE, x : x + STORE_TILE]
        ids[window] = segmentation.ids[window]
    return Segmentation(ids, dict(segmentation.segments))


def replay(segmentation: Segmentation, history: History, steps: list[Step]) -> Segmentation:
    """Bring a map and its history, as they are on the disk, to where the waiting steps have led. Changes both."""
    for step in steps:
        if step.after.size != segmentation.size:
            segmentation = Segmentation.empty(*step.after.size)
        for key in step.edit.tiles:
            where = tile_slices(key, segmentation.size)
            segmentation.ids[where] = step.after.ids[where]
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
