"""Objects from the detections of an instance net: small masks over boxes, traced at the picture's resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from segdesk.domain.prediction import Instance
from segdesk.domain.rle import Rle
from segdesk.engines.masks import THRESHOLD, Axis, ranked, traced


def instances(
    found: Mapping[str, torch.Tensor], size: tuple[int, int], input_size: tuple[int, int], channel_ids: Sequence[int]
) -> tuple[Instance, ...]:
    """The objects of one picture of `size` (H, W), best first.

    `found`: "boxes" (n, 4) in pixels of the input of `input_size` (h, w), "labels" (n,), "scores" (n,), "masks"
    (n, m, m) probabilities over the box. `channel_ids`: class id by label; objects of background are left out.
    """
    scale = np.array([size[1] / input_size[1], size[0] / input_size[0]] * 2)
    boxes = found["boxes"].float().cpu().numpy() * scale
    masks = np.pad(found["masks"].float().cpu().numpy(), ((0, 0), (1, 1), (1, 1)))
    return tuple(
        Instance(class_id, score, mask)
        for index, class_id, score in ranked(found, channel_ids)
        if (mask := _pasted(masks[index], boxes[index], size)) is not None
    )


def _pasted(rim: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> Rle | None:
    """A mask with a rim of one empty cell at the picture's resolution; None if nothing of it lies in the picture.

    As torchvision does it: the rim lets the mask end inside its box, and the box, grown by that rim, is cut to whole
    pixels.
    """
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * (rim.shape[0] / max(1, rim.shape[0] - 2))
    low, high = np.trunc(centre - half), np.trunc(centre + half)
    cols, rows = (
        _axis(int(first), int(last), rim.shape[1 - side], size[1 - side])
        for side, (first, last) in enumerate(zip(low, high, strict=True))
    )
    return traced(rim, THRESHOLD, rows, cols, size=size)


def _axis(first: int, last: int, cells: int, pixels: int) -> Axis:
    """The cells spread over the pixels `first` to `last` of a side of `pixels`."""
    scale = cells / max(1, last - first + 1)
    return Axis(scale, (0.5 - first) * scale - 0.5, max(0, first), min(pixels, first + max(1, last - first + 1)))
