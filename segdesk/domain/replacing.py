"""Another label map in the place of one: worked out tile by tile, without a copy of either."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import MAX_ID
from segdesk.domain.edit import TILE, Edit, Tick, TileKey, no_tick, pack_tile, unpack_tile
from segdesk.domain.packed import PACKED_TILE, Labels, pack_labels, tile_keys, tile_rect
from segdesk.domain.patch import Patch, patch_key
from segdesk.domain.segmentation import Segmentation

PARTS = PACKED_TILE // TILE


@dataclass(frozen=True, eq=False)
class Replacement:
    """What makes a map equal to `new`; nothing has been written yet.

    `edit`: the undo step, None if nothing changes. `changed`: the
    256x256 tiles that differ. `counts`: (65536,) int64 pixels of each id afterwards. Where another step was taken back
    first: `undone` is the edit that does it again, `between` the map as it is between the two steps.
    """

    new: Labels
    edit: Edit | None
    changed: tuple[TileKey, ...]
    counts: np.ndarray
    undone: Edit | None = None
    between: Patch | None = None

    def write(self, target: Segmentation) -> None:
        """Do it, in place; of the table a new one is made."""
        for key in self.changed:
            x0, y0, x1, y1 = rect = tile_rect(key, target.size)
            target.ids[y0:y1, x0:x1] = self.new.read(rect)
        target.segments = dict(self.new.segments)


def replacement(now: Labels, new: Labels, name: str, *, under: Edit | None = None, tick: Tick = no_tick) -> Replacement:
    """Compare two maps. `under`: an edit of `now` that is taken back first. ValueError where the sizes differ."""
    if new.size != now.size or (under is not None and under.size != now.size):
        raise ValueError("the new map has another size")
    work = _Comparison(now, new, under)
    keys = list(tile_keys(now.size))
    for n, key in enumerate(keys):
        tick(n, len(keys))
        work.tile(key)
    return work.result(name)


class _Comparison:
    """Goes over two maps, one 256x256 tile after another."""

    def __init__(self, now: Labels, new: Labels, under: Edit | None) -> None:
        self._now, self._new, self._under = now, new, under
        self._under_keys = frozenset() if under is None else frozenset(patch_key(k) for k in under.tiles)
        self._tiles: dict[TileKey, bytes] = {}
        self._pixels = 0
        self._changed: list[TileKey] = []
        self._undone: dict[TileKey, bytes] = {}
        self._between: dict[TileKey, bytes] = {}
        self._counts = np.zeros(MAX_ID + 1, np.int64)

    def tile(self, key: TileKey) -> None:
        """Compare one tile."""
        rect = tile_rect(key, self._now.size)
        before = present = self._now.read(rect)
        if key in self._under_keys:
            before = self._taken_back(key, present)
        fresh = self._new.read(rect)
        found = np.bincount(fresh.ravel())
        self._counts[: found.size] += found
        differs = before != fresh
        if differs.any():
            self._note(key, before, differs)
        if not np.array_equal(present, fresh):
            self._changed.append(key)

    def _taken_back(self, key: TileKey, present: np.ndarray) -> np.ndarray:
        """The tile as it is once `under` is taken back; notes the edit that does it again."""
        assert self._under is not None
        before = present.copy()
        for part, (ys, xs) in _parts(key, present.shape):
            data = self._under.tiles.get(part)
            if data is not None:
                self._undone[part] = pack_tile(present[ys, xs])
                here = before[ys, xs]
                here[...] = unpack_tile(data, here.shape)
        self._between[key] = pack_labels(before)
        return before

    def _note(self, key: TileKey, before: np.ndarray, differs: np.ndarray) -> None:
        for part, where in _parts(key, before.shape):
            count = int(np.count_nonzero(differs[where]))
            if count:
                self._tiles[part] = pack_tile(before[where])
                self._pixels += count

    def result(self, name: str) -> Replacement:
        """What came of it. Where the same map would come again, the step under it stays, and so does what can be done
        again after it."""
        if not self._changed and self._new.segments == self._now.segments:
            return Replacement(self._new, None, (), self._counts)
        size, under = self._now.size, self._under
        table, undone, between = dict(self._now.segments), None, None
        if under is not None:
            undone = Edit(under.name, size, self._undone, {k: table.get(k) for k in under.segments}, under.pixels)
            table.update({k: s for k, s in under.segments.items() if s is not None})
            table = {k: s for k, s in table.items() if under.segments.get(k, s) is not None}
            between = Patch(size, table, packed=self._between)
        segments = self._new.segments
        keys = table.keys() | segments.keys()
        changes = {k: table.get(k) for k in keys if table.get(k) != segments.get(k)}
        edit = Edit(name, size, self._tiles, changes, self._pixels) if self._tiles or changes else None
        return Replacement(self._new, edit, tuple(self._changed), self._counts, undone, between)


def _parts(key: TileKey, shape: tuple[int, ...]) -> list[tuple[TileKey, tuple[slice, slice]]]:
    """The 64x64 tiles of a 256x256 one, and where they lie in it."""
    rows, columns = range(0, shape[0], TILE), range(0, shape[1], TILE)
    return [
        ((key[0] * PARTS + y // TILE, key[1] * PARTS + x // TILE), (slice(y, y + TILE), slice(x, x + TILE)))
        for y in rows
        for x in columns
    ]
