"""What a person has marked: locked objects, and the state that a picture had before it was verified or skipped.

The functions take the connection of an open transaction, those that read any connection. A file of an older version on
a read-only medium has neither table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from sys import intern

from segdesk.io import project_schema as schema
from segdesk.io.project_database import Database


def write_before(connection: sqlite3.Connection, picture_id: int, before: str) -> None:
    """Keep the state that a picture goes back to; "" forgets it."""
    connection.execute("DELETE FROM marks WHERE picture_id = ?", (picture_id,))
    if before:
        connection.execute("INSERT INTO marks (picture_id, before) VALUES (?, ?)", (picture_id, before))


def read_before(connection: sqlite3.Connection) -> dict[int, str]:
    """Picture id -> the state to go back to, of the pictures that are marked."""
    if schema.version(connection) < schema.WITH_MARKS:
        return {}
    rows = connection.execute(
        "SELECT picture_id, before FROM marks JOIN pictures ON pictures.id = picture_id "
        "WHERE state IN ('verified', 'skipped')"
    )
    return {key: intern(before) for key, before in rows}  # there may be 100,000, of three words


def write_locks(connection: sqlite3.Connection, picture_id: int, segment_ids: Iterable[int]) -> None:
    """Replace the locked objects of a picture."""
    connection.execute("DELETE FROM locks WHERE picture_id = ?", (picture_id,))
    rows = ((picture_id, key) for key in sorted(set(segment_ids)))
    connection.executemany("INSERT INTO locks (picture_id, segment_id) VALUES (?, ?)", rows)


def read_locks(connection: sqlite3.Connection) -> dict[int, frozenset[int]]:
    """Picture id -> ids of its locked objects."""
    if schema.version(connection) < schema.WITH_MARKS:
        return {}
    found: dict[int, set[int]] = {}
    for picture_id, segment_id in connection.execute("SELECT picture_id, segment_id FROM locks"):
        found.setdefault(picture_id, set()).add(segment_id)
    return {key: frozenset(ids) for key, ids in found.items()}


class Marks:
    """The part of `Project` that keeps them."""

    _database: Database

    def set_state(self, picture_id: int, state: str, error: str | None = None) -> None:
        """See `Project`."""
        raise NotImplementedError

    def set_mark(self, picture_id: int, state: str, before: str) -> None:
        """Set a state that may be taken back; `before` is the one to go back to."""
        with self._database.writing() as db:
            self.set_state(picture_id, state)
            write_before(db, picture_id, before)

    def set_before(self, picture_id: int, before: str) -> None:
        """Change the state that a marked picture goes back to; "" forgets it."""
        with self._database.writing() as db:
            write_before(db, picture_id, before)

    def marks(self) -> dict[int, str]:
        """What `set_mark` kept: picture id -> the state before."""
        with self._database.reading() as db:
            return read_before(db)

    def set_locks(self, picture_id: int, segment_ids: Iterable[int]) -> None:
        """Remember which objects of a picture are locked; none forgets them."""
        with self._database.writing() as db:
            write_locks(db, picture_id, segment_ids)

    def locks(self) -> dict[int, frozenset[int]]:
        """Picture id -> ids of its locked objects; pictures without any are left out."""
        with self._database.reading() as db:
            return read_locks(db)
