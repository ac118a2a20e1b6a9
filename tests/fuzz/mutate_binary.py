"""Damage to binary files from within: chunks, tags, entries, opcodes and pages changed, and what guards them made right
again. A mutator may raise on data that is not whole; the caller then damages the bytes."""

from __future__ import annotations

import io
import pickle
import pickletools
import random
import sqlite3
import struct
import zipfile
import zlib

from tests.fuzz.mutate_bytes import BIG, INTEGERS, NAMES, damaged, number_bytes
from tests.fuzz.mutate_text import json_bytes, text_bytes

EVIL = (
    b"cos\nsystem\n(S'touch ran'\ntR",
    b'cbuiltins\nexec\n(S\'open("ran","w")\'\ntR',
    b"csubprocess\nPopen\n((lp0\nS'touch'\naS'ran'\natR",
    b"cposix\nsystem\n(Vtouch ran\ntR",
)
BOMB = 24 << 20  # bytes that a bomb unpacks to


# -- PNG -----------------------------------------------------------------------------------------------------------


def png_bytes(data: bytes, rng: random.Random) -> bytes:
    """Chunks changed with their checksums made right; the pixels unpacked, damaged and packed again."""
    chunks = list(_chunks(data))
    at = rng.randrange(len(chunks))
    kind, body = chunks[at]
    match rng.randrange(9):
        case 0 | 1:
            chunks[0] = b"IHDR", _header(chunks[0][1], rng)
        case 2:
            chunks[at] = kind, damaged(body, rng)
        case 3:
            chunks[at] = (
                rng.choice((b"IDAT", b"PLTE", b"tRNS", b"eXIf", b"iTXt", b"acTL", b"fdAT", b"IEND", b"zTXt")),
                body,
            )
        case 4:
            chunks.insert(at, rng.choice(chunks))
        case 5:
            del chunks[at]
        case 6:
            chunks.insert(
                1,
                (
                    rng.choice((b"zTXt", b"iCCP")),
                    b"a\0\0" + zlib.compress(bytes(rng.choice((1 << 16, 1 << 20, BOMB // 4)))),
                ),
            )
        case _:
            whole = zlib.decompress(b"".join(b for k, b in chunks if k == b"IDAT"))
            whole = damaged(whole, rng) if rng.random() < 0.95 else whole + bytes(BOMB)
            chunks = [c for c in chunks if c[0] != b"IDAT"]
            chunks.insert(-1, (b"IDAT", zlib.compress(whole)))
    return data[:8] + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunks(data: bytes):  # type: ignore[no-untyped-def]
    at = 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _header(body: bytes, rng: random.Random) -> bytes:
    """Width, height, depth, colour, packing, filter, lacing: one of them changed."""
    values = list(struct.unpack(">IIBBBBB", body))
    at = rng.randrange(7)
    if at < 2:
        values[at] = rng.choice((0, 1, 50_000, 65_535, 1 << 31, (1 << 32) - 1, values[at] + 1))
        if rng.random() < 0.3:
            values[:2] = 50_000, 50_000
    else:
        values[at] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    return struct.pack(">IIBBBBB", *values)


# -- TIFF ----------------------------------------------------------------------------------------------------------


def tiff_bytes(data: bytes, rng: random.Random) -> bytes:
    """An entry of the directory changed: tag, type, count or value; or the directory's place or length."""
    order = "<" if data[:2] == b"II" else ">"
    start = struct.unpack(order + "I", data[4:8])[0]
    count = struct.unpack(order + "H", data[start : start + 2])[0]
    changed = bytearray(data)
    if rng.random() < 0.1:
        struct.pack_into(order + "I", changed, 4, rng.choice((0, start, len(data), (1 << 32) - 1)))
    elif rng.random() < 0.1:
        struct.pack_into(order + "H", changed, start, rng.choice((0, 1, 65_535, count + 1)))
    elif rng.random() < 0.1:
        struct.pack_into(order + "I", changed, start + 2 + 12 * count, rng.choice((start, 8, len(data) - 1)))
    else:
        entry = start + 2 + 12 * rng.randrange(count)
        where, form = rng.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "I"), (8, "H")))
        top = 1 << (8 * struct.calcsize(form))
        small = (0, 1, 2, 3, 5, 8, 12, 16, 32, 256, 259, 274, 277, 322, 33550, 33922, 34735, 42113, 50_000)
        struct.pack_into(order + form, changed, entry + where, rng.choice((*INTEGERS, *small)) % top)
    return bytes(changed)


# -- zip: torch, numpy -----------------------------------------------------------------------------------------------


def zip_bytes(data: bytes, rng: random.Random) -> bytes:
    """Entries changed, renamed, added, packed another way; the archive is written anew."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(info.filename, info.compress_type, archive.read(info)) for info in archive.infolist()]
    at = rng.randrange(len(entries))
    name, packing, body = entries[at]
    match rng.randrange(10):
        case 0:
            entries[at] = rng.choice(NAMES)[:60_000].replace("\0", "") or "empty", packing, body
        case 1:
            entries.append(
                (rng.choice(("../outside/slip", "/outside/slip", name, "x.py", "archive/code/x.py")), 8, body)
            )
        case 2:
            del entries[at]
        case 3:
            entries[at] = name, rng.choice((0, 8, 12, 14)), body
        case 4:
            entries[at] = (
                name,
                8,
                body[:200]
                + bytes(rng.choice((1 << 12, 1 << 20, BOMB, 5 * BOMB) if rng.random() < 0.1 else (1 << 12,))),
            )
        case 5:
            return _tree_changed(data, rng)
        case _:
            entries[at] = name, packing, inner(name, body, rng)
    return _zipped(entries)


def inner(name: str, body: bytes, rng: random.Random) -> bytes:
    """An entry's content damaged after its kind."""
    if name.endswith(".pkl"):
        return pickle_bytes(body, rng)
    if name.endswith(".npy"):
        return npy_bytes(body, rng)
    return text_bytes(body, rng) if name.endswith(".py") else damaged(body, rng)


def _zipped(entries: list[tuple[str, int, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, packing, body in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = packing
            archive.writestr(info, body)
    return target.getvalue()


def _tree_changed(data: bytes, rng: random.Random) -> bytes:
    """A field of a local or a central head: sizes, offsets, flags, packing."""
    mark = rng.choice((b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"))
    places = [n for n in range(len(data) - 3) if data[n : n + 4] == mark]
    at = rng.choice(places) + rng.randrange(4, 30)
    number = number_bytes(rng)
    return data[:at] + number + data[at + len(number) :]


# -- arrays ----------------------------------------------------------------------------------------------------------


def npy_bytes(data: bytes, rng: random.Random) -> bytes:
    """The head of an array: type, shape and order, with its length made right; or its numbers."""
    length = int.from_bytes(data[8:10], "little")
    head, body = data[10 : 10 + length].decode("latin-1"), data[10 + length :]
    shapes = (
        "(0,)",
        "(-1, 4)",
        "(99999999999, 9)",
        "(3, 3, 3)",
        "()",
        "(True, 2)",
        "(1.5, 2)",
        "'a'",
        "(" * 150 + ")" * 150,
    )
    match rng.randrange(5):
        case 0:
            kinds = (
                "O",
                "|O8",
                "<U4",
                "V8",
                "<c16",
                "<M8[s]",
                ">f4",
                "<f2",
                "|b1",
                "<i8",
                "<u8",
                "4294967295i4",
                "<f16",
            )
            head = head.replace(head.split("'")[3], rng.choice(kinds), 1)
        case 1:
            head = head.partition("'shape':")[0] + "'shape': " + rng.choice(shapes) + ", }\n"
        case 2:
            head = head.replace("False", rng.choice(("True", "None", "1", "__import__('os')", "x" * 50)))
        case 3:
            return data[: 10 + length] + damaged(body, rng)
        case _:
            head = text_bytes(head.encode("latin-1"), rng).decode("latin-1")[:60_000]
    return data[:8] + struct.pack("<H", len(head) % 65_536) + head.encode("latin-1", errors="replace") + body


def safetensors_bytes(data: bytes, rng: random.Random) -> bytes:
    """The JSON head changed as JSON, its length mostly made right; or the tensors' bytes."""
    length = int.from_bytes(data[:8], "little")
    head, body = data[8 : 8 + length], data[8 + length :]
    if rng.random() < 0.15:
        return data[: 8 + length] + damaged(body, rng)
    head = json_bytes(head, rng)
    stated = len(head) if rng.random() < 0.9 else rng.choice((*INTEGERS, *BIG)) % (1 << 63)
    return stated.to_bytes(8, "little") + head + body


# -- pickles ---------------------------------------------------------------------------------------------------------


def pickle_bytes(data: bytes, rng: random.Random) -> bytes:
    """An opcode removed, doubled, moved or changed, a call put in, a nest of lists, a number made extreme."""
    spots = [place for _, _, place in pickletools.genops(data) if place is not None]
    at = rng.choice(spots)
    stop = next((s for s in spots if s > at), len(data))
    match rng.randrange(8):
        case 0:
            return data[:at] + data[stop:]
        case 1:
            return data[:stop] + data[at:stop] * rng.choice((1, 3, 5000)) + data[stop:]
        case 2:
            other = rng.choice(spots)
            end = next((s for s in spots if s > other), len(data))
            return data[:at] + data[other:end] + data[stop:]
        case 3:
            return data[:at] + rng.choice(EVIL) + rng.choice((b"", b"0")) + data[at:]
        case 4:
            return data[:at] + b"(" * 50_000 + data[at:]
        case 5:
            return data[:at] + b"]" + b"]a" * 0 + b"2a" * rng.choice((1, 2000)) + data[at:]
        case 6:
            value = rng.choice((*INTEGERS, *BIG, *NAMES[:12], 1e308, None, True, b"x" * 100, (), [], {}))
            return data[:at] + pickle.dumps(value, 2)[2:-1] + data[stop:]
        case _:
            return data[: at + 1] + damaged(data[at + 1 : stop] or b"\0", rng) + data[stop:]


# -- databases -------------------------------------------------------------------------------------------------------

_CHANGES = (
    "UPDATE {table} SET {column} = {value} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY random() LIMIT {few})",
    "UPDATE OR REPLACE {table} SET {column} = {value}",
    "DELETE FROM {table}",
    "DROP TABLE {table}",
    "ALTER TABLE {table} DROP COLUMN {column}",
    "ALTER TABLE {table} RENAME COLUMN {column} TO other",
    "CREATE TRIGGER t{few} AFTER UPDATE ON {table} BEGIN DELETE FROM {table}; END",
    "PRAGMA user_version = {few}",
    "PRAGMA application_id = {few}",
    "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
)
_VALUES = (
    "NULL",
    "-1",
    "0",
    "9223372036854775807",
    "1e308",
    "''",
    "'text'",
    "'../outside/secret.png'",
    "'[[[['",
    "'{{}}'",
    "x''",
    "x'00ff'",
    "x'ffffffff'",
    "zeroblob(100)",
    "zeroblob(3000000)",
    "substr({column}, 1, length({column}) / 2)",
    "{column} || {column}",
    "CAST({column} AS BLOB)",
    "CAST({column} AS TEXT)",
    "{column} + 1",
    "-{column}",
    "randomblob(length({column}))",
    "CAST(x'80ff' AS TEXT)",
    "replace(hex(zeroblob(20000)), '0', '[')",
)


def sqlite_bytes(data: bytes, rng: random.Random) -> bytes:
    """Cells of another kind, tables and columns that are gone, a trigger, other versions; or flipped bits in pages."""
    if rng.random() < 0.3:
        flips = bytearray(data)
        page = rng.randrange(max(1, len(data) // 4096)) * 4096
        for _ in range(rng.choice((1, 3, 30))):
            flips[min(len(flips) - 1, page + rng.choice((rng.randrange(110), rng.randrange(4096))))] = rng.randrange(
                256
            )
        return bytes(flips)
    base = sqlite3.connect(":memory:", isolation_level=None)
    try:
        base.deserialize(data)
        base.execute("PRAGMA foreign_keys = OFF")
        for _ in range(rng.choice((1, 1, 2, 4))):
            _changed(base, rng)
        return base.serialize()
    finally:
        base.close()


def _changed(base: sqlite3.Connection, rng: random.Random) -> None:
    tables = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if not tables:
        return
    table = rng.choice(tables)
    columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
    column = rng.choice(columns or ["rowid"])
    change = _CHANGES[0] if rng.random() < 0.7 else rng.choice(_CHANGES)
    value = rng.choice(_VALUES).replace("{column}", column).replace("{{}}", "{}")
    few = rng.choice((1, 2, 99, 1 << 30))
    filled = change.replace("{table}", table).replace("{column}", column).replace("{value}", value)
    try:
        base.execute(filled.replace("{few}", str(few)))
    except sqlite3.Error:
        base.execute("PRAGMA user_version")  # the schema does not take it: as good as it was
