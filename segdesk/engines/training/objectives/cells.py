"""The loss of nets that answer with "cells" (`segdesk.nets.nuclei_unet`): cell or not by cross-entropy and Dice, the
depth inside by its squared error, and the way to the centre. Pixels between two cells count more."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from segdesk.engines.training.messages import CROWD
from segdesk.engines.training.objects import Truth


def loss(net: nn.Module, x: torch.Tensor, truth: Truth) -> torch.Tensor:
    """The four terms, added; every object is a cell, whatever its class."""
    assert truth.ids is not None
    ids = truth.ids.cpu().numpy().astype(np.int32)
    wanted = np.stack([targets(np.where(each == CROWD, -1, each)) for each in ids])
    parts = loss_parts(net(x).float(), torch.from_numpy(wanted).to(x.device))
    return torch.stack(list(parts.values())).sum()


def loss_parts(output: torch.Tensor, wanted: torch.Tensor) -> dict[str, torch.Tensor]:
    """The four terms of the loss from (N, 4, h, w) output and (N, 6, h, w) targets (`targets`)."""
    inside, depth, weight, nearness = wanted[:, 0], wanted[:, 1], wanted[:, 4], wanted[:, 5]
    total = weight.sum().clamp(min=1.0)
    probability = torch.sigmoid(output[:, 0])
    common = (probability * inside * weight).sum((1, 2))
    both = ((probability + inside) * weight).sum((1, 2))
    ways = F.smooth_l1_loss(output[:, 2:4] * nearness[:, None], wanted[:, 2:4] * nearness[:, None], reduction="none")
    return {
        "foreground": (F.binary_cross_entropy_with_logits(output[:, 0], inside, reduction="none") * weight).sum()
        / total,
        "dice": (1.0 - (2.0 * common + 50.0) / (both + 50.0)).mean(),
        # A squared error has no floor, a soft cross-entropy has: the curve then says how much is left to learn.
        "depth": 6.0 * (((torch.sigmoid(output[:, 1]) - depth) ** 2) * weight * (1.0 + inside)).sum() / total,
        "way": 0.5 * ways.sum() / (nearness > 0).sum().clamp(min=1),
    }


def targets(ids: np.ndarray) -> np.ndarray:
    """(6, h, w) float32 from an (h, w) int32 map (-1 = outside the picture, or not known): foreground, depth 0..1, way
    to the centre in rows and columns, weight of the pixel, weight of the way (one over the cell's radius, 0 in the
    background)."""
    valid = ids >= 0
    _, flat = np.unique(np.where(valid, ids, 0), return_inverse=True)
    label = flat.reshape(ids.shape)
    if not (np.where(valid, ids, 0) == 0).any():
        label = label + 1
    inside = label > 0
    border, touching = _borders(label, valid)
    depth = cv2.distanceTransform(((inside & ~border) | ~valid).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    depth = np.where(inside, depth + 0.5, 0.0)
    count = int(label.max()) + 1
    summit = np.full(count, 1.0)
    np.maximum.at(summit, label.ravel(), depth.ravel())
    area = np.maximum(1, np.bincount(label.ravel(), minlength=count))
    rows, columns = np.indices(ids.shape, dtype=np.float32)
    centre_y = np.bincount(label.ravel(), rows.ravel(), count) / area
    centre_x = np.bincount(label.ravel(), columns.ravel(), count) / area
    way_y, way_x = (centre_y[label] - rows) * inside, (centre_x[label] - columns) * inside
    weight = valid * (1.0 + 2.0 * touching)
    nearness = inside * valid / np.sqrt(area / np.pi)[label]
    return np.stack([inside, depth / summit[label], way_y, way_x, weight, nearness]).astype(np.float32)


def _borders(label: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(pixels with a 4-neighbour of another value, pixels within 2 of two different cells); none at invalid ones."""
    border = np.zeros(label.shape, bool)
    for axis in (0, 1):
        low = [slice(None), slice(None)]
        high = [slice(None), slice(None)]
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        differ = (label[tuple(low)] != label[tuple(high)]) & valid[tuple(low)] & valid[tuple(high)]
        border[tuple(low)] |= differ
        border[tuple(high)] |= differ
    box = np.ones((3, 3), np.uint8)
    as_float = label.astype(np.float32)
    largest = cv2.dilate(as_float, box)
    smallest = -cv2.dilate(np.where(label > 0, -as_float, -1e6), box)
    touching = (largest > 0) & (smallest < 1e6) & (largest != smallest)
    return border & (label > 0), touching
