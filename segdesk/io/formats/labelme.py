"""labelme: a JSON beside each picture, with the `mask` shapes of labelme 5 and later, so that every pixel stays.

Writes pictures and JSON files into one folder, as labelme opens it. Reads polygons, rectangles and circles as labelme
draws them, and masks; looks into folders below, too.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import Box, Rle
from segdesk.domain.segmentation import Segment
from segdesk.domain.text import N_
from segdesk.io import label_pngs, objects_in
from segdesk.io.atomic import explain_os_error, new_folder
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
    Note,
    Problem,
    Report,
    stream,
)
from segdesk.io.objects_in import Found, ObjectsIn, Size, by_centres, placed, points_of
from segdesk.io.outlines import centre_outlines
from segdesk.io.picture_names import UniqueNames, is_inside
from segdesk.io.scanning import natural_key

INFO = FormatInfo(
    id="labelme",
    title=N_("labelme"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("A JSON file beside each picture; masks keep every pixel, polygons can be moved by hand in labelme."),
    options=(
        Choice(
            "shapes",
            N_("Shapes as"),
            (
                ("masks", N_("masks: every pixel as it is")),
                ("polygons", N_("polygons; masks for what they cannot hold")),
            ),
        ),
    ),
)
VERSION = "5.5.0"


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    with new_folder(folder, INFO.id) as place:
        writer = _Writer(source.classes, place, copies, source.choice(INFO, "shapes") == "polygons")
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
    notes = [Note(N_("Scores are not part of this format.")), *usual_notes(copies.encoded_anew, writer.unknown)]
    return ExportResult(folder, writer.pictures, writer.objects, tuple(notes), tuple(copies.problems))


class _Writer:
    """Numbers of what has been written so far."""

    def __init__(self, classes: ClassSet, place: Path, copies: PictureCopies, polygons: bool) -> None:
        self.classes, self.place, self.copies, self.polygons = classes, place, copies, polygons
        self.names = UniqueNames()
        self.pictures = self.objects = self.unknown = 0

    def add(self, item: ExportItem) -> None:
        """Write one picture."""
        stem = self.names.stem(item.path)
        file = f"{stem}{item.picture_file.suffix}"
        if not self.copies.copy(item, self.place / file):
            return
        labels, unknown = merged_stuff(item.segmentation, self.classes)
        shapes = []
        for key, segment, box in boxes(labels):
            shapes.append(self._shape(segment, labels.ids[box[1] : box[3], box[0] : box[2]] == key, box, len(shapes)))
        self.pictures, self.objects, self.unknown = (
            self.pictures + 1,
            self.objects + len(shapes),
            self.unknown + unknown,
        )
        data = {
            "version": VERSION,
            "flags": {},
            "shapes": shapes,
            "imagePath": file,
            "imageData": None,
            "imageHeight": item.height,
            "imageWidth": item.width,
            "segdesk": {"path": item.path},
        }
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        (self.place / f"{stem}.json").write_text(text + "\n", encoding="utf-8")

    def _shape(self, segment: Segment, crop: np.ndarray, box: Box, number: int) -> dict[str, object]:
        info = self.classes.get(segment.class_id)
        assert info is not None
        flags = {"stuff": not info.is_thing, "crowd": segment.crowd}
        outlines = centre_outlines(crop) if self.polygons else []
        if len(outlines) == 1 and len(outlines[0]) >= 3 and np.array_equal(_drawn(outlines[0], crop.shape), crop):
            points, kind, mask = (outlines[0] + (box[0], box[1])).tolist(), "polygon", None
        else:
            points, kind = [[box[0], box[1]], [box[2] - 1, box[3] - 1]], "mask"  # labelme's corners are inclusive
            mask = base64.b64encode(_png(crop)).decode("ascii")
        return {
            "label": info.name,
            "points": points,
            "group_id": number,
            "description": "",
            "shape_type": kind,
            "flags": {name: on for name, on in flags.items() if on},
            "mask": mask,
        }


def _drawn(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A polygon as labelme draws it."""
    image = Image.new("L", (shape[1], shape[0]))
    ImageDraw.Draw(image).polygon([(x, y) for x, y in points.tolist()], fill=1, outline=1)
    return np.asarray(image) > 0


