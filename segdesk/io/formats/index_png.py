"""Index PNG: a palette PNG of class numbers for every picture, 16-bit object numbers beside it, and a class list.

Writes `images/`, `masks/`, `instances/` (where there are countable classes) and `classes.json`. Reads this layout, and
any folder of index maps with a class list (`classes.json`, `classes.txt`, `labelmap.txt` ...) in it or above it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.atomic import new_folder
from segdesk.io.class_tables import ReadTable, WriteTable
from segdesk.io.export_files import PictureCopies, merged_stuff, relabelled, usual_notes
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
from segdesk.io.picture_names import UniqueNames

INFO = FormatInfo(
    id="index_png",
    title=N_("Index PNG"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("A palette PNG of class numbers for every picture, object numbers beside it, and a class list."),
)

_LABEL_FOLDERS = ("masks", "labels", "semantic")


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    with new_folder(folder, INFO.id) as place:
        writer = _Writer(source, place, WriteTable.of(source.classes), copies)
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
        (place / "classes.json").write_text(writer.table.to_json(writer.paths), encoding="utf-8")
    notes = tuple(writer.notes())
    return ExportResult(folder, len(writer.paths), writer.objects, notes, tuple(copies.problems))


@dataclass
class _Writer:
    """Numbers of what has been written so far."""

    source: ExportSource
    place: Path
    table: WriteTable
    copies: PictureCopies
    names: UniqueNames = field(default_factory=UniqueNames)
    paths: dict[str, str] = field(default_factory=dict)
    objects: int = 0
    unknown: int = 0
    crowds: int = 0

    def add(self, item: ExportItem) -> None:
        stem = self.names.stem(item.path)
        if not self.copies.copy(item, self.place / "images" / f"{stem}{item.picture_file.suffix}"):
            return
        self.paths[stem] = item.path
        labels, unknown = merged_stuff(item.segmentation, self.source.classes)
        self.unknown += unknown
        self.crowds += sum(s.crowd for s in labels.segments.values())
        index = self.table.index_map(labels.class_map())
        label_pngs.save_index(self.place / "masks" / f"{stem}.png", index, self.table.colors)
        self.objects += len(labels.segments)
        things = self.source.classes.things
        if things:
            numbers = {k: n for n, k in enumerate((k for k, s in labels.segments.items() if s.class_id in things), 1)}
            objects = relabelled(labels.ids, numbers, np.uint16)
            label_pngs.save_index(self.place / "instances" / f"{stem}.png", objects)

    def notes(self) -> list[Note]:
        return usual_notes(self.copies.encoded_anew, self.unknown) + index_notes(self.table, self.crowds)


def index_notes(table: WriteTable, crowds: int) -> list[Note]:
    """What the index formats do not hold."""
    notes = [Note(N_("Scores are not part of this format."))]
    if table.void == 0:
        notes.append(Note(N_("Pixels without a label are written as number 0, background.")))
    if table.ignore != 255:
        text = N_("{count} classes do not fit 8 bits; the maps are 16-bit grey PNGs, void is 65535.")
        notes.append(Note(text, {"count": len(table.names)}))
    if crowds:
        notes.append(Note(N_("{count} crowd regions are written as single objects."), {"count": crowds}))
    return notes


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of index maps; see `segdesk.io.formats.base`."""
    if not path.is_dir():
        raise SegDeskError("{name} is not a folder.", "Choose the folder with the label PNGs.", name=str(path))
    labels = next((path / n for n in _LABEL_FOLDERS if (path / n).is_dir()), None)
    objects = next((f for f in (path / "instances", path.parent / "instances") if f.is_dir() and f != path), None)
    if labels is None and not (path / "instances").is_dir():
        labels = path
    if path.name == "instances":  # chosen itself: object numbers, not classes
        labels, objects = None, path
    table = ReadTable.find([path, path.parent])
    return read_layout(Layout(labels, objects, table), sink, progress=progress, cancelled=cancelled)
