"""Rescue of a damaged project: what can still be read goes into a new project file, what cannot is told by name. The
damaged file is only read.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from segdesk.domain.errors import SegDeskError
from segdesk.io import project_schema as schema
from segdesk.io import project_sums as sums
from segdesk.io.atomic import explain_os_error, replacing
from segdesk.io.project_database import explain
from segdesk.io.project_mending import Damage, mend
from segdesk.io.project_pages import Pages, Record
from segdesk.io.project_types import SUFFIX

Tick = Callable[[int, int], object]
TICK_ROWS = 500


@dataclass(frozen=True)
class Rescued:
    """What came of a rescue: how many `pictures` and label `maps` are in the new file `path`, what is damaged, and how
    many pages or rows could not be read at all (`broken`)."""

    path: Path
    pictures: int
    maps: int
    damaged: tuple[Damage, ...]
    broken: int

    @property
    def sound(self) -> bool:
        """Whether nothing was damaged."""
        return not self.damaged and not self.broken


def rescue(source: Path, target: Path, tick: Tick = lambda done, total: None) -> Rescued:
    """Copy what can be read of a project that is not open into a new one; refuses a `target` that exists.

    `tick(done, total)` counts pages now and then; what it raises leaves nothing behind. Raises `SegDeskError` where the
    file cannot be read at all or holds nothing of a project.
    """
    if os.path.lexists(target):
        raise SegDeskError("{name} exists already.", "Choose another name.", name=str(target))
    with replacing(target) as part:
        try:
            connection = sqlite3.connect(part, isolation_level=None)
        except sqlite3.Error as error:
            raise explain(error, target) from error
        try:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            schema.migrate(connection)
            sums.install(connection, write=False)
            broken, loose, hurt = _collect(connection, source, tick)
            damaged = mend(connection, loose=loose, lost=broken > 0, hurt=hurt)
            counts = [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("pictures", "maps")]
        except sqlite3.Error as error:
            raise explain(error, target) from error
        finally:
            connection.close()
        if not counts[0] and not counts[1]:
            raise SegDeskError(
                "Nothing in {name} can be read any more.",
                "Open a backup copy of it, if there is one.",
                name=source.name,
            )
    return Rescued(target, counts[0], counts[1], tuple(damaged), broken)


def free_name(source: Path, word: str = "recovered") -> Path:
    """Where the recovered copy of a project goes: beside it, "NAME recovered.segdesk", or with a number."""
    number = 1
    while True:
        extra = "" if number == 1 else f" {number}"
        found = source.with_name(f"{source.stem} {word}{extra}{SUFFIX}")
        if not os.path.lexists(found):
            return found
        number += 1


def recovered_copies(source: Path) -> list[Path]:
    """The files that `free_name` has named before, the newest first."""
    begin = tuple(f"{source.stem} {word}" for word in ("recovered", "backup"))
    try:
        found = [p for p in source.parent.iterdir() if p.suffix == SUFFIX and p.stem.startswith(begin)]
        return sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)
    except OSError:
        return []


@dataclass(frozen=True)
class _Table:
    """How a table's rows lie in the file."""

    name: str
    columns: tuple[str, ...]  # as they are stored
    number: int | None  # the column that is the row's number
    index: bool  # it is stored like an index

    def row(self, record: Record) -> tuple[object, ...] | None:
        """The values of all columns; None if the record is no row of this table."""
        if len(record.values) > len(self.columns) or self.index != (record.rowid is None):
            return None
        values = [*record.values, *[None] * (len(self.columns) - len(record.values))]
        if self.number is not None:
            if values[self.number] is not None:
                return None
            values[self.number] = record.rowid
        return tuple(values)

    def fits(self, row: Sequence[object]) -> bool:
        """Whether the row has a checksum, which fits."""
        if not self.sealed(row):
            return False
        by_name = dict(zip(self.columns, row, strict=True))
        return by_name["crc"] == sums.row_crc(self.name, *(by_name[c] for c in sums.COLUMNS[self.name]))  # type: ignore[misc]

    def sealed(self, row: Sequence[object]) -> bool:
        """Whether the row has a checksum."""
        return "crc" in self.columns and row[self.columns.index("crc")] is not None


@cache
def _usual_roots(version: int) -> dict[str, int]:
    """Where tables and indexes begin in a new project of a version: for a file that has lost its list of them."""
    known = schema.STEPS[:version] if 0 < version <= len(schema.STEPS) else schema.STEPS
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        schema.migrate(connection, known)
        return dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0").fetchall())
    finally:
        connection.close()


