"""How many rows each table of the project file has, in one row that triggers of the connection keep: a row that is lost
has no checksum any more that could tell of it, but it is missed here.

Functions take the connection of an open transaction; those that only read, any connection.
"""

from __future__ import annotations

import sqlite3

from segdesk.io import project_schema as schema

TABLES = (
    *("meta", "pictures", "runs", "maps", "instances"),
    *("journal", "journal_tops", "doubts", "marks", "locks"),
)
"""Tiles and segments are not counted: the sum of their map misses them. Classes have their own note in `meta`."""


def install(connection: sqlite3.Connection) -> None:
    """Make the triggers that count, which live in the connection. A table that is not counted yet (NULL, in a file of
    an older version) stays so."""
    for table in TABLES:
        for event, sign in (("INSERT", "+"), ("DELETE", "-")):
            connection.execute(
                f"CREATE TEMP TRIGGER {table}_count_{event} AFTER {event} ON main.{table} "
                f"BEGIN UPDATE counts SET {table} = {table} {sign} 1; END"
            )


def count_some(connection: sqlite3.Connection) -> bool:
    """Count one table that was never counted. False: all have been."""
    known = _noted(connection)
    for table in TABLES:
        if known is not None and known[table] is None:
            connection.execute(f"UPDATE counts SET {table} = (SELECT count(*) FROM {table})")
            return True
    return False


def recount(connection: sqlite3.Connection) -> None:
    """Note what is there, whatever was noted before."""
    connection.execute("DELETE FROM counts")
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    connection.execute(f"INSERT INTO counts (id, {', '.join(TABLES)}) VALUES (1, {counts})")


def there(connection: sqlite3.Connection) -> bool:
    """Whether the rows are counted at all: not in a file of an older version, nor where the note is lost."""
    return _noted(connection) is not None


def missing(connection: sqlite3.Connection) -> dict[str, int]:
    """Table -> how many rows are missing (below 0: too many) of the tables that have not as many as were noted; one
    where the note is not a number."""
    noted = _noted(connection)
    found = {}
    for table, expected in (noted or {}).items():
        if expected is not None:
            count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            gone = expected - count if isinstance(expected, int) else 1
            if gone:
                found[table] = gone
    return found


def _noted(connection: sqlite3.Connection) -> dict[str, object] | None:
    if schema.version(connection) < schema.WITH_COUNTS:
        return None
    row = connection.execute(f"SELECT {', '.join(TABLES)} FROM counts").fetchone()
    return None if row is None else dict(zip(TABLES, row, strict=True))
