"""Boxes of a detector: anchors, the coding of a box relative to another, clipping, and which boxes remain.

A box is x0, y0, x1, y1 in pixels of the net's input, its width x1 - x0 (no pixel is added).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt

import torch
from torchvision.ops import batched_nms, nms

RATIOS = (0.5, 1.0, 2.0)  # height to width
SCALE = 8  # side of a square anchor in strides
MAX_GROWTH = abs(log(16 / 1000))  # a box grows or shrinks at most to this power of e


def cell_anchors(stride: int, scale: float = SCALE, ratios: Sequence[float] = RATIOS) -> torch.Tensor:
    """(len(ratios), 4): the anchors of the first cell; they lie around its corner, (0, 0), and have equal areas."""
    side = float(stride * scale)
    halves = [(side / sqrt(ratio) / 2, side * sqrt(ratio) / 2) for ratio in ratios]
    return torch.tensor([(-x, -y, x, y) for x, y in halves])


def grid_anchors(stride: int, size: Sequence[int], device: torch.device) -> torch.Tensor:
    """(h * w * 3, 4): the anchors of a map of `size` (h, w), row by row, those of a cell together."""
    y = torch.arange(size[0], device=device) * stride
    x = torch.arange(size[1], device=device) * stride
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    corners = torch.stack([columns, rows, columns, rows], -1).reshape(-1, 1, 4)
    return (corners + cell_anchors(stride).to(device)).reshape(-1, 4)


def decode(
    boxes: torch.Tensor, deltas: torch.Tensor, size: tuple[int, int], stds: Sequence[float] = (1.0, 1.0, 1.0, 1.0)
) -> torch.Tensor:
    """Boxes (..., 4) changed by `deltas` (..., 4) and cut to a picture of `size` (h, w).

    A delta, times `stds`, is the centre's way in parts of width and height and the logarithm of the growth (Girshick
    et al., arXiv:1311.2524, appendix C).
    """
    deltas = deltas * deltas.new_tensor(stds)
    centre, extent = (boxes[..., :2] + boxes[..., 2:]) * 0.5, boxes[..., 2:] - boxes[..., :2]
    centre = centre + extent * deltas[..., :2]
    half = extent * deltas[..., 2:].clamp(-MAX_GROWTH, MAX_GROWTH).exp() * 0.5
    return clipped(torch.cat([centre - half, centre + half], -1), size)


def clipped(boxes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Boxes (..., 4) cut to a picture of `size` (h, w)."""
    limits = boxes.new_tensor([size[1], size[0], size[1], size[0]])
    return boxes.clamp(min=0).minimum(limits)


def best(
    boxes: torch.Tensor,
    scores: torch.Tensor,
    *,
    threshold: float,
    overlap: float,
    most: int,
    agnostic: bool = False,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What remains of boxes (n, K, 4) or (n, 1, 4) with scores (n, K): boxes (m, 4), scores (m,), labels (m,), best
    first, at most `most`.

    Left out is what has a score of at most `threshold` or overlaps a better box of its class (with `agnostic`, of any
    class) by an intersection over union of more than `overlap`.
    """
    at, labels = (scores > threshold).nonzero(as_tuple=True)
    chosen, values = boxes.expand(-1, scores.shape[1], -1)[at, labels], scores[at, labels]
    kept = nms(chosen, values, overlap) if agnostic else batched_nms(chosen, values, labels, overlap)
    kept = kept[:most]
    return chosen[kept], values[kept], labels[kept]


def with_picture(boxes: Sequence[torch.Tensor]) -> torch.Tensor:
    """(n, 5): the boxes (., 4) of several pictures in one table, the picture's number before each."""
    return torch.cat([torch.cat([b.new_full((len(b), 1), i), b], 1) for i, b in enumerate(boxes)])
