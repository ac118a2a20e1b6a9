"""The parts of a cluster run: files of some answers each, from which the labels come back bit for bit.

`parquet`: a row a picture with its masks as COCO's compressed run lengths. `coco-panoptic`: a ZIP that holds a COCO
panoptic data set (Kirillov et al., arXiv:1801.00868) whose segment numbers are those of the map; what COCO has no
field for (scores, doubt, the raw objects) stands under `segdesk`. Each answer carries a CRC-32 of all that it says.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from segdesk.app.cluster_store import require
from segdesk.domain import rle
from segdesk.domain.classes import MAX_ID, ClassInfo, ClassSet
from segdesk.domain.doubt import Doubts, Place
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.domain.prediction import Instance
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.engines.messages import Answer
from segdesk.io import coco
from segdesk.io.images import MAX_PIXELS

FORMATS = ("parquet", "coco-panoptic")
SUFFIXES = {"parquet": ".parquet", "coco-panoptic": ".zip"}
VERSION = 1
_JSON = "annotations/panoptic_default.json"


@dataclass(frozen=True, eq=False)
class Row:
    """What became of a picture: an answer, or why there is none. `name`, `where`: as in `cluster_source.Picture`;
    `unreadable`: it is the picture, not the model."""

    name: str
    where: str = ""
    answer: Answer | None = None
    error: SegDeskError | None = None
    unreadable: bool = False


class DamagedPart(SegDeskError):
    """A part file that is not as it was written."""


def encode(rows: Sequence[Row], kind: str) -> bytes:
    """A part file of the format `kind`."""
    return _to_parquet(rows) if kind == "parquet" else _to_zip(rows)


def decode(data: bytes, kind: str, *, name: str = "part") -> Iterator[Row]:
    """The rows of the part `name`, one after the other. Raises `DamagedPart`."""
    try:
        yield from _from_parquet(data) if kind == "parquet" else _from_zip(data)
    except Exception as error:  # zlib, zipfile and Arrow have a dozen kinds of them
        raise DamagedPart(
            "The file {name} of the run is damaged: {reason}.",
            "Delete it and run again: only its pictures are computed anew.",
            name=name,
            reason=str(error),
        ) from error


# -- what both formats share -------------------------------------------------------------------------------------------


def _map_of(answer: Answer) -> Segmentation:
    found = answer.segmentation
    return found.unpacked() if isinstance(found, PackedMap) else found


def _facts(answer: Answer) -> dict[str, object]:
    """All of an answer but masks and maps, as JSON values; floats come back as they were."""
    doubts = answer.doubts
    return {
        "card": answer.card_id,
        "doubt": float(answer.doubt),
        "seconds": {stage: float(s) for stage, s in answer.seconds.items()},
        "device": answer.device,
        "notes": list(answer.notes),
        "places": None
        if doubts is None
        else [[p.kind, [int(v) for v in p.box], float(p.doubt)] for p in doubts.places],
        "value": None if doubts is None else float(doubts.value),
    }


def _sum(row: Row, answer: Answer) -> int:
    """CRC-32 of all that a row with an answer says."""
    labels, objects = _map_of(answer), answer.instances
    table = [[key, *_segment(labels.segments[key]).values()] for key in sorted(labels.segments)]
    scores = [[int(i.class_id), float(i.score)] for i in objects]
    told = [row.name, row.where, _facts(answer), [asdict(c) for c in answer.classes], labels.size, table, scores]
    crc = zlib.crc32(labels.ids.astype("<u2").tobytes(), zlib.crc32(json.dumps(told, sort_keys=True).encode()))
    for one in objects:
        crc = zlib.crc32(one.mask.counts.astype("<u4").tobytes(), crc)
    return crc if answer.doubts is None else zlib.crc32(answer.doubts.map.tobytes(), crc)


def _checked(row: Row, answer: Answer, facts: Mapping[str, Any]) -> Row:
    """The row, if it says what was written; one of an older version has no sum. Raises ValueError."""
    if facts.get("crc") not in (None, _sum(row, answer)):
        raise ValueError("the labels do not fit their checksum")
    return row


def _answer(
    name: str,
    facts: Mapping[str, Any],
    classes: ClassSet,
    labels: Segmentation,
    instances: Iterable[Instance],
    doubt_map: bytes | None,
) -> Answer:
    doubts = None
    if doubt_map is not None:
        places = tuple(Place(kind, (x0, y0, x1, y1), doubt) for kind, (x0, y0, x1, y1), doubt in facts["places"])
        doubts = Doubts(np.asarray(Image.open(io.BytesIO(doubt_map), formats=["PNG"])), places, facts["value"])
    return Answer(
        key=name,
        card_id=facts["card"],
        segmentation=labels,
        classes=classes,
        instances=tuple(instances),
        doubt=facts["doubt"],
        seconds=facts["seconds"],
        device=facts["device"],
        notes=tuple(facts["notes"]),
        doubts=doubts,
    )


def _doubt_png(answer: Answer) -> bytes | None:
    return None if answer.doubts is None else _png(answer.doubts.map)


def _png(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def _counts(mask: Rle) -> str:
    return str(coco.compressed(mask)["counts"])


def _mask(counts: str, size: tuple[int, int]) -> Rle:
    return coco.decode({"segmentation": {"size": list(size), "counts": counts}}, size).mask


def _objects(instances: Sequence[Instance]) -> list[dict[str, object]]:
    return [{"class_id": int(i.class_id), "score": float(i.score), "counts": _counts(i.mask)} for i in instances]


def _instances(rows: Iterable[Mapping[str, Any]], size: tuple[int, int]) -> list[Instance]:
    return [Instance(row["class_id"], row["score"], _mask(row["counts"], size)) for row in rows]


def _error_text(error: SegDeskError | None) -> str | None:
    if error is None:
        return None
    values = {k: v if isinstance(v, (int, float, str, bool)) else str(v) for k, v in error.values.items()}
    return json.dumps({"message": error.message, "hint": error.hint, "values": values}, ensure_ascii=False)


def _error(text: str | None) -> SegDeskError | None:
    found = json.loads(text) if text else None
    return None if found is None else SegDeskError(found["message"], found["hint"], **found["values"])


class _ClassSets:
    """The class sets of a part's answers, each once: mostly there is one."""

    def __init__(self) -> None:
        self.sets: list[ClassSet] = []

    def index(self, classes: ClassSet) -> int:
        if classes not in self.sets:
            self.sets.append(classes)
        return self.sets.index(classes)

    def to_json(self) -> list[list[dict[str, object]]]:
        return [[asdict(c) for c in classes] for classes in self.sets]

    @staticmethod
    def read(found: Iterable[Iterable[Mapping[str, Any]]]) -> list[ClassSet]:
        return [
            ClassSet(ClassInfo(c["id"], c["name"], tuple(c["color"]), c["is_thing"]) for c in classes)
            for classes in found
        ]


