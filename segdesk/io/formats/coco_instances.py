"""COCO instances: one JSON with every object as run lengths, so that holes and one-pixel islands stay exact.

Writes `annotations/instances_default.json` (or `_train`, `_val`, `_test`) and `images/`. Things are one annotation
each; a stuff class is one annotation a picture, told apart by `isthing` 0 in its category. Reads polygons with parts,
both kinds of run lengths and crowds; and result files, whose overlapping objects a prediction keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.prediction import Instance
from segdesk.domain.rle import Box, Rle
from segdesk.domain.segmentation import Segment
from segdesk.domain.text import N_
from segdesk.io import coco, label_pngs
from segdesk.io.atomic import new_folder
from segdesk.io.export_files import PictureCopies, merged_stuff, objects, usual_notes
from segdesk.io.formats.base import (
    Cancel,
    Choice,
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
from segdesk.io.objects_in import OVERLAPS, Found, resolved

INFO = FormatInfo(
    id="coco_instances",
    title=N_("COCO instances"),
    extensions=(".json",),
    can_write=True,
    can_read=True,
    note=N_("One JSON file with every object as run lengths: holes and single pixels are exact."),
    options=(
        Choice(
            "masks",
            N_("Masks as"),
            (
                ("compressed", N_("compressed run lengths")),
                ("uncompressed", N_("run lengths as numbers")),
                ("polygons", N_("polygons; run lengths for what has holes")),
            ),
        ),
    ),
    entries="annotations/instances_*.json",
)


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    head = {
        "info": {
            "description": "Exported by SegDesk",
            "version": "1.0",
            "year": datetime.now(UTC).year,
            "date_created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        "licenses": [],
        "categories": coco.categories(source.classes),
    }
    copies = PictureCopies.of(source)
    with new_folder(folder, INFO.id) as place, coco.SplitLists(place / "annotations", "instances", head) as files:
        writer = _Writer(source, place, files, copies, source.choice(INFO, "masks"))
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
    notes = tuple(usual_notes(copies.encoded_anew, writer.unknown))
    return ExportResult(folder, writer.pictures, writer.objects, notes, tuple(copies.problems))


@dataclass
class _Writer:
    """Numbers of what has been written so far; image and annotation ids count from 1."""

    source: ExportSource
    place: Path
    files: coco.SplitLists
    copies: PictureCopies
    masks: str
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
        for segment, box, mask in objects(labels):
            self.objects += 1
            lists.add("annotations", self._annotation(segment, box, mask))

    def _annotation(self, segment: Segment, box: Box, mask: Rle) -> dict[str, object]:
        x0, y0, x1, y1 = box
        how = "uncompressed" if segment.crowd and self.masks == "polygons" else self.masks  # as in the data set itself
        return {
            "id": self.objects,
            "image_id": self.pictures,
            "category_id": segment.class_id,
            "segmentation": coco.encoded(mask, how),
            "area": mask.area,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "iscrowd": int(segment.crowd),
            "score": round(segment.score, 6),
        }


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a COCO instances JSON, or a list of results beside the file that they are for; see
    `segdesk.io.formats.base`. A picture without annotations is empty as a prediction or reference; as an annotation it
    is left alone, because nobody may have looked at it."""
    document = coco.load(path)
    reader = _Reader(document, sink, sink.class_ids(document.classes), layer)
    progress(0, len(document.images))
    for done, image_id in enumerate(document.images, 1):
        if cancelled():
            raise Cancelled
        reader.take(image_id)
        progress(done, len(document.images))
    return ImportResult(reader.pictures, reader.objects, tuple(reader.problems), tuple(reader.notes()))


@dataclass
class _Reader:
    """Numbers and complaints of what has been read so far."""

    document: coco.Document
    sink: ImportSink
    project_ids: dict[int, int]
    layer: str
    pictures: int = 0
    empty: int = 0
    objects: int = 0
    overlaps: int = 0
    cut: int = 0
    swapped: int = 0
    taken: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def take(self, image_id: object) -> None:
        name = str(self.document.images[image_id].get("file_name", image_id))
        rows = self.document.annotations[image_id]
        if not rows and self.layer == "annotation":
            return
        try:
            if name in self.taken:
                raise SegDeskError("{name} occurs more than once in the file; the first one was taken.", name=name)
            size = self.sink.size_of(name)
            self._check_size(name, image_id, size)
            found = self._decoded(name, rows, size)
            labels, overlaps = resolved(name, found, size)
            self.sink.put(name, labels, instances=_raw(found) if self.layer == "prediction" else None)
            self.overlaps += overlaps
        except SegDeskError as error:
            self.problems.append(Problem(name, error))
            return
        self.taken.add(name)
        self.pictures += 1
        self.empty += not rows
        self.objects += len(labels.segments)

    def _check_size(self, name: str, image_id: object, size: tuple[int, int]) -> None:
        row = self.document.images[image_id]
        stated = row.get("height", size[0]), row.get("width", size[1])
        if stated != size:
            found = tuple(v if isinstance(v, int) else 0 for v in stated)
            label_pngs.require_size(name, (found[0], found[1]), size)

    def _decoded(self, name: str, rows: list[coco.Row], size: tuple[int, int]) -> list[Found]:
        found = []
        for row in rows:
            try:
                found.append(self._object(row, size))
            except ValueError as error:
                problem = SegDeskError(
                    "Object {id} of {name} was left out: {reason}.", id=row.get("id"), name=name, reason=str(error)
                )
                self.problems.append(Problem(name, problem))
        return found

    def _object(self, row: coco.Row, size: tuple[int, int]) -> Found:
        class_id = self.document.class_of.get(coco.key_of(row.get("category_id")))
        if class_id is None:
            raise ValueError("its category is not in the list")
        found = coco.decode(row, size)
        if found.mask.area == 0:
            raise ValueError("its mask is empty")
        self.cut += found.cut
        self.swapped += found.swapped
        score = row.get("score", 1.0)
        score = min(1.0, max(0.0, float(score))) if isinstance(score, (int, float)) else 1.0
        return Segment(self.project_ids[class_id], score, crowd=coco.is_crowd(row)), found.mask

    def notes(self) -> list[Note]:
        notes = []
        if self.overlaps:
            notes.append(Note(OVERLAPS, {"count": self.overlaps}))
        if self.cut:
            notes.append(Note(N_("{count} polygons reached out of their picture and were cut."), {"count": self.cut}))
        if self.swapped:
            text = N_("{count} masks gave their size as width and height; they were turned by their boxes.")
            notes.append(Note(text, {"count": self.swapped}))
        if self.document.orphans:
            text = N_("{count} annotations belong to no picture of the file.")
            notes.append(Note(text, {"count": self.document.orphans}))
        if self.empty:
            text = N_("{count} pictures have no objects in the file; their labels are empty.")
            notes.append(Note(text, {"count": self.empty}))
        return notes


def _raw(found: list[Found]) -> list[Instance]:
    """The objects as they are in the file, best score first; a crowd is none."""
    kept = [Instance(segment.class_id, segment.score, mask) for segment, mask in found if not segment.crowd]
    return sorted(kept, key=lambda instance: -instance.score)
