"""Edits, strokes and undo: an edit is the set of 64x64 tiles that it changed, as they look on its other side.

Undoing an edit swaps those tiles with the map's; what comes out of the swap is the edit that redoes it. Brush, fill,
polygon, class change and applying a result are all this one `Edit`.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from segdesk.domain.segmentation import Segment, Segmentation

TILE = 64
SETTLE_FROM = 256  # tiles; a wide brush covers fewer at once
Rect = tuple[int, int, int, int]
TileKey = tuple[int, int]
Tick = Callable[[int, int], None]
"""`tick(done, total)`: told between two pieces of a long piece of work; raises `Cancelled` where that is to end."""


def no_tick(done: int, total: int) -> None:
    """Nobody listens."""


def pack_tile(tile: np.ndarray) -> bytes:
    """Compress a uint16 tile; a tile of one value takes three bytes."""
    if tile.size and (tile == tile.flat[0]).all():
        return b"\x00" + struct.pack("<H", int(tile.flat[0]))
    return b"\x01" + zlib.compress(np.ascontiguousarray(tile, "<u2").tobytes(), 1)


def unpack_tile(data: bytes, shape: tuple[int, int]) -> np.ndarray:
    """The inverse of `pack_tile`. Raises ValueError for damaged data."""
    if data[:1] == b"\x00" and len(data) == 3:
        return np.full(shape, struct.unpack("<H", data[1:])[0], np.uint16)
    if data[:1] != b"\x01":
        raise ValueError("not a packed tile")
    want = shape[0] * shape[1] * 2
    try:
        raw = zlib.decompressobj().decompress(data[1:], want)
    except zlib.error as error:
        raise ValueError("damaged tile") from error
    if len(raw) != want:
        raise ValueError("a packed tile has the wrong size")
    return np.frombuffer(raw, "<u2").reshape(shape).astype(np.uint16)


def tiles_in(rect: Rect, size: tuple[int, int]) -> list[TileKey]:
    """(row, column) of the tiles that a rectangle (x0, y0, x1, y1), end exclusive, touches in a map of (H, W)."""
    x0, y0, x1, y1 = clip(rect, size)
    if x1 <= x0 or y1 <= y0:
        return []
    rows = range(y0 // TILE, (y1 - 1) // TILE + 1)
    return [(r, c) for r in rows for c in range(x0 // TILE, (x1 - 1) // TILE + 1)]


def tile_slices(key: TileKey, size: tuple[int, int]) -> tuple[slice, slice]:
    """Where a tile lies in the map; tiles at the right and lower border are smaller."""
    y, x = key[0] * TILE, key[1] * TILE
    return slice(y, min(y + TILE, size[0])), slice(x, min(x + TILE, size[1]))


def tile_runs(keys: Iterable[TileKey], size: tuple[int, int]) -> list[Rect]:
    """Rectangles (x0, y0, x1, y1) that cover tiles and nothing else, one for each run of tiles in a row."""
    runs: list[list[int]] = []  # row, first column, column after the last
    for row, column in sorted(keys):
        if runs and runs[-1][0] == row and runs[-1][2] == column:
            runs[-1][2] = column + 1
        else:
            runs.append([row, column, column + 1])
    return [clip((a * TILE, r * TILE, b * TILE, (r + 1) * TILE), size) for r, a, b in runs]


def clip(rect: Rect, size: tuple[int, int]) -> Rect:
    """The part of a rectangle (x0, y0, x1, y1) that lies inside (H, W)."""
    return max(0, rect[0]), max(0, rect[1]), min(size[1], rect[2]), min(size[0], rect[3])


@dataclass(frozen=True)
class Edit:
    """One undo step. `tiles` and `segments` hold the other side's state; a None segment does not exist there.

    `name` is an English template for the menu ("Undo brush"); `pixels` counts the pixels that differ.
    """

    name: str
    size: tuple[int, int]
    tiles: Mapping[TileKey, bytes]
    segments: Mapping[int, Segment | None]
    pixels: int = 0

    @cached_property
    def nbytes(self) -> int:
        """About the memory that it holds; counted once, for a history adds it up at every step."""
        return sum(map(len, self.tiles.values())) + 64 * (len(self.tiles) + len(self.segments))

    def rect(self) -> Rect:
        """The rectangle (x0, y0, x1, y1) that covers its tiles; zeros if it only changes the table."""
        if not self.tiles:
            return 0, 0, 0, 0
        rows = [k[0] for k in self.tiles]
        cols = [k[1] for k in self.tiles]
        return clip((min(cols) * TILE, min(rows) * TILE, (max(cols) + 1) * TILE, (max(rows) + 1) * TILE), self.size)

    def rects(self) -> list[Rect]:
        """As `tile_runs` of its tiles."""
        return tile_runs(self.tiles, self.size)

    def to_bytes(self) -> bytes:
        """For the journal: a JSON head and the tiles behind it."""
        keys = list(self.tiles)
        head = {
            "name": self.name,
            "size": self.size,
            "pixels": self.pixels,
            "tiles": [[r, c, len(self.tiles[r, c])] for r, c in keys],
            "segments": {k: s and [s.class_id, s.score, s.by_human, s.crowd] for k, s in self.segments.items()},
        }
        packed = json.dumps(head, separators=(",", ":")).encode()
        return struct.pack("<I", len(packed)) + packed + b"".join(self.tiles[k] for k in keys)

    @classmethod
    def from_bytes(cls, data: bytes) -> Edit:
        """The inverse of `to_bytes`. Raises ValueError for damaged data."""
        try:
            (length,) = struct.unpack_from("<I", data)
            head = json.loads(data[4 : 4 + length])
            at, tiles = 4 + length, {}
            for row, col, size in head["tiles"]:
                tiles[int(row), int(col)] = data[at : at + size]
                at += size
            segments = {int(k): s and Segment(*s) for k, s in head["segments"].items()}
            height, width = head["size"]
            return cls(head["name"], (height, width), tiles, segments, head["pixels"])
        except (struct.error, KeyError, TypeError, IndexError, UnicodeDecodeError) as error:
            raise ValueError("damaged undo step") from error


def swap(target: Segmentation, edit: Edit, tick: Tick = no_tick) -> Edit:
    """Exchange the edit's state with the map's, in place; returns the edit that swaps back. What `tick(done, total)`
    raises between two tiles leaves the map as it was."""
    if edit.size != target.size:
        raise ValueError("the edit belongs to a map of another size")
    fresh: dict[TileKey, bytes] = {}
    try:
        for key, data in edit.tiles.items():
            if len(fresh) % 64 == 0:
                tick(len(fresh), len(edit.tiles))
            ys, xs = tile_slices(key, target.size)
            here = target.ids[ys, xs]
            there = unpack_tile(data, here.shape)
            fresh[key] = pack_tile(here)
            here[...] = there
    except BaseException:
        for key, data in fresh.items():
            here = target.ids[tile_slices(key, target.size)]
            here[...] = unpack_tile(data, here.shape)
        raise
    table = {k: target.segments.get(k) for k in edit.segments}
    for key, segment in edit.segments.items():
        if segment is None:
            target.segments.pop(key, None)
        else:
            target.segments[key] = segment
    return Edit(edit.name, edit.size, fresh, table, edit.pixels)


class Stroke:
    """A change under way: call `touch` before writing to the map, then `commit` or `abort`.

    Tiles are saved the first time they are touched, so a stroke costs what it covers, not the picture's size. Those
    touched last are kept as they are, the others packed, so that its memory is small however much it covers.
    `keep(tiles)` is called before tiles are touched for the first time: somebody may still want them as they are.
    """

    def __init__(
        self, target: Segmentation, name: str, *, keep: Callable[[Sequence[TileKey]], None] | None = None
    ) -> None:
        self._target = target
        self._name = name
        self._keep = keep
        self._before: dict[TileKey, np.ndarray] = {}  # of the open tiles alone
        self._packed: dict[TileKey, bytes] = {}
        self._segments: dict[int, Segment | None] = {}
        self._open: dict[TileKey, None] = {}  # not compared since they were touched; the oldest first
        self._changed: dict[TileKey, int] = {}

    def touch(self, rect: Rect) -> None:
        """Save the tiles under (x0, y0, x1, y1) that are not saved yet."""
        keys = tiles_in(rect, self._target.size)
        fresh = [key for key in keys if key not in self._packed]
        if fresh and self._keep is not None:
            self._keep(fresh)
        for key in fresh:
            tile = self._target.ids[tile_slices(key, self._target.size)].copy()
            self._before[key] = tile
            self._packed[key] = pack_tile(tile)  # here and not in `commit`, so that a long stroke ends at once
        for key in keys:
            self._open.pop(key, None)
            self._open[key] = None

    def settle(self, keep: int = SETTLE_FROM) -> None:
        """Compare all but the `keep` tiles touched last, so that `commit` has little left to do. What was touched must
        have been written; it may be touched and written again."""
        while len(self._open) > keep:
            key = next(iter(self._open))
            del self._open[key]
            now = self._target.ids[tile_slices(key, self._target.size)]
            before = self._before.pop(key, None)
            if before is None:  # settled before, and touched again
                before = unpack_tile(self._packed[key], now.shape)
            self._changed[key] = int(np.count_nonzero(before != now))

    def touched(self) -> list[TileKey]:
        """The tiles that may have changed so far."""
        return list(self._packed)

    def write(self, x: int, y: int, mask: np.ndarray, value: int) -> None:
        """Set the pixels of the (h, w) bool `mask`, whose top-left is (x, y), to `value`; parts outside are cut off."""
        h, w = mask.shape
        x0, y0, x1, y1 = clip((x, y, x + w, y + h), self._target.size)
        if x1 <= x0 or y1 <= y0:
            return
        self.touch((x0, y0, x1, y1))
        self._target.ids[y0:y1, x0:x1][mask[y0 - y : y1 - y, x0 - x : x1 - x]] = value
        self.settle()

    def set_segment(self, key: int, segment: Segment | None) -> None:
        """Add, replace or (None) remove an entry of the segment table."""
        self._segments.setdefault(key, self._target.segments.get(key))
        if segment is None:
            self._target.segments.pop(key, None)
        else:
            self._target.segments[key] = segment

    def commit(self) -> Edit | None:
        """End the stroke. Returns the edit that undoes it, or None if nothing changed."""
        self.settle(0)
        tiles = {key: packed for key, packed in self._packed.items() if self._changed[key]}
        pixels = sum(self._changed.values())
        segments = {k: s for k, s in self._segments.items() if s != self._target.segments.get(k)}
        if not tiles and not segments:
            return None
        return Edit(self._name, self._target.size, tiles, segments, pixels)

    def abort(self) -> Rect:
        """Take everything back; returns the rectangle to repaint."""
        for key, packed in self._packed.items():
            tile = self._target.ids[tile_slices(key, self._target.size)]
            before = self._before.get(key)
            tile[...] = unpack_tile(packed, tile.shape) if before is None else before
        for key, segment in self._segments.items():
            if segment is None:
                self._target.segments.pop(key, None)
            else:
                self._target.segments[key] = segment
        return Edit("", self._target.size, dict.fromkeys(self._packed, b""), {}).rect()


def replace_all(target: Segmentation, new: Segmentation, name: str) -> Edit | None:
    """Make `target` equal to `new` in place, as one edit."""
    if new.size != target.size:
        raise ValueError("the new map has another size")
    tiles, pixels = {}, 0
    for top in range(0, target.size[0], TILE):  # only tiles that differ are kept, packed: memory follows the change
        differs = target.ids[top : top + TILE] != new.ids[top : top + TILE]
        for column in np.unique(np.flatnonzero(differs.any(axis=0)) // TILE):
            where = tile_slices((top // TILE, int(column)), target.size)
            tiles[top // TILE, int(column)] = pack_tile(target.ids[where])
            pixels += int(np.count_nonzero(differs[:, where[1]]))
    keys = target.segments.keys() | new.segments.keys()
    segments = {k: target.segments.get(k) for k in keys if target.segments.get(k) != new.segments.get(k)}
    target.ids[...] = new.ids
    for key in segments:
        if key in new.segments:
            target.segments[key] = new.segments[key]
        else:
            del target.segments[key]
    return Edit(name, target.size, tiles, segments, pixels) if tiles or segments else None