@cache
def _tables() -> dict[str, _Table]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        schema.migrate(connection)
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        made = {}
        for name, sql in found:
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
            index = "WITHOUT ROWID" in sql
            numbers = [at for at, _, kind, _, _, key in columns if key and kind == "INTEGER"]
            keys = [column for column in columns if column[5]]
            number = numbers[0] if len(keys) == 1 and numbers and not index else None
            made[name] = _Table(name, tuple(c[1] for c in columns), number, index)
        return made
    finally:
        connection.close()


def _collect(connection: sqlite3.Connection, source: Path, tick: Tick) -> tuple[int, set[int], set[str]]:
    """Bring every row that can be read into the new file; returns how much could not be read, the maps that rows from
    loose pages belong to, and the tables of which a page could not be read."""
    hurt: set[str] = set()
    try:
        with Pages(source) as pages:
            connection.execute("BEGIN")
            connection.execute("DELETE FROM counts")  # what the damaged file has noted comes here
            tables = _tables()
            roots = {**_usual_roots(pages.version), **pages.roots()}
            for done, (name, row) in enumerate(_rows(pages, roots, hurt)):
                if done % TICK_ROWS == 0:
                    tick(min(len(pages.seen), pages.count), pages.count)
                _insert(connection, tables[name], row)
            _names_from_index(connection, pages, roots)
            for name, root in roots.items():  # so that their pages are not taken for loose ones
                if name not in tables:
                    sum(1 for _ in pages.walk(root, index=name != "sqlite_sequence"))
            broken = pages.broken
            loose = _loose(connection, pages)
            connection.execute("COMMIT")
            return broken, loose, hurt
    except OSError as error:
        raise explain_os_error(error, source) from error


def _rows(pages: Pages, roots: dict[str, int], hurt: set[str]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """(table, row) of all that can be reached; a row on a strange page goes to the table whose checksum it fits. A
    table of which something cannot be read is added to `hurt`."""
    tables = _tables()
    for name, table in tables.items():
        broken = pages.broken
        if name in roots:
            for record in pages.walk(roots[name], index=table.index):
                row = table.row(record)
                if row is None or not table.fits(row):  # also one without a checksum: of another table it may have one
                    other = _placed(record)
                    if other is not None:
                        yield other
                        continue
                if row is None:
                    pages.broken += 1
                else:
                    yield name, row
        if pages.broken > broken:
            hurt.add(name)


def _placed(record: Record) -> tuple[str, tuple[object, ...]] | None:
    """The table whose checksum a record fits."""
    for name, table in _tables().items():
        row = table.row(record)
        if row is not None and table.fits(row):
            return name, row
    return None


def _insert(connection: sqlite3.Connection, table: _Table, row: tuple[object, ...]) -> bool:
    marks = ", ".join("?" * len(row))
    try:
        cursor = connection.execute(f"INSERT OR IGNORE INTO {table.name} VALUES ({marks})", row)
    except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError):  # a datatype that a key cannot have
        return False
    return cursor.rowcount > 0


def _names_from_index(connection: sqlite3.Connection, pages: Pages, roots: dict[str, int]) -> None:
    """Names of pictures whose rows are lost or have another name: the index of the names has them once more. Kept for
    `mend` in a table of the connection."""
    connection.execute("CREATE TEMP TABLE names (id INTEGER PRIMARY KEY, path TEXT NOT NULL)")
    root = roots.pop("sqlite_autoindex_pictures_1", None)
    if root is not None:
        for record in pages.walk(root, index=True):
            if len(record.values) == 2 and isinstance(record.values[0], str) and isinstance(record.values[1], int):
                connection.execute("INSERT OR IGNORE INTO names VALUES (?, ?)", (record.values[1], record.values[0]))


def _loose(connection: sqlite3.Connection, pages: Pages) -> set[int]:
    """Rows from pages that nothing points to any more, if their checksum fits and nothing better is there. Returns the
    maps that they belong to: what they hold may be older than the rest."""
    found: set[int] = set()
    for _, record in pages.loose():
        placed = _placed(record)
        if placed is None:
            continue
        name, row = placed
        if _insert(connection, _tables()[name], row) and name in ("maps", "tiles", "segments"):
            found.add(int(str(row[0])))
    return found
