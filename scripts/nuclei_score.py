"""Scores for `train_nuclei.py`: average precision of label maps in two conventions, and the classical baseline."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from nuclei_data import Picture
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

from segdesk.domain import rle

THRESHOLDS = np.arange(0.5, 1.0, 0.05)
Found = list[tuple[float, rle.Rle]]


def overlaps(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(F, T) IoU of two label maps."""
    _, a = np.unique(found, return_inverse=True)
    _, b = np.unique(truth, return_inverse=True)
    # Both maps are numbered with 0 = background, whether or not they have any.
    a = a.ravel() + (0 if (found == 0).any() else 1)
    b = b.ravel() + (0 if (truth == 0).any() else 1)
    rows, columns = int(a.max()) + 1, int(b.max()) + 1
    both = np.bincount(a * columns + b, minlength=rows * columns).reshape(rows, columns).astype(np.float64)
    union = both.sum(1, keepdims=True) + both.sum(0, keepdims=True) - both
    return (both / np.maximum(union, 1))[1:, 1:]


def dsb(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(10,) TP / (TP + FP + FN) at IoU over 0.5, 0.55 ... 0.95, the measure of the 2018 Data Science Bowl; 1 where a
    picture has no nucleus and none is found."""
    iou = overlaps(found, truth)
    hits = np.array([(iou > t).any(axis=1).sum() if iou.size else 0 for t in THRESHOLDS])
    union = iou.shape[0] + iou.shape[1] - hits
    return np.where(union == 0, 1.0, hits / np.maximum(1, union))


def painted(found: Found, size: tuple[int, int], *, confidence: float) -> np.ndarray:
    """(H, W) int32 label map of the objects of at least `confidence`, the best on top."""
    ids = np.zeros(size, np.int32)
    for number, (score, mask) in enumerate(reversed(found), start=1):
        if score >= confidence:
            box = rle.bounding_box(mask)
            ids[box[1] : box[3], box[0] : box[2]][rle.decode_box(mask, box)] = number
    return ids


def mean_dsb(pictures: Sequence[Picture], maps: Sequence[np.ndarray]) -> tuple[float, float]:
    """(AP50, mean AP) in the convention of `dsb`, averaged over pictures."""
    table = np.array([dsb(found, p.ids) for p, found in zip(pictures, maps, strict=True)])
    return float(table[:, 0].mean()), float(table.mean())


def coco(pictures: Sequence[Picture], found: Sequence[Found]) -> tuple[float, float]:
    """(AP50, AP) as pycocotools gives them for masks over the whole set, up to 1000 objects a picture."""
    truth, answers = [], []
    for number, (picture, objects) in enumerate(zip(pictures, found, strict=True), start=1):
        for index, window in enumerate(ndimage.find_objects(picture.ids), start=1):
            if window is not None:
                truth.append(_coco_object(number, picture.ids == index, len(truth) + 1))
        answers += [{**_coco_object(number, rle.decode(m), 0), "score": s} for s, m in objects]
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO()
        images = [{"id": n, "height": p.ids.shape[0], "width": p.ids.shape[1]} for n, p in enumerate(pictures, 1)]
        reference.dataset = {"images": images, "annotations": truth, "categories": [{"id": 1, "name": "nucleus"}]}
        reference.createIndex()
        if not answers:
            return 0.0, 0.0
        judge = COCOeval(reference, reference.loadRes(answers), "segm")
        judge.params.maxDets = [1, 100, 1000]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, 0, 0, -1]
    return float(precision[0].mean()), float(precision.mean())


def _coco_object(picture: int, mask: np.ndarray, number: int) -> dict[str, object]:
    code = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {
        "id": number,
        "image_id": picture,
        "category_id": 1,
        "iscrowd": 0,
        "segmentation": code,
        "area": float(coco_mask.area(code)),
        "bbox": [float(v) for v in coco_mask.toBbox(code)],
    }


def baseline(pixels: np.ndarray, *, distance: int) -> np.ndarray:
    """(H, W) int32: Otsu's threshold on the grey picture, the side that the picture's rim has least of is nucleus, and
    a watershed from the summits (at least `distance` pixels apart) of the distance to the background."""
    grey = cv2.GaussianBlur(pixels.astype(np.float32).mean(axis=2), (0, 0), 1.0)
    if grey.max() - grey.min() < 1e-6:
        return np.zeros(grey.shape, np.int32)
    bright = grey > threshold_otsu(grey)
    rim = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    inside = ndimage.binary_fill_holes(~bright if rim.mean() > 0.5 else bright)
    depth = cv2.GaussianBlur(ndimage.distance_transform_edt(inside), (0, 0), 1.0)
    summits = peak_local_max(depth, min_distance=distance, labels=inside.astype(np.int32))
    seeds = np.zeros(grey.shape, np.int32)
    seeds[tuple(summits.T)] = np.arange(1, len(summits) + 1)
    return watershed(-depth, seeds, mask=inside).astype(np.int32)


def as_found(ids: np.ndarray) -> Found:
    """The objects of a label map, all with score 1."""
    windows = ndimage.find_objects(ids)
    return [
        (1.0, rle.encode_at(ids[w] == i, w[1].start, w[0].start, ids.shape))
        for i, w in enumerate(windows, start=1)
        if w is not None
    ]


def best_of(
    pictures: Sequence[Picture], settings: Sequence[dict[str, float]], answer: Callable[..., np.ndarray]
) -> tuple[dict[str, float], float]:
    """The setting with the highest mean AP (2018 convention) of `answer(index, **setting)` over the pictures."""
    scored = [
        (mean_dsb(pictures, [answer(i, **setting) for i in range(len(pictures))])[1], number)
        for number, setting in enumerate(settings)
    ]
    value, number = max(scored)
    return settings[number], value
