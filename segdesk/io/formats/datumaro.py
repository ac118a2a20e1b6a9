"""Datumaro's own JSON: `annotations/default.json` (or one a split) with masks as COCO run lengths, exact to the pixel.

Reads masks, polygons and boxes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segdesk.domain.classes import ClassSet, Color
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment
from segdesk.domain.text import N_
from segdesk.io import coco, label_pngs
from segdesk.io.atomic import explain_os_error, new_folder
from segdesk.io.export_files import PictureCopies, merged_stuff, objects, usual_notes
from segdesk.io.formats.base import (
    Cancel,
    ExportItem,
    ExportResult,
    ExportSource,
    FormatInfo,
    ImportResult,
    ImportSink,
    Report,
    stream,
)
from segdesk.io.objects_in import Found, ObjectsIn, Size, by_edges, color_of, points_of

INFO = FormatInfo(
    id="datumaro",
    title=N_("Datumaro"),
    extensions=(".json",),
    can_write=True,
    can_read=True,
    note=N_("Datumaro's JSON with masks as run lengths; Datumaro turns it into many other formats."),
    entries="annotations/*.json",
)
STUFF = "stuff"  # the parent of labels whose objects are not counted


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    index = {c.id: n for n, c in enumerate(source.classes)}
    pictures = found = unknown = 0
    head = _head(source.classes)
    with new_folder(folder, INFO.id) as place, coco.SplitLists(place / "annotations", "", head, ("items",)) as files:
        for item in stream(source, progress=progress, cancelled=cancelled):
            if not copies.copy(item, place / "images" / (item.split or "default") / item.path):
                continue
            rows, lost = _annotations(item, source.classes, index)
            files.of(item.split).add("items", _item(item, rows))
            pictures, found, unknown = pictures + 1, found + len(rows), unknown + lost
    notes = usual_notes(copies.encoded_anew, unknown)
    return ExportResult(folder, pictures, found, tuple(notes), tuple(copies.problems))


def _head(classes: ClassSet) -> dict[str, object]:
    labels = [{"name": c.name, "parent": "" if c.is_thing else STUFF, "attributes": []} for c in classes]
    colors = [{"label_id": n, "r": c.color[0], "g": c.color[1], "b": c.color[2]} for n, c in enumerate(classes)]
    categories = {
        "label": {"labels": labels, "label_groups": [], "attributes": ["iscrowd", "score"]},
        "mask": {"colormap": colors},
    }
    return {"dm_format_version": "1.0", "media_type": 2, "infos": {}, "categories": categories}


def _annotations(item: ExportItem, classes: ClassSet, index: Mapping[int, int]) -> tuple[list[dict[str, object]], int]:
    labels, unknown = merged_stuff(item.segmentation, classes)
    rows: list[dict[str, object]] = []
    for segment, _, mask in objects(labels):
        rows.append(
            {
                "id": len(rows),
                "type": "mask",
                "attributes": {"iscrowd": segment.crowd, "score": round(segment.score, 6)},
                "group": len(rows) + 1,
                "label_id": index[segment.class_id],
                "rle": coco.compressed(mask),
                "z_order": 0,
            }
        )
    return rows, unknown


def _item(item: ExportItem, rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    image = {"path": item.path, "size": [item.height, item.width]}
    return {"id": str(Path(item.path).with_suffix("").as_posix()), "annotations": rows, "attr": {}, "image": image}


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read one JSON file of Datumaro; see `segdesk.io.formats.base`."""
    labels, items = _loaded(path)
    found = ObjectsIn(sink)
    progress(0, len(items))
    for done, item in enumerate(items, 1):
        if cancelled():
            raise Cancelled
        _take(found, item, labels)
        progress(done, len(items))
    return found.result()


@dataclass(frozen=True)
class _Label:
    name: object
    is_thing: bool
    color: Color | None


def _loaded(path: Path) -> tuple[Sequence[_Label], Sequence[Mapping[str, object]]]:
    """(labels by index, items). Raises `SegDeskError`."""
    try:
        data = json.loads(path.read_bytes())
        rows = data["categories"]["label"]["labels"]
        colors = {
            c["label_id"]: color_of([c["r"], c["g"], c["b"]])
            for c in data["categories"].get("mask", {}).get("colormap", [])
        }
        labels = [_Label(r["name"], r.get("parent") != STUFF, colors.get(n)) for n, r in enumerate(rows)]
        items = [item for item in data["items"] if isinstance(item, dict)]
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SegDeskError(
            "{name} is not a file of Datumaro.", "Choose a JSON of its folder annotations.", name=path.name
        ) from error
    return labels, items


def _take(found: ObjectsIn, item: Mapping[str, object], labels: Sequence[_Label]) -> None:
    image = item.get("image")
    image = image if isinstance(image, dict) else {}
    name = str(image.get("path") or item.get("id", ""))
    rows = item.get("annotations")
    if not isinstance(rows, list) or not rows:
        return

    def shapes(size: Size) -> Iterator[Found]:
        stated = image.get("size")
        if isinstance(stated, list) and len(stated) == 2 and all(isinstance(v, int) for v in stated):
            label_pngs.require_size(name, (stated[0], stated[1]), size)
        yield from found.each(name, rows, _Shapes(found, size, labels).read)

    found.take(name, shapes)


@dataclass(frozen=True)
class _Shapes:
    """Annotations of one picture."""

    found: ObjectsIn
    size: Size
    labels: Sequence[_Label]

    def read(self, row: object) -> Found | None:
        if not isinstance(row, dict):
            raise ValueError("its entry is damaged")
        draw = {"mask": self._mask, "polygon": self._polygon, "bbox": self._box}.get(str(row.get("type")))
        if draw is None:
            return None
        number = row.get("label_id")
        if not isinstance(number, int) or not 0 <= number < len(self.labels):
            raise ValueError("its class is not in the list")
        label = self.labels[number]
        more = row.get("attributes")
        more = more if isinstance(more, dict) else {}
        score = more.get("score", 1.0)
        score = min(1.0, max(0.0, float(score))) if isinstance(score, (int, float)) else 1.0
        class_id = self.found.class_of(label.name, color=label.color, is_thing=label.is_thing)
        return Segment(class_id, score, crowd=bool(more.get("iscrowd"))), draw(row)

    def _mask(self, row: Mapping[str, object]) -> Rle:
        return coco.decode({"segmentation": row.get("rle")}, self.size).mask

    def _polygon(self, row: Mapping[str, object]) -> Rle:
        flat = row["points"]
        if not isinstance(flat, list):
            raise ValueError("it has too few points")
        return by_edges([points_of([flat[n : n + 2] for n in range(0, len(flat), 2)])], self.size)

    def _box(self, row: Mapping[str, object]) -> Rle:
        x, y, w, h = (float(v) for v in row["bbox"])  # type: ignore[attr-defined]
        return by_edges([points_of([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])], self.size)
