"""ADE20K in full: one colour PNG for every picture whose channels are class and object, and a list of its objects.

Class number = R / 10 * 256 + G, object number = B; 0 is no label. Writes `images/SPLIT/segdesk/` (`training`,
`validation`, `testing`) with `NAME.jpg`, `NAME_seg.png` and `NAME_atr.txt`, and `objects.txt` with the class names.
Reads the same; of the data set itself, class names come from the `_atr.txt` or JSON files beside the pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io.ade20k_in import OBJECTS, read_folder
from segdesk.io.atomic import new_folder
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
from segdesk.io.picture_names import UniqueNames

_MOST = 255  # object numbers are one byte
_MOST_CLASSES = 25 * 256 + 255

INFO = FormatInfo(
    id="ade20k_full",
    title=N_("ADE20K in full"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("A colour PNG of classes and objects for every picture; at most 255 objects of a class in a picture."),
    most_objects=_MOST,
)

_SPLITS = {"": "training", "train": "training", "val": "validation", "test": "testing"}


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    if len(source.classes) > _MOST_CLASSES:
        raise SegDeskError(
            "{format} holds {limit} classes; the project has {count}.",
            "Choose another format.",
            format=INFO.title,
            limit=_MOST_CLASSES,
            count=len(source.classes),
        )
    copies = PictureCopies.of(source)
    with new_folder(folder, INFO.id) as place:
        writer = _Writer(source, place, copies)
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
        writer.finish()
    pictures = len(writer.names.paths)
    return ExportResult(folder, pictures, writer.objects, tuple(writer.notes()), tuple(copies.problems))


@dataclass
class _Writer:
    """Numbers of what has been written so far; class numbers count from 1 in the order of the project's classes."""

    source: ExportSource
    place: Path
    copies: PictureCopies
    names: UniqueNames = field(default_factory=UniqueNames)
    objects: int = 0
    unknown: int = 0
    crowds: int = 0
    beyond: int = 0

    def __post_init__(self) -> None:
        self._number = {c.id: n for n, c in enumerate(self.source.classes, 1)}

    def add(self, item: ExportItem) -> None:
        stem, folder = self.names.stem(item.path), self.place / "images" / _SPLITS[item.split] / "segdesk"
        if not self.copies.copy(item, folder / f"{stem}.jpg", kind="JPEG"):
            return
        folder.mkdir(parents=True, exist_ok=True)
        self.names.keep(stem, item.path)
        labels, unknown = merged_stuff(item.segmentation, self.source.classes)
        self.unknown += unknown
        self.crowds += sum(s.crowd for s in labels.segments.values())
        self.objects += len(labels.segments)
        numbers = self._object_numbers(labels)
        kinds = {k: self._number[s.class_id] for k, s in labels.segments.items()}
        kind, number = relabelled(labels.ids, kinds, np.uint16), relabelled(labels.ids, numbers, np.uint8)
        channels = np.stack([kind // 256 * 10, kind % 256, number], axis=-1).astype(np.uint8)
        Image.fromarray(channels).save(folder / f"{stem}_seg.png", "PNG")
        (folder / f"{stem}_atr.txt").write_text(self._list(labels, numbers), encoding="utf-8")

    def _object_numbers(self, labels: Segmentation) -> dict[int, int]:
        """1..n over all segments, as ADE20K has it; where that is more than a byte holds, 1..n for each class of
        things, and 0 (not told apart) for what is left."""
        if len(labels.segments) <= _MOST:
            return {key: n for n, key in enumerate(labels.segments, 1)}
        counts: dict[int, int] = {}
        numbers = {}
        for key, segment in labels.segments.items():
            if segment.class_id in self.source.classes.things:
                count = counts[segment.class_id] = counts.get(segment.class_id, 0) + 1
                numbers[key] = count if count <= _MOST else 0
                self.beyond += count > _MOST
        return numbers

    def _list(self, labels: Segmentation, numbers: dict[int, int]) -> str:
        """Number # part level # occluded # class # name as typed # attributes."""
        rows = []
        for key, segment in labels.segments.items():
            info = self.source.classes.get(segment.class_id)
            name = " ".join(info.name.replace("#", " ").split()) if info else ""
            rows.append(f'{numbers.get(key, 0):03d} # 0 # 0 # {name} # {name} # ""\n')
        return "".join(rows)

    def finish(self) -> None:
        self.names.save(self.place)
        rows = (f"{n}\t{'thing' if c.is_thing else 'stuff'}\t{c.name}\n" for n, c in enumerate(self.source.classes, 1))
        (self.place / OBJECTS).write_text("".join(rows), encoding="utf-8")

    def notes(self) -> list[Note]:
        notes = [*usual_notes(self.copies.encoded_anew, self.unknown), Note(N_("Scores are not part of this format."))]
        if self.beyond:
            text = N_("{count} objects are beyond the {limit} of a class that a picture can hold; they form a group.")
            notes.append(Note(text, {"count": self.beyond, "limit": _MOST}))
        if self.crowds:
            notes.append(Note(N_("{count} crowd regions are written as single objects."), {"count": self.crowds}))
        return notes


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder with `_seg.png` files anywhere below it; see `segdesk.io.formats.base`."""
    if not path.is_dir():
        raise SegDeskError("{name} is not a folder.", "Choose the folder with the label PNGs.", name=str(path))
    return read_folder(path, sink, progress=progress, cancelled=cancelled)
