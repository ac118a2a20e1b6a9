"""Pascal VOC: palette PNGs of classes and objects, and boxes as XML, in the folders that VOC readers expect.

Writes `VOCdevkit/VOC2012/{JPEGImages,SegmentationClass,SegmentationObject,Annotations,ImageSets}`, `labelmap.txt` and
`classes.json`. A picture with more than 254 objects gets a 16-bit object map. Reads the same, with VOC's own 20 classes
where there is no class list; where there are only XML files, their boxes, filled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.atomic import new_folder
from segdesk.io.class_tables import VOC_NAMES, ReadTable, WriteTable
from segdesk.io.export_files import PictureCopies, index_notes, merged_stuff, relabelled, usual_notes
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
from segdesk.io.voc_boxes import read_boxes, xml_of

INFO = FormatInfo(
    id="voc",
    title=N_("Pascal VOC"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("Index PNGs with the VOC palette for classes and objects, boxes as XML, in the VOC folder layout."),
)

MAX_OBJECTS = 254
_PARTS = {"": ("train", "trainval"), "train": ("train", "trainval"), "val": ("val", "trainval"), "test": ("test",)}
_PALETTE = tuple(label_pngs.voc_color(n) for n in range(256))


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    with new_folder(folder, INFO.id) as place:
        root = place / "VOCdevkit" / "VOC2012"
        (root / "Annotations").mkdir(parents=True)
        writer = _Writer(source, root, WriteTable.of(source.classes), copies)
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
        writer.finish()
    notes = tuple(writer.notes())
    return ExportResult(folder, len(writer.names.paths), writer.objects, notes, tuple(copies.problems))


@dataclass
class _Writer:
    """Numbers of what has been written so far."""

    source: ExportSource
    root: Path
    table: WriteTable
    copies: PictureCopies
    names: UniqueNames = field(default_factory=UniqueNames)
    parts: dict[str, list[str]] = field(default_factory=lambda: {s: [] for s in ("train", "val", "trainval", "test")})
    objects: int = 0
    unknown: int = 0
    crowds: int = 0
    wide: int = 0

    def add(self, item: ExportItem) -> None:
        stem = self.names.stem(item.path)
        if not self.copies.copy(item, self.root / "JPEGImages" / f"{stem}.jpg", kind="JPEG"):
            return
        self.names.keep(stem, item.path)
        for part in _PARTS[item.split]:
            self.parts[part].append(stem)
        labels, unknown = merged_stuff(item.segmentation, self.source.classes)
        self.unknown += unknown
        self.crowds += sum(s.crowd for s in labels.segments.values())
        index = self.table.index_map(labels.class_map())
        label_pngs.save_index(self.root / "SegmentationClass" / f"{stem}.png", index, _PALETTE)
        label_pngs.save_index(self.root / "SegmentationObject" / f"{stem}.png", self._objects(labels), _PALETTE)
        xml = xml_of(f"{stem}.jpg", labels, self.source.classes)
        (self.root / "Annotations" / f"{stem}.xml").write_text(xml, encoding="utf-8")
        self.objects += len(labels.segments)

    def _objects(self, labels: Segmentation) -> np.ndarray:
        """Object numbers 1..n of the things; 16-bit where 8 bits do not hold them."""
        things = self.source.classes.things
        keys = [k for k, s in labels.segments.items() if s.class_id in things]
        fits = len(keys) <= MAX_OBJECTS
        self.wide += not fits
        numbers = {key: n for n, key in enumerate(keys, 1)}
        return relabelled(labels.ids, numbers, np.uint8 if fits else np.uint16)

    def finish(self) -> None:
        """The lists: where the set is not divided, every picture is in `train`."""
        for folder in ("Segmentation", "Main"):
            sets = self.root / "ImageSets" / folder
            sets.mkdir(parents=True)
            for part, stems in self.parts.items():
                (sets / f"{part}.txt").write_text("".join(f"{stem}\n" for stem in stems), encoding="utf-8")
        lines = ["# label:color_rgb:parts:actions"]
        for n, name in enumerate(self.table.names):
            red, green, blue = label_pngs.voc_color(n)
            lines.append(f"{name.replace(':', ' ')}:{red},{green},{blue}::")
        (self.root / "labelmap.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.root / "classes.json").write_text(self.table.to_json(self.names.paths), encoding="utf-8")

    def notes(self) -> list[Note]:
        notes = usual_notes(self.copies.encoded_anew, self.unknown) + index_notes(self.table, self.crowds)
        if self.wide:
            text = N_("{count} pictures have more than {limit} objects; their object maps are 16-bit grey PNGs.")
            notes.append(Note(text, {"count": self.wide, "limit": MAX_OBJECTS}))
        return notes


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a VOC folder, given by itself or by a folder above it; see `segdesk.io.formats.base`."""
    root = _root(path, "SegmentationClass")
    if root is None:
        root = _root(path, "Annotations")
        if root is not None and any((root / "Annotations").glob("*.xml")):
            return read_boxes(root / "Annotations", sink, progress=progress, cancelled=cancelled)
        raise SegDeskError("{name} holds no VOC labels.", "Choose the folder above SegmentationClass.", name=str(path))
    objects = root / "SegmentationObject"
    table = ReadTable.find([root, path], default=VOC_NAMES)
    layout = Layout(root / "SegmentationClass", objects if objects.is_dir() else None, table, object_void=255)
    return read_layout(layout, sink, progress=progress, cancelled=cancelled)


def _root(path: Path, part: str) -> Path | None:
    """The folder that holds a part of the data set: this one or one of at most two levels below."""
    return next((f.parent for p in (part, f"*/{part}", f"*/*/{part}") for f in sorted(path.glob(p))), None)
