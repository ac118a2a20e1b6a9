"""`PackedMap`: a label map as compressed tiles, for what is kept but rarely looked at: a model's answer, a preview.

At 100 megapixels a plain map takes 200 MB, a packed one a few. The tiles are those of the project file.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.edit import Rect, TileKey, clip, pack_tile, unpack_tile
from segdesk.domain.reducing import half_size, halved
from segdesk.domain.segmentation import Segment, Segmentation

PACKED_TILE = 256
KEPT_TILES = 192  # unpacked ones at hand, 24 MB: what a screen shows
SMALLEST_LEVEL = 1 << 16  # pixels; a map of no more has no reduced copy
NARROWEST = 64  # nor one with a shorter side


class Labels(Protocol):
    """What a label map is for those who only read it: a `Segmentation` or a `PackedMap`."""

    @property
    def segments(self) -> Mapping[int, Segment]:
        """The table."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        ...

    def read(self, rect: Rect) -> np.ndarray:
        """(h, w) uint16 of a rectangle (x0, y0, x1, y1) inside the map; not to be written to."""
        ...

    def class_table(self) -> np.ndarray:
        """(65536,) uint16: the class id of each segment id."""
        ...


class PackedMap:
    """Read only; any thread. `tiles`: packed 256x256 tiles by (row, column), smaller at the right and lower border;
    one that is void everywhere is left out. `segments`: the table. Raises ValueError where damaged data are read."""

    def __init__(self, size: tuple[int, int], tiles: Mapping[TileKey, bytes], segments: Mapping[int, Segment]) -> None:
        self.size = size
        self.tiles = tiles
        self.segments = dict(segments)
        self._lock = threading.Lock()
        self._kept: OrderedDict[TileKey, np.ndarray] = OrderedDict()
        self._half: PackedMap | None = None
        self._plain: np.ndarray | None = None

    @classmethod
    def of(cls, source: Labels) -> PackedMap:
        """The same map, packed (itself if it is so already)."""
        return source if isinstance(source, PackedMap) else cls.of_ids(source.read, source.size, source.segments)

    @classmethod
    def of_ids(cls, read: Reader, size: tuple[int, int], segments: Mapping[int, Segment]) -> PackedMap:
        """Packed from `read(rect)`, which is asked for one tile after another."""
        tiles = {key: packed for key in tile_keys(size) if (packed := pack_labels(read(tile_rect(key, size))))}
        return cls(size, tiles, segments)

    @property
    def nbytes(self) -> int:
        """Memory of the packed tiles."""
        return sum(map(len, self.tiles.values()))

    def tile(self, key: TileKey) -> np.ndarray:
        """(h, w) uint16 of a tile, read-only."""
        x0, y0, x1, y1 = tile_rect(key, self.size)
        data = self.tiles.get(key)
        if data is None:
            return np.zeros((y1 - y0, x1 - x0), np.uint16)
        return unpack_tile(data, (y1 - y0, x1 - x0))

    def kept_tile(self, key: TileKey) -> np.ndarray:
        """As `tile`, out of the memory of the tiles that were asked for last."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = self.tile(key)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT_TILES:
                self._kept.popitem(last=False)
        return made

    def read(self, rect: Rect) -> np.ndarray:
        """See `Labels`."""
        x0, y0, x1, y1 = rect
        rows = range(y0 // PACKED_TILE, -(-y1 // PACKED_TILE))
        columns = range(x0 // PACKED_TILE, -(-x1 // PACKED_TILE))
        if len(rows) == len(columns) == 1 and rect == tile_rect((rows[0], columns[0]), self.size):
            return self.tile((rows[0], columns[0]))
        out = np.zeros((y1 - y0, x1 - x0), np.uint16)
        for key in ((r, c) for r in rows for c in columns):
            if key in self.tiles:
                left, top, _, _ = tile_rect(key, self.size)
                tile = self.kept_tile(key)[max(0, y0 - top) : y1 - top, max(0, x0 - left) : x1 - left]
                y, x = max(0, top - y0), max(0, left - x0)
                out[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
        return out

    def class_table(self) -> np.ndarray:
        """See `Labels`."""
        return class_table(self.segments)

    def unpacked(self) -> Segmentation:
        """The plain map."""
        height, width = self.size
        result = Segmentation.empty(height, width)
        result.segments = dict(self.segments)
        for key in self.tiles:
            x0, y0, x1, y1 = tile_rect(key, self.size)
            result.ids[y0:y1, x0:x1] = self.tile(key)
        return result

    def remapped(self, class_ids: Mapping[int, int]) -> PackedMap:
        """The same map with other class ids; segments whose class maps to void (or nowhere) become void."""
        segments = {
            k: replace(s, class_id=class_ids[s.class_id])
            for k, s in self.segments.items()
            if class_ids.get(s.class_id, VOID) != VOID
        }
        if len(segments) == len(self.segments):
            return PackedMap(self.size, self.tiles, segments)
        keep = np.zeros(MAX_ID + 1, np.uint16)
        keep[list(segments)] = list(segments)
        return self.renumbered(keep, segments)

    def renumbered(self, table: np.ndarray, segments: Mapping[int, Segment]) -> PackedMap:
        """The map with the ids that (65536,) uint16 `table` gives for its own, and another segment table."""
        if table[VOID] != VOID:
            raise ValueError("void stays void")
        packed = {key: pack_labels(table[self.tile(key)]) for key in self.tiles}
        return PackedMap(self.size, {key: data for key, data in packed.items() if data}, segments)

    def half(self) -> PackedMap | None:
        """The map at half the size, in which thin things stay (`segdesk.domain.reducing`); None for a small map. Made
        at the first call (60 ms at 24 megapixels), so call it in a thread first."""
        if self._half is None and self.size[0] * self.size[1] > SMALLEST_LEVEL and min(self.size) >= NARROWEST:
            size = half_size(self.size)
            self._half = PackedMap.of_ids(lambda r: halved(self.read, self.size, r), size, self.segments)
            with self._lock:
                self._kept.clear()  # all of it was looked at once, and may never be again
        return self._half

    def smallest(self) -> tuple[np.ndarray, int]:
        """The smallest reduced copy, plain, (h, w) uint16, and its stride: pixel (y, x) stands for the square of the
        map that begins at (y * stride, x * stride). Kept."""
        level, stride = self, 1
        while (half := level.half()) is not None:
            level, stride = half, 2 * stride
        if level._plain is None:
            level._plain = level.unpacked().ids
        return level._plain, stride

    def prepare(self) -> PackedMap:
        """Make all reduced copies now; returns itself."""
        self.smallest()
        return self


class Reader(Protocol):
    """Gives (h, w) uint16 labels of a rectangle (x0, y0, x1, y1)."""

    def __call__(self, rect: Rect, /) -> np.ndarray:
        """See the class."""
        ...


def pack_labels(tile: np.ndarray) -> bytes:
    """A packed tile; b"" where it is void everywhere."""
    return pack_tile(tile) if tile.any() else b""


def class_table(segments: Mapping[int, Segment]) -> np.ndarray:
    """(65536,) uint16: the class id of each segment id."""
    table = np.zeros(MAX_ID + 1, np.uint16)
    for key, segment in segments.items():
        table[key] = segment.class_id
    return table


def tile_rect(key: TileKey, size: tuple[int, int]) -> Rect:
    """The rectangle (x0, y0, x1, y1) of a 256x256 tile in a map of (H, W)."""
    y, x = key[0] * PACKED_TILE, key[1] * PACKED_TILE
    return clip((x, y, x + PACKED_TILE, y + PACKED_TILE), size)


def tile_keys(size: tuple[int, int]) -> Iterator[TileKey]:
    """All tiles of a map of (H, W), row by row."""
    return ((r, c) for r in _tiles_over(0, size[0]) for c in _tiles_over(0, size[1]))


def _tiles_over(first: int, stop: int) -> range:
    return range(first // PACKED_TILE, -(-stop // PACKED_TILE))