def masks_of(labels: Segmentation) -> dict[int, Rle]:
    """The mask of every segment of the table, in one pass over the map."""
    keys = sorted(labels.segments)
    table = np.zeros(MAX_ID + 1, np.uint16)
    table[keys] = np.arange(1, len(keys) + 1)
    return dict(zip(keys, rle.encode_labels(table[labels.ids], len(keys)), strict=True))


def map_of(masks: Mapping[int, Rle], size: tuple[int, int]) -> np.ndarray:
    """(H, W) uint16 from masks that do not overlap; raises ValueError where they do."""
    edges, values = [np.zeros((0, 2), np.int64)], [np.zeros(0, np.uint16)]
    for key, mask in masks.items():
        ends = np.cumsum(mask.counts, dtype=np.int64)
        last = ends[1::2]
        edges.append(np.stack([ends[0::2][: last.size], last], axis=1))
        values.append(np.full(last.size, key, np.uint16))
    bounds, value = np.concatenate(edges), np.concatenate(values)
    order = np.argsort(bounds[:, 0], kind="stable")
    flat = bounds[order].ravel()
    lengths = np.diff(np.concatenate(([0], flat, [size[0] * size[1]])))
    if (lengths < 0).any():
        raise ValueError("masks overlap")
    runs = np.zeros(lengths.size, np.uint16)
    runs[1::2] = value[order]
    return np.ascontiguousarray(np.repeat(runs, lengths).reshape(size[1], size[0]).T)


