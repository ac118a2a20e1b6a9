"""What a cluster run is to segment: a folder, everything below a URL, or a list of paths and URLs."""

from __future__ import annotations

import csv
import io
import posixpath
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from segdesk.app.cluster_store import as_path, file_system, is_url, joined, reached, require
from segdesk.domain.errors import SegDeskError
from segdesk.io import scanning
from segdesk.io.atomic import explain_os_error

LISTS = (".txt", ".csv", ".tsv", ".parquet")
COLUMNS = ("path", "url", "uri", "image", "file_name", "filename", "file")  # of a table, the first that it has
R = TypeVar("R")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class Picture:
    """`name`: relative POSIX path, what the project calls it; `where`: path or URL that a worker reads."""

    name: str
    where: str


@dataclass(frozen=True)
class Listing:
    """Pictures that do not lie in one folder of this machine as a project has it. `title` names the project;
    `folder`: of this machine, where the pictures lie by their names, or None."""

    title: str
    pictures: tuple[Picture, ...]
    folder: Path | None = None


def listing(source: str) -> Listing | None:
    """The pictures that `source` lists; None for a folder or project of this machine, which is opened as any other.

    Raises `SegDeskError`: not there, cannot be reached, lists nothing.
    """
    path = as_path(source)
    bare = source.partition("::")[0].partition("?")[0]
    if bare.lower().endswith(LISTS):
        return _manifest(source, path)
    return None if path is not None else _below(source)


def _below(url: str) -> Listing:
    """All pictures below a URL, in natural order; hidden ones are left out."""
    system, root = file_system(url)
    found = reached(url, lambda: system.find(root))
    names = [str(name)[len(root) :].strip("/") for name in found]
    names = [n for n in names if n.lower().endswith(tuple(scanning.EXTENSIONS)) and not _hidden(n)]
    if not names:
        raise SegDeskError("There are no pictures below {place}.", "Check the address.", place=url)
    names.sort(key=scanning.natural_key)
    return Listing(_title(url), tuple(Picture(_safe(n), joined(url, n)) for n in names))


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _manifest(source: str, path: Path | None) -> Listing:
    """The pictures of a list: one a line, or a column of a table."""
    kind = PurePosixPath(source.partition("::")[0].partition("?")[0]).suffix.lower()
    entries = _parquet_entries(_content(source, path)) if kind == ".parquet" else _text_entries(source, path, kind)
    wanted = list(dict.fromkeys(entry for entry in entries if entry))
    if not wanted:
        raise SegDeskError("{name} lists no pictures.", "It has one path or URL a line.", name=source)
    base = str(path.parent) if path is not None else posixpath.dirname(source)
    addresses = [entry if _absolute(entry) else joined(base, entry) for entry in wanted]
    common = _common([_bare(a) for a in addresses])
    folder = Path(common) if common and not is_url(common) else None
    names = _unique([_safe(_bare(a)[len(common) :]) for a in addresses])
    return Listing(_title(source), tuple(map(Picture, names, addresses)), folder)


def _content(source: str, path: Path | None) -> bytes:
    if path is None:
        system, inner = file_system(source)
        return reached(source, lambda: system.cat_file(inner))
    try:
        return path.read_bytes()
    except OSError as error:
        raise explain_os_error(error, path) from error


def _text_entries(source: str, path: Path | None, kind: str) -> list[str]:
    try:
        text = _content(source, path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SegDeskError("{name} is not a text file.", "Save it as UTF-8.", name=source) from error
    if kind == ".txt":
        return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if kind == ".tsv" else ","))
    except csv.Error as error:
        raise SegDeskError(
            "The table {name} cannot be read: {reason}.",
            "It needs a column path or url.",
            name=source,
            reason=str(error),
        ) from error
    head = [cell.strip().casefold() for cell in rows[0]] if rows else []
    column = next((head.index(name) for name in COLUMNS if name in head), None)
    body = rows if column is None else rows[1:]
    return [row[column or 0].strip() for row in body if len(row) > (column or 0)]


def _parquet_entries(data: bytes) -> list[str]:
    require("pyarrow")
    from pyarrow import ArrowException, BufferReader, parquet, types

    try:
        file = parquet.ParquetFile(BufferReader(data))
        schema: Any = file.schema_arrow
        texts = [f.name for f in schema if types.is_string(f.type) or types.is_large_string(f.type)]
        column = next((n for n in COLUMNS if n in texts), texts[0] if texts else None)
        if column is None:
            raise ValueError("no column of text")
        return [str(value) for value in file.read(columns=[column])[column].to_pylist() if value is not None]
    except (ValueError, OSError, ArrowException) as error:  # some of Arrow's errors are of neither kind
        raise SegDeskError(
            "The Parquet file of the list cannot be used: {reason}.",
            "It needs a column path or url.",
            reason=str(error),
        ) from error


def _absolute(entry: str) -> bool:
    return is_url(entry) or PurePosixPath(entry).is_absolute() or Path(entry).is_absolute()


def _bare(address: str) -> str:
    """Without a query, as signed addresses have it, and without file://."""
    path = as_path(address)
    return path.as_posix() if path is not None else address.partition("?")[0]


def _common(addresses: Sequence[str]) -> str:
    """The folder that all lie in, with its "/"; "" where there is none."""
    shared = addresses[0].rpartition("/")[0] + "/"
    for address in addresses:
        while not address.startswith(shared):
            shared = shared[:-1].rpartition("/")[0] + "/"
            if shared == "/" or shared.endswith("//"):
                return "/" if shared == "/" and all(a.startswith("/") for a in addresses) else ""
    return shared


def _safe(name: str) -> str:
    """A relative path that stays in its folder."""
    parts = [p for p in _SCHEME.sub("", name).replace("\\", "/").split("/") if p not in ("", ".")]
    return "/".join("_" if p == ".." else p for p in parts) or "picture"


def _unique(names: Iterable[str]) -> list[str]:
    """The names, with a number where one has been before."""
    taken: set[str] = set()
    result = []
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        number, fresh = 2, name
        while fresh in taken:
            fresh = f"{stem}-{number}{dot}{suffix}" if dot else f"{name}-{number}"
            number += 1
        taken.add(fresh)
        result.append(fresh)
    return result


def _title(source: str) -> str:
    bare = source.partition("?")[0]
    bare = bare.partition("::")[2] or bare  # of a chain, what it is a chain to
    return PurePosixPath(_SCHEME.sub("", bare).rstrip("/")).stem or "pictures"


def read(where: str, read_file: Callable[[Path], R]) -> R:
    """What `read_file` gives for the file that a path or URL names. Raises `SegDeskError`."""
    path = as_path(where)
    if path is not None:
        return read_file(path)
    system, inner = file_system(where)
    name = PurePosixPath(inner).name or "picture"
    try:
        data = system.cat_file(inner)
    except FileNotFoundError as error:
        raise SegDeskError(
            "The picture {name} is not there.", "It may have been moved or renamed.", name=name
        ) from error
    except Exception as error:  # each store's library has its own errors
        raise SegDeskError(
            "{name} could not be fetched: {reason}.",
            "Check the address and the credentials of the machine that reads it.",
            name=where,
            reason=str(error).strip().split("\n")[0] or type(error).__name__,
        ) from error
    with tempfile.TemporaryDirectory(prefix="segdesk-") as folder:  # so that pictures have one reader, with its limits
        file = Path(folder) / name
        file.write_bytes(data)
        return read_file(file)
