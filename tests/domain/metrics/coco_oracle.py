"""Random detections and what pycocotools says of them: the measure that average precision must equal."""

from __future__ import annotations

import contextlib
import io

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from segdesk.domain import rle
from segdesk.domain.metrics.detections import Objects

Scene = list[tuple[Objects, Objects]]  # (references, detections) of each picture


def scene(seed: int, *, pictures: int, classes: int, most: int, kind: str, side: int = 40) -> Scene:
    """Pictures of random boxes or masks, many of them near one another, with ties in score and crowds."""
    rng = np.random.default_rng(seed)
    found: Scene = []
    for _ in range(pictures):
        boxes = _boxes(rng, int(rng.integers(0, most + 1)), side)
        moved = boxes[rng.integers(0, len(boxes), 2 * len(boxes))] if len(boxes) else boxes
        moved = np.concatenate(
            [moved + np.round(rng.normal(0, 1, moved.shape)), _boxes(rng, int(rng.integers(3)), side)]
        )
        moved = np.clip(moved, [0, 0, 1, 1], [side - 1, side - 1, side, side])
        labels = rng.integers(1, classes + 1, len(boxes)), rng.integers(1, classes + 1, len(moved))
        crowd = rng.random(len(boxes)) < 0.15
        scores = np.round(rng.random(len(moved)), int(rng.integers(1, 4)))
        if kind == "bbox":
            areas = boxes[:, 2] * boxes[:, 3] * rng.choice([0.5, 1, 40, 200], len(boxes))
            pair = (
                Objects.of_boxes(boxes, labels[0], crowd=crowd, areas=areas),
                Objects.of_boxes(moved, labels[1], scores=scores),
            )
        else:
            shapes = [_masks(rng, b, side) for b in (boxes, moved)]
            areas = np.array([m.area for m in shapes[0]]) * rng.choice([0.5, 1, 40, 200], len(boxes))
            pair = (
                Objects.of_masks(shapes[0], labels[0], crowd=crowd, areas=areas),
                Objects.of_masks(shapes[1], labels[1], scores=scores),
            )
        found.append(pair)
    return found


def _boxes(rng: np.random.Generator, count: int, side: int) -> np.ndarray:
    corner, size = rng.integers(0, side - 4, (count, 2)), rng.integers(2, side // 2, (count, 2))
    return np.concatenate([corner, np.minimum(size, side - corner)], axis=1).astype(float)


def _masks(rng: np.random.Generator, boxes: np.ndarray, side: int) -> list[rle.Rle]:
    masks = []
    for x, y, w, h in boxes.astype(int).tolist():
        mask = np.zeros((side, side + 3), bool)
        mask[y : y + h, x : x + w] = True
        mask &= rng.random(mask.shape) > rng.choice([0.0, 0.1])
        masks.append(rle.encode(mask))
    return masks


def judged_by_pycocotools(scene: Scene, classes: list[int], kind: str, limits: tuple[int, ...]) -> COCOeval:
    """The evaluation of the same pictures; ids begin with 1, as 0 reads as "not matched" there."""
    truth, answers = [], []
    for picture, (references, detections) in enumerate(scene, start=1):
        for objects, rows in ((references, truth), (detections, answers)):
            for at in range(len(objects)):
                row = {
                    "id": len(rows) + 1,
                    "image_id": picture,
                    "category_id": int(objects.classes[at]),
                    "iscrowd": int(objects.crowd[at]),
                    "area": float(objects.areas[at]),
                    "score": float(objects.scores[at]),
                }
                rows.append(row | _shape(objects, at))
    with contextlib.redirect_stdout(io.StringIO()):
        judge = COCOeval(_coco(truth, len(scene), classes), _coco(answers, len(scene), classes), kind)
        judge.params.maxDets = list(limits)
        judge.evaluate()
        judge.accumulate()
    return judge


def _coco(rows: list[dict[str, object]], pictures: int, classes: list[int]) -> COCO:
    data = COCO()
    data.dataset = {
        "images": [{"id": n} for n in range(1, pictures + 1)],
        "annotations": rows,
        "categories": [{"id": k} for k in classes],
    }
    data.createIndex()
    data.annToRLE = lambda row: row["segmentation"]  # the masks are packed already
    return data


def _shape(objects: Objects, at: int) -> dict[str, object]:
    if isinstance(objects.shapes, tuple):
        mask = rle.decode(objects.shapes[at])
        return {"segmentation": coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))}
    return {"bbox": objects.shapes[at].tolist()}
