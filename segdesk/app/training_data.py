"""A data set in an import format as a project that lives as long as a training is prepared from it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from segdesk.app.desk import Desk, OpenProject, take_project
from segdesk.app.discover import Plugin
from segdesk.app.jobs import Context
from segdesk.domain.errors import SegDeskError
from segdesk.io import scanning
from segdesk.io.formats.base import Problem
from segdesk.io.project import SUFFIX, Project
from segdesk.io.project_exchange import ProjectSink

PICTURES = ("images", "JPEGImages", "imgs", "img", "pictures")


@dataclass(frozen=True)
class DataSet:
    """Labels to train on that lie outside the program. `paths`: each a file or folder that the format reads;
    `judging`: the same, of which all pictures judge; without, some of the others do. `pictures`: the folder with the
    pictures, where it is not the labels' own."""

    plugin: Plugin
    paths: tuple[Path, ...]
    judging: tuple[Path, ...] = ()
    pictures: Path | None = None

    @property
    def name(self) -> str:
        """What the model's card calls it."""
        first = self.paths[0].absolute()
        return first.stem if first.is_file() else first.name


@dataclass(frozen=True, eq=False)
class TakenIn:
    """A data set as a project. `judging`: paths of the pictures that are to judge; None = not said. `problems`: what of
    the data set could not be read."""

    opened: OpenProject
    judging: frozenset[str] | None
    problems: tuple[Problem, ...]


@contextmanager
def taken_in(desk: Desk, data: DataSet, place: Path, ctx: Context) -> Iterator[TakenIn]:
    """The data set as a project in the new folder `place`, which is gone afterwards. Raises `SegDeskError` where there
    is nothing to read, or `Cancelled`."""
    sources = [(path.expanduser().absolute(), path in data.judging) for path in (*data.paths, *data.judging)]
    folders = [_pictures_of(path, data.pictures, ctx) for path, _ in sources]
    root = Path(os.path.commonpath(folders))
    place.mkdir(parents=True)
    project = Project.create(place / f"{data.name}{SUFFIX}", root)
    try:
        known: dict[str, bool] = {}
        problems: list[Problem] = []
        for (path, judges), folder in zip(sources, folders, strict=True):
            within = "" if folder == root else f"{folder.relative_to(root).as_posix()}/"
            names = [f"{within}{name}" for name in scanning.scan(folder, ctx.cancelled)]
            project.add_pictures([name for name in names if name not in known])
            known |= {name: judges or known.get(name, False) for name in names}
            sink = ProjectSink(project, "annotation", within=within)
            result = data.plugin.module.read(
                path, sink, layer="annotation", progress=ctx.progress, cancelled=ctx.cancelled
            )
            problems += result.problems
        opened = take_project(project, desk.saver, lambda _: None)
        opened.roster.reload(project.pictures())
        judging = frozenset(name for name, judges in known.items() if judges)
        yield TakenIn(opened, judging if data.judging else None, tuple(problems))
    finally:
        desk.saver.flush()
        project.close()
        shutil.rmtree(place, ignore_errors=True)


def _pictures_of(path: Path, given: Path | None, ctx: Context) -> Path:
    """The folder with the pictures of a data set: the given one, one that is called so, or the first of the labels' own
    folder and those above it, up to two, that holds any."""
    if not path.exists():
        raise SegDeskError("{path} does not exist.", "It may have been moved or renamed.", path=str(path))
    if given is not None:
        return given.expanduser().absolute()
    folder = path if path.is_dir() else path.parent
    for level in (folder, folder.parent, folder.parent.parent):
        for name in PICTURES:
            if (level / name).is_dir():
                return level / name
        if next(scanning.scan(level, ctx.cancelled), None) is not None:
            return level
    raise SegDeskError("No pictures were found beside the labels in {path}.", "Name their folder.", path=str(path))
