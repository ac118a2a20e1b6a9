"""What the COCO formats share: reading the JSON, categories, and masks as polygons or run lengths.

Masks are decoded here and not by pycocotools, whose C code trusts run lengths and coordinates from the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from segdesk.domain.classes import ClassInfo, ClassSet, spread_color
from segdesk.domain.errors import SegDeskError
from segdesk.domain.rle import Rle
from segdesk.io.atomic import explain_os_error

Row = Mapping[str, object]


@dataclass(frozen=True)
class Document:
    """A COCO file: `images` by id, annotations of each image id, `classes` 1..n, and category id -> class id."""

    images: dict[object, Row]
    annotations: dict[object, list[Row]]
    classes: ClassSet
    class_of: dict[object, int]
    orphans: int


def load(path: Path) -> Document:
    """Read a COCO JSON file. Raises `SegDeskError` if it is none."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, RecursionError) as error:
        raise _not_coco(path) from error
    if not isinstance(data, dict) or not all(isinstance(data.get(k), list) for k in ("images", "annotations")):
        raise _not_coco(path)
    images = {row.get("id"): row for row in _rows(data["images"])}
    annotations: dict[object, list[Row]] = {key: [] for key in images}
    orphans = 0
    for row in _rows(data["annotations"]):
        if row.get("image_id") in annotations:
            annotations[row.get("image_id")].append(row)
        else:
            orphans += 1
    classes, class_of = _classes(_rows(data.get("categories", [])))
    return Document(images, annotations, classes, class_of, orphans)


def _rows(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _not_coco(path: Path) -> SegDeskError:
    return SegDeskError(
        "{name} is not a COCO annotation file.",
        "It must be JSON with the lists images, annotations and categories.",
        name=path.name,
    )


def _classes(categories: Sequence[Row]) -> tuple[ClassSet, dict[object, int]]:
    """Classes 1..n in the order of the file, whatever gaps its ids have; equal names become one class."""
    result, class_of = ClassSet(), {}
    for row in categories:
        name = str(row.get("name", row.get("id")))
        known = result.named(name)
        if known is None:
            number = len(result) + 1
            known = ClassInfo(number, name, _color(row.get("color"), number - 1), _truth(row.get("isthing", 1)))
            result = result.with_class(known)
        class_of[row.get("id")] = known.id
    return result, class_of


def _color(value: object, index: int) -> tuple[int, int, int]:
    if isinstance(value, list) and len(value) == 3 and all(isinstance(v, int) and 0 <= v <= 255 for v in value):
        return value[0], value[1], value[2]
    return spread_color(index)


def _truth(value: object) -> bool:
    """COCO's flags come as 0/1, true/false and sometimes as text."""
    return value.strip().lower() in ("1", "true", "yes") if isinstance(value, str) else bool(value)


def is_crowd(annotation: Row) -> bool:
    """The `iscrowd` flag of an annotation."""
    return _truth(annotation.get("iscrowd", 0))


def categories(classes: ClassSet) -> list[dict[str, object]]:
    """The `categories` list of a file we write."""
    return [
        {
            "id": c.id,
            "name": c.name,
            "supercategory": "thing" if c.is_thing else "stuff",
            "isthing": int(c.is_thing),
            "color": list(c.color),
        }
        for c in classes
    ]


def compressed(mask: Rle) -> dict[str, object]:
    """COCO's compressed RLE: {"size": [height, width], "counts": text}."""
    packed: Any = coco_mask.frPyObjects({"size": list(mask.size), "counts": mask.counts.tolist()}, *mask.size)
    return {"size": list(mask.size), "counts": packed["counts"].decode("ascii")}


def decode(segmentation: object, size: tuple[int, int]) -> tuple[Rle, bool]:
    """The mask of a `segmentation` field for a picture of `size` (H, W).

    Returns (mask, whether a polygon reached out of the picture and was cut). Raises ValueError with the reason.
    """
    if isinstance(segmentation, list):
        return _from_polygons(segmentation, size)
    if not isinstance(segmentation, dict):
        raise ValueError("no mask")
    if list(segmentation.get("size", [])) != list(size):
        raise ValueError("the mask has another size than the picture")
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        runs = _unpacked(counts.encode("ascii", "replace"))
    elif isinstance(counts, list) and all(isinstance(c, int) for c in counts):
        runs = np.array(counts, np.int64)
    else:
        raise ValueError("no run lengths")
    if runs.size == 0 or runs.min() < 0 or int(runs.sum()) != size[0] * size[1]:
        raise ValueError("the run lengths do not add up to the picture")
    return Rle(size, runs.astype(np.uint32)), False


def _unpacked(text: bytes) -> np.ndarray:
    """Run lengths from COCO's text: five bits a character, low bits first, each run from the third on relative to the
    one before the last."""
    code = np.frombuffer(text, np.uint8).astype(np.int64) - 48
    if code.size == 0 or code.min() < 0 or code.max() > 63 or code[-1] & 32:
        raise ValueError("damaged run lengths")
    last = (code & 32) == 0
    number = np.cumsum(last) - last
    starts = np.flatnonzero(np.concatenate(([True], last[:-1])))
    place = np.arange(code.size) - starts[number]
    if place.max() > 6:
        raise ValueError("damaged run lengths")
    values = np.zeros(starts.size, np.int64)
    np.add.at(values, number, (code & 31) << (5 * place))
    ends = np.flatnonzero(last)
    values -= np.where(code[ends] & 16, np.int64(1) << (5 * (place[ends] + 1)), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def _from_polygons(parts: list[object], size: tuple[int, int]) -> tuple[Rle, bool]:
    """The union of polygons, drawn by COCO's own rule so that every pixel is as in other COCO readers."""
    height, width = size
    good, cut = [], False
    for part in parts:
        if not isinstance(part, list) or len(part) < 6 or len(part) % 2:
            raise ValueError("a polygon has fewer than three points")
        if not all(isinstance(v, (int, float)) and math.isfinite(v) for v in part):
            raise ValueError("a polygon has a point that is not a number")
        points = np.array(part, float).reshape(-1, 2)
        inside = np.clip(points, 0, (width, height))
        cut = cut or bool(np.abs(points - inside).max() > 1)
        good.append(inside.ravel().tolist())
    if not good:
        raise ValueError("no mask")
    joined: Any = coco_mask.merge(coco_mask.frPyObjects(good, height, width))
    return Rle(size, _unpacked(joined["counts"]).astype(np.uint32)), cut
