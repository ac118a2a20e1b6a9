"""Whether a project file is sound: SQLite's own check of its pages, and the checksums of rows, maps and undo steps."""

from __future__ import annotations

import sqlite3

from segdesk.domain.errors import Cancelled
from segdesk.io import project_counts as counts
from segdesk.io import project_schema as schema
from segdesk.io import project_sums as sums

CLASS_COUNT = "class_count"  # note of the project: how many rows the table has
TOLD = 20  # problems; more say nothing new


def problems(connection: sqlite3.Connection) -> list[str]:
    """What is wrong, in words for the log; empty for a sound project. Reads the whole file: seconds for a large one.

    The connection must know `row_crc` (`project_sums.install`). Raises `Cancelled` where a progress handler of the
    connection has ended it.
    """
    found: list[str] = []
    for look in (_pages, _rows, _counts, _maps, _steps):
        try:
            found += look(connection)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise Cancelled from error
            found.append(f"{look.__name__}: {error}")
    return found[:TOLD]


def _pages(connection: sqlite3.Connection) -> list[str]:
    said = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({TOLD})") if row[0] != "ok"]
    orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(TOLD)
    return said + [f"{row[0]}: row {row[1]} belongs to a {row[2]} that is not there" for row in orphans]


def _rows(connection: sqlite3.Connection) -> list[str]:
    if not sums.there(connection):
        return []
    found = []
    for table in sums.tables(connection):
        crc = f"row_crc('{table}', {', '.join(sums.COLUMNS[table])})"
        count = connection.execute(f"SELECT count(*) FROM {table} WHERE crc <> {crc}").fetchone()[0]
        if count:
            found.append(f"{table}: {count} rows do not fit their checksum")
    places = [row[0] for row in connection.execute("SELECT position FROM classes ORDER BY position")]
    if places != list(range(len(places))):
        found.append("classes: a row is lost")
    count = connection.execute("SELECT value FROM meta WHERE key = ?", (CLASS_COUNT,)).fetchone()
    if count is not None and count[0] != str(len(places)):
        found.append("classes: a row at the end is lost")
    return found


def _counts(connection: sqlite3.Connection) -> list[str]:
    if schema.version(connection) < schema.WITH_COUNTS:
        return []
    if not counts.there(connection):
        return ["counts: the row is lost"]
    return [f"{table}: {gone} rows are lost" for table, gone in counts.missing(connection).items()]


def _maps(connection: sqlite3.Connection) -> list[str]:
    if not sums.there(connection):
        return []
    rows = connection.execute(f"SELECT id FROM maps WHERE total <> {sums.TOTAL}").fetchmany(TOLD)
    return [f"maps: the parts of map {row[0]} do not add up" for row in rows]


def _steps(connection: sqlite3.Connection) -> list[str]:
    if not sums.there(connection):
        return []
    complete = schema.version(connection) >= schema.WITH_COUNTS
    rows = broken_journals(connection, complete=complete).fetchmany(TOLD)
    return [f"journal: a step of picture {row[0]} is lost" for row in rows]


def broken_journals(connection: sqlite3.Connection, *, complete: bool) -> sqlite3.Cursor:
    """Ids of the pictures of whose undo steps one is missing. `complete`: each picture with steps has its row in
    `journal_tops`, with their number; in files of older versions a picture may have none."""
    counted = (
        " UNION SELECT picture_id FROM journal WHERE picture_id NOT IN (SELECT picture_id FROM journal_tops)"
        " UNION SELECT picture_id FROM journal_tops WHERE steps IS NOT NULL AND steps <>"
        " (SELECT count(*) FROM journal WHERE journal.picture_id = journal_tops.picture_id)"
    )
    return connection.execute(
        "SELECT picture_id FROM (SELECT picture_id, below, lag(id) OVER (PARTITION BY picture_id, stack ORDER BY id) "
        "AS found FROM journal) WHERE below <> found UNION "
        "SELECT picture_id FROM journal_tops WHERE done IS NOT "
        "(SELECT max(id) FROM journal WHERE journal.picture_id = journal_tops.picture_id AND stack = 0) "
        "OR undone IS NOT (SELECT max(id) FROM journal WHERE journal.picture_id = journal_tops.picture_id "
        "AND stack = 1)" + (counted if complete else "")
    )
