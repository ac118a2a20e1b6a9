"""The dense CRF on one object."""

from __future__ import annotations

import cv2
import numpy as np

from segdesk.domain import rle
from segdesk.domain.options import CrfOptions
from segdesk.domain.prediction import Instance
from segdesk.engines.crf.refining import Cancel, refine

MIN_AREA_RATIO, MAX_AREA_RATIO = 0.5, 2.0


def refine_instance(
    instance: Instance, image: np.ndarray, options: CrfOptions, cancelled: Cancel, claimed: np.ndarray | None = None
) -> Instance:
    """The object with its border moved to the picture's edges, against its surroundings.

    Works on the object's box and a margin. It does not grow into pixels that are `claimed`, (H, W) bool, by others.
    Where the result would swallow the object or flood the box, the object stays as it is.
    """
    height, width = instance.mask.size
    x0, y0, x1, y1 = rle.bounding_box(instance.mask)
    margin = max(8, max(x1 - x0, y1 - y0) // 5)
    x0, y0, x1, y1 = max(0, x0 - margin), max(0, y0 - margin), min(width, x1 + margin), min(height, y1 + margin)
    mask = rle.decode_box(instance.mask, (x0, y0, x1, y1))
    h, w = mask.shape
    # Instance masks come from coarse grids: their certainty falls off over the width of one grid cell.
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(1.0, max(h, w) / 56)) * 0.9 + 0.05
    refined = refine(np.stack([1 - soft, soft]), image[y0:y1, x0:x1], options, cancelled)
    after = refined[1] > refined[0]
    if claimed is not None:
        after &= mask | ~claimed[y0:y1, x0:x1]
    before_area, after_area = int(mask.sum()), int(after.sum())
    if not MIN_AREA_RATIO * before_area <= after_area <= MAX_AREA_RATIO * before_area:
        return instance
    return Instance(instance.class_id, instance.score, rle.encode_at(after, x0, y0, (height, width)))
