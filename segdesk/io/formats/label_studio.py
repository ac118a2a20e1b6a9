"""Label Studio: `tasks.json` with brush masks as its own run lengths, exact to the pixel.

Reads brush masks, polygons, rectangles and ellipses of annotations (or of predictions, where a task has no annotation).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID, uuid5
from xml.sax.saxutils import quoteattr

import numpy as np

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment
from segdesk.domain.text import N_
from segdesk.io import brush_rle, label_pngs
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
    Problem,
    Report,
    stream,
)
from segdesk.io.objects_in import Found, ObjectsIn, Size, by_edges, color_of, hex_of, points_of

INFO = FormatInfo(
    id="label_studio",
    title=N_("Label Studio"),
    extensions=(".json",),
    can_write=True,
    can_read=True,
    note=N_("Tasks with brush masks as run lengths; the pictures are named for local file storage."),
    entries="tasks.json",
)
_SPACE = UUID("6f1b4d2e-8f0c-4c56-9a1e-5b7d3a9e2c44")


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    pictures = found = unknown = 0
    with new_folder(folder, INFO.id) as place:
        (place / "label_config.xml").write_text(_config(source.classes), encoding="utf-8")
        with (place / "tasks.json").open("w", encoding="utf-8", newline="\n") as file:
            file.write("[")
            for item in stream(source, progress=progress, cancelled=cancelled):
                if not copies.copy(item, place / "images" / item.path):
                    continue
                rows, lost = _regions(item, source.classes)
                file.write(",\n" if pictures else "\n")
                pictures, found, unknown = pictures + 1, found + len(rows), unknown + lost
                json.dump(_task(item, rows, pictures), file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n]\n")
    notes = usual_notes(copies.encoded_anew, unknown)
    return ExportResult(folder, pictures, found, tuple(notes), tuple(copies.problems))


def _config(classes: ClassSet) -> str:
    labels = "".join(f'    <Label value={quoteattr(c.name)} background="{hex_of(c.color)}"/>\n' for c in classes)
    return (
        '<View>\n  <Image name="image" value="$image" zoom="true"/>\n'
        f'  <BrushLabels name="tag" toName="image">\n{labels}  </BrushLabels>\n</View>\n'
    )


def _regions(item: ExportItem, classes: ClassSet) -> tuple[list[dict[str, object]], int]:
    labels, unknown = merged_stuff(item.segmentation, classes)
    rows: list[dict[str, object]] = []
    for segment, _, mask in objects(labels):
        info = classes.get(segment.class_id)
        assert info is not None
        rows.append(
            {
                "id": uuid5(_SPACE, f"{item.path}#{len(rows)}").hex[:10],
                "type": "brushlabels",
                "from_name": "tag",
                "to_name": "image",
                "original_width": item.width,
                "original_height": item.height,
                "image_rotation": 0,
                "score": round(segment.score, 6),
                "meta": {"isthing": int(info.is_thing), "iscrowd": int(segment.crowd), "color": list(info.color)},
                "value": {"format": "rle", "rle": brush_rle.encode(mask), "brushlabels": [info.name]},
            }
        )
    return rows, unknown


def _task(item: ExportItem, rows: list[dict[str, object]], number: int) -> dict[str, object]:
    return {
        "id": number,
        "data": {"image": f"/data/local-files/?d=images/{item.path}", "path": item.path},
        "annotations": [{"id": number, "result": rows, "was_cancelled": False}],
        "predictions": [],
    }


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a JSON export of Label Studio; see `segdesk.io.formats.base`."""
    tasks = _loaded(path)
    found = ObjectsIn(sink)
    progress(0, len(tasks))
    for done, task in enumerate(tasks, 1):
        if cancelled():
            raise Cancelled
        _take(found, task, str(done))
        progress(done, len(tasks))
    return found.result()


def _loaded(path: Path) -> list[object]:
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, list) or not all(isinstance(t, dict) and "data" in t for t in data):
        raise SegDeskError("{name} is not a JSON export of Label Studio.", "Export the tasks as JSON.", name=path.name)
    return data


