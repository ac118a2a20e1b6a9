"""Where the parts of a cluster run lie: a folder, or any URL that fsspec knows. A part is whole or it is not there."""

from __future__ import annotations

import os
import posixpath
import uuid
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import explain_os_error, write_bytes

# Stores in which an object appears when all of it is there; elsewhere a file is written beside its place and moved.
WHOLE_OBJECTS = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "oss", "memory")

T = TypeVar("T")


def is_url(text: str) -> bool:
    """Whether it is a URL (or a chain of them, as fsspec has it) and not a path of this machine."""
    return "://" in text


def as_path(text: str) -> Path | None:
    """The path that a text or a file:// URL means, absolute; None for another URL."""
    if text.startswith("file://") and "::" not in text:
        return Path(text[len("file://") :]).absolute()
    return None if is_url(text) else Path(text).expanduser().absolute()


def absolute(text: str) -> str:
    """The path or URL so that it means the same on every machine that has the folder, whatever it works in."""
    path = as_path(text)
    return text if path is None else str(path)


class Place:
    """A folder, `where` being a path or a URL. Any thread; every method raises `SegDeskError`."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._path = as_path(where)
        self._system: Any = None
        self._root = ""
        if self._path is None:
            self._system, self._root = file_system(where)

    def child(self, name: str) -> Place:
        """A folder in it."""
        if self._path is not None:
            return Place(str(self._path / name))
        head, chained, rest = self.where.partition("::")
        return Place(f"{head.rstrip('/')}/{name}{chained}{rest}")

    def names(self) -> list[str]:
        """The files in it (not in its folders), sorted; none where it does not exist."""
        if self._path is not None:
            path = self._path
            if not path.is_dir():
                return []
            return self._asked(lambda: sorted(e.name for e in os.scandir(path) if e.is_file()))
        return self._asked(self._remote_names)

    def _remote_names(self) -> list[str]:
        self._system.invalidate_cache()  # others write here
        if not self._system.exists(self._root):
            return []
        found = self._system.ls(self._root, detail=True)
        return sorted(posixpath.basename(f["name"]) for f in found if f["type"] == "file")

    def read(self, name: str) -> bytes:
        """A whole file."""
        if self._path is not None:
            path = self._path / name
            return self._asked(path.read_bytes)
        return self._asked(lambda: self._system.cat_file(self._full(name)))

    def write(self, name: str, data: bytes) -> None:
        """Put a whole file there in one step; one of this name is replaced."""
        if self._path is not None:
            write_bytes(self._path / name, data)
            return
        self._asked(lambda: self._put(name, data))

    def _put(self, name: str, data: bytes) -> None:
        protocols = self._system.protocol
        whole = {protocols} if isinstance(protocols, str) else set(protocols)
        self._system.makedirs(self._root, exist_ok=True)
        target = self._full(name)
        if whole & set(WHOLE_OBJECTS):
            self._system.pipe_file(target, data)
            return
        part = self._full(f".{name}.{uuid.uuid4().hex[:8]}.part")
        self._system.pipe_file(part, data)
        self._system.invalidate_cache()
        if self._system.exists(target):  # SFTP and HDFS do not rename onto a file, and HDFS does not even say so
            self._system.rm_file(target)
        self._system.mv(part, target)
        self._system.invalidate_cache()
        if not self._system.exists(target):
            raise OSError("the file did not take its place")

    def _full(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _asked(self, act: Callable[[], T]) -> T:
        return reached(self.where, act)


def file_system(url: str) -> tuple[Any, str]:
    """fsspec's file system for a URL, and the path in it. Credentials come from where its library looks for them."""
    require("fsspec")
    from fsspec.core import url_to_fs

    return reached(url, lambda: url_to_fs(url))


def require(package: str) -> None:
    """Raise a sentence with what to install where a package of the extra `ray` is missing."""
    if find_spec(package) is None:
        raise SegDeskError(
            "The package {package} is not installed.", 'Install it with: pip install "segdesk[ray]"', package=package
        )


def reached(where: str, act: Callable[[], T]) -> T:
    """What `act` gives; whatever a store's library raises becomes a sentence that names the place."""
    try:
        return act()
    except SegDeskError:
        raise
    except OSError as error:
        if error.errno:
            raise explain_os_error(error, Path(where)) from error
        raise _unreachable(where, error) from error
    except Exception as error:  # each store's library has its own errors
        raise _unreachable(where, error) from error


def _unreachable(where: str, error: Exception) -> SegDeskError:
    return SegDeskError(
        "{place} cannot be reached: {reason}.",
        "Check the address, the credentials and that the library for this kind of store is installed.",
        place=where,
        reason=(str(error).strip().split("\n")[0] or type(error).__name__).rstrip("."),
    )


def joined(base: str, name: str) -> str:
    """The address of a relative POSIX name below `base`, which is a folder's path or URL."""
    if not is_url(base):
        return str(Path(base) / PurePosixPath(name))
    head, chained, rest = base.partition("::")
    return f"{head}{name}{chained}{rest}" if head.endswith("/") else f"{head}/{name}{chained}{rest}"
