"""Writing and reading data sets that are a folder of pictures and a folder of class maps in a fixed table's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.atomic import new_folder
from segdesk.io.class_tables import ReadTable
from segdesk.io.export_files import PictureCopies, merged_stuff, usual_notes
from segdesk.io.fixed_classes import FixedMaps
from segdesk.io.formats.base import (
    Cancel,
    ExportItem,
    ExportResult,
    ExportSource,
    FormatInfo,
    ImportResult,
    ImportSink,
    Note,
    Report,
    stream,
)
from segdesk.io.index_folders import Layout, read_layout
from segdesk.io.picture_names import UniqueNames, known_names


@dataclass(frozen=True)
class ClassMaps:
    """Such a data set: `labels` is the folder of the maps, `splits` the names of its parts ("" = not divided), `shift`
    what is added to a class id of `info.classes` to give its number, `void` the number without a class, and `lists`
    the text files (name, content) that go with it."""

    info: FormatInfo
    labels: str
    splits: Mapping[str, str]
    shift: int
    void: int
    lists: Mapping[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> ClassSet:
        """The fixed table."""
        assert self.info.classes is not None
        return self.info.classes

    def write(self, source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
        """See `segdesk.io.formats.base`."""
        copies = PictureCopies.of(source)
        with new_folder(folder, self.info.id) as place:
            writer = _Writer(self, place, copies, FixedMaps(source.classes, self.info))
            for item in stream(source, progress=progress, cancelled=cancelled):
                writer.add(item)
            writer.names.save(place)
            for name, text in self.lists.items():
                (place / name).write_text(text, encoding="utf-8")
        notes = tuple(writer.notes())
        return ExportResult(folder, len(writer.names.paths), writer.objects, notes, tuple(copies.problems))

    def read(self, path: Path, sink: ImportSink, *, progress: Report, cancelled: Cancel) -> ImportResult:
        """Take the maps of a folder in: of the data set's own, of its part with the labels, or of any with PNGs."""
        if not path.is_dir():
            raise SegDeskError("{name} is not a folder.", "Choose the folder with the label PNGs.", name=str(path))
        labels = next(f for f in (path / self.labels, path) if f.is_dir())
        shifted = ClassSet(ClassInfo(c.id + self.shift + 1, c.name, c.color, c.is_thing) for c in self.classes)
        table = ReadTable(shifted, frozenset({self.void}), things_known=True)
        names = known_names(path, *list(path.parents)[:2])
        layout = Layout(labels, None, table, names=names, lazy=True)
        return read_layout(layout, sink, progress=progress, cancelled=cancelled)


@dataclass
class _Writer:
    """Numbers of what has been written so far."""

    spec: ClassMaps
    place: Path
    copies: PictureCopies
    maps: FixedMaps
    names: UniqueNames = field(default_factory=UniqueNames)
    objects: int = 0

    def __post_init__(self) -> None:
        self._number = np.full(1 << 16, self.spec.void, np.uint8)
        for info in self.spec.classes:
            self._number[info.id] = info.id + self.spec.shift

    def add(self, item: ExportItem) -> None:
        stem, part = self.names.stem(item.path), self.spec.splits[item.split]
        if not self.copies.copy(item, self.place / "images" / part / f"{stem}.jpg", kind="JPEG"):
            return
        self.names.keep(stem, item.path)
        labels, _ = merged_stuff(self.maps.taken(item.segmentation), self.spec.classes)
        numbers = self._number[labels.class_map()]
        # grey, as the originals: OpenCV would turn a palette into colours
        label_pngs.save_index(self.place / self.spec.labels / part / f"{stem}.png", numbers)
        self.objects += len(labels.segments)

    def notes(self) -> list[Note]:
        told = Note(N_("Only the class of each pixel is written, not which pixels are one object, and no scores."))
        return [*usual_notes(self.copies.encoded_anew, self.maps.unknown), told, *self.maps.notes()]
