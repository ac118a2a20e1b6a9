"""Opening a folder or project, and opening one picture of it. Runs on the loader's thread."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from segdesk.app.desk import Desk, OpenProject, take_project
from segdesk.app.guarding import Guard
from segdesk.app.jobs import Context
from segdesk.app.reports import Opened, PicturesChanged, Preview, ProjectOpened
from segdesk.app.steps import Step, replay
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io import images, scanning
from segdesk.io.project import SUFFIX, Project, default_project_path

log = logging.getLogger(__name__)
FIRST_NAMES = 1_000  # what is shown at once; the following portions are ten times as many
PREVIEW_SIDE = 1_500  # pixels of the longer side; just under an eighth of 100 megapixels, which codecs do fastest
PREVIEW_FROM = 4_000_000  # pixels; smaller pictures decode so fast that a preview would only flicker


def find_project(folder: Path) -> Path | None:
    """The project of a picture folder: its default one, or the only one that lies in it."""
    usual = default_project_path(folder)
    if usual.exists():
        return usual
    others = sorted(p for p in folder.glob(f"*{SUFFIX}") if p.is_file())
    return others[0] if len(others) == 1 else None


def open_project(
    desk: Desk, path: Path, project_path: Path | None, ctx: Context, *, only_read: bool = False
) -> Generator[None, None, ProjectOpened]:
    """Open what `path` names and look through its folder; yields between portions of names. `only_read`: a damaged
    project, as far as that goes."""
    folder, file, wanted = _resolve(path, project_path)
    names: Iterator[str] = iter(())
    if file is None or not file.exists():
        names, first = _first_names(folder, ctx)
        file = file or default_project_path(folder)
        project = Project.create(file, folder)
        project.add_pictures(first)
    else:
        project = Project.only_read(file) if only_read else Project.open(file)
        first = []
    try:
        opened = take_project(project, desk.saver, desk.report)
        project.journal_budget = desk.undo_bytes
        opened.roster.reload(project.pictures())
        note = _note(opened, folder if path.is_dir() else None)
        desk.open, desk.current_id = opened, None
        desk.guard = None if only_read else Guard(project, desk.report)
    except BaseException:
        project.close()
        raise
    if not first and project.folder.is_dir() and not project.read_only:
        names = scanning.scan(project.folder, ctx.cancelled)
    answer = _opened(opened, wanted, note)
    ctx.report(answer)
    ctx.report(PicturesChanged(answer.count, scanning=True))
    yield
    yield from _look_through(opened, names, ctx)
    return _opened(opened, wanted, note)


def _resolve(path: Path, project_path: Path | None) -> tuple[Path, Path | None, str]:
    """(picture folder, project file or None, name of the picture to show first)."""
    path = path.expanduser().absolute()
    if not path.exists():
        raise SegDeskError("{path} does not exist.", "It may have been moved or renamed.", path=str(path))
    if path.suffix == SUFFIX and path.is_file():
        return path.parent, path, ""
    folder, wanted = (path, "") if path.is_dir() else (path.parent, path.name)
    if project_path is not None:
        return folder, project_path.expanduser().absolute(), wanted
    return folder, find_project(folder), wanted


def _first_names(folder: Path, ctx: Context) -> tuple[Iterator[str], list[str]]:
    """The scan and what it finds first. A folder without pictures gets no project file."""
    names = scanning.scan(folder, ctx.cancelled)
    first = list(islice(names, FIRST_NAMES))
    if not first:
        raise SegDeskError(
            "There are no pictures in {folder}.",
            "SegDesk opens JPEG, PNG, TIFF, BMP and WebP files, also in subfolders.",
            folder=str(folder),
        )
    return names, first


def _look_through(opened: OpenProject, names: Iterator[str], ctx: Context) -> Generator[None, None, None]:
    """Add the names that are left, in growing portions."""
    size = FIRST_NAMES
    while portion := list(islice(names, size)):
        if opened.project.add_pictures(portion):
            opened.roster.load(opened.project.pictures())
            ctx.report(PicturesChanged(len(opened.roster.rows), scanning=True))
        size = min(size * 10, 100_000)
        yield
    ctx.report(PicturesChanged(len(opened.roster.rows), scanning=False))


def _opened(opened: OpenProject, wanted: str, note: str) -> ProjectOpened:
    rows, project = opened.roster.rows, opened.project
    named = next((r.id for r in rows if r.path == wanted), None) if wanted else None
    start = named if named is not None else (rows[0].id if rows else None)
    return ProjectOpened(project.path, project.folder, opened.book.classes, len(rows), start, note)


def _note(opened: OpenProject, folder: Path | None) -> str:
    project, rows = opened.project, opened.roster.rows
    if project.damaged:
        return N_("This project is damaged and opened for reading only: nothing that you change can be saved.")
    if project.read_only:
        return N_("This project is on a read-only medium: nothing that you change can be saved.")
    if rows and not any((project.folder / row.path).exists() for row in (rows[0], rows[-1])):
        return N_("The pictures of this project are not where they were; labels can still be exported.")
    if folder is not None and project.path.parent != folder:
        return N_("The project is not kept in the picture folder but elsewhere.")
    return ""


def close_current(desk: Desk) -> None:
    """Save and close the open project. Raises the error that saving fails with; the project then stays open."""
    if desk.open is None:
        return
    desk.saver.flush()
    desk.end_guard()
    opened, desk.open, desk.current_id = desk.open, None, None
    desk.prefetch.clear()
    opened.project.close()


def open_picture(desk: Desk, opened: OpenProject, picture_id: int, ctx: Context) -> Opened:
    """Read a picture and its labels. Where the full picture takes a moment, a `Preview` is reported first, then
    `Opened` without the pixels."""
    row = opened.roster.row(picture_id)
    if row is None:
        raise SegDeskError("This picture is not in the project any more.", "Choose another one from the list.")
    early, pixels = _read(desk, opened, picture_id, ctx)
    ctx.check()
    size = (pixels.shape[0], pixels.shape[1])
    if early is None:
        early = _with_labels(desk, opened, picture_id, size)
    _check_size(row.path, size, early.segmentation.size)
    _note_size(opened, picture_id, size, recovered="predicted" if early.prediction else "new")
    near = [r for r in opened.roster.around(picture_id) if desk.prefetch.worth(3 * r.width * r.height or pixels.nbytes)]
    desk.prefetch.want([opened.path_of(r.id) for r in near])
    return replace(early, row=opened.roster.row(picture_id) or row, pixels=pixels)


def _read(desk: Desk, opened: OpenProject, picture_id: int, ctx: Context) -> tuple[Opened | None, np.ndarray]:
    """What was reported early, if anything, and the pixels."""
    path, early = opened.path_of(picture_id), None
    pixels = desk.prefetch.ready(path)
    if pixels is not None:
        return None, pixels
    with _marking(opened, picture_id):
        size = _preview(opened, picture_id, path, ctx)
    ctx.check()
    if size is not None:
        early = _with_labels(desk, opened, picture_id, size)
        ctx.report(early)
        ctx.check()
    with _marking(opened, picture_id):
        return early, desk.prefetch.get(path)


@contextmanager
def _marking(opened: OpenProject, picture_id: int) -> Iterator[None]:
    """A picture that cannot be read is marked."""
    try:
        yield
    except SegDeskError as error:
        opened.mark_failed(picture_id, error)
        raise


def _preview(opened: OpenProject, picture_id: int, path: Path, ctx: Context) -> tuple[int, int] | None:
    """Report a reduced picture, if the picture is large; returns its full size (H, W) then."""
    width, height = images.probe(path)
    row = opened.roster.row(picture_id)
    if row is None or width * height < PREVIEW_FROM:
        return None
    ctx.report(Preview(row, images.read(path, max_side=PREVIEW_SIDE), (height, width)))
    return height, width


def _with_labels(desk: Desk, opened: OpenProject, picture_id: int, size: tuple[int, int]) -> Opened:
    """All but the pixels. Raises SegDeskError if the labels belong to a picture of another size."""
    with desk.saver.hold():  # nothing is written between reading the map and reading what waits to be written
        steps = [p for p in desk.saver.waiting(picture_id) if isinstance(p, Step)]
        map_, history = _labels(opened, picture_id, size, desk.undo_bytes)
        map_ = replay(map_, history, steps)
    row = opened.roster.row(picture_id) or opened.project.picture(picture_id)
    _check_size(row.path, size, map_.size)
    doubts = opened.project.load_doubts(picture_id)
    return Opened(row, None, map_, history, _prediction(opened, picture_id, size), doubts)


def _prediction(opened: OpenProject, picture_id: int, size: tuple[int, int]) -> PackedMap | None:
    """The model's last answer, if it is of the picture's size and can be read."""
    try:
        found = opened.project.load_packed(picture_id, "prediction")
        if found is None or found.size != size:
            return None
        for key in found.tiles:  # a damaged tile would show up while something is drawn
            found.tile(key)
        return found.prepare()
    except (ValueError, SegDeskError):
        log.warning("the model's answer for picture %s is damaged in the project file", picture_id)
        return None


def _labels(opened: OpenProject, picture_id: int, size: tuple[int, int], budget: int) -> tuple[Segmentation, History]:
    found = opened.project.load_map(picture_id, "annotation")
    if found is None:
        return Segmentation.empty(*size), opened.project.load_history(picture_id, budget)
    return found, opened.project.load_history(picture_id, budget)


def _check_size(name: str, picture: tuple[int, int], labels: tuple[int, int]) -> None:
    if picture != labels:
        raise SegDeskError(
            "{name} is now {width} x {height} pixels, but its labels were made for {old_width} x {old_height}.",
            "Put the old picture back, or remove its labels by importing new ones.",
            name=name,
            width=picture[1],
            height=picture[0],
            old_width=labels[1],
            old_height=labels[0],
        )


def _note_size(opened: OpenProject, picture_id: int, size: tuple[int, int], *, recovered: str) -> None:
    """Remember the size, and that a picture that could not be read before can be read now."""
    row = opened.roster.row(picture_id)
    if row is None:
        return
    if row.error or row.state == "failed":
        opened.set_state(picture_id, recovered if row.state == "failed" else row.state)
    if (row.height, row.width) != size:
        opened.show(picture_id, width=size[1], height=size[0])
        opened.saver.put(
            lambda: opened.project.set_size(picture_id, size[1], size[0]), key=f"size:{picture_id}", owner=picture_id
        )
