"""Reading a folder of index maps, alone or with a second folder of object numbers; shared by `index_png` and `voc`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from segdesk.domain.classes import ClassInfo, ClassSet, spread_color
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.class_tables import LISTS, ReadTable
from segdesk.io.formats.base import Cancel, ImportResult, ImportSink, Note, Problem, Report
from segdesk.io.scanning import natural_key

SUFFIXES = (".png", ".tif", ".tiff", ".bmp")
_LABEL_FOLDERS = ("masks", "labels", "semantic")
Load = Callable[[Path, tuple[int, int]], np.ndarray]


@dataclass(frozen=True)
class Layout:
    """Where the maps lie: class numbers in `labels`, object numbers in `objects` (one of them may be None).

    `object_void`: the object number that means void in 8-bit object maps, or None. `names`: project paths of file
    stems. `lazy`: classes join the project when they are first seen, as fits long fixed tables. `load(file, size)`
    reads an (H, W) map of integers for a picture of `size` from a file with one of the `suffixes`.
    """

    labels: Path | None
    objects: Path | None
    table: ReadTable
    object_void: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    lazy: bool = False
    load: Load = label_pngs.load_index
    suffixes: tuple[str, ...] = SUFFIXES


def index_layout(path: Path, *, load: Load = label_pngs.load_index, suffixes: tuple[str, ...] = SUFFIXES) -> Layout:
    """The layout of a folder that was chosen: one with `masks` and `instances`, one of these two, or just maps; with
    the first class list in it or above it. Raises `SegDeskError`."""
    if not path.is_dir():
        raise SegDeskError("{name} is not a folder.", "Choose the folder with the label files.", name=str(path))
    labels = next((path / n for n in _LABEL_FOLDERS if (path / n).is_dir()), None)
    objects = next((f for f in (path / "instances", path.parent / "instances") if f.is_dir() and f != path), None)
    if labels is None and not (path / "instances").is_dir():
        labels = path
    if path.name == "instances":  # chosen itself: object numbers, not classes
        labels, objects = None, path
    table = ReadTable.find([path, path.parent])
    return Layout(labels, objects, table, load=load, suffixes=suffixes)


def read_layout(layout: Layout, sink: ImportSink, *, progress: Report, cancelled: Cancel) -> ImportResult:
    """Take every map in; what does not fit is listed and left out."""
    folder = layout.labels or layout.objects
    assert folder is not None
    files = sorted(
        (
            f
            for f in folder.rglob("*")
            if f.suffix.lower() in layout.suffixes and f.name not in LISTS and not f.name.startswith(".")
        ),
        key=lambda f: natural_key(f.relative_to(folder).as_posix()),
    )
    if not files:
        raise SegDeskError(
            "{name} holds no label pictures.", "Choose the folder with the label files.", name=str(folder)
        )
    reader = IndexReader(layout, folder, sink)
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        if cancelled():
            raise Cancelled
        reader.take(file)
        progress(done, len(files))
    return reader.result()


@dataclass
class IndexReader:
    """Numbers and complaints of what has been read so far."""

    layout: Layout
    folder: Path
    sink: ImportSink
    pictures: int = 0
    segments: int = 0
    made_up: bool = False
    problems: list[Problem] = field(default_factory=list)
    _ids: dict[int, int] = field(default_factory=dict)
    _only: int = 1

    def __post_init__(self) -> None:
        """All classes join the project now, unless it takes the object maps to tell which of them are countable."""
        table = self.layout.table
        if self.layout.labels is None:
            first = table.classes[0] if table.classes else ClassInfo(2, "object", spread_color(0))
            self._ids = self.sink.class_ids(ClassSet([replace(first, is_thing=True)]))
            self._only = first.id - 1
        elif not self.layout.lazy and (table.things_known or self.layout.objects is None):
            self._ids = self.sink.class_ids(table.classes)

    def take(self, file: Path) -> None:
        """Take in the maps of one file."""
        stem = file.relative_to(self.folder).with_suffix("").as_posix()
        name = self.layout.names.get(file.stem) or self.layout.table.pictures.get(stem, stem)
        self.put(name, lambda size: self._maps(file, stem, size))

    def put(self, name: str, maps: Callable[[tuple[int, int]], tuple[np.ndarray, np.ndarray | None]]) -> None:
        """Take one picture in: `maps(size)` gives its class numbers and object numbers (None: none) for its (H, W)."""
        try:
            size = self.sink.size_of(name)  # a picture that is not there is said first
            numbers, objects = maps(size)
            segmentation = label_pngs.compose(self._class_ids(name, numbers, objects), objects)
            self.sink.put(name, segmentation)
        except SegDeskError as error:
            self.problems.append(Problem(name, error))
            return
        self.pictures += 1
        self.segments += len(segmentation.segments)

    def _maps(self, file: Path, stem: str, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray | None]:
        """(class numbers, object numbers) of one picture."""
        numbers = self.layout.load(file, size)
        if self.layout.labels is None:
            void = next(iter(self.layout.table.void), 0)
            return np.where(numbers > 0, self._only, void), numbers
        partner = self._object_file(stem)
        if partner is None:
            return numbers, None
        objects = self.layout.load(partner, size)
        if objects.dtype == np.uint8 and self.layout.object_void is not None:
            objects = np.where(objects == self.layout.object_void, 0, objects)
        return numbers, objects

    def _object_file(self, stem: str) -> Path | None:
        if self.layout.objects is None:
            return None
        found = (self.layout.objects / f"{stem}{suffix}" for suffix in self.layout.suffixes)
        return next((f for f in found if f.is_file()), None)

    def _class_ids(self, name: str, numbers: np.ndarray, objects: np.ndarray | None) -> np.ndarray:
        """(H, W) project class ids; numbers that nobody explained become void and are listed."""
        if numbers.size and (numbers.min() < 0 or numbers.max() > 65_535):
            raise SegDeskError("The class numbers of {name} are too large.", name=name)
        table = np.zeros(65_536, np.uint16)
        unknown = []
        for number in np.flatnonzero(np.bincount(numbers.ravel())).tolist():
            if number in self.layout.table.void:
                continue
            if number + 1 not in self._ids:
                countable = objects is not None and bool(objects[numbers == number].any())
                self._join(number, countable)
            if number + 1 in self._ids:
                table[number] = self._ids[number + 1]
            else:
                unknown.append(number)
        if unknown:
            error = SegDeskError(
                "{name} has class numbers that are not in the class list: {numbers}.",
                "Their pixels were left without a label.",
                name=name,
                numbers=", ".join(map(str, unknown[:10])),
            )
            self.problems.append(Problem(name, error))
        return table[numbers]

    def _join(self, number: int, countable: bool) -> None:
        """Let a class join the project the first time that it is seen."""
        info = self.layout.table.classes.get(number + 1)
        if info is None:
            if self.layout.table.listed:
                return
            self.made_up = True
            info = ClassInfo(number + 1, f"class {number}", spread_color(number))
        if not self.layout.table.things_known:
            info = replace(info, is_thing=countable)
        self._ids[info.id] = self.sink.class_ids(ClassSet([info]))[info.id]

    def result(self) -> ImportResult:
        """What an importer gives back."""
        return ImportResult(self.pictures, self.segments, tuple(self.problems), tuple(self.notes()))

    def notes(self) -> list[Note]:
        """Remarks on what was read."""
        return [Note(N_("There was no class list; classes are named by their numbers."))] if self.made_up else []
