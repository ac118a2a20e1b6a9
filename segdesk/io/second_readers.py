"""Readers of other people for what we write, so that an export is not judged by the code that made it."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation

LARGEST = 300 << 20  # bytes of a JSON file that is read as a whole a second time
Read = Iterator[tuple[str, Segmentation, ClassSet]]


def coco_instances(folder: Path) -> Read:
    """(name, map, its classes) of each picture by pycocotools: its `COCO` class and its mask decoder."""
    from pycocotools.coco import COCO

    for file in sorted(folder.glob("annotations/instances_*.json")):
        if file.stat().st_size > LARGEST:
            continue
        with contextlib.redirect_stdout(io.StringIO()):  # it prints
            coco: Any = COCO(str(file))
        rows = coco.loadCats(coco.getCatIds())
        classes = ClassSet(ClassInfo(r["id"], r["name"], (0, 0, 0), bool(r["isthing"])) for r in rows)
        for image in coco.loadImgs(coco.getImgIds()):
            yield image["file_name"], _painted(coco, image), classes


def _painted(coco: Any, image: Mapping[str, Any]) -> Segmentation:
    result = Segmentation.empty(image["height"], image["width"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its C code, under NumPy 2
        for key, row in enumerate(coco.loadAnns(coco.getAnnIds(imgIds=image["id"])), 1):
            result.ids[np.asarray(coco.annToMask(row), bool)] = key
            result.segments[key] = Segment(row["category_id"])
    return result


# format id -> (what it is called, reader of a written folder)
READERS: Mapping[str, tuple[str, Callable[[Path], Read]]] = {"coco_instances": ("pycocotools", coco_instances)}
