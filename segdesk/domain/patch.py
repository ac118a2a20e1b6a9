"""`Patch`: what a step touched of a label map, as it is after the step: what is saved while the person goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import numpy as np

from segdesk.domain.edit import TILE, Edit, TileKey, unpack_tile
from segdesk.domain.packed import PACKED_TILE, pack_labels
from segdesk.domain.segmentation import Segment, Segmentation

PATCH_TILE = PACKED_TILE  # as the project file has them: 4x4 tiles of an edit


class Patch:
    """`size` (H, W) of the map; `keys` (row, column) of 256x256 tiles, smaller at the right and lower border;
    `segments` the whole table.

    A tile is not copied before it must be: whoever is about to write to the map calls `keep` with the tiles first, and
    `packed`, which a thread calls to save them, takes the others from the map. So the end of a long stroke costs
    nothing. Any thread.
    """

    def __init__(
        self,
        size: tuple[int, int],
        segments: Mapping[int, Segment],
        *,
        ids: np.ndarray | None = None,
        keys: Iterable[TileKey] = (),
        packed: Mapping[TileKey, bytes] | None = None,
    ) -> None:
        self.size = size
        self.segments = segments
        self._ids = ids
        self._left = set(keys)
        self._copied: dict[TileKey, np.ndarray] = {}
        self._packed = dict(packed or {})
        self._lock = threading.Lock()
        self.keys = frozenset(self._left | self._packed.keys())

    @classmethod
    def of(cls, source: Segmentation, edit: Edit) -> Patch:
        """What `edit` touches of a map that is not written to without `keep`."""
        return cls(source.size, dict(source.segments), ids=source.ids, keys={patch_key(key) for key in edit.tiles})

    @property
    def settled(self) -> bool:
        """Whether the map is not needed any more."""
        return not self._left

    def keep(self, tiles: Iterable[TileKey]) -> None:
        """The 64x64 `tiles` of the map are about to be written to: copy what is needed of them."""
        for key in {patch_key(tile) for tile in tiles} if self._left else ():
            self._copy(key)

    def keep_all(self) -> Patch:
        """The whole map is about to be written to. Returns the patch itself."""
        for key in self.keys:
            self._copy(key)
        return self

    def packed(self) -> dict[TileKey, bytes]:
        """All tiles, packed; b"" = void everywhere. May take seconds; from now on the map is not needed."""
        for key in self.keys:
            self._copy(key)
            with self._lock:
                tile = self._copied.get(key)
            if tile is not None:
                data = pack_labels(tile)
                with self._lock:
                    self._packed[key] = data
                    self._copied.pop(key, None)
        return self._packed

    def tile(self, key: TileKey) -> np.ndarray:
        """A 64x64 tile of an edit. KeyError if it is not in the patch."""
        whole = patch_key(key)
        y, x = key[0] * TILE % PATCH_TILE, key[1] * TILE % PATCH_TILE
        return self._whole(whole)[y : y + TILE, x : x + TILE]

    def _whole(self, key: TileKey) -> np.ndarray:
        self._copy(key)
        with self._lock:
            if key in self._copied:
                return self._copied[key]
            data = self._packed[key]
        height, width = self.size
        shape = min(PATCH_TILE, height - key[0] * PATCH_TILE), min(PATCH_TILE, width - key[1] * PATCH_TILE)
        return unpack_tile(data, shape) if data else np.zeros(shape, np.uint16)

    def _copy(self, key: TileKey) -> None:
        with self._lock:
            if key in self._left and self._ids is not None:
                self._copied[key] = self._ids[patch_slices(key)].copy()
                self._left.discard(key)
                if not self._left:
                    self._ids = None


def patch_key(key: TileKey) -> TileKey:
    """The 256x256 tile that holds a 64x64 one."""
    return key[0] * TILE // PATCH_TILE, key[1] * TILE // PATCH_TILE


def patch_slices(key: TileKey) -> tuple[slice, slice]:
    """Where a 256x256 tile lies in the map, not cut to its size."""
    y, x = key[0] * PATCH_TILE, key[1] * PATCH_TILE
    return slice(y, y + PATCH_TILE), slice(x, x + PATCH_TILE)
