"""The undo journal in the project file: two stacks of packed edits a picture, within a byte budget.

The functions take the connection of an open transaction. A step's row moves as `History` moves the edit: what comes out
of a swap is another edit, so the row that leaves one stack is dropped and the new edit goes on top of the other.
"""

from __future__ import annotations

import sqlite3

from segdesk.domain.edit import Edit
from segdesk.domain.history import History, Packed, Steps
from segdesk.io import project_sums as sums

DONE, UNDONE = 0, 1
KINDS = ("push", "undo", "redo")


def record(connection: sqlite3.Connection, picture_id: int, edit: Edit, kind: str, *, budget: int) -> None:
    """Follow one step of the picture's `History`: "push", "undo" or "redo"."""
    if kind == "push":
        connection.execute("DELETE FROM journal WHERE picture_id = ? AND stack = ?", (picture_id, UNDONE))
        _add(connection, picture_id, DONE, edit)
        _drop_oldest(connection, picture_id, budget)
    elif kind == "undo":
        _remove_top(connection, picture_id, DONE)
        _add(connection, picture_id, UNDONE, edit)
    elif kind == "redo":
        _remove_top(connection, picture_id, UNDONE)
        _add(connection, picture_id, DONE, edit)
    else:
        raise ValueError(f"a step is one of {KINDS}, not {kind!r}")
    _note_tops(connection, picture_id)


def clear(connection: sqlite3.Connection, picture_id: int) -> None:
    """Forget both stacks: the map that they belong to is gone."""
    connection.execute("DELETE FROM journal WHERE picture_id = ?", (picture_id,))
    connection.execute("DELETE FROM journal_tops WHERE picture_id = ?", (picture_id,))


Found = list[tuple[bytes, int]]
"""(packed edit, the bytes that it counts against the budget), the newest last."""


def load(connection: sqlite3.Connection, picture_id: int, budget: int) -> tuple[Found, Found]:
    """(done, undone), as many of the newest as fit `budget` bytes and have no damaged or lost step above them."""
    done, left = _newest(connection, picture_id, DONE, budget)
    undone, _ = _newest(connection, picture_id, UNDONE, left)
    return done, undone


def unpack(done: Found, undone: Found, *, size: tuple[int, int], budget: int) -> History:
    """The `History` of a map of `size` (H, W). A damaged step takes those behind it along, never the map's labels."""
    stacks = [Steps(Packed(data, nbytes, size) for data, nbytes in stack) for stack in (done, undone)]
    return History(budget, *stacks)


def _newest(connection: sqlite3.Connection, picture_id: int, stack: int, budget: int) -> tuple[Found, int]:
    rows = connection.execute(
        f"SELECT {sums.selected(connection, 'journal')} FROM journal WHERE picture_id = ? AND stack = ? "
        "ORDER BY id DESC",
        (picture_id, stack),
    )
    found: Found = []
    expected = _top(connection, picture_id, stack)
    for row in rows:
        key, _, _, size, edit, below, _ = row
        if expected not in (None, key) or not sums.fits("journal", row):
            break
        expected = below
        budget -= size
        if budget < 0 and found:
            break
        found.append((edit, size))
    return found[::-1], max(0, budget)


def _top(connection: sqlite3.Connection, picture_id: int, stack: int) -> int | None:
    """The number of the newest step of a stack as it was noted; None where it was not; -1 if the note is damaged."""
    if not sums.there(connection):
        return None
    query = f"SELECT {sums.selected(connection, 'journal_tops')} FROM journal_tops WHERE picture_id = ?"
    row = connection.execute(query, (picture_id,)).fetchone()
    if row is None:
        return None
    return row[1 + stack] if sums.fits("journal_tops", row) else -1


def _note_tops(connection: sqlite3.Connection, picture_id: int) -> None:
    done, undone = (_newest_id(connection, picture_id, stack) for stack in (DONE, UNDONE))
    steps = connection.execute("SELECT count(*) FROM journal WHERE picture_id = ?", (picture_id,)).fetchone()[0]
    connection.execute("DELETE FROM journal_tops WHERE picture_id = ?", (picture_id,))
    connection.execute(
        "INSERT INTO journal_tops (picture_id, done, undone, steps) VALUES (?, ?, ?, ?)",
        (picture_id, done, undone, steps),
    )


def note_all_tops(connection: sqlite3.Connection) -> None:
    """Note the newest steps of pictures of which that was not done, and the number of steps of all."""
    connection.execute(
        "INSERT OR IGNORE INTO journal_tops (picture_id, done, undone) SELECT picture_id, "
        "max(CASE WHEN stack = 0 THEN id END), max(CASE WHEN stack = 1 THEN id END) FROM journal GROUP BY picture_id"
    )
    connection.execute(
        "UPDATE journal_tops SET steps = (SELECT count(*) FROM journal WHERE journal.picture_id = "
        "journal_tops.picture_id)"
    )


def _newest_id(connection: sqlite3.Connection, picture_id: int, stack: int) -> int | None:
    query = "SELECT max(id) FROM journal WHERE picture_id = ? AND stack = ?"
    return connection.execute(query, (picture_id, stack)).fetchone()[0]


def _add(connection: sqlite3.Connection, picture_id: int, stack: int, edit: Edit) -> None:
    key = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM journal").fetchone()[0]
    row = (key, picture_id, stack, edit.nbytes, edit.to_bytes(), _newest_id(connection, picture_id, stack))
    connection.execute(
        "INSERT INTO journal (id, picture_id, stack, bytes, edit, below, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*row, sums.row_crc("journal", *row)),
    )


def _remove_top(connection: sqlite3.Connection, picture_id: int, stack: int) -> None:
    connection.execute(
        "DELETE FROM journal WHERE id = (SELECT max(id) FROM journal WHERE picture_id = ? AND stack = ?)",
        (picture_id, stack),
    )


def _drop_oldest(connection: sqlite3.Connection, picture_id: int, budget: int) -> None:
    """Keep within the budget as `History.push` does: the newest step always stays."""
    where = "WHERE picture_id = ? AND stack = ?"
    total = connection.execute(f"SELECT sum(bytes) FROM journal {where}", (picture_id, DONE)).fetchone()[0]
    if total <= budget:
        return
    rows = connection.execute(f"SELECT id, bytes FROM journal {where} ORDER BY id", (picture_id, DONE)).fetchall()
    for key, size in rows[:-1]:
        if total <= budget:
            break
        connection.execute("DELETE FROM journal WHERE id = ?", (key,))
        total -= size
