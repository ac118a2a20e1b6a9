"""Files and folders that are either complete or not there: written beside their place, then renamed."""

from __future__ import annotations

import errno
import glob
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from segdesk.domain.errors import SegDeskError

MARKER = ".segdesk-export"  # hidden: some programs take every JSON file in a folder for labels


def explain_os_error(error: OSError, path: Path) -> SegDeskError:
    """What a person should read when the file system refuses; `path` is what we were about to read or write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SegDeskError(
            "The disk is full: {name} could not be written.", "Free some space and try again.", name=str(path)
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return SegDeskError(
            "There is no permission for {name}.", "Change its rights or choose another folder.", name=str(path)
        )
    if error.errno == errno.EROFS:
        return SegDeskError("{name} is on a read-only medium.", "Choose another folder.", name=str(path))
    if error.errno == errno.ENOENT:
        return SegDeskError("{name} is not there.", "It may have been moved or renamed.", name=str(path))
    reason = error.strerror or type(error).__name__
    return SegDeskError("{name} failed: {reason}.", "Check the disk and try again.", name=str(path), reason=reason)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; when the block ends well it takes the place of `path` in one step.

    If the block raises, `path` is as it was. OSErrors become `SegDeskError`.
    """
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
        os.close(handle)
        part = Path(name)
        yield part
        _sync(part)
        part.chmod(0o666 & ~_umask())
        os.replace(part, path)
    except OSError as error:
        raise explain_os_error(error, path) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file in one step. Raises `SegDeskError`."""
    with replacing(path) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 file with `\\n` line ends in one step. Raises `SegDeskError`."""
    write_bytes(path, text.encode())


_look: ContextVar[Callable[[Path], None] | None] = ContextVar("look", default=None)


@contextmanager
def looked_at(look: Callable[[Path], None]) -> Iterator[None]:
    """Within this block `look(folder)` is called with each `new_folder` that is complete, before it takes its place: it
    may add files, and what it raises leaves nothing behind."""
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


@contextmanager
def new_folder(target: Path, kind: str) -> Iterator[Path]:
    """Give an empty temporary folder beside `target` that becomes `target` when the block ends well.

    A target that exists is only replaced if it is empty or an earlier folder of the same `kind` in which nothing was
    added or removed since; anything else is refused with `SegDeskError` before work begins. If the block raises, the
    target is as it was and nothing is left behind.
    """
    _bring_back(target)
    _check_target(target, kind)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent))
    except OSError as error:
        raise explain_os_error(error, target) from error
    try:
        yield part
        if (look := _look.get()) is not None:
            look(part)
        part.chmod(0o777 & ~_umask())
        marker = {"made_by": "SegDesk", "kind": kind, "files": _count_files(part)}
        (part / MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")
        _take_place(part, target)
    except OSError as error:
        raise explain_os_error(error, target) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _bring_back(target: Path) -> None:
    """Where the power was cut while a folder was being replaced, the old one stands aside: put it back."""
    if os.path.lexists(target):
        return
    with suppress(OSError):
        for aside in sorted(target.parent.glob(f".{glob.escape(target.name[:40])}.*.old")):
            if (aside / "old" / MARKER).is_file():
                os.replace(aside / "old", target)
                aside.rmdir()
                return


def _check_target(target: Path, kind: str) -> None:
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise SegDeskError("{name} is a file.", "Choose a folder that does not exist yet.", name=str(target))
    if not any(target.iterdir()):
        return
    try:
        marker = json.loads((target / MARKER).read_text(encoding="utf-8"))
        ours = marker["kind"] == kind and marker["files"] == _count_files(target) - 1
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise SegDeskError(
            "The folder {name} holds other files and is not overwritten.",
            "Choose a folder that does not exist yet.",
            name=str(target),
        )


def _take_place(part: Path, target: Path) -> None:
    """Rename `part` to `target`; an old target steps aside first and is deleted last."""
    if not target.exists():
        os.replace(part, target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", suffix=".old", dir=target.parent))
    os.replace(target, old / "old")
    try:
        os.replace(part, target)
    except OSError:
        os.replace(old / "old", target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _count_files(folder: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    """The process's umask; reading it means setting it, so the value is taken once, at import."""
    return _UMASK


_UMASK = os.umask(0)
os.umask(_UMASK)
