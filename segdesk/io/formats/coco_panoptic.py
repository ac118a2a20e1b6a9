"""COCO panoptic: every pixel's segment as an RGB PNG and a JSON that says what the segments are.

Writes `annotations/panoptic_default.json` (or `_train`, `_val`, `_test`), a folder of PNGs of the same name beside it,
and `images/`. A segment's id is
R + 256 G + 65536 B, 0 is void; a stuff class is one segment a picture. Areas and boxes are counted from the map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.numbering import numbered
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.text import N_
from segdesk.io import coco, label_pngs
from segdesk.io.atomic import new_folder
from segdesk.io.export_files import PictureCopies, boxes, merged_stuff, relabelled, usual_notes
from segdesk.io.formats.base import (
    Cancel,
    ExportItem,
    ExportResult,
    ExportSource,
    FormatInfo,
    ImportResult,
    ImportSink,
    Note,
    Problem,
    Report,
    stream,
)
from segdesk.io.picture_names import UniqueNames, inside

INFO = FormatInfo(
    id="coco_panoptic",
    title=N_("COCO panoptic"),
    extensions=(".json",),
    can_write=True,
    can_read=True,
    note=N_("A PNG of segment numbers for every picture and one JSON file; things and stuff together."),
    entries="annotations/panoptic_*.json",
)

_SPREAD = 0x9E3779  # odd, so that multiples differ modulo 2**24: neighbouring segments get colours that differ


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    head = {
        "info": {"description": "Exported by SegDesk", "date_created": datetime.now(UTC).isoformat(timespec="seconds")},
        "licenses": [],
        "categories": coco.categories(source.classes),
    }
    copies = PictureCopies.of(source)
    with new_folder(folder, INFO.id) as place, coco.SplitLists(place / "annotations", "panoptic", head) as files:
        writer = _Writer(source, place, files, copies)
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
    notes = (Note(N_("Scores are not part of this format.")), *usual_notes(copies.encoded_anew, writer.unknown))
    return ExportResult(folder, writer.pictures, writer.objects, notes, tuple(copies.problems))


@dataclass
class _Writer:
    """Numbers of what has been written so far; image ids count from 1."""

    source: ExportSource
    place: Path
    files: coco.SplitLists
    copies: PictureCopies
    names: UniqueNames = field(default_factory=UniqueNames)
    pictures: int = 0
    objects: int = 0
    unknown: int = 0

    def add(self, item: ExportItem) -> None:
        if not self.copies.copy(item, self.place / "images" / item.path):
            return
        self.pictures += 1
        row = {"id": self.pictures, "file_name": item.path, "width": item.width, "height": item.height}
        lists = self.files.of(item.split)
        lists.add("images", row)
        labels, unknown = merged_stuff(item.segmentation, self.source.classes)
        self.unknown += unknown
        rows, colors = [], {}
        areas = labels.areas()
        for key, segment, (x0, y0, x1, y1) in boxes(labels):
            colors[key] = key * _SPREAD % (1 << 24)
            rows.append(
                {
                    "id": colors[key],
                    "category_id": segment.class_id,
                    "area": areas[key],
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "iscrowd": int(segment.crowd),
                }
            )
        name = f"{self.names.stem(item.path)}.png"
        file = self.place / "annotations" / f"panoptic_{item.split or 'default'}" / name
        label_pngs.save_panoptic(file, relabelled(labels.ids, colors, np.uint32))
        self.objects += len(rows)
        lists.add("annotations", {"image_id": self.pictures, "file_name": name, "segments_info": rows})


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a panoptic JSON with the PNGs in the folder of its name beside it; see `segdesk.io.formats.base`."""
    document = coco.load(path)
    reader = _Reader(document, _png_folder(path), sink, sink.class_ids(document.classes))
    progress(0, len(document.images))
    for done, image_id in enumerate(document.images, 1):
        if cancelled():
            raise Cancelled
        for row in document.annotations[image_id]:
            reader.take(image_id, row)
        progress(done, len(document.images))
    return ImportResult(reader.pictures, reader.objects, tuple(reader.problems), tuple(reader.notes()))


def _png_folder(path: Path) -> Path:
    """The folder of the JSON's name; the JSON's own folder where the PNGs lie beside it."""
    beside = path.with_suffix("")
    return beside if beside.is_dir() else path.parent


@dataclass
class _Reader:
    """Numbers and complaints of what has been read so far."""

    document: coco.Document
    folder: Path
    sink: ImportSink
    project_ids: dict[int, int]
    pictures: int = 0
    objects: int = 0
    unlisted: int = 0
    problems: list[Problem] = field(default_factory=list)

    def take(self, image_id: object, row: coco.Row) -> None:
        name = str(self.document.images[image_id].get("file_name", image_id))
        name = name.replace("_gtFine_leftImg8bit", "_leftImg8bit")  # as the tools of Cityscapes call it
        try:
            size = self.sink.size_of(name)  # a picture that is not there is said first
            ids = label_pngs.load_panoptic(inside(self.folder, str(row.get("file_name", ""))), size)
            labels = self._labels(name, ids, row)
            self.sink.put(name, labels)
        except SegDeskError as error:
            self.problems.append(Problem(name, error))
            return
        self.pictures += 1
        self.objects += len(labels.segments)

    def _labels(self, name: str, ids: np.ndarray, row: coco.Row) -> Segmentation:
        found, number = numbered(ids)
        count = int(np.count_nonzero(found))
        if count > MAX_ID:
            raise SegDeskError(
                "{name} has {count} objects; a map can hold {limit}.",
                "Cut the picture into pieces.",
                name=name,
                count=count,
                limit=MAX_ID,
            )
        known = self._segments(name, row)
        keys = np.zeros(found.size, np.uint16)
        segments: dict[int, Segment] = {}
        for n, value in enumerate(found.tolist()):
            if value in known:
                keys[n] = len(segments) + 1
                segments[int(keys[n])] = known[value]
            elif value != VOID:
                self.unlisted += 1
        return Segmentation(keys[number], segments)

    def _segments(self, name: str, row: coco.Row) -> dict[int, Segment]:
        result = {}
        rows = row.get("segments_info")
        for info in rows if isinstance(rows, list) else []:
            key = info.get("id") if isinstance(info, dict) else None
            class_id = (
                self.document.class_of.get(coco.key_of(info.get("category_id"))) if isinstance(key, int) else None
            )
            if class_id is None or key == VOID:
                error = SegDeskError("Object {id} of {name} has no category of the list.", id=key, name=name)
                self.problems.append(Problem(name, error))
            else:
                result[key] = Segment(self.project_ids[class_id], crowd=coco.is_crowd(info))
        return result

    def notes(self) -> list[Note]:
        text = N_("{count} segments of the PNGs are not in the JSON file and became void.")
        return [Note(text, {"count": self.unlisted})] if self.unlisted else []
