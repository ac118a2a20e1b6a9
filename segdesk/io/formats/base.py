"""What exporters and importers share: the picture stream they get, the sink they fill, and what they answer.

A format is one file of this folder that defines `INFO`, `write` and/or `read`:

    INFO = FormatInfo(...)
    def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult
    def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult

Both run on a worker thread, take one picture at a time, call `progress(done, total)` after each, and raise
`Cancelled` when `cancelled()` says so. `write` leaves either a complete folder or nothing.

A format that can do both reads what it wrote: `written(INFO, folder)` says which paths to give to `read`, and
`INFO.keeps` how much comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from segdesk.domain.classes import MAX_ID, ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError, fill
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segmentation

if TYPE_CHECKING:
    from segdesk.io.verifying import Verified

Report = Callable[[int, int], None]
Cancel = Callable[[], bool]


SPLITS = ("train", "val", "test")


class Keeps(StrEnum):
    """How much of a map comes back from what a format wrote, pixel by pixel."""

    OBJECTS = "objects"  # the class of every pixel, and which pixels are one object: 0 pixels differ
    CLASSES = "classes"  # the class of every pixel; objects are not told apart
    SHAPES = "shapes"  # objects as outlines or boxes: borders, holes or void may differ
    NOTHING = "nothing"  # no labels that could be read again (statistics, cut-outs, overlays)


@dataclass(frozen=True)
class Choice:
    """Something a person sets for an export: English titles marked with `N_`; the first of `values` is the default.

    `values`: (value, title) pairs. The chosen value reaches `write` as `source.choice(INFO, id)`.
    """

    id: str
    title: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FormatInfo:
    """What the menu shows. `title` and `note` are English, marked with `N_`.

    `extensions`: what `read` takes: (".json",) for a file, () for a folder. `options`: what `write` lets a person
    choose. `keeps`: how much comes back, whatever is chosen. `overlap`: whether `write` uses the raw, overlapping
    `instances` of a prediction. `classes`: the table of a format whose classes are fixed; others cannot be written.
    `entries`: a glob pattern for the files in a written folder that `read` takes, "" for the folder itself.
    `most_objects`: how many of one class in one picture are told apart, where a format that keeps objects has a limit.
    """

    id: str
    title: str
    extensions: tuple[str, ...]
    can_write: bool
    can_read: bool
    note: str
    keeps: Keeps = Keeps.OBJECTS
    options: tuple[Choice, ...] = ()
    overlap: bool = False
    classes: ClassSet | None = None
    entries: str = ""
    most_objects: int = MAX_ID

    @property
    def lossless(self) -> bool:
        """Whether every pixel's class and object come back as they were."""
        return self.keeps is Keeps.OBJECTS


def written(info: FormatInfo, folder: Path) -> list[Path]:
    """What `read` takes to read a written folder again: its files one after the other, or the folder itself."""
    return sorted(folder.glob(info.entries)) if info.entries else [folder]


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
    `segmentation`. `instances`: the model's raw answer (may overlap), where the layer is the prediction. `split`:
    "train", "val", "test" or "" where the data set is not divided.
    """

    path: str
    picture_file: Path
    width: int
    height: int
    segmentation: Segmentation
    instances: tuple[Instance, ...] = ()
    split: str = ""


@dataclass(frozen=True)
class ExportSource:
    """The pictures to write. `items()` starts a new pass that loads one picture at a time; it may give fewer than
    `count`. `with_pictures`: copy the pictures into the export too; `hard_links`: as hard links where their bytes stay
    as they are and the file system can. `options`: chosen values by the ids of `FormatInfo.options`.
    `left_out`: where the writer notes the paths of pictures that it could not take."""

    classes: ClassSet
    count: int
    items: Callable[[], Iterator[ExportItem]]
    with_pictures: bool = True
    hard_links: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set, compare=False)

    def choice(self, info: FormatInfo, option: str) -> str:
        """The chosen value of an option of `info`, or its default. Raises `SegDeskError` for a value that is none."""
        values = next([v for v, _ in o.values] for o in info.options if o.id == option)
        chosen = self.options.get(option, values[0])
        if chosen not in values:
            raise SegDeskError(
                "{value} is no value of the option {option}; there are {values}.",
                "Choose one of them.",
                value=chosen,
                option=option,
                values=", ".join(values),
            )
        return chosen


@dataclass(frozen=True)
class Problem:
    """A picture, label file or annotation that was left out of an export or import, and why."""

    name: str
    error: SegDeskError


@dataclass(frozen=True)
class ExportResult:
    """What was written: the final folder, pictures, objects, what the format could not hold, and pictures that were
    left out because they are missing or damaged. `verified`: what was found on reading it back, if it was."""

    folder: Path
    pictures: int
    objects: int
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    verified: Verified | None = None


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

    def put(self, name: str, segmentation: Segmentation, *, instances: Sequence[Instance] | None = None) -> None:
        """Store a map in PROJECT class ids for the picture that `name` means. `instances`: of a prediction, its objects
        as the file has them, which may overlap; None = the objects of the map.

        Raises `SegDeskError` where `size_of` does, where the sizes differ, and where a person's work would be lost.
        """
        ...
