"""Objects from the detections of an instance net: small masks are pasted into the picture and encoded, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import torch

from segdesk.domain.prediction import Instance
from segdesk.domain.rle import encode_at

MASK_THRESHOLD = 0.5


def instances(
    found: Mapping[str, torch.Tensor], size: tuple[int, int], input_size: tuple[int, int], channel_ids: Sequence[int]
) -> tuple[Instance, ...]:
    """The objects of one picture of `size` (H, W), best first.

    `found`: "boxes" (n, 4) in pixels of the input of `input_size` (h, w), "labels" (n,), "scores" (n,), "masks"
    (n, m, m) probabilities over the box. `channel_ids`: class id by label; objects of background are left out.
    """
    scale = np.array([size[1] / input_size[1], size[0] / input_size[0]] * 2)
    boxes = found["boxes"].cpu().numpy() * scale
    labels, scores = found["labels"].cpu().numpy(), found["scores"].cpu().numpy()
    masks = found["masks"].float().cpu().numpy()
    objects = []
    for index in np.argsort(-scores, kind="stable"):
        label = int(labels[index])
        class_id = channel_ids[label] if label < len(channel_ids) else 0
        pasted = _paste(masks[index], boxes[index], size)
        if class_id and pasted is not None:
            crop, x, y = pasted
            objects.append(Instance(class_id, float(scores[index]), encode_at(crop, x, y, size)))
    return tuple(objects)


def _paste(mask: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, int, int] | None:
    """The mask at the picture's resolution as (crop bool, x, y); None if nothing of it lies in the picture.

    As torchvision does it: a rim of one empty mask pixel is added so that the mask can end inside its box, and the
    box, grown by that rim, is cut to whole pixels.
    """
    rim = np.pad(mask, 1)
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * (rim.shape[0] / mask.shape[0])
    x0, y0 = (int(v) for v in np.trunc(centre - half))
    x1, y1 = (int(v) for v in np.trunc(centre + half))
    width, height = max(1, x1 - x0 + 1), max(1, y1 - y0 + 1)
    left, top = max(0, x0), max(0, y0)
    right, bottom = min(size[1], x0 + width), min(size[0], y0 + height)
    if right <= left or bottom <= top:
        return None
    smooth = cv2.resize(rim, (width, height), interpolation=cv2.INTER_LINEAR)
    crop = smooth[top - y0 : bottom - y0, left - x0 : right - x0] > MASK_THRESHOLD
    return (crop, left, top) if crop.any() else None
