"""What exporters and importers share: the picture stream they get, the sink they fill, and what they answer.

A format is one file of this folder that defines `INFO`, `write` and/or `read`:

    INFO = FormatInfo(...)
    def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult
    def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult

Both run on a worker thread, take one picture at a time, call `progress(done, total)` after each, and raise
`Cancelled` when `cancelled()` says so. `write` leaves either a complete folder or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError, fill
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segmentation

Report = Callable[[int, int], None]
Cancel = Callable[[], bool]


@dataclass(frozen=True)
class FormatInfo:
    """What the menu shows. `title` and `note` are English, marked with `N_`.

    `extensions`: what `read` takes: (".json",) for a file, () for a folder.
    """

    id: str
    title: str
    extensions: tuple[str, ...]
    can_write: bool
    can_read: bool
    note: str


@dataclass(frozen=True)
class Note:
    """Something a person should know about a result: an English template, marked with `N_`, and its values."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return fill(self.template, dict(self.values))


@dataclass(frozen=True)
class ExportItem:
    """One picture on its way out.

    `path`: relative, POSIX; `picture_file`: where it lies now; `width`, `height`: upright (EXIF-turned), the size of
    `segmentation`. `instances`: the model's raw answer (may overlap), where the layer is the prediction.
    """

    path: str
    picture_file: Path
    width: int
    height: int
    segmentation: Segmentation
    instances: tuple[Instance, ...] = ()


@dataclass(frozen=True)
class ExportSource:
    """The pictures to write. `items()` starts a new pass that loads one picture at a time; it may give fewer than
    `count`. `with_pictures`: copy the pictures into the export too."""

    classes: ClassSet
    count: int
    items: Callable[[], Iterator[ExportItem]]
    with_pictures: bool = True


@dataclass(frozen=True)
class Problem:
    """A picture, label file or annotation that was left out of an export or import, and why."""

    name: str
    error: SegDeskError


@dataclass(frozen=True)
class ExportResult:
    """What was written: the final folder, pictures, objects, what the format could not hold, and pictures that were
    left out because they are missing or damaged."""

    folder: Path
    pictures: int
    objects: int
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ImportResult:
    """What was taken in: pictures that got labels, objects in them, what was left out, and remarks."""

    pictures: int
    objects: int
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()


def stream(source: ExportSource, *, progress: Report, cancelled: Cancel) -> Iterator[ExportItem]:
    """The items of a source; reports after each and raises `Cancelled` when asked."""
    progress(0, source.count)
    for done, item in enumerate(source.items(), 1):
        if cancelled():
            raise Cancelled
        yield item
        progress(done, source.count)


class ImportSink(Protocol):
    """Where an importer puts labels: a project (`segdesk.io.project_exchange.ProjectSink`) or a test's fake."""

    def class_ids(self, classes: ClassSet) -> dict[int, int]:
        """Join foreign classes to the project's by name; returns the map from their ids to the project's."""
        ...

    def size_of(self, name: str) -> tuple[int, int]:
        """(height, width), upright, of the picture that a foreign path, file name or stem means.

        Raises `SegDeskError` if there is none, more than one, or the picture cannot be read.
        """
        ...

    def put(self, name: str, segmentation: Segmentation) -> None:
        """Store a map in PROJECT class ids for the picture that `name` means.

        Raises `SegDeskError` where `size_of` does, where the sizes differ, and where a person's work would be lost.
        """
        ...
