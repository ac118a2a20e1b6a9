"""SegDesk from a program of one's own: open, run, edit, evaluate, export, import. The names of `import segdesk`.

Label maps are numpy arrays, rows first: `[row, column]`, so (H, W). All that can go wrong for a reason that a person
can do something about is a `SegDeskError` with a sentence and a hint. Everything blocks until it is done, and Ctrl+C
ends it well. No screen is needed; torch is loaded in a process of its own, which ends with the project.
"""

from __future__ import annotations

from pathlib import Path

from segdesk import plugins
from segdesk.api_project import OnProgress, PathLike, Project
from segdesk.app import discover
from segdesk.app import settings as settings_file
from segdesk.app.models import Models
from segdesk.domain.card import PICTURE_TASKS, ModelCard
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats.base import FormatInfo
from segdesk.io.project import PictureRow as Picture
from segdesk.io.samples import write_samples

__all__ = [
    "ClassInfo", "ClassSet", "Picture", "Project", "SegDeskError", "Segment", "Segmentation", "formats", "models",
    "open", "samples",
]  # fmt: skip


def open(path: PathLike, project: PathLike | None = None, *, progress: OnProgress | None = None) -> Project:
    """Open a folder of pictures or a project file (`NAME.segdesk`).

    A folder without a project gets one, in the folder or, where that is read-only, in the user's data folder; `project`
    names another place. Pictures are never written to. Raises `SegDeskError`: nothing there, no pictures, damaged, open
    in another program.

        with segdesk.open("photos") as project:
            print(len(project.pictures))
    """
    return Project(Path(path), None if project is None else Path(project), progress)


def samples(folder: PathLike) -> Path:
    """Write the sample project, twelve small pictures of which six have exact reference labels, into a folder; returns
    the path of its project file. One that is there is left as it is."""
    return write_samples(Path(folder))


def models() -> list[ModelCard]:
    """The models that `Project.run` takes: `id`, `task`, `classes`, `licence`, `scores` ... of each."""
    settings, _ = settings_file.load()
    plugins.enable(settings.plugins)
    return [c for c in Models([Path(f) for f in settings.model_folders]).cards if c.task in PICTURE_TASKS]


def formats() -> list[FormatInfo]:
    """The formats for `Project.export` and `Project.import_labels`: `id`, `title`, `can_write`, `can_read` ..."""
    plugins.enable(settings_file.load()[0].plugins)
    return [plugin.info for plugin in discover.formats()[0]]
