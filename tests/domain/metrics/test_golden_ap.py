"""Average precision of masks and boxes against COCO's published figures for its example results."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest
from pycocotools import mask as coco_mask

from segdesk.domain import rle
from segdesk.domain.metrics.ap import APAccumulator
from segdesk.domain.metrics.detections import Objects

PUBLISHED = {
    "segm": (0.320, 0.562, 0.299, 0.387, 0.310, 0.327, 0.268, 0.415, 0.417, 0.469, 0.377, 0.381),
    "bbox": (0.505, 0.697, 0.573, 0.586, 0.519, 0.501, 0.387, 0.594, 0.595, 0.640, 0.566, 0.564),
}


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools' own
@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_figures_are_the_published_ones(kind: str, shared: Path) -> None:
    folder = shared / "data/golden/coco-ap"
    truth = json.loads((folder / "instances_val2014_100.json").read_text())
    references, answers = defaultdict(list), defaultdict(list)
    for row in truth["annotations"]:
        references[row["image_id"]].append(row)
    for row in json.loads((folder / f"instances_val2014_fake{kind}100_results.json").read_text()):
        answers[row["image_id"]].append(row)
    total = APAccumulator([c["id"] for c in truth["categories"]])
    for image in sorted(truth["images"], key=lambda i: i["id"]):
        size, rows, found = (image["height"], image["width"]), references[image["id"]], answers[image["id"]]
        total.add(
            _objects(rows, size, kind, crowd=[r["iscrowd"] for r in rows], areas=[r["area"] for r in rows]),
            _objects(found, size, kind, scores=[r["score"] for r in found]),
            name=image["file_name"],
        )
    figures = total.result().figures.values()
    assert tuple(round(f, 3) for f in figures if f is not None) == PUBLISHED[kind]


def _objects(rows: list[dict], size: tuple[int, int], kind: str, **more: list) -> Objects:
    classes = [r["category_id"] for r in rows]
    if kind == "bbox":
        return Objects.of_boxes([r["bbox"] for r in rows], classes, **more)
    return Objects.of_masks([_mask(r["segmentation"], size) for r in rows], classes, **more)


def _mask(segmentation: list | dict, size: tuple[int, int]) -> rle.Rle:
    packed = segmentation if isinstance(segmentation, dict) else coco_mask.frPyObjects(segmentation, *size)
    if not isinstance(packed, dict):
        packed = coco_mask.merge(packed)
    elif isinstance(packed["counts"], list):
        packed = coco_mask.frPyObjects(packed, *size)
    return rle.encode(coco_mask.decode(packed))
