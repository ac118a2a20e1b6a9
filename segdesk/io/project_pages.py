"""SQLite's pages read by hand: every row of a project file that can still be read, where SQLite itself gives up at the
first broken page. Reads only; the file format is that of https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

Value = int | float | str | bytes | None
USUAL_PAGE = 4096  # SQLite's, which projects are made with
LEAF_TABLE, LEAF_INDEX, INNER_TABLE, INNER_INDEX = 0x0D, 0x0A, 0x05, 0x02
INT_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


@dataclass(frozen=True, slots=True)
class Record:
    """A row: its number (None in tables without) and its values as they are stored, the last columns may be missing."""

    rowid: int | None
    values: tuple[Value, ...]


class Pages:
    """An SQLite file (with its write-ahead log, where one is left) as pages. A context manager.

    Attributes: `count` of pages; `seen`: those that were come to; `broken`: how many pages and rows so far could not be
    read.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        head = self._file.read(100)
        self.size = _page_size(head)
        self._usable = self.size - (head[20] if len(head) > 20 and head[20] <= 32 else 0)
        self._bytes = path.stat().st_size
        self._log = _Log(path.with_name(f"{path.name}-wal"), self.size)
        self.count = max(self._bytes // self.size, max(self._log.pages, default=0))
        self.broken = 0
        self.seen: set[int] = set()

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._log.close()

    @property
    def version(self) -> int:
        """The version of the tables as the head of the file has it (SQLite's user version); 0 without a head."""
        head = self._page(1)
        return 0 if head is None else int(struct.unpack_from(">I", head, 60)[0])

    def roots(self) -> dict[str, int]:
        """Name of each table and index -> its first page, as far as the list of them can be read."""
        found = {}
        for record in self.walk(1, index=False):
            if len(record.values) == 5:
                name, root = record.values[1], record.values[3]
                if isinstance(name, str) and isinstance(root, int):
                    found[name] = root
        return found

    def walk(self, root: int, *, index: bool) -> Iterator[Record]:
        """The rows of a table, or of an index or table without row numbers (`index`), in order, as far as they can be
        reached."""
        inner, leaf = (INNER_INDEX, LEAF_INDEX) if index else (INNER_TABLE, LEAF_TABLE)
        waiting = [root]
        while waiting:
            number = waiting.pop()
            page = self._page(number) if number not in self.seen else None
            self.seen.add(number)
            kind = None if page is None else page[self._start(number)]
            if page is None or kind not in (inner, leaf):
                self.broken += 1
                continue
            if kind == leaf or index:
                yield from self._records(number, page)
            if kind == inner:
                waiting.extend(reversed(self._children(number, page)))

    def loose(self) -> Iterator[tuple[bool, Record]]:
        """(from an index page, row) of pages that no `walk` has come to and that are not free: what lay under a broken
        page. There may be old rows among them."""
        self._see_free_pages()
        for number in range(1, self.count + 1):
            if number not in self.seen:
                page = self._page(number)
                kind = None if page is None else page[self._start(number)]
                if page is not None and kind in (LEAF_TABLE, LEAF_INDEX):
                    for record in self._records(number, page):
                        yield kind == LEAF_INDEX, record

    @staticmethod
    def _start(number: int) -> int:
        return 100 if number == 1 else 0

    def _page(self, number: int) -> bytes | None:
        if not 1 <= number <= self.count:
            return None
        try:
            page = self._log.page(number)
            if page is None:
                self._file.seek((number - 1) * self.size)
                page = self._file.read(self.size)
        except OSError:
            return None
        return page if len(page) == self.size else None

    def _pointers(self, number: int, page: bytes) -> list[int]:
        """Where the cells of a page begin."""
        start = self._start(number)
        inner = page[start] in (INNER_TABLE, INNER_INDEX)
        count = struct.unpack_from(">H", page, start + 3)[0]
        first = start + (12 if inner else 8)
        if first + 2 * count > self._usable:
            self.broken += 1
            count = 0
        return [p for p in struct.unpack_from(f">{count}H", page, first) if first <= p < self._usable]

    def _children(self, number: int, page: bytes) -> list[int]:
        last = struct.unpack_from(">I", page, self._start(number) + 8)[0]
        inner = [struct.unpack_from(">I", page, p)[0] for p in self._pointers(number, page) if p + 4 <= self.size]
        return [*inner, last]

    def _records(self, number: int, page: bytes) -> Iterator[Record]:
        kind = page[self._start(number)]
        for at in self._pointers(number, page):
            try:
                yield self._record(kind, page, at)
            except (ValueError, IndexError, struct.error):
                self.broken += 1

    def _record(self, kind: int, page: bytes, at: int) -> Record:
        if kind == INNER_INDEX:
            at += 4
        length, at = _varint(page, at)
        rowid = None
        if kind == LEAF_TABLE:
            rowid, at = _varint(page, at)
            rowid = rowid - (1 << 64) if rowid >> 63 else rowid
        return Record(rowid, tuple(_values(self._payload(page, at, length, table=kind == LEAF_TABLE))))

    def _payload(self, page: bytes, at: int, length: int, *, table: bool) -> bytes:
        """The bytes of a row, of which the end may lie on further pages."""
        usable = self._usable
        most = usable - 35 if table else (usable - 12) * 64 // 255 - 23
        if length <= most:
            return _exactly(page[at : at + length], length)
        if length > self.count * self.size:
            raise ValueError("a row longer than the file")
        least = (usable - 12) * 32 // 255 - 23
        here = least + (length - least) % (usable - 4)
        here = here if here <= most else least
        parts, got = [_exactly(page[at : at + here], here)], here
        number = struct.unpack_from(">I", page, at + here)[0]
        while got < length:
            more = self._page(number)
            if more is None:
                raise ValueError("a page of a row is gone")
            self.seen.add(number)
            part = more[4 : min(usable, 4 + length - got)]
            parts.append(part)
            got += len(part)
            number = struct.unpack_from(">I", more)[0]
        return b"".join(parts)

    def _see_free_pages(self) -> None:
        head = self._page(1)
        trunk = struct.unpack_from(">I", head, 32)[0] if head else 0
        passed: set[int] = set()
        while trunk and trunk not in passed:
            passed.add(trunk)
            page = self._page(trunk)
            if page is None:
                break
            self.seen.add(trunk)
            following, count = struct.unpack_from(">II", page)
            if count <= self.size // 4 - 2:
                self.seen.update(struct.unpack_from(f">{count}I", page, 8))
            trunk = following


class _Log:
    """The pages that a write-ahead log holds up to its last complete transaction."""

    def __init__(self, path: Path, size: int) -> None:
        self.pages: dict[int, int] = {}  # page -> where it begins
        self._size = size
        self._file = path.open("rb") if path.is_file() and path.stat().st_size > 32 else None
        if self._file is not None:
            self._index(self._file)

    def _index(self, file: BinaryIO) -> None:
        head = file.read(32)
        if struct.unpack_from(">I", head)[0] & ~1 != 0x377F0682 or struct.unpack_from(">I", head, 8)[0] != self._size:
            return
        pending: dict[int, int] = {}
        while len(frame := file.read(24)) == 24 and frame[8:16] == head[16:24]:
            number, committed = struct.unpack_from(">II", frame)
            pending[number] = file.tell()
            if committed:
                self.pages.update(pending)
                pending = {}
            file.seek(self._size, 1)

    def page(self, number: int) -> bytes | None:
        if self._file is None or number not in self.pages:
            return None
        self._file.seek(self.pages[number])
        return self._file.read(self._size)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _page_size(head: bytes) -> int:
    size = struct.unpack_from(">H", head, 16)[0] if len(head) >= 18 else 0
    size = 65536 if size == 1 else size
    return size if size >= 512 and size & (size - 1) == 0 else USUAL_PAGE


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends) of SQLite's big-endian numbers of 1 to 9 bytes."""
    value = 0
    for n in range(9):
        byte = data[at + n]
        if n == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    raise AssertionError


def _values(data: bytes) -> Iterator[Value]:
    """The values of a record."""
    end, at = _varint(data, 0)
    body = end
    while at < end:
        kind, at = _varint(data, at)
        if kind in (10, 11):
            raise ValueError("no such kind of value")
        if kind >= 12:
            length = (kind - 12) // 2
            raw = _exactly(data[body : body + length], length)
            yield raw.decode() if kind % 2 else raw
        else:
            length = INT_BYTES.get(kind, 8 if kind == 7 else 0)
            yield _number(kind, _exactly(data[body : body + length], length))
        body += length


def _number(kind: int, raw: bytes) -> int | float | None:
    if kind == 0:
        return None
    if kind == 7:
        return float(struct.unpack(">d", raw)[0])
    return kind - 8 if kind >= 8 else int.from_bytes(raw, "big", signed=True)


def _exactly(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise ValueError("cut short")
    return data
