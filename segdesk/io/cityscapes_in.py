"""Reading Cityscapes' label files: of each picture the one that says most."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.atomic import explain_os_error
from segdesk.io.cityscapes_labels import CLASSES, TRAIN_IDS, UNLABELLED, from_numbers, plain_label
from segdesk.io.formats.base import Cancel, ImportResult, ImportSink, Note, Problem, Report
from segdesk.io.picture_names import known_names
from segdesk.io.scanning import natural_key

_KINDS = ("_instanceIds.png", "_labelIds.png", "_labelTrainIds.png", "_polygons.json")  # the one that says most first
_FAR = 1 << 15


def read_folder(path: Path, sink: ImportSink, *, progress: Report, cancelled: Cancel) -> ImportResult:
    """Take in what is below `path`; what does not fit is listed and left out."""
    files = _chosen(path)
    if not files:
        raise SegDeskError("{name} holds no Cityscapes labels.", "Choose the folder above gtFine.", name=str(path))
    reader = _Reader(sink, known_names(path, *list(path.parents)[:3]))
    progress(0, len(files))
    for done, (key, (kind, file)) in enumerate(files.items(), 1):
        if cancelled():
            raise Cancelled
        reader.take(key, kind, file)
        progress(done, len(files))
    return ImportResult(reader.pictures, reader.objects, tuple(reader.problems), tuple(reader.notes()))


def _chosen(path: Path) -> dict[str, tuple[int, Path]]:
    """Picture key -> (kind, file), in natural order."""
    found: dict[str, tuple[int, Path]] = {}
    for file in path.rglob("*_gt*_*"):
        for kind, ending in enumerate(_KINDS):
            if file.name.endswith(ending):
                key = file.name.removesuffix(ending).rpartition("_gt")[0]
                if kind < found.get(key, (len(_KINDS), file))[0]:
                    found[key] = kind, file
    return {key: found[key] for key in sorted(found, key=natural_key)}


@dataclass
class _Reader:
    """Numbers and complaints of what has been read so far."""

    sink: ImportSink
    names: Mapping[str, str]
    pictures: int = 0
    objects: int = 0
    from_polygons: int = 0
    problems: list[Problem] = field(default_factory=list)
    _ids: dict[int, int] = field(default_factory=lambda: {VOID: VOID})

    def take(self, key: str, kind: int, file: Path) -> None:
        name = key
        try:
            name, size = self._picture(key)
            labels, unknown = self._labels(file, kind, size)
            self.sink.put(name, labels.remapped(self._project_ids(labels)))
        except SegDeskError as error:
            self.problems.append(Problem(name, error))
            return
        if unknown:
            self.problems.append(Problem(name, _unknown(name, unknown)))
        self.pictures += 1
        self.objects += len(labels.segments)

    def _picture(self, key: str) -> tuple[str, tuple[int, int]]:
        """(name, size) of a key's picture, which may be called as Cityscapes calls it or just by the key."""
        name = self.names.get(key, f"{key}_leftImg8bit.png")
        try:
            return name, self.sink.size_of(name)
        except SegDeskError:
            if key in self.names:
                raise
            return key, self.sink.size_of(key)

    def _labels(self, file: Path, kind: int, size: tuple[int, int]) -> tuple[Segmentation, list[str]]:
        """(the map in Cityscapes' classes, labels that it does not have)."""
        if kind == 3:
            self.from_polygons += 1
            return _painted(file, size)
        numbers = label_pngs.load_index(file, size)
        if kind == 2:
            table = np.zeros(MAX_ID + 1, np.uint16)
            table[list(TRAIN_IDS.values())] = list(TRAIN_IDS)
            numbers = table[numbers.astype(np.uint16)]
        labels, unknown = from_numbers(numbers)
        return labels, [str(n) for n in unknown]

    def _project_ids(self, labels: Segmentation) -> dict[int, int]:
        """Classes join the project when they are first seen."""
        for segment in labels.segments.values():
            if segment.class_id not in self._ids:
                info = CLASSES.get(segment.class_id)
                assert info is not None
                self._ids.update(self.sink.class_ids(ClassSet([info])))
        return self._ids

    def notes(self) -> list[Note]:
        if not self.from_polygons:
            return []
        text = N_("{count} pictures were read from polygons, because there was no PNG.")
        return [Note(text, {"count": self.from_polygons})]


def _unknown(name: str, labels: list[str]) -> SegDeskError:
    return SegDeskError(
        "{name} has labels that Cityscapes does not have: {labels}.",
        "Their pixels were left without a label.",
        name=name,
        labels=", ".join(labels[:10]),
    )


def _painted(file: Path, size: tuple[int, int]) -> tuple[Segmentation, list[str]]:
    """The map of a polygons file: painted in the file's order, as Cityscapes' own tools do it."""
    try:
        data = json.loads(file.read_bytes())
        stated, rows = (data["imgHeight"], data["imgWidth"]), data["objects"]
        shapes = [(str(row["label"]), _corners(row["polygon"])) for row in rows if not row.get("deleted")]
    except OSError as error:
        raise explain_os_error(error, file) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SegDeskError("{name} is not a polygon file of Cityscapes.", name=file.name) from error
    if stated != size:
        known = tuple(v if isinstance(v, int) else 0 for v in stated)
        label_pngs.require_size(file.name, (known[0], known[1]), size)
    if len(shapes) > MAX_ID:
        raise SegDeskError(
            "{name} has {count} objects; a map can hold {limit}.",
            "Cut the picture into pieces.",
            name=file.name,
            count=len(shapes),
            limit=MAX_ID,
        )
    ids, segments, stuff, unknown = np.zeros(size, np.int32), {}, {}, []
    for key, (label, points) in enumerate(shapes, 1):
        class_id, group = plain_label(label)
        if class_id is None:
            unknown += [label] if label not in (UNLABELLED, "license plate") and label not in unknown else []
            goal = 0
        elif group or class_id not in CLASSES.things:
            goal = stuff.setdefault(class_id, key)
            segments[goal] = Segment(class_id, crowd=group)
        else:
            goal = key
            segments[key] = Segment(class_id)
        if label != "license plate":  # has no number of its own: what is under it stays
            cv2.fillPoly(ids, [points], goal)
    return Segmentation(ids.astype(np.uint16), segments).pruned(), unknown


def _corners(value: object) -> np.ndarray:
    points = np.array(value, float)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise ValueError("no polygon")
    return np.clip(np.round(points), -_FAR, _FAR).astype(np.int32)