def _png(crop: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(crop).save(file, "PNG")
    return file.getvalue()


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of labelme files; see `segdesk.io.formats.base`."""
    if not path.is_dir():
        raise SegDeskError("{name} is not a folder.", "Choose the folder with the JSON files.", name=str(path))
    files = sorted((f for f in path.rglob("*.json") if not f.name.startswith(".")), key=lambda f: natural_key(f.name))
    if not files:
        raise SegDeskError("{name} holds no JSON files.", "Choose the folder with the JSON files.", name=str(path))
    objects = ObjectsIn(sink)
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        if cancelled():
            raise Cancelled
        try:
            _take(objects, file, path)
        except SegDeskError as error:
            objects.problems.append(Problem(file.name, error))
        progress(done, len(files))
    return objects.result()


def _take(objects: ObjectsIn, file: Path, folder: Path) -> None:
    data = _loaded(file)
    if data is None:
        return  # a JSON of something else
    known = data.get("segdesk")
    name = known.get("path") if isinstance(known, dict) else None
    if not isinstance(name, str):
        given = data.get("imagePath")
        given = given.replace("\\", "/") if isinstance(given, str) else ""
        beside = file.parent.relative_to(folder) / (given if is_inside(given) else Path(given).name or file.stem)
        name = beside.as_posix()
    stated = data.get("imageHeight"), data.get("imageWidth")

    def shapes(size: Size) -> list[Found]:
        if isinstance(stated[0], int) and isinstance(stated[1], int):
            label_pngs.require_size(file.name, (stated[0], stated[1]), size)
        rows, reader = data.get("shapes"), _Shapes(objects, size)
        groups: dict[object, tuple[Segment, list[Rle]]] = {}
        for segment, mask in objects.each(file.name, rows if isinstance(rows, list) else (), reader.read):
            key = (segment.class_id, reader.group) if reader.group is not None else len(groups)
            groups.setdefault(key, (segment, []))[1].append(mask)
        return [(segment, objects_in.joined(masks)) for segment, masks in groups.values()]

    objects.take(name, shapes)


def _loaded(file: Path) -> Mapping[str, object] | None:
    """A labelme file; None for JSON of another kind."""
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise explain_os_error(error, file) from error
    except (ValueError, RecursionError) as error:
        raise SegDeskError("{name} is damaged.", "Save it again in labelme.", name=file.name) from error
    return data if isinstance(data, dict) and "shapes" in data else None


@dataclass
class _Shapes:
    """Shapes of one picture as labelme draws them (its function `shape_to_mask`). `group`: that of the last one; shapes
    of one group and class are one object."""

    objects: ObjectsIn
    size: Size
    group: int | None = None

    def read(self, row: object) -> Found | None:
        if not isinstance(row, dict):
            raise ValueError("its entry is damaged")
        draw = {"polygon": self._polygon, "rectangle": self._rectangle, "circle": self._circle, "mask": self._mask}
        kind = row.get("shape_type") or "polygon"
        if kind not in draw:
            return None
        flags = row.get("flags")
        flags = flags if isinstance(flags, dict) else {}
        class_id = self.objects.class_of(row.get("label"), is_thing=not flags.get("stuff"))
        group, mask = row.get("group_id"), draw[kind](row)
        self.group = group if isinstance(group, int) else None
        return Segment(class_id, crowd=bool(flags.get("crowd"))), mask

    def _polygon(self, row: Mapping[str, object]) -> Rle:
        points = points_of(row.get("points"))
        return by_centres(
            lambda draw, x, y: draw.polygon([(a - x, b - y) for a, b in points], fill=1, outline=1), points, self.size
        )

    def _rectangle(self, row: Mapping[str, object]) -> Rle:
        points = points_of(row.get("points"), 2)[:2]
        return self._box(points.min(axis=0), points.max(axis=0), "rectangle")

    def _circle(self, row: Mapping[str, object]) -> Rle:
        centre, beside = points_of(row.get("points"), 2)[:2]
        radius = np.hypot(*(centre - beside))
        return self._box(centre - radius, centre + radius, "ellipse")

    def _box(self, low: np.ndarray, high: np.ndarray, kind: str) -> Rle:
        corners = np.stack([low, high])
        return by_centres(
            lambda draw, x, y: getattr(draw, kind)(tuple((corners - (x, y)).ravel()), fill=1, outline=1),
            corners,
            self.size,
        )

    def _mask(self, row: Mapping[str, object]) -> Rle:
        x0, y0 = (int(v) for v in points_of(row.get("points"), 2)[0])
        return placed(objects_in.small_png(row.get("mask"), self.size), x0, y0, self.size)
