"""XML files of labels: what is safe to hand to a parser.

A file with a document type is refused, because its entities can blow a small file up to gigabytes; no format of labels
needs one.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import explain_os_error

_LARGEST = 1 << 24  # bytes of a file that is read as a whole
_CHUNK = 1 << 20
_UNSAFE = (b"<!DOCTYPE", b"<!ENTITY", b"\0")  # the last: not hidden in UTF-16 either


def require_plain(file: IO[bytes], name: str) -> None:
    """Look through an open file from its beginning to its end, a chunk at a time, and go back to its beginning. Raises
    `SegDeskError` for one with a document type or entities, wherever they are, and OSError."""
    rest = b""
    while data := file.read(_CHUNK):
        _check(rest + data, name)
        rest = data[-len(_UNSAFE[0]) :]
    file.seek(0)


def parsed(path: Path) -> ElementTree.Element:
    """The root of a small XML file. Raises `SegDeskError` where it is too large, damaged or has a document type."""
    try:
        if path.stat().st_size > _LARGEST:
            raise SegDeskError("{name} is too large for a label file.", name=path.name)
        data = path.read_bytes()
        _check(data, path.name)
        return ElementTree.fromstring(data)
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise SegDeskError("{name} is not an XML file, or it is damaged.", name=path.name) from error


def _check(data: bytes, name: str) -> None:
    if any(mark in data for mark in _UNSAFE):
        raise SegDeskError("{name} has a document type, which label files do not need.", name=name)
