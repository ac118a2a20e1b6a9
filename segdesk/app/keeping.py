"""New labels for a whole picture, with what is locked as it was."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segdesk.app.rules import Rules
from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation


def keep_locked(old: Segmentation, new: Segmentation, rules: Rules) -> Segmentation:
    """`new`, but what is locked in `old` has its pixels there and no others; where `new` has a locked class that was
    not there, the old label stays. Locked segments keep their ids, others of `new` give way. Neither map is changed.
    Any thread. Raises SegDeskError if the map is full."""
    if rules.free:
        return new
    opened = rules.open_table(old.class_table())
    welcome = ~np.isin(new.class_table(), list(rules.locked_classes))
    welcome[VOID] = True
    keep = ~(opened[old.ids] & welcome[new.ids])
    kept = np.flatnonzero(np.bincount(old.ids[keep], minlength=1)).tolist()
    if not keep.any():
        return new
    kept = [key for key in kept if key != VOID]
    areas = {old.segments[k].class_id: k for k in kept if opened[k] and old.segments[k].class_id not in rules.things}
    taken, table = {*old.segments, *new.segments}, np.arange(MAX_ID + 1, dtype=np.uint16)
    free = (key for key in range(1, MAX_ID + 1) if key not in taken)
    for key, segment in new.segments.items():
        if segment.class_id in areas:  # one segment an area class
            table[key] = areas[segment.class_id]
        elif key in kept:
            table[key] = _some(free)
    ids = np.where(keep, old.ids, table[new.ids])
    segments = {int(table[key]): segment for key, segment in new.segments.items()}
    segments.update((key, old.segments[key]) for key in kept)
    return Segmentation(ids, segments).pruned()


def _some(free: Iterator[int]) -> int:
    for key in free:
        return key
    raise SegDeskError(
        "This picture already has {count} segments, the most that a map can hold.",
        "Merge or delete segments before adding new ones.",
        count=MAX_ID,
    )
