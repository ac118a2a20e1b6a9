"""Finding the pictures of a folder, in the order that a person expects. Nothing is decoded."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io.atomic import MARKER, explain_os_error

EXTENSIONS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".webp"})


def scan(
    folder: Path,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    on_problem: Callable[[SegDeskError], None] | None = None,
) -> Iterator[str]:
    """Pictures under `folder` as relative POSIX paths in natural order (`img2` before `img10`); nothing is decoded.

    Hidden files and folders, projects and SegDesk's own exports are skipped. Raises `SegDeskError` if `folder` itself
    cannot be listed and `Cancelled` when asked; a subfolder that cannot be listed goes to `on_problem`.
    """
    folder = Path(folder)
    try:
        entries = _listed(folder)
    except OSError as error:
        raise _folder_error(error, folder) from error
    yield from _walk(entries, "", {_identity(folder)}, cancelled, on_problem or (lambda _: None))


def _walk(
    entries: list[os.DirEntry[str]],
    prefix: str,
    above: set[tuple[int, int]],
    cancelled: Callable[[], bool],
    on_problem: Callable[[SegDeskError], None],
) -> Iterator[str]:
    """`above`: the folders that we are in, so that a link to one of them does not run in circles."""
    for entry in entries:
        if cancelled():
            raise Cancelled
        try:
            if not entry.is_dir():
                if os.path.splitext(entry.name)[1].lower() in EXTENSIONS:
                    yield _checked_name(prefix + entry.name)
                continue
            inner, identity = _listed(Path(entry.path)), _identity(Path(entry.path))
        except OSError as error:
            on_problem(_folder_error(error, Path(entry.path)))
            continue
        except SegDeskError as error:
            on_problem(error)
            continue
        if identity not in above and not os.path.lexists(os.path.join(entry.path, MARKER)):
            yield from _walk(inner, f"{prefix}{entry.name}/", above | {identity}, cancelled, on_problem)


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    """What a person would see in the folder, in natural order."""
    with os.scandir(folder) as found:
        entries = [e for e in found if not _hidden(e)]
    return sorted(entries, key=lambda e: natural_key(e.name))


def _hidden(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return True
    if os.name != "nt":
        return False
    return bool(getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN)


def _identity(folder: Path) -> tuple[int, int]:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _checked_name(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise SegDeskError(
            "The file name {name} is not valid text.",
            "Rename the file.",
            name=name.encode(errors="replace").decode(),
        ) from None
    return name


def _folder_error(error: OSError, folder: Path) -> SegDeskError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return SegDeskError("The folder {name} does not exist.", "It may have been moved or renamed.", name=str(folder))
    if error.errno in (errno.EACCES, errno.EPERM):
        return SegDeskError("There is no permission to list the folder {name}.", "Change its rights.", name=str(folder))
    return explain_os_error(error, folder)


def natural_key(path: str) -> str:
    """A text that sorts like the path with its numbers read as numbers; the order of `scan`.

    A number is written with its count of digits before it, so that "9" sorts before "10"; a folder's content comes
    before a file whose name begins with the folder's.
    """
    plain = re.sub(r"[0-9]+", lambda m: _number_key(m.group()), path.casefold().replace("/", "\x01"))
    return f"{plain}\x01\x01{path}"


def _number_key(digits: str) -> str:
    value = digits.lstrip("0") or "0"
    return f"{len(value):04d}{value}"
