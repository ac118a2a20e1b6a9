"""What the COCO formats share: reading the JSON, categories, and masks as polygons or run lengths.

Masks are decoded here and not by pycocotools, whose C code trusts run lengths and coordinates from the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from segdesk.domain import rle
from segdesk.domain.classes import ClassInfo, ClassSet, plain_name, spread_color
from segdesk.domain.errors import SegDeskError
from segdesk.domain.rle import Rle
from segdesk.io.atomic import explain_os_error
from segdesk.io.export_files import JsonLists
from segdesk.io.outlines import edge_outlines

Row = Mapping[str, object]
_LONGEST = 4e6  # pixels along the polygons of one object


@dataclass(frozen=True)
class Decoded:
    """The mask of an annotation. `cut`: a polygon reached out of the picture; `swapped`: its size was width, height."""

    mask: Rle
    cut: bool = False
    swapped: bool = False


@dataclass(frozen=True)
class Document:
    """A COCO file: `images` by id, annotations of each image id, `classes` 1..n, and category id -> class id."""

    images: dict[object, Row]
    annotations: dict[object, list[Row]]
    classes: ClassSet
    class_of: dict[object, int]
    orphans: int


def load(path: Path) -> Document:
    """Read a COCO JSON file, or a list of results. Raises `SegDeskError` if it is none."""
    data = _json(path)
    if isinstance(data, list) and data:
        data = _with_images(path, data)
    if not isinstance(data, dict) or not all(isinstance(data.get(k), list) for k in ("images", "annotations")):
        raise _not_coco(path)
    images = {key: row for row in _rows(data["images"]) if (key := key_of(row.get("id"))) is not None}
    annotations: dict[object, list[Row]] = {key: [] for key in images}
    orphans = 0
    for row in _rows(data["annotations"]):
        found = annotations.get(key_of(row.get("image_id")))
        if found is None:
            orphans += 1
        else:
            found.append(row)
    classes, class_of = _classes(_rows(data.get("categories", [])))
    return Document(images, annotations, classes, class_of, orphans)


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, RecursionError) as error:
        raise _not_coco(path) from error


def _with_images(path: Path, results: list[object]) -> dict[str, object]:
    """Results, such as models write for COCO's evaluation, with the images and categories of the file that they are
    for: the first one beside it, by name, that has all of their images."""
    wanted = {key_of(row.get("image_id")) for row in _rows(results)}
    for file in sorted(path.parent.glob("*.json")):
        if file == path:
            continue
        try:
            data = _json(file)
        except SegDeskError:
            continue
        if not isinstance(data, dict) or not all(isinstance(data.get(k), list) for k in ("images", "categories")):
            continue
        if wanted <= {key_of(row.get("id")) for row in _rows(data["images"])}:
            return {"images": data["images"], "categories": data["categories"], "annotations": results}
    raise SegDeskError(
        "{name} is a list without images and categories.",
        "If it is a list of results, put the annotation file that has their images into the same folder.",
        name=path.name,
    )


def key_of(value: object) -> object:
    """An id from a file as something to look up: a list or an object would not do."""
    return value if isinstance(value, (int, str)) else None


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
        name = plain_name(row.get("name", row.get("id"))) or f"class {len(result) + 1}"
        known = result.named(name)
        if known is None:
            number = len(result) + 1
            known = ClassInfo(number, name, _color(row.get("color"), number - 1), _truth(row.get("isthing", 1)))
            result = result.with_class(known)
        class_of[key_of(row.get("id"))] = known.id
    return result, class_of


def _color(value: object, index: int) -> tuple[int, int, int]:
    if isinstance(value, list) and len(value) == 3 and all(type(v) is int and 0 <= v <= 255 for v in value):
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


class SplitLists:
    """The JSON files of an export, one a split that occurs: `of("train")` is `FOLDER/KIND_train.json`, `of("")` is
    `FOLDER/KIND_default.json`, without a KIND `FOLDER/default.json`. A context manager; the files are complete after
    the block, and there is at least one."""

    def __init__(
        self, folder: Path, kind: str, head: Mapping[str, object], lists: tuple[str, ...] = ("images", "annotations")
    ) -> None:
        self._folder = folder
        self._names = lists
        self._kind = kind
        self._head = head
        self._lists: dict[str, JsonLists] = {}
        self._stack = ExitStack()

    def __enter__(self) -> SplitLists:
        return self

    def of(self, split: str) -> JsonLists:
        """The lists of a split."""
        if split not in self._lists:
            file = self._folder / f"{self._kind}_{split or 'default'}.json".lstrip("_")
            lists = JsonLists(file, self._head, self._names)
            self._lists[split] = self._stack.enter_context(lists)
        return self._lists[split]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None and not self._lists:
            self.of("")
        self._stack.__exit__(kind, error, None)


def encoded(mask: Rle, how: str = "compressed") -> object:
    """A `segmentation` field. `how`: "compressed" or "uncompressed" run lengths, or "polygons", which are exact where
    COCO's rasteriser draws them; what has a hole becomes uncompressed run lengths there, which more programs read."""
    if how == "polygons":
        parts = _polygons(mask)
        if parts is not None:
            return parts
    if how != "compressed":
        return {"size": list(mask.size), "counts": mask.counts.tolist()}
    return compressed(mask)


