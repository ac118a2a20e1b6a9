"""U-Net's weights of pixels: high in the narrow gaps between objects, so that a net learns to keep them apart
(Ronneberger et al., arXiv:1505.04597, equation 2)."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from segdesk.engines.training.messages import CROWD, IGNORED

W0, SIGMA = 10.0, 5.0  # the paper's
REACH = 6.0  # standard deviations: what two borders that far away add is below 1e-6


def gap_weights(labels: np.ndarray, objects: np.ndarray | None = None) -> np.ndarray:
    """w0 exp(-(d1 + d2)^2 / (2 sigma^2)) for each pixel, (h, w) float32; d1 and d2 are the distances in pixels to the
    border of the nearest object and of the second nearest (its pixels with one beside them that is not of it; where
    the picture ends there is no border).

    `objects`: (h, w) integers, 0 = none, `CROWD` = not known. Without, an object is a part of a class that hangs
    together by sides or corners, of `labels` (h, w) uint8: all but 0 and `IGNORED`.
    """
    nearest = np.full(labels.shape, np.inf, np.float32)
    second = nearest.copy()
    reach = int(np.ceil(REACH * SIGMA)) + 1
    for mask in _objects(labels) if objects is None else _numbered(objects):
        rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
        top, left = max(0, rows[0] - reach), max(0, columns[0] - reach)
        window = np.s_[top : rows[-1] + reach + 1, left : columns[-1] + reach + 1]
        distance = _distance(mask[window])
        close, next_ = nearest[window], second[window]
        second[window] = np.minimum(next_, np.maximum(close, distance))
        nearest[window] = np.minimum(close, distance)
    total = np.minimum(nearest + second, 1e6)
    return (W0 * np.exp(-(total**2) / (2.0 * SIGMA**2))).astype(np.float32)


def _objects(labels: np.ndarray) -> Iterator[np.ndarray]:
    for number in np.unique(labels):
        if number not in (0, IGNORED):
            count, parts = cv2.connectedComponents((labels == number).astype(np.uint8), connectivity=8)
            yield from (parts == part for part in range(1, count))


def _numbered(objects: np.ndarray) -> Iterator[np.ndarray]:
    yield from (objects == number for number in np.unique(objects) if number not in (0, CROWD))


def _distance(mask: np.ndarray) -> np.ndarray:
    """(h, w) float32: how far each pixel is from the border of the object; infinite if it has none."""
    inner = cv2.erode(mask.astype(np.uint8), np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8), borderValue=1)
    border = mask & (inner == 0)
    if not border.any():
        return np.full(mask.shape, np.inf, np.float32)
    return cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def border_weighted(
    logits: torch.Tensor,
    labels: torch.Tensor,
    *,
    weights: torch.Tensor | None = None,
    objects: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy in which a pixel counts by its class's weight, which balances the classes, plus `gap_weights`; over
    the sum of these weights. `objects`: (N, h, w), as there."""
    known = labels != IGNORED
    seen = labels.to(torch.uint8).cpu().numpy()
    ids = [None] * len(seen) if objects is None else list(objects.cpu().numpy())
    gaps = np.stack([gap_weights(one, numbers) for one, numbers in zip(seen, ids, strict=True)])
    classes = 1.0 if weights is None else weights[labels.masked_fill(~known, 0)]
    weight = (classes + torch.from_numpy(gaps).to(logits.device)) * known
    each = F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")
    return (each * weight).sum() / weight.sum().clamp(min=1e-6)
