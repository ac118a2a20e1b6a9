"""YOLO-seg: a text file of outlines for every picture, and `data.yaml`.

Writes `images/` and `labels/` (each with `train`, and `val` and `test` where the set is divided), `data.yaml` and
`pictures.json`. One object is one outline: holes are cut out by bridges that cost no pixel; parts of an object are
joined by lines that do, and the figure is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from segdesk.domain import rle
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io.atomic import new_folder
from segdesk.io.export_files import PictureCopies, boxes, merged_stuff, usual_notes
from segdesk.io.formats.base import (
    Cancel,
    Choice,
    ExportItem,
    ExportResult,
    ExportSource,
    FormatInfo,
    ImportResult,
    ImportSink,
    Keeps,
    Note,
    Report,
    stream,
)
from segdesk.io.picture_names import UniqueNames
from segdesk.io.yolo_in import read_labels
from segdesk.io.yolo_labels import drawn, outlines_of, text_of

INFO = FormatInfo(
    id="yolo_seg",
    title=N_("YOLO-seg"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("A text file of outlines for every picture, for Ultralytics YOLO. Parts of an object are joined by lines."),
    keeps=Keeps.SHAPES,
    options=(
        Choice(
            "parts",
            N_("Objects in several parts"),
            (("joined", N_("joined by lines")), ("separate", N_("one outline for each part"))),
        ),
    ),
)

_SUFFIXES = {".jpe": ".jpg", ".jfif": ".jpg"}  # names that Ultralytics does not know


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    with new_folder(folder, INFO.id) as place:
        writer = _Writer(source, place, copies, joined=source.choice(INFO, "parts") == "joined")
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
        writer.finish()
    pictures = len(writer.names.paths)
    return ExportResult(folder, pictures, writer.objects, tuple(writer.notes()), tuple(copies.problems))


@dataclass
class _Writer:
    """Numbers of what has been written so far. `changed`: pixels that an object gains or loses by its joined parts."""

    source: ExportSource
    place: Path
    copies: PictureCopies
    joined: bool
    names: UniqueNames = field(default_factory=UniqueNames)
    splits: set[str] = field(default_factory=set)
    objects: int = 0
    unknown: int = 0
    crowds: int = 0
    pixels: int = 0
    bridged: int = 0
    changed: int = 0
    divided: int = 0

    def __post_init__(self) -> None:
        self._number = {c.id: n for n, c in enumerate(self.source.classes)}
        self._things = self.source.classes.things

    def add(self, item: ExportItem) -> None:
        stem, split = self.names.stem(item.path), item.split or "train"
        suffix = item.picture_file.suffix.lower()
        picture = self.place / "images" / split / f"{stem}{_SUFFIXES.get(suffix, suffix)}"
        if not self.copies.copy(item, picture):
            return
        self.names.keep(stem, item.path)
        self.splits.add(split)
        labels, unknown = merged_stuff(item.segmentation, self.source.classes)
        self.unknown += unknown
        self.crowds += sum(s.crowd for s in labels.segments.values())
        self.objects += len(labels.segments)
        file = self.place / "labels" / split / f"{stem}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="\n") as out:
            self._lines(labels, out.write)

    def _lines(self, labels: Segmentation, put) -> None:  # type: ignore[no-untyped-def]  # put: (str) -> int
        for key, segment, (x0, y0, x1, y1) in boxes(labels):
            crop = labels.ids[y0:y1, x0:x1] == key
            thing = segment.class_id in self._things
            outlines = [np.add(points, (x0, y0)) for points in outlines_of(crop, one=thing and self.joined)]
            for points in outlines:
                put(text_of(self._number[segment.class_id], points, labels.size))
            self.pixels += int(np.count_nonzero(crop))
            self.divided += thing and len(outlines) > 1
            if thing and self.joined:
                self._count_loss(crop, np.subtract(outlines[0], (x0, y0)))

    def _count_loss(self, crop: np.ndarray, points: np.ndarray) -> None:
        found = rle.decode(drawn(points / (crop.shape[1], crop.shape[0]), (crop.shape[0], crop.shape[1])))
        changed = int(np.count_nonzero(found != crop))
        self.changed += changed
        self.bridged += bool(changed)

    def finish(self) -> None:
        """`data.yaml` has no `path`: readers then start from where it lies."""
        self.names.save(self.place)
        for split in ("train", *self.splits):
            for part in ("images", "labels"):
                (self.place / part / split).mkdir(parents=True, exist_ok=True)
        data = {
            "train": "images/train",
            "val": f"images/{'val' if 'val' in self.splits else 'train'}",  # must be there
            **({"test": "images/test"} if "test" in self.splits else {}),
            "nc": len(self.source.classes),
            "names": {n: c.name for n, c in enumerate(self.source.classes)},
            "things": [c.name for c in self.source.classes if c.is_thing],
        }
        text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=False)
        (self.place / "data.yaml").write_text(text, encoding="utf-8")

    def notes(self) -> list[Note]:
        notes = usual_notes(self.copies.encoded_anew, self.unknown)
        notes.append(Note(N_("Scores are not part of this format.")))
        if self.bridged:
            text = N_("{count} objects in several parts were joined by lines: {changed} of {pixels} pixels differ.")
            notes.append(Note(text, {"count": self.bridged, "changed": self.changed, "pixels": self.pixels}))
        if self.divided:
            text = N_("{count} objects in several parts became one object for each part.")
            notes.append(Note(text, {"count": self.divided}))
        if self.crowds:
            notes.append(Note(N_("{count} crowd regions are written as single objects."), {"count": self.crowds}))
        return notes


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder with `labels` in it, or a folder of label files; see `segdesk.io.formats.base`."""
    return read_labels(path, sink, progress=progress, cancelled=cancelled)