def _polygons(mask: Rle) -> list[list[int]] | None:
    """Corner polygons, one for each part, or None where there is a hole."""
    x0, y0, _, _ = box = rle.bounding_box(mask)
    found = edge_outlines(rle.decode_box(mask, box))
    if any(outline.holes for outline in found):
        return None
    return [np.add(outline.outer, (x0, y0)).ravel().tolist() for outline in found]


def compressed(mask: Rle) -> dict[str, object]:
    """COCO's compressed RLE: {"size": [height, width], "counts": text}."""
    packed: Any = coco_mask.frPyObjects({"size": list(mask.size), "counts": mask.counts.tolist()}, *mask.size)
    return {"size": list(mask.size), "counts": packed["counts"].decode("ascii")}


def decode(annotation: Row, size: tuple[int, int]) -> Decoded:
    """The mask of an annotation for a picture of `size` (H, W). Raises ValueError with the reason."""
    segmentation = annotation.get("segmentation")
    if isinstance(segmentation, list):
        return _from_polygons(segmentation, size)
    if not isinstance(segmentation, dict):
        raise ValueError("no mask")
    stated = segmentation.get("size")
    if stated == list(size):
        return Decoded(Rle(size, _runs(segmentation.get("counts"), size)))
    if stated == [size[1], size[0]]:
        return Decoded(_swapped(annotation, _runs(segmentation.get("counts"), size), size), swapped=True)
    raise ValueError("the mask has another size than the picture")


def _runs(counts: object, size: tuple[int, int]) -> np.ndarray:
    """The (n,) uint32 run lengths of a `counts` field; they fill the picture exactly."""
    if isinstance(counts, str):
        runs = _unpacked(counts.encode("ascii", "replace"))
    elif isinstance(counts, list) and all(isinstance(c, int) and 0 <= c <= size[0] * size[1] for c in counts):
        runs = np.array(counts, np.int64)
    else:
        raise ValueError("no run lengths")
    if runs.size == 0 or runs.min() < 0 or int(runs.sum()) != size[0] * size[1]:
        raise ValueError("the run lengths do not add up to the picture")
    return runs.astype(np.uint32)


def _swapped(annotation: Row, runs: np.ndarray, size: tuple[int, int]) -> Rle:
    """A mask whose `size` is [width, height]. Its runs may count columns, as they should, or rows; the box tells."""
    height, width = size
    by_rows = rle.encode(rle.decode(Rle((width, height), runs)).T)
    for mask in (Rle(size, runs), by_rows):
        x0, y0, x1, y1 = rle.bounding_box(mask)
        if _near(annotation.get("bbox"), (x0, y0, x1 - x0, y1 - y0)):
            return mask
    raise ValueError("its size is given as width and height; COCO has height and width")


def _near(stated: object, box: tuple[int, int, int, int]) -> bool:
    if not isinstance(stated, list) or len(stated) != 4 or not all(isinstance(v, (int, float)) for v in stated):
        return False
    return all(abs(a - b) <= 1 for a, b in zip(stated, box, strict=True))


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


def _from_polygons(parts: list[object], size: tuple[int, int]) -> Decoded:
    """The union of polygons, drawn by COCO's own rule so that every pixel is as in other COCO readers.

    That holds for what reaches out of the picture, too; only what is further away than the picture is large is cut
    before it is drawn, because the rasteriser's memory grows with the length of the line.
    """
    height, width = size
    good, cut, steps = [], False, 0.0
    for part in parts:
        points = _points(part)
        cut = cut or bool((points < -1).any() or (points > (width + 1, height + 1)).any())
        points = _clipped(points, (-width - 9, -height - 9), (2 * width + 9, 2 * height + 9))
        steps += float(np.abs(points - np.roll(points, 1, axis=0)).max(axis=1, initial=0).sum())
        if len(points) >= 3:
            good.append(points.ravel().tolist())
    if steps > _LONGEST:
        raise ValueError("its outline is too long")
    if not good:
        raise ValueError("no mask" if not parts else "its polygon lies outside of the picture")
    joined: Any = coco_mask.merge(coco_mask.frPyObjects(good, height, width))
    return Decoded(Rle(size, _unpacked(joined["counts"]).astype(np.uint32)), cut=cut)


def _points(part: object) -> np.ndarray:
    """(n, 2) float x, y of one polygon."""
    if not isinstance(part, list) or len(part) < 6 or len(part) % 2:
        raise ValueError("a polygon has fewer than three points")
    if not all(isinstance(v, (int, float)) and abs(v) < 1e9 for v in part):
        raise ValueError("a polygon has a point that is not a number")
    return np.array(part, float).reshape(-1, 2)


def _clipped(points: np.ndarray, low: tuple[int, int], high: tuple[int, int]) -> np.ndarray:
    """The polygon inside a box, by cutting it at one side after the other (Sutherland and Hodgman 1974)."""
    for axis in (0, 1):
        for sign, limit in ((1.0, low[axis]), (-1.0, -high[axis])):
            depth = sign * points[:, axis] - limit
            if not len(points) or depth.min() >= 0:
                continue
            ahead, beyond = np.roll(points, -1, axis=0), np.roll(depth, -1)
            crosses = (depth >= 0) != (beyond >= 0)
            share = depth / np.where(crosses, depth - beyond, 1)
            pairs = np.stack([points, points + share[:, None] * (ahead - points)], axis=1)
            points = pairs[np.stack([depth >= 0, crosses], axis=1)]
    return points
