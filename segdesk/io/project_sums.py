"""Checksums in the project file: each row has the CRC-32 of its values, each label map the sum of its rows' checksums,
so that flipped bits and rows that are lost or strange are found when they are read.

Tiles, segments and undo steps get theirs where they are written (`project_maps`, `project_journal`); rows of the other
tables by triggers that live in the connection only (`install`). A row from an older version has none until `seal_some`.
Functions take the connection of an open transaction unless they say otherwise.
"""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections.abc import Sequence

from segdesk.io import project_counts as counts
from segdesk.io import project_schema as schema

MODULUS = 1 << 32
Value = int | float | str | bytes | None

COLUMNS: dict[str, tuple[str, ...]] = {
    "meta": ("key", "value"),
    "classes": ("id", "position", "name", "red", "green", "blue", "is_thing"),
    "pictures": ("id", "path", "width", "height", "state", "doubt", "seconds", "pixels_changed", "error"),
    "runs": ("id", "card_id", "card_name", "options", "device", "started"),
    "maps": ("id", "picture_id", "layer", "height", "width", "run_id", "total"),
    "tiles": ("map_id", "tile_row", "tile_col", "data"),
    "segments": ("map_id", "id", "class_id", "score", "by_human", "crowd"),
    "instances": ("picture_id", "position", "class_id", "score", "height", "width", "counts"),
    "journal": ("id", "picture_id", "stack", "bytes", "edit", "below"),
    "journal_tops": ("picture_id", "done", "undone"),
    "doubts": ("picture_id", "height", "width", "map", "places"),
    "marks": ("picture_id", "before"),
    "locks": ("picture_id", "segment_id"),
}
"""What the checksum of a table's row covers, in this order."""
KEYS = {"segments": 2, "instances": 2, "locks": 2, "tiles": 3}  # columns of the primary key; of other tables one
BY_TRIGGER = ("meta", "classes", "pictures", "runs", "maps", "instances", "journal_tops", "doubts", "marks", "locks")
SEALED_AT_ONCE = 2_000  # rows of a table without labels


def row_crc(table: str, *values: Value) -> int:
    """The checksum of a row: CRC-32 of the table's name and its values, numbers as little-endian doubles (SQLite does
    not always tell 1 from 1.0), texts as UTF-8, each with its kind and length before it."""
    crc = zlib.crc32(table.encode())
    for value in values:
        if value is None:
            crc = zlib.crc32(b"n", crc)
        elif isinstance(value, str):
            data = value.encode(errors="surrogatepass")
            crc = zlib.crc32(data, zlib.crc32(b"t%d;" % len(data), crc))
        elif isinstance(value, (bytes, memoryview)):
            crc = zlib.crc32(value, zlib.crc32(b"b%d;" % len(value), crc))
        else:
            crc = zlib.crc32(struct.pack("<cd", b"d", float(value) + 0.0), crc)  # + 0.0: SQLite knows no -0.0
    return crc


def fits(table: str, row: Sequence[Value]) -> bool:
    """Whether a row of (`COLUMNS` of the table..., crc) is as it was written; one without a checksum passes."""
    return row[-1] is None or row[-1] == row_crc(table, *row[:-1])


def there(connection: sqlite3.Connection) -> bool:
    """Whether the file has checksums; any connection. An old one on a read-only medium has none."""
    return schema.version(connection) >= schema.WITH_SUMS


def tables(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The tables whose rows have checksums in this file; any connection."""
    if not there(connection):
        return ()
    older = schema.version(connection) < schema.WITH_COUNTS
    return tuple(table for table in COLUMNS if not older or table not in ("marks", "locks"))


def selected(connection: sqlite3.Connection, table: str) -> str:
    """The columns of a table as `fits` wants them, for a SELECT; any connection."""
    if there(connection):
        return ", ".join((*COLUMNS[table], "crc"))
    return ", ".join((*("NULL" if c in ("total", "below") else c for c in COLUMNS[table]), "NULL"))


def install(connection: sqlite3.Connection, *, write: bool = True) -> None:
    """Teach a connection the function `row_crc` and, to `write`, the triggers that keep the rows' checksums. A row that
    did not fit before it was changed does not begin to fit."""
    connection.create_function("row_crc", -1, row_crc, deterministic=True)
    if not write:
        return
    connection.execute("PRAGMA temp_store = MEMORY")
    for table in BY_TRIGGER:
        columns, key = COLUMNS[table], COLUMNS[table][: KEYS.get(table, 1)]
        here = " AND ".join(f"{c} = new.{c}" for c in key)
        new, old = (f"row_crc('{table}', {', '.join(f'{row}.{c}' for c in columns)})" for row in ("new", "old"))
        connection.execute(
            f"CREATE TEMP TRIGGER {table}_added AFTER INSERT ON main.{table} "
            f"BEGIN UPDATE {table} SET crc = {new} WHERE {here}; END"
        )
        connection.execute(
            f"CREATE TEMP TRIGGER {table}_changed AFTER UPDATE OF {', '.join(columns)} ON main.{table} "
            f"WHEN old.crc = {old} BEGIN UPDATE {table} SET crc = {new} WHERE {here}; END"
        )
    counts.install(connection)


def shift(connection: sqlite3.Connection, map_id: int, by: int) -> None:
    """Add to the sum of a map that has one (`is_sealed`)."""
    if by % MODULUS:
        connection.execute("UPDATE maps SET total = (total + ?) % ? WHERE id = ?", (by % MODULUS, MODULUS, map_id))


def seal(connection: sqlite3.Connection, map_id: int) -> None:
    """Give a map of an older version its checksums, before something in it is changed; nothing if it has them."""
    row = connection.execute("SELECT total FROM maps WHERE id = ?", (map_id,)).fetchone()
    if row is None or row[0] is not None:
        return
    for table in ("tiles", "segments"):
        _seal(connection, table, "map_id = ? AND crc IS NULL", map_id)
    connection.execute("UPDATE maps SET crc = NULL WHERE id = ?", (map_id,))
    connection.execute(f"UPDATE maps SET total = {TOTAL} WHERE id = ?", (map_id,))
    _seal(connection, "maps", "id = ?", map_id)


TOTAL = f"""((SELECT coalesce(sum(crc), 0) FROM tiles WHERE map_id = maps.id)
    + (SELECT coalesce(sum(crc), 0) FROM segments WHERE map_id = maps.id)) % {MODULUS}"""


def seal_some(connection: sqlite3.Connection) -> bool:
    """Give one map, or some rows of another table, of an older version their checksums, or count a table. False: all
    have them."""
    found = connection.execute("SELECT id FROM maps WHERE total IS NULL LIMIT 1").fetchone()
    if found is not None:
        seal(connection, found[0])
        return True
    for table in COLUMNS:
        if table not in ("maps", "tiles", "segments"):
            key = ", ".join(COLUMNS[table][: KEYS.get(table, 1)])
            where = f"({key}) IN (SELECT {key} FROM {table} WHERE crc IS NULL LIMIT ?)"
            if _seal(connection, table, where, SEALED_AT_ONCE):
                return True
    return counts.count_some(connection)


def _seal(connection: sqlite3.Connection, table: str, where: str, value: int) -> int:
    crc = f"row_crc('{table}', {', '.join(COLUMNS[table])})"
    return connection.execute(f"UPDATE {table} SET crc = {crc} WHERE {where}", (value,)).rowcount
