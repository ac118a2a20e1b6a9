"""Cityscapes: label, train and object numbers as PNGs, polygons as JSON, and its panoptic form.

Writes `leftImg8bit/SPLIT/segdesk/` and `gtFine/SPLIT/segdesk/*_gtFine_{labelIds,labelTrainIds,instanceIds,color}.png`,
`*_polygons.json`, `gtFine/cityscapes_panoptic_SPLIT.json` with its PNGs. Reads object numbers, else label numbers, else
train ids, else polygons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io import coco, label_pngs
from segdesk.io.atomic import new_folder
from segdesk.io.cityscapes_in import read_folder
from segdesk.io.cityscapes_labels import (
    CLASSES,
    MOST_OBJECTS,
    TRAIN_IDS,
    UNLABELLED,
    ObjectNumbers,
    categories,
    train_table,
)
from segdesk.io.export_files import PictureCopies, boxes, merged_stuff, relabelled, usual_notes
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
from segdesk.io.outlines import painted_outlines
from segdesk.io.picture_names import UniqueNames

INFO = FormatInfo(
    id="cityscapes",
    title=N_("Cityscapes"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("PNGs of labels, train ids and objects, and polygons, with the classes of Cityscapes only."),
    classes=CLASSES,
    most_objects=MOST_OBJECTS,
)

_CITY = "segdesk"


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    head = {"categories": list(categories())}
    with new_folder(folder, INFO.id) as place, coco.SplitLists(place / "gtFine", "cityscapes_panoptic", head) as files:
        writer = _Writer(place, files, copies, FixedMaps(source.classes, INFO))
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
        writer.names.save(place)
    return ExportResult(folder, len(writer.names.paths), writer.objects, tuple(writer.notes()), tuple(copies.problems))


@dataclass
class _Writer:
    """Numbers of what has been written so far; a picture is named by the order in which it came."""

    place: Path
    files: coco.SplitLists
    copies: PictureCopies
    maps: FixedMaps
    names: UniqueNames = field(default_factory=UniqueNames)
    train: np.ndarray = field(default_factory=train_table)
    objects: int = 0
    beyond: int = 0

    def add(self, item: ExportItem) -> None:
        split, stem = item.split or "train", f"{_CITY}_{len(self.names.paths):06d}_000000"
        if not self.copies.copy(
            item, self.place / "leftImg8bit" / split / _CITY / f"{stem}_leftImg8bit.png", kind="PNG"
        ):
            return
        self.names.keep(stem, item.path)
        labels, _ = merged_stuff(self.maps.taken(item.segmentation), CLASSES)
        numbers = ObjectNumbers(labels)
        self.beyond += numbers.beyond
        self.objects += len(labels.segments)
        ids = relabelled(labels.ids, numbers.of, np.uint16)
        base = self.place / "gtFine" / split / _CITY / f"{stem}_gtFine"
        self._pngs(base, labels.class_map(), ids)
        base.with_name(f"{base.name}_polygons.json").write_text(json.dumps(_polygons(labels)), encoding="utf-8")
        self._panoptic(split, stem, labels, numbers.of)

    def _pngs(self, base: Path, classes: np.ndarray, ids: np.ndarray) -> None:
        label_pngs.save_index(base.with_name(f"{base.name}_labelIds.png"), classes.astype(np.uint8))
        label_pngs.save_index(base.with_name(f"{base.name}_labelTrainIds.png"), self.train[classes])
        label_pngs.save_index(base.with_name(f"{base.name}_instanceIds.png"), ids)
        Image.fromarray(CLASSES.color_table()[classes]).save(base.with_name(f"{base.name}_color.png"), "PNG")

    def _panoptic(self, split: str, stem: str, labels: Segmentation, numbers: dict[int, int]) -> None:
        """Segments of the same number (what is in a group) are one."""
        kept = {k: numbers[k] for k, s in labels.segments.items() if s.class_id in TRAIN_IDS}
        whole = relabelled(labels.ids, kept, np.uint16)
        segments = {n: labels.segments[k] for k, n in kept.items()}
        merged = Segmentation(whole, segments)
        areas, rows = merged.areas(), []
        for number, segment, (x0, y0, x1, y1) in boxes(merged):
            group = segment.class_id in CLASSES.things and number < 1000
            rows.append(
                {
                    "id": number,
                    "category_id": segment.class_id,
                    "area": areas[number],
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "iscrowd": int(group),
                }
            )
        name = f"{stem}_gtFine_panoptic.png"
        label_pngs.save_panoptic(self.place / "gtFine" / f"cityscapes_panoptic_{split}" / name, whole.astype(np.uint32))
        height, width = labels.size
        lists = self.files.of(split)
        picture = {"id": stem, "width": width, "height": height, "file_name": f"{stem}_gtFine_leftImg8bit.png"}
        lists.add("images", picture)
        lists.add("annotations", {"image_id": stem, "file_name": name, "segments_info": rows})

    def notes(self) -> list[Note]:
        notes = [*usual_notes(self.copies.encoded_anew, self.maps.unknown), *self.maps.notes()]
        notes.append(Note(N_("Scores are not part of this format.")))
        if self.beyond:
            text = N_("{count} objects are beyond the {limit} of a class that a picture can hold; they form a group.")
            notes.append(Note(text, {"count": self.beyond, "limit": MOST_OBJECTS}))
        return notes


def _polygons(labels: Segmentation) -> dict[str, object]:
    """The polygons of a picture; drawn in their order they give the map again."""
    rows = []
    for value, points in painted_outlines(labels.ids):
        segment = labels.segments.get(value)
        info = CLASSES.get(segment.class_id) if segment else None
        group = "group" if segment and segment.crowd and info and info.is_thing else ""
        corners = points.tolist()
        corners += [corners[-1]] * (3 - len(corners))  # readers want three points
        rows.append({"label": f"{info.name}{group}" if info else UNLABELLED, "polygon": corners})
    return {"imgHeight": labels.size[0], "imgWidth": labels.size[1], "objects": rows}


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder with gtFine in it, or any folder with Cityscapes' label files; see `segdesk.io.formats.base`."""
    if not path.is_dir():
        raise SegDeskError("{name} is not a folder.", "Choose the folder with the label PNGs.", name=str(path))
    return read_folder(path, sink, progress=progress, cancelled=cancelled)
