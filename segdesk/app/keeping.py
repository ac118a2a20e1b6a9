"""New labels for a whole picture, with what is locked as it was."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segdesk.app.rules import Rules
from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.edit import Rect
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import Labels, PackedMap, tile_keys, tile_rect


def keep_locked(old: Labels, new: Labels, rules: Rules) -> Labels:
    """`new`, but what is locked in `old` has its pixels there and no others; where `new` has a locked class that was
    not there, the old label stays. Locked segments keep their ids, others of `new` give way. Neither map is changed;
    of what comes out the tiles are packed, so that it costs little. Any thread. Raises SegDeskError if the map is
    full."""
    if rules.free:
        return new
    opened = rules.open_table(old.class_table())
    welcome = ~np.isin(new.class_table(), list(rules.locked_classes))
    welcome[VOID] = True
    kept = _kept(old, new, opened, welcome)
    if not kept.any():
        return new
    keys = [key for key in np.flatnonzero(kept).tolist() if key != VOID]
    table = _numbers(old, new, keys, opened, rules)
    present = np.zeros(MAX_ID + 1, bool)

    def mixed(rect: Rect) -> np.ndarray:
        was, comes = old.read(rect), new.read(rect)
        made = np.where(opened[was] & welcome[comes], table[comes], was)
        present[made] = True
        return made

    packed = PackedMap.of_ids(mixed, old.size, {})
    segments = {int(table[key]): segment for key, segment in new.segments.items()}
    segments.update((key, old.segments[key]) for key in keys)
    return PackedMap(old.size, packed.tiles, {key: segment for key, segment in segments.items() if present[key]})


def _kept(old: Labels, new: Labels, opened: np.ndarray, welcome: np.ndarray) -> np.ndarray:
    """(65536,) bool: the ids of `old`, void too, that stay somewhere."""
    kept = np.zeros(MAX_ID + 1, bool)
    for key in tile_keys(old.size):
        rect = tile_rect(key, old.size)
        was = old.read(rect)
        kept[was[~(opened[was] & welcome[new.read(rect)])]] = True
    return kept


def _numbers(old: Labels, new: Labels, kept: list[int], opened: np.ndarray, rules: Rules) -> np.ndarray:
    """(65536,) uint16: the id that each id of `new` gets."""
    areas = {old.segments[k].class_id: k for k in kept if opened[k] and old.segments[k].class_id not in rules.things}
    taken, table = {*old.segments, *new.segments}, np.arange(MAX_ID + 1, dtype=np.uint16)
    free = (key for key in range(1, MAX_ID + 1) if key not in taken)
    for key, segment in new.segments.items():
        if segment.class_id in areas:  # one segment an area class
            table[key] = areas[segment.class_id]
        elif key in kept:
            table[key] = _some(free)
    return table


def _some(free: Iterator[int]) -> int:
    for key in free:
        return key
    raise SegDeskError(
        "This picture already has {count} segments, the most that a map can hold.",
        "Merge or delete segments before adding new ones.",
        count=MAX_ID,
    )
