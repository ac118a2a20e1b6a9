"""`Patch`: copies of some tiles of a label map, with its table: what is saved of a step while the person goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from segdesk.domain.edit import TILE, Edit, TileKey
from segdesk.domain.segmentation import Segment, Segmentation

PATCH_TILE = 256  # as the project file has them: 4x4 tiles of an edit


@dataclass(frozen=True, eq=False)
class Patch:
    """`size` (H, W) of the map; `tiles` by (row, column) of 256x256, smaller at the right and lower border;
    `segments` the whole table. Costs what the tiles cover, whatever the size of the map."""

    size: tuple[int, int]
    tiles: Mapping[TileKey, np.ndarray]
    segments: Mapping[int, Segment]

    @classmethod
    def of(cls, source: Segmentation, edit: Edit) -> Patch:
        """Copies of the tiles that hold those of `edit`."""
        keys = {patch_key(key) for key in edit.tiles}
        tiles = {(r, c): source.ids[patch_slices((r, c))].copy() for r, c in keys}
        return cls(source.size, tiles, dict(source.segments))

    def tile(self, key: TileKey) -> np.ndarray:
        """A 64x64 tile of an edit. KeyError if it is not in the patch."""
        whole = self.tiles[patch_key(key)]
        y, x = key[0] * TILE % PATCH_TILE, key[1] * TILE % PATCH_TILE
        return whole[y : y + TILE, x : x + TILE]


def patch_key(key: TileKey) -> TileKey:
    """The 256x256 tile that holds a 64x64 one."""
    return key[0] * TILE // PATCH_TILE, key[1] * TILE // PATCH_TILE


def patch_slices(key: TileKey) -> tuple[slice, slice]:
    """Where a 256x256 tile lies in the map, not cut to its size."""
    y, x = key[0] * PATCH_TILE, key[1] * PATCH_TILE
    return slice(y, y + PATCH_TILE), slice(x, x + PATCH_TILE)
