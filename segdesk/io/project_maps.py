"""Label maps in the project file: compressed 256x256 tiles and a table of segments.

Functions take the connection of an open transaction; packing needs none and may run outside the lock.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from segdesk.domain.edit import Edit
from segdesk.domain.packed import Labels, PackedMap, pack_labels, tile_rect
from segdesk.domain.patch import Patch, patch_key
from segdesk.domain.prediction import Instance
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import project_sums as sums

Tiles = dict[tuple[int, int], bytes]  # (row, column) -> packed; b"" = void everywhere, not stored


def pack_all(source: Labels) -> Tiles:
    """Every tile of a map that is not void; of a packed one its own."""
    return dict(PackedMap.of(source).tiles)


def pack_touched(source: Segmentation | Patch, edit: Edit) -> Tiles:
    """The tiles that hold an edit's 64x64 ones; the rest of the map is not looked at."""
    keys = {patch_key(key) for key in edit.tiles}
    if isinstance(source, Patch):
        packed = source.packed()
        return {key: packed[key] for key in keys}
    return {key: pack_labels(source.read(tile_rect(key, source.size))) for key in keys}


def find(connection: sqlite3.Connection, picture_id: int, layer: str) -> tuple[int, tuple[int, int]] | None:
    """(map id, (height, width)) of a layer, or None."""
    row = connection.execute(
        "SELECT id, height, width FROM maps WHERE picture_id = ? AND layer = ?", (picture_id, layer)
    ).fetchone()
    return row and (row[0], (row[1], row[2]))


def load(connection: sqlite3.Connection, picture_id: int, layer: str) -> PackedMap | None:
    """A layer as it is stored; nothing is unpacked. Raises ValueError where a checksum does not fit."""
    row = connection.execute(
        f"SELECT {sums.selected(connection, 'maps')} FROM maps WHERE picture_id = ? AND layer = ?", (picture_id, layer)
    ).fetchone()
    if row is None:
        return None
    found = load_row(connection, row)
    where = f"SELECT {sums.selected(connection, 'pictures')} FROM pictures WHERE id = ?"
    picture = connection.execute(where, (picture_id,)).fetchone()
    if picture is None or not sums.fits("pictures", picture):
        raise ValueError("it is not certain whose labels these are")
    return found


def load_row(connection: sqlite3.Connection, row: Sequence[sums.Value]) -> PackedMap:
    """The map of a row of the table `maps`, as `project_sums.selected` gives it. Raises ValueError as `load` does."""
    tiles, segments = rows_of(connection, int(row[0] or 0))
    total = sum(one[-1] or 0 for one in (*tiles, *segments)) % sums.MODULUS
    if not sums.fits("maps", row) or row[6] not in (None, total):
        raise ValueError("damaged map")
    if not all(sums.fits("tiles", one) for one in tiles) or not all(sums.fits("segments", one) for one in segments):
        raise ValueError("damaged part of a map")
    table = {key: Segment(cls, score, bool(human), bool(crowd)) for _, key, cls, score, human, crowd, _ in segments}
    height, width = int(row[3] or 0), int(row[4] or 0)
    return PackedMap((height, width), {(r, c): data for _, r, c, data, _ in tiles}, table)


def rows_of(connection: sqlite3.Connection, map_id: int) -> tuple[list[Any], list[Any]]:
    """(tiles, segments) of a map, rows as `project_sums.selected` gives them."""
    found = [
        connection.execute(f"SELECT {sums.selected(connection, table)} FROM {table} WHERE map_id = ?{order}", (map_id,))
        for table, order in (("tiles", ""), ("segments", " ORDER BY id"))
    ]
    return found[0].fetchall(), found[1].fetchall()


