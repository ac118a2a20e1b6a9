"""Supervisely: `meta.json`, and for each data set `img/` and `ann/` with a bitmap for each object, exact to the pixel.

Reads bitmaps, polygons with holes and rectangles. (The format's documentation: geometry of an annotation, bitmap.)
"""

from __future__ import annotations

import base64
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet, Color
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment
from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.atomic import explain_os_error, new_folder
from segdesk.io.export_files import PictureCopies, boxes, merged_stuff, usual_notes
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
from segdesk.io.objects_in import Found, ObjectsIn, Size, color_of, hex_of, mask_of, placed, points_of
from segdesk.io.picture_names import UniqueNames
from segdesk.io.scanning import natural_key

INFO = FormatInfo(
    id="supervisely",
    title=N_("Supervisely"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("A project folder with a bitmap for each object."),
)
STUFF, CROWD = "stuff", "crowd"
LARGEST = 64 << 20  # bytes of one bitmap's file when it is unpacked


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies, names = PictureCopies.of(source), UniqueNames()
    pictures = found = unknown = 0
    with new_folder(folder, INFO.id) as place:
        (place / "meta.json").write_text(
            json.dumps(_meta(source.classes), ensure_ascii=False, indent=1) + "\n", "utf-8"
        )
        for item in stream(source, progress=progress, cancelled=cancelled):
            data_set = place / (item.split or "ds0")
            file = f"{names.stem(item.path)}{item.picture_file.suffix}"
            if not copies.copy(item, data_set / "img" / file):
                continue
            rows, lost = _objects(item, source.classes)
            note = data_set / "ann" / f"{file}.json"
            note.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(_annotation(item, rows), ensure_ascii=False, separators=(",", ":"))
            note.write_text(text + "\n", encoding="utf-8")
            pictures, found, unknown = pictures + 1, found + len(rows), unknown + lost
    notes = (Note(N_("Scores are not part of this format.")), *usual_notes(copies.encoded_anew, unknown))
    return ExportResult(folder, pictures, found, notes, tuple(copies.problems))


def _meta(classes: ClassSet) -> dict[str, object]:
    rows = [
        {"id": c.id, "title": c.name, "shape": "bitmap", "color": hex_of(c.color), "geometry_config": {}, "hotkey": ""}
        for c in classes
    ]
    tags = [
        {"id": n, "name": name, "value_type": "none", "color": "#808080", "applicable_type": "objectsOnly"}
        for n, name in enumerate((STUFF, CROWD), 1)
    ]
    return {"classes": rows, "tags": tags, "projectType": "images"}


def _objects(item: ExportItem, classes: ClassSet) -> tuple[list[dict[str, object]], int]:
    labels, unknown = merged_stuff(item.segmentation, classes)
    rows: list[dict[str, object]] = []
    for key, segment, (x0, y0, x1, y1) in boxes(labels):
        info = classes.get(segment.class_id)
        assert info is not None
        file = io.BytesIO()
        Image.fromarray(labels.ids[y0:y1, x0:x1] == key).save(file, "PNG")
        tags = [name for name, on in ((STUFF, not info.is_thing), (CROWD, segment.crowd)) if on]
        rows.append(
            {
                "id": len(rows) + 1,
                "classId": info.id,
                "classTitle": info.name,
                "geometryType": "bitmap",
                "tags": [{"name": name, "value": None} for name in tags],
                "bitmap": {
                    "data": base64.b64encode(zlib.compress(file.getvalue())).decode("ascii"),
                    "origin": [x0, y0],
                },
            }
        )
    return rows, unknown


def _annotation(item: ExportItem, rows: list[dict[str, object]]) -> dict[str, object]:
    size = {"height": item.height, "width": item.width}
    return {"description": "", "tags": [], "size": size, "customData": {"path": item.path}, "objects": rows}


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a project folder, or one data set of it; see `segdesk.io.formats.base`."""
    files = sorted((f for f in path.rglob("*.json") if f.parent.name == "ann"), key=lambda f: natural_key(str(f)))
    if not files:
        raise SegDeskError(
            "{name} holds no annotations of Supervisely.", "Choose the folder with meta.json.", name=str(path)
        )
    found, colors = ObjectsIn(sink), _colors(path)
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        if cancelled():
            raise Cancelled
        try:
            _take(found, file, colors)
        except SegDeskError as error:
            found.problems.append(Problem(file.name, error))
        progress(done, len(files))
    return found.result()


def _colors(path: Path) -> dict[str, Color | None]:
    """The colours of the classes; empty where meta.json is missing or damaged."""
    for folder in (path, path.parent):
        try:
            rows = json.loads((folder / "meta.json").read_bytes())["classes"]
            return {str(row["title"]): color_of(row.get("color")) for row in rows}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return {}


def _take(found: ObjectsIn, file: Path, colors: Mapping[str, Color | None]) -> None:
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise explain_os_error(error, file) from error
    except (ValueError, RecursionError) as error:
        raise SegDeskError("{name} is damaged.", "Export it again.", name=file.name) from error
    if not isinstance(data, dict) or not isinstance(data.get("objects"), list) or not data["objects"]:
        return
    custom, size_of = data.get("customData"), data.get("size")
    name = custom.get("path") if isinstance(custom, dict) else None
    name = name if isinstance(name, str) else file.stem

    def shapes(size: Size) -> list[Found]:
        stated = size_of if isinstance(size_of, dict) else {}
        if isinstance(stated.get("height"), int) and isinstance(stated.get("width"), int):
            label_pngs.require_size(file.name, (stated["height"], stated["width"]), size)
        return list(found.each(file.name, data["objects"], _Shapes(found, size, colors).read))

    found.take(name, shapes)


@dataclass(frozen=True)
class _Shapes:
    """Objects of one picture; coordinates are those of pixels, whose centres are drawn."""

    found: ObjectsIn
    size: Size
    colors: Mapping[str, Color | None]

    def read(self, row: object) -> Found | None:
        if not isinstance(row, dict):
            raise ValueError("its entry is damaged")
        draw = {"bitmap": self._bitmap, "polygon": self._polygon, "rectangle": self._rectangle}
        kind = row.get("geometryType")
        if kind not in draw:
            return None
        tags = {tag.get("name") for tag in row.get("tags") or () if isinstance(tag, dict)}
        name = row.get("classTitle")
        class_id = self.found.class_of(name, color=self.colors.get(str(name)), is_thing=STUFF not in tags)
        return Segment(class_id, crowd=CROWD in tags), draw[kind](row)

    def _bitmap(self, row: Mapping[str, object]) -> Rle:
        bitmap = row["bitmap"]
        if not isinstance(bitmap, dict) or not isinstance(bitmap.get("data"), str):
            raise ValueError("it has no mask")
        try:
            data = zlib.decompressobj().decompress(base64.b64decode(bitmap["data"]), LARGEST)
        except zlib.error as error:
            raise ValueError("its mask is damaged") from error
        x, y = (int(v) for v in points_of([bitmap["origin"]], 1)[0])
        return placed(mask_of(data, self.size), x, y, self.size)

    def _polygon(self, row: Mapping[str, object]) -> Rle:
        points = row["points"]
        if not isinstance(points, dict):
            raise ValueError("it has too few points")
        rings = [points_of(points["exterior"]), *(points_of(ring) for ring in points.get("interior") or ())]
        return self._filled([np.rint(ring).astype(np.int64) for ring in rings])

    def _rectangle(self, row: Mapping[str, object]) -> Rle:
        points = row["points"]
        corners = points_of(points["exterior"] if isinstance(points, dict) else None, 2)
        (x0, y0), (x1, y1) = np.rint(corners.min(axis=0)), np.rint(corners.max(axis=0))
        return self._filled([np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.int64)])

    def _filled(self, rings: list[np.ndarray]) -> Rle:
        """The first ring with its border, without what lies inside the others."""
        low = np.clip(rings[0].min(axis=0), 0, (self.size[1], self.size[0]))
        high = np.clip(rings[0].max(axis=0) + 1, 0, (self.size[1], self.size[0]))
        width, height = (int(v) for v in high - low)
        if width <= 0 or height <= 0:
            raise ValueError("it lies outside of the picture")
        crop = np.zeros((height, width), np.uint8)
        for ring, value in zip(rings, [1, *[0] * (len(rings) - 1)], strict=True):
            cv2.fillPoly(crop, [(ring - low).astype(np.int32)], value)
        return rle.encode_at(crop > 0, int(low[0]), int(low[1]), self.size)
