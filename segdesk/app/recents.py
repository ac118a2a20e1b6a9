"""What the first page shows of each recent project: how many pictures, how many verified, a small labelled picture.

Read in a thread a project, so that a drive that does not answer holds up its own card only; kept in the user's cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segdesk.app.review import overlaid
from segdesk.domain.errors import SegDeskError
from segdesk.io import thumbnails
from segdesk.io.atomic import write_text
from segdesk.io.project import PictureRow, Project
from segdesk.paths import user_cache_dir

TELLING = ("verified", "edited", "predicted")  # whose labels are shown: the first of the best state there is
KEEP = 64  # cached answers


@dataclass(frozen=True)
class RecentProject:
    """A project as its card shows it. `found`: its file is there. `pictures` is None where it could not be read (it
    is open elsewhere, damaged, of a newer version: `error`) and nothing was kept. `picture`: (h, w, 3) uint8 RGB."""

    path: Path
    found: bool
    pictures: int | None = None
    verified: int = 0
    error: SegDeskError | None = None
    picture: np.ndarray | None = None


class Recents:
    """Part of `Session`: reports a `RecentProject` for each path, from threads of its own."""

    def __init__(self, report: Callable[[object], None]) -> None:
        self._report = report
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()

    def look(self, paths: Sequence[Path]) -> None:
        """Report each of these soon. Returns at once; any thread."""
        self._threads = [t for t in self._threads if t.is_alive()]
        for path in paths:
            thread = threading.Thread(target=self._look, args=(path,), name="segdesk-recent", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self, timeout: float = 2.0) -> None:
        """Wait for what is being read; nothing is reported any more."""
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout)

    def _look(self, path: Path) -> None:
        if not self._closing.is_set():
            found = recent_project(path)
            if not self._closing.is_set():
                self._report(found)


def recent_project(path: Path, *, cache: Path | None = None) -> RecentProject:
    """What there is to tell of a project that is not open; raises nothing. Reads files: not for the UI thread.

    What was told last is kept by the file's path, time of change and size, and told again where the file cannot be read
    just now. `cache`: the folder of what is kept, by default in the user's.
    """
    folder = cache or user_cache_dir() / "recent"
    try:
        info = os.stat(path)
    except OSError:
        return RecentProject(path, found=False)
    stamp = f"{info.st_mtime_ns} {info.st_size}"
    kept = _kept(folder, path)
    if kept is not None and kept["stamp"] == stamp:
        return _with_picture(path, kept, None)
    try:
        fresh = {"stamp": stamp, **_read(path)}
    except SegDeskError as error:
        return RecentProject(path, True, error=error) if kept is None else _with_picture(path, kept, error)
    except (ValueError, KeyError, TypeError):  # tables of another shape
        return RecentProject(path, True)
    _keep(folder, path, fresh)
    return _with_picture(path, fresh, None)


Told = dict[str, str | int]  # stamp (of the file), pictures, verified, picture (1: one is kept with the thumbnails)


def _read(path: Path) -> Told:
    with Project.look(path) as project:
        rows = project.pictures()
        verified = sum(row.state == "verified" for row in rows)
        return {"pictures": len(rows), "verified": verified, "picture": int(_small(project, rows, path))}


def _small(project: Project, rows: Sequence[PictureRow], path: Path) -> bool:
    """Make the small picture and put it into the cache of thumbnails; False where there is none."""
    best = min(rows, key=lambda r: TELLING.index(r.state) if r.state in TELLING else len(TELLING), default=None)
    if best is None:
        return False
    with suppress(SegDeskError, OSError):
        pixels = thumbnails.thumbnail(project.folder / best.path)
        labels = project.load_reduced(best.id, "annotation", 2 * thumbnails.SIDE)
        shown = pixels if labels is None else overlaid(pixels, labels, project.classes)
        thumbnails.keep_named(_name(path), shown)
        return True
    return False


def _with_picture(path: Path, told: Told, error: SegDeskError | None) -> RecentProject:
    picture = thumbnails.kept_named(_name(path)) if told["picture"] else None
    return RecentProject(path, True, int(told["pictures"]), int(told["verified"]), error, picture)


def _name(path: Path) -> str:
    return f"project {os.path.abspath(path)}"


def _file(folder: Path, path: Path) -> Path:
    return folder / f"{hashlib.sha256(_name(path).encode(errors='surrogateescape')).hexdigest()[:32]}.json"


def _kept(folder: Path, path: Path) -> Told | None:
    try:
        found = json.loads(_file(folder, path).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    shapes = {"stamp": str, "pictures": int, "verified": int, "picture": int}
    fits = isinstance(found, dict) and all(type(found.get(key)) is shape for key, shape in shapes.items())
    return found if fits else None


def _keep(folder: Path, path: Path, told: Told) -> None:
    with suppress(OSError, SegDeskError):  # only a cache
        folder.mkdir(parents=True, exist_ok=True)
        write_text(_file(folder, path), json.dumps(told))
        oldest = sorted(folder.glob("*.json"), key=lambda f: -f.stat().st_mtime)[KEEP:]
        for file in oldest:
            file.unlink()