def _take(found: ObjectsIn, task: object, place: str) -> None:
    assert isinstance(task, dict)
    name = _name(task["data"])
    rows = next((r for kind in ("annotations", "predictions") if (r := _results(task.get(kind)))), [])
    if not rows:
        return
    if name is None:
        error = SegDeskError("Task {id} names no picture.", id=str(task.get("id", place)))
        found.problems.append(Problem(place, error))
        return

    def shapes(size: Size) -> Iterator[Found]:
        stated = rows[0].get("original_height"), rows[0].get("original_width")
        if isinstance(stated[0], int) and isinstance(stated[1], int):
            label_pngs.require_size(name, (stated[0], stated[1]), size)
        yield from found.each(name, rows, _Regions(found, size).read)

    found.take(name, shapes)


def _results(given: object) -> list[dict[str, object]]:
    """The regions of the first annotation that a person did not cancel."""
    for entry in given if isinstance(given, list) else ():
        if isinstance(entry, dict) and not entry.get("was_cancelled") and isinstance(entry.get("result"), list):
            return [row for row in entry["result"] if isinstance(row, dict)]
    return []


def _name(data: object) -> str | None:
    """The picture of a task: what we wrote, or the last part of its address."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("path"), str):
        return data["path"]
    given = next((v for k, v in data.items() if isinstance(v, str) and (k == "image" or "/" in v)), None)
    if given is None:
        return None
    parts = urlsplit(given)
    local = parse_qs(parts.query).get("d")
    return PurePosixPath(unquote(local[0] if local else parts.path)).name or None


@dataclass(frozen=True)
class _Regions:
    """Regions of one picture; all but the brush give their places in per cent of the picture."""

    found: ObjectsIn
    size: Size

    def read(self, row: object) -> Found | None:
        assert isinstance(row, dict)
        kind, value = str(row.get("type", "")), row.get("value")
        draw = {"brush": self._brush, "polygon": self._polygon, "rectangle": self._box, "ellipse": self._ellipse}
        shape = next((d for d in draw if kind.startswith(d)), None)
        if shape is None or not isinstance(value, dict):
            return None
        names = value.get(kind) or next((v for k, v in value.items() if k.endswith("labels")), None)
        meta = row.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        name = names[0] if isinstance(names, list) and names else None
        class_id = self.found.class_of(name, color=color_of(meta.get("color")), is_thing=bool(meta.get("isthing", 1)))
        score = row.get("score", 1.0)
        score = min(1.0, max(0.0, float(score))) if isinstance(score, (int, float)) else 1.0
        return Segment(class_id, score, crowd=bool(meta.get("iscrowd"))), draw[shape](value)

    def _brush(self, value: Mapping[str, object]) -> Rle:
        return rle.encode(brush_rle.decode(value.get("rle"), self.size))

    def _polygon(self, value: Mapping[str, object]) -> Rle:
        return by_edges([points_of(value.get("points")) * self._unit], self.size)

    def _box(self, value: Mapping[str, object]) -> Rle:
        x, y, w, h = (float(value[k]) for k in ("x", "y", "width", "height"))  # type: ignore[arg-type]
        corners = np.array([[0, 0], [w, 0], [w, h], [0, h]]) * self._unit
        angle = np.deg2rad(float(value.get("rotation") or 0))  # type: ignore[arg-type]
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return by_edges([corners @ turn + np.array([x, y]) * self._unit], self.size)

    def _ellipse(self, value: Mapping[str, object]) -> Rle:
        x, y, rx, ry = (float(value[k]) for k in ("x", "y", "radiusX", "radiusY"))  # type: ignore[arg-type]
        turn = np.linspace(0, 2 * np.pi, 360, endpoint=False)
        angle = np.deg2rad(float(value.get("rotation") or 0))  # type: ignore[arg-type]
        u, v = rx * np.cos(turn) * self._unit[0], ry * np.sin(turn) * self._unit[1]
        around = np.stack([u * np.cos(angle) - v * np.sin(angle), u * np.sin(angle) + v * np.cos(angle)], axis=1)
        return by_edges([around + np.array([x, y]) * self._unit], self.size)

    @property
    def _unit(self) -> np.ndarray:
        return np.array([self.size[1] / 100, self.size[0] / 100])