# -- Parquet -----------------------------------------------------------------------------------------------------------


def _schema() -> Any:
    import pyarrow as pa

    segment = [("id", pa.int32()), ("class_id", pa.int32()), ("score", pa.float64()), ("crowd", pa.bool_())]
    instance = [("class_id", pa.int32()), ("score", pa.float64())]
    counts = ("counts", pa.string())
    return pa.schema(
        [
            ("path", pa.string()),
            ("where", pa.string()),
            ("error", pa.string()),
            ("unreadable", pa.bool_()),
            ("height", pa.int32()),
            ("width", pa.int32()),
            ("classes", pa.int32()),
            ("segments", pa.list_(pa.struct([*segment, counts]))),
            ("instances", pa.list_(pa.struct([*instance, counts]))),
            ("doubt_map", pa.binary()),
            ("facts", pa.string()),
        ]
    )


def _to_parquet(rows: Sequence[Row]) -> bytes:
    require("pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    sets = _ClassSets()
    cells = [_cells(row, sets) for row in rows]
    head = {"segdesk": json.dumps({"version": VERSION, "classes": sets.to_json()}, ensure_ascii=False)}
    table = pa.Table.from_pylist(cells, schema=_schema().with_metadata(head))
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd")
    return file.getvalue()


def _cells(row: Row, sets: _ClassSets) -> dict[str, object]:
    answer = row.answer
    if answer is None:
        return {**_named(row), "error": _error_text(row.error), "unreadable": row.unreadable}
    labels = _map_of(answer)
    segments = [
        {"id": key, **_segment(labels.segments[key]), "counts": _counts(mask)} for key, mask in masks_of(labels).items()
    ]
    return {
        **_named(row),
        "unreadable": False,
        "height": labels.size[0],
        "width": labels.size[1],
        "classes": sets.index(answer.classes),
        "segments": segments,
        "instances": _objects(answer.instances),
        "doubt_map": _doubt_png(answer),
        "facts": json.dumps({**_facts(answer), "crc": _sum(row, answer)}),
    }


def _named(row: Row) -> dict[str, object]:
    return {"path": row.name, "where": row.where}


def _segment(segment: Segment) -> dict[str, object]:
    return {"class_id": int(segment.class_id), "score": float(segment.score), "crowd": bool(segment.crowd)}


def _from_parquet(data: bytes) -> Iterator[Row]:
    require("pyarrow")
    from pyarrow import BufferReader, parquet

    with parquet.ParquetFile(BufferReader(data)) as file:
        sets = _ClassSets.read(json.loads(file.schema_arrow.metadata[b"segdesk"])["classes"])
        for batch in file.iter_batches(batch_size=8):
            for cells in batch.to_pylist():
                yield _row(cells, sets)


def _row(cells: Mapping[str, Any], sets: Sequence[ClassSet]) -> Row:
    if cells["facts"] is None:
        return Row(cells["path"], cells["where"], None, _error(cells["error"]), cells["unreadable"])
    size = (cells["height"], cells["width"])
    if not 0 < size[0] * size[1] <= MAX_PIXELS:
        raise ValueError("no picture has this size")
    masks = {s["id"]: _mask(s["counts"], size) for s in cells["segments"]}
    table = {s["id"]: Segment(s["class_id"], s["score"], crowd=s["crowd"]) for s in cells["segments"]}
    labels = Segmentation(map_of(masks, size), table)
    instances = _instances(cells["instances"], size)
    facts = json.loads(cells["facts"])
    answer = _answer(cells["path"], facts, sets[cells["classes"]], labels, instances, cells["doubt_map"])
    return _checked(Row(cells["path"], cells["where"], answer), answer, facts)


# -- COCO panoptic -----------------------------------------------------------------------------------------------------


def _to_zip(rows: Sequence[Row]) -> bytes:
    sets, images, annotations, failed = _ClassSets(), [], [], []
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, row in enumerate(rows, 1):
            if row.answer is None:
                failed.append({**_named(row), "error": _error_text(row.error), "unreadable": row.unreadable})
                continue
            height, width = row.answer.segmentation.size
            size = {"width": width, "height": height}
            images.append({"id": number, "file_name": row.name, **size, "where": row.where})
            found = _annotation(row.answer, number, sets, archive.writestr)
            found["segdesk"]["crc"] = _sum(row, row.answer)
            annotations.append(found)
        document = {
            "info": {"description": "A part of a run of SegDesk"},
            "images": images,
            "annotations": annotations,
            "categories": coco.categories(sets.sets[0]) if sets.sets else [],
            "segdesk": {"version": VERSION, "classes": sets.to_json(), "failed": failed},
        }
        archive.writestr(zipfile.ZipInfo(_JSON), json.dumps(document, ensure_ascii=False), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _annotation(answer: Answer, number: int, sets: _ClassSets, put: Callable[[Any, bytes], None]) -> dict[str, Any]:
    labels, name = _map_of(answer), f"{number:06d}.png"
    ids = labels.ids
    rgb = np.stack([ids & 255, ids >> 8, np.zeros_like(ids)], axis=-1).astype(np.uint8)
    put(zipfile.ZipInfo(f"{_JSON[: -len('.json')]}/{name}"), _png(rgb))
    rows = []
    for key, mask in masks_of(labels).items():
        segment, (x0, y0, x1, y1) = labels.segments[key], rle.bounding_box(mask)
        row = {"id": key, "category_id": int(segment.class_id), "area": mask.area, "bbox": [x0, y0, x1 - x0, y1 - y0]}
        rows.append({**row, "iscrowd": int(segment.crowd), "score": float(segment.score)})
    doubt_map = None
    if (png := _doubt_png(answer)) is not None:
        doubt_map = f"doubt/{name}"
        put(zipfile.ZipInfo(doubt_map), png)
    more = {**_facts(answer), "classes": sets.index(answer.classes), "instances": _objects(answer.instances)}
    return {"image_id": number, "file_name": name, "segments_info": rows, "segdesk": {**more, "doubt_map": doubt_map}}


def _from_zip(data: bytes) -> Iterator[Row]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        document = json.loads(archive.read(_JSON))
        sets = _ClassSets.read(document["segdesk"]["classes"])
        for image, annotation in zip(document["images"], document["annotations"], strict=True):
            png = archive.read(f"{_JSON[: -len('.json')]}/{annotation['file_name']}")
            rgb = np.asarray(Image.open(io.BytesIO(png), formats=["PNG"]))
            size, more = (image["height"], image["width"]), annotation["segdesk"]
            if rgb.shape != (*size, 3):
                raise ValueError("a PNG has another size than its picture")
            ids = rgb[..., 0].astype(np.uint16) | (rgb[..., 1].astype(np.uint16) << 8)
            table = {
                s["id"]: Segment(s["category_id"], s["score"], crowd=bool(s["iscrowd"]))
                for s in annotation["segments_info"]
            }
            name, doubt_map = image["file_name"], more["doubt_map"] and archive.read(more["doubt_map"])
            instances = _instances(more["instances"], size)
            labels, classes = Segmentation(ids, table), sets[more["classes"]]
            answer = _answer(name, more, classes, labels, instances, doubt_map or None)
            yield _checked(Row(name, image["where"], answer), answer, more)
        for row in document["segdesk"]["failed"]:
            yield Row(row["path"], row["where"], None, _error(row["error"]), row["unreadable"])
