"""GeoJSON: a FeatureCollection for each picture, polygons with holes along the edges of pixels, exact to the pixel.

Coordinates are pixels, x to the right and y down, (0, 0) the upper left corner, as QuPath and viewers of large pictures
use them; of a picture with a georeference they can be its own map coordinates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment
from segdesk.domain.text import N_
from segdesk.io import objects_in
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
from segdesk.io.geo_tags import Georeference
from segdesk.io.objects_in import Found, ObjectsIn, Size, by_edges, color_of, points_of
from segdesk.io.outlines import edge_outlines
from segdesk.io.picture_names import UniqueNames
from segdesk.io.scanning import natural_key

INFO = FormatInfo(
    id="geojson",
    title=N_("GeoJSON"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("Polygons with holes along the edges of pixels, one file for each picture; QuPath reads them."),
    options=(
        Choice(
            "coordinates",
            N_("Coordinates"),
            (("pixels", N_("pixels")), ("map", N_("map coordinates of pictures that have a georeference"))),
        ),
    ),
)


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies, names = PictureCopies.of(source), UniqueNames()
    on_map = source.choice(INFO, "coordinates") == "map"
    pictures = found = unknown = unplaced = 0
    with new_folder(folder, INFO.id) as place:
        (place / "labels").mkdir()
        for item in stream(source, progress=progress, cancelled=cancelled):
            stem = names.stem(item.path)
            if not copies.copy(item, place / "images" / f"{stem}{item.picture_file.suffix}"):
                continue
            geo = Georeference.of(item.picture_file) if on_map else None
            unplaced += on_map and geo is None
            rows, lost = _features(item, source.classes, geo)
            data = {"type": "FeatureCollection", "segdesk": {"path": item.path, **_frame(item, geo)}, "features": rows}
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
            (place / "labels" / f"{stem}.geojson").write_text(text + "\n", encoding="utf-8")
            pictures, found, unknown = pictures + 1, found + len(rows), unknown + lost
    notes = usual_notes(copies.encoded_anew, unknown)
    if unplaced:
        notes.append(
            Note(N_("{count} pictures have no georeference; their coordinates are pixels."), {"count": unplaced})
        )
    return ExportResult(folder, pictures, found, tuple(notes), tuple(copies.problems))


def _frame(item: ExportItem, geo: Georeference | None) -> dict[str, object]:
    frame: dict[str, object] = {"height": item.height, "width": item.width}
    return frame if geo is None else {**frame, "transform": list(geo.transform)}


def _features(item: ExportItem, classes: ClassSet, geo: Georeference | None) -> tuple[list[dict[str, object]], int]:
    labels, unknown = merged_stuff(item.segmentation, classes)
    rows: list[dict[str, object]] = []
    for key, segment, (x0, y0, x1, y1) in boxes(labels):
        info = classes.get(segment.class_id)
        assert info is not None
        outlines = edge_outlines(labels.ids[y0:y1, x0:x1] == key)
        parts = [[_ring(ring + np.array([x0, y0]), geo) for ring in (o.outer, *o.holes)] for o in outlines]
        single = len(parts) == 1
        properties = {
            "objectType": "annotation",
            "classification": {"name": info.name, "color": list(info.color)},
            "isthing": int(info.is_thing),
            "iscrowd": int(segment.crowd),
            "score": round(segment.score, 6),
        }
        geometry = {"type": "Polygon" if single else "MultiPolygon", "coordinates": parts[0] if single else parts}
        rows.append({"type": "Feature", "id": len(rows) + 1, "geometry": geometry, "properties": properties})
    return rows, unknown


def _ring(corners: np.ndarray, geo: Georeference | None) -> list[list[float]]:
    """A closed ring: the first corner again at the end."""
    closed = np.concatenate([corners, corners[:1]])
    return (closed if geo is None else geo.to_map(closed)).tolist()


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of GeoJSON files; see `segdesk.io.formats.base`."""
    files = [f for f in path.rglob("*") if f.suffix.lower() in (".geojson", ".json") and not f.name.startswith(".")]
    files.sort(key=lambda f: natural_key(str(f)))
    if not files:
        raise SegDeskError("{name} holds no GeoJSON files.", "Choose the folder with the labels.", name=str(path))
    found = ObjectsIn(sink)
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        if cancelled():
            raise Cancelled
        try:
            _take(found, file)
        except SegDeskError as error:
            found.problems.append(Problem(file.name, error))
        progress(done, len(files))
    return found.result()


def _take(found: ObjectsIn, file: Path) -> None:
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise explain_os_error(error, file) from error
    except (ValueError, RecursionError) as error:
        raise SegDeskError("{name} is damaged.", "Export it again.", name=file.name) from error
    rows = data.get("features") if isinstance(data, dict) else data  # QuPath also writes a plain list
    if not isinstance(rows, list) or not rows:
        return
    known = data.get("segdesk") if isinstance(data, dict) else None
    known = known if isinstance(known, dict) else {}
    geo = Georeference.from_list(known.get("transform"))
    name = known.get("path")

    def shapes(size: Size) -> Iterator[Found]:
        stated = known.get("height", size[0]), known.get("width", size[1])
        if stated != size:
            objects_in.require_stated(file.name, stated, size)
        yield from found.each(file.name, rows, _Features(found, size, geo).read)

    found.take(name if isinstance(name, str) else file.stem, shapes)


@dataclass(frozen=True)
class _Features:
    """Features of one picture."""

    found: ObjectsIn
    size: Size
    geo: Georeference | None

    def read(self, row: object) -> Found | None:
        if not isinstance(row, dict) or not isinstance(row.get("geometry"), dict):
            raise ValueError("its entry is damaged")
        geometry, properties = row["geometry"], row.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        parts = {"Polygon": lambda g: [g], "MultiPolygon": list}.get(geometry.get("type"))
        if parts is None:
            return None
        masks = [self._polygon(part) for part in parts(geometry["coordinates"])]
        score = properties.get("score", 1.0)
        score = min(1.0, max(0.0, float(score))) if isinstance(score, (int, float)) else 1.0
        segment = Segment(self._class(properties), score, crowd=bool(properties.get("iscrowd")))
        return segment, objects_in.joined(masks)

    def _class(self, properties: Mapping[str, object]) -> int:
        given = properties.get("classification")
        given = given if isinstance(given, dict) else {}
        others = (properties.get(key) for key in ("class", "label", "name", "category"))
        name = given.get("name") or next((n for n in others if isinstance(n, str)), None)
        is_thing = bool(properties.get("isthing", 1))
        return self.found.class_of(name, color=color_of(given.get("color")), is_thing=is_thing)

    def _polygon(self, rings: list[object]) -> Rle:
        points = [points_of(ring) for ring in rings]
        if self.geo is not None:
            points = [np.round(self.geo.to_pixels(p), 3) for p in points]
        return by_edges([p[:-1] if np.array_equal(p[0], p[-1]) and len(p) > 3 else p for p in points], self.size)
