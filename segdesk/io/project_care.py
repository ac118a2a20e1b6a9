"""Care of an open project in the background: is it sound, its backup copy, checksums for what older versions wrote."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from segdesk import paths
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io import project_sums as sums
from segdesk.io.atomic import explain_os_error, replacing
from segdesk.io.project_check import problems
from segdesk.io.project_database import Database, explain
from segdesk.io.project_types import SUFFIX

BACKUP_BYTES = 4 << 30  # of all backup copies; the oldest of other projects go first, a larger project has none
FREE_BYTES = 1 << 30  # that must be left on the disk
PAGES_AT_ONCE = 256  # of a backup, 1 MB
BREATH = 0.001  # seconds between two such pieces: a backup is never in the way


def _never() -> bool:
    return False


class Care:
    """The part of `Project` that does it. Each method may be called from any thread; writers do not wait for it."""

    _database: Database
    path: Path

    @property
    def commits(self) -> int:
        """Transactions since it was opened."""
        return self._database.commits

    def look_after(self, cancelled: Callable[[], bool] = _never, *, back_up: bool = False) -> list[str]:
        """What is damaged in the file, in words for the log; empty where it is sound. Reads all of it. `back_up`: where
        it is sound, also replace its backup copy by one of now, unless it or the disk is too full for one. Raises
        `Cancelled` when `cancelled()` or when the project is closed."""
        with self._database.frozen(cancelled) as looker:
            found = problems(looker)
            target = backup_path(self.path)
            if back_up and not found and _make_room(target, self.path.stat().st_size):
                with replacing(target) as part:
                    _copy(looker, part, cancelled)
        return found

    def seal_some(self) -> bool:
        """Give some of what an older version wrote its checksums; False if nothing is left to do."""
        if self._database.read_only:
            return False
        with self._database.writing() as db:
            return sums.seal_some(db)


def backup_path(project: Path) -> Path:
    """Where the backup copy of a project lies: in the user's data folder, which outlives the folder of the project."""
    real = os.path.realpath(project)
    mark = sha256(real.encode(errors="surrogateescape")).hexdigest()[:12]
    return _folder() / f"{Path(real).stem[:60]}-{mark}{SUFFIX}"


def find_backup(project: Path) -> tuple[Path, float] | None:
    """(backup copy of a project, when it was made: seconds since 1970), or None."""
    path = backup_path(project)
    try:
        return path, path.stat().st_mtime
    except OSError:
        return None


def take_backup(project: Path, target: Path) -> None:
    """Write the backup copy of a project to `target`, which must not exist; it stays where it is, too."""
    if os.path.lexists(target):
        raise SegDeskError("{name} exists already.", "Choose another name.", name=str(target))
    source = backup_path(project)
    with replacing(target) as part:
        try:
            shutil.copyfile(source, part)
        except OSError as error:
            raise explain_os_error(error, source) from error


def _folder() -> Path:
    return paths.user_data_dir() / "backups"


def _copy(source: sqlite3.Connection, part: Path, cancelled: Callable[[], bool]) -> None:
    def tick(_: int, left: int, __: int) -> None:
        if cancelled():
            raise Cancelled
        if left:
            time.sleep(BREATH)

    copy = sqlite3.connect(part)
    try:
        source.backup(copy, pages=PAGES_AT_ONCE, progress=tick)
    except sqlite3.Error as error:
        raise explain(error, part) from error
    finally:
        copy.close()


def _make_room(target: Path, size: int) -> bool:
    """Whether a backup copy of `size` bytes may be made; the oldest of other projects go where it would be too much."""
    if size > BACKUP_BYTES:
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(target.parent).free < size + FREE_BYTES:
            return False
        others = sorted(_others(target))
        total = sum(bytes_ for _, bytes_, _ in others)
        for _, bytes_, path in others:
            if total + size <= BACKUP_BYTES:
                break
            path.unlink(missing_ok=True)
            total -= bytes_
    except OSError:
        return False
    return True


def _others(target: Path) -> list[tuple[float, int, Path]]:
    """(when, bytes, path) of the backup copies of other projects."""
    found = []
    for path in target.parent.glob(f"*{SUFFIX}"):
        if path != target:
            facts = path.stat()
            found.append((facts.st_mtime, facts.st_size, path))
    return found