def unpack_reduced(source: PackedMap, *, side: int) -> Segmentation:
    """Every n-th pixel, so that the longer side has at most `side`. Raises ValueError for damaged data."""
    height, width = source.size
    step = max(1, -(-max(height, width) // side))
    ys, xs = np.arange(step // 2, height, step), np.arange(step // 2, width, step)
    result = np.zeros((max(1, ys.size), max(1, xs.size)), np.uint16)
    for key in source.tiles:
        x0, y0, x1, y1 = tile_rect(key, source.size)
        top, bottom = np.searchsorted(ys, (y0, y1))
        left, right = np.searchsorted(xs, (x0, x1))
        result[top:bottom, left:right] = source.tile(key)[np.ix_(ys[top:bottom] - y0, xs[left:right] - x0)]
    return Segmentation(result, source.segments)


def pictures_with(connection: sqlite3.Connection, class_id: int, layer: str) -> dict[int, int]:
    """Picture id -> how many segments of the class a layer has."""
    rows = connection.execute(
        "SELECT picture_id, count(*) FROM segments JOIN maps ON maps.id = map_id "
        "WHERE class_id = ? AND layer = ? GROUP BY map_id",
        (class_id, layer),
    )
    return dict(rows.fetchall())


def replace(
    connection: sqlite3.Connection,
    picture_id: int,
    layer: str,
    tiles: Tiles,
    segmentation: Labels,
    *,
    run_id: int | None = None,
) -> None:
    """Put a whole map, packed in `tiles`, in the place of the layer's old one."""
    connection.execute("DELETE FROM maps WHERE picture_id = ? AND layer = ?", (picture_id, layer))
    map_id = add(connection, picture_id, layer, segmentation.size, run_id=run_id)
    write_tiles(connection, map_id, tiles)
    write_segments(connection, map_id, segmentation.segments)


def add(
    connection: sqlite3.Connection, picture_id: int, layer: str, size: tuple[int, int], *, run_id: int | None = None
) -> int:
    """Add a void map without segments; returns its id. The picture's size is noted if it was not known."""
    connection.execute(
        "UPDATE pictures SET height = ?, width = ? WHERE id = ? AND width = 0", (size[0], size[1], picture_id)
    )
    cursor = connection.execute(
        "INSERT INTO maps (picture_id, layer, height, width, run_id, total) VALUES (?, ?, ?, ?, ?, 0)",
        (picture_id, layer, size[0], size[1], run_id),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def write_tiles(connection: sqlite3.Connection, map_id: int, tiles: Tiles) -> None:
    """Store tiles; a void one loses its row."""
    sums.seal(connection, map_id)
    keys = [(map_id, row, col) for row, col in tiles]
    where = "map_id = ? AND tile_row = ? AND tile_col = ?"
    by = -_sum_of(connection, f"SELECT crc FROM tiles WHERE {where}", keys)
    rows = [(*key, data, sums.row_crc("tiles", *key, data)) for key, data in zip(keys, tiles.values(), strict=True)]
    rows = [row for row in rows if row[3]]
    connection.executemany(
        "INSERT OR REPLACE INTO tiles (map_id, tile_row, tile_col, data, crc) VALUES (?, ?, ?, ?, ?)", rows
    )
    void = [key for key, data in zip(keys, tiles.values(), strict=True) if not data]
    connection.executemany(f"DELETE FROM tiles WHERE {where}", void)
    sums.shift(connection, map_id, by + sum(row[-1] for row in rows))


def write_segments(connection: sqlite3.Connection, map_id: int, segments: Mapping[int, Segment | None]) -> None:
    """Store entries of the segment table; None removes one."""
    sums.seal(connection, map_id)
    keys = [(map_id, int(k)) for k in segments]
    by = -_sum_of(connection, "SELECT crc FROM segments WHERE map_id = ? AND id = ?", keys)
    rows = [
        (*key, int(s.class_id), float(s.score), int(s.by_human), int(s.crowd))
        for key, s in zip(keys, segments.values(), strict=True)
        if s is not None
    ]
    summed = [(*row, sums.row_crc("segments", *row)) for row in rows]
    connection.executemany(
        "INSERT OR REPLACE INTO segments (map_id, id, class_id, score, by_human, crowd, crc) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        summed,
    )
    gone = [key for key, s in zip(keys, segments.values(), strict=True) if s is None]
    connection.executemany("DELETE FROM segments WHERE map_id = ? AND id = ?", gone)
    sums.shift(connection, map_id, by + sum(row[-1] for row in summed))


def clear_segments(connection: sqlite3.Connection, map_id: int) -> None:
    """Empty the segment table of a map."""
    sums.seal(connection, map_id)
    by = connection.execute("SELECT sum(crc) FROM segments WHERE map_id = ?", (map_id,)).fetchone()[0] or 0
    connection.execute("DELETE FROM segments WHERE map_id = ?", (map_id,))
    sums.shift(connection, map_id, -by)


def _sum_of(connection: sqlite3.Connection, query: str, keys: Iterable[tuple[int, ...]]) -> int:
    """The checksums of the rows that are there, added up."""
    found = (connection.execute(query, key).fetchone() for key in keys)
    return sum(row[0] or 0 for row in found if row is not None)


def write_instances(connection: sqlite3.Connection, picture_id: int, instances: Sequence[Instance]) -> None:
    """Replace the raw objects of a picture."""
    connection.execute("DELETE FROM instances WHERE picture_id = ?", (picture_id,))
    connection.executemany(
        "INSERT INTO instances (picture_id, position, class_id, score, height, width, counts) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (picture_id, n, int(i.class_id), float(i.score), *i.mask.size, _packed_counts(i.mask))
            for n, i in enumerate(instances)
        ),
    )


def read_instances(connection: sqlite3.Connection, picture_id: int) -> tuple[Instance, ...]:
    """The raw objects of a picture. Raises ValueError for damaged data."""
    rows = connection.execute(
        f"SELECT {sums.selected(connection, 'instances')} FROM instances WHERE picture_id = ? ORDER BY position",
        (picture_id,),
    ).fetchall()
    if not all(sums.fits("instances", row) for row in rows):
        raise ValueError("damaged objects")
    return tuple(
        Instance(class_id, score, Rle((height, width), _unpacked_counts(data)))
        for _, _, class_id, score, height, width, data, _ in rows
    )


def _packed_counts(mask: Rle) -> bytes:
    return zlib.compress(np.ascontiguousarray(mask.counts, "<u4").tobytes(), 1)


def _unpacked_counts(data: bytes) -> np.ndarray:
    try:
        return np.frombuffer(zlib.decompress(data), "<u4").astype(np.uint32)
    except zlib.error as error:
        raise ValueError("damaged runs") from error
