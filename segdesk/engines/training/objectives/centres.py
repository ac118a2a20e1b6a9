"""Panoptic-DeepLab's loss (Cheng et al., arXiv:1911.10194, section 3.3): bootstrapped cross-entropy of the classes, the
squared error of the centres' heat map, and the distance of each thing's pixels from where they should point."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.engines.training.messages import CROWD, IGNORED
from segdesk.engines.training.objects import Truth

CLASSES, CENTRES, OFFSETS = 1.0, 200.0, 0.01
COARSE = 0.4  # of a first, coarse answer that the net may give
SPREAD = 8.0  # sigma of a centre, in pixels
HARDEST = 0.15  # of the pixels are learned from
SMALL_AREA, SMALL_WEIGHT = 64 * 64, 3.0


def loss(net: nn.Module, x: torch.Tensor, truth: Truth) -> torch.Tensor:
    """The three parts, weighted, for a net whose answer is "centres"; `coarse` scores may be in it too. Where the net
    has a `centre_spread`, the centres of large objects are wider than the paper's: see `targets`."""
    assert truth.ids is not None
    answer = net(x)
    size, aligned = tuple(truth.labels.shape[-2:]), bool(getattr(net, "align_corners", False))

    def whole(name: str) -> torch.Tensor:
        return F.interpolate(answer[name].float(), size=size, mode="bilinear", align_corners=aligned)

    total = x.new_zeros((), dtype=torch.float32)
    weights = pixel_weights(truth.ids)
    for name, weight in (("scores", CLASSES), ("coarse", COARSE)):
        if name in answer and answer[name].requires_grad:  # what is frozen has nothing to learn
            total = total + weight * bootstrapped(whole(name), truth.labels, weights)
    heat, ways = targets(truth.ids, spread=float(getattr(net, "centre_spread", 0.0)))
    known = (truth.ids != CROWD)[:, None]
    thing = known & (truth.ids > 0)[:, None]
    squares = ((whole("centres") - heat) ** 2 * known).sum() / known.sum().clamp(min=1)
    far = ((whole("offsets") - ways).abs() * thing).sum() / thing.sum().clamp(min=1)
    return total + CENTRES * squares + OFFSETS * far


def bootstrapped(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The mean of the highest `HARDEST` of all weighted cross-entropies (N, h, w); 0 where no label is known."""
    each = F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none") * weights
    count = int(HARDEST * int((labels != IGNORED).sum()))
    return each.flatten().topk(count).values.mean() if count else logits.sum() * 0.0


def pixel_weights(ids: torch.Tensor) -> torch.Tensor:
    """(N, h, w) float32: pixels of small objects count more."""
    result = torch.ones(ids.shape, device=ids.device)
    for picture, out in zip(ids, result, strict=True):
        found, where, area = torch.unique(picture, return_inverse=True, return_counts=True)
        small = (area < SMALL_AREA) & (found > 0) & (found < CROWD)
        out[small[where]] = SMALL_WEIGHT
    return result


def targets(ids: torch.Tensor, *, spread: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Heat maps (N, 1, h, w), 1 at each object's centre of mass and falling off like a Gaussian, the higher one where
    two meet; and (N, 2, h, w) each pixel's way to its object's centre, rows and columns; 0 beside the objects.

    A Gaussian's sigma is `SPREAD`, or `spread` times the root of the object's area where that is more: nobody can say
    to a few pixels where the centre of a large object lies, and the mean of many guesses would be no summit."""
    n, height, width = ids.shape
    heat = torch.zeros(n, 1, height, width, device=ids.device)
    ways = torch.zeros(n, 2, height, width, device=ids.device)
    rows = torch.arange(height, device=ids.device, dtype=torch.float32)
    columns = torch.arange(width, device=ids.device, dtype=torch.float32)
    for at in range(n):
        found, where = torch.unique(ids[at], return_inverse=True)
        thing = (found > 0) & (found < CROWD)
        if not thing.any():
            continue
        y, x = centres(where, len(found))
        sigma = (torch.bincount(where.flatten()).float().sqrt() * spread).clamp(min=SPREAD)
        for row, column, width in zip(y[thing].round(), x[thing].round(), sigma[thing], strict=True):
            fall = _bell(rows - row, width)[:, None] * _bell(columns - column, width)
            torch.maximum(heat[at, 0], fall, out=heat[at, 0])
        inside = thing[where]
        ways[at, 0] = (y[where] - rows[:, None]) * inside
        ways[at, 1] = (x[where] - columns) * inside
    return heat, ways


def centres(where: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows and columns (count,) of the centres of mass of the regions 0..count-1 of a map (h, w)."""
    height, width = where.shape
    area = torch.bincount(where.flatten(), minlength=count).clamp(min=1)
    rows = torch.arange(height, device=where.device, dtype=torch.float64)[:, None].expand(height, width)
    columns = torch.arange(width, device=where.device, dtype=torch.float64).expand(height, width)
    sums = [torch.bincount(where.flatten(), c.flatten(), minlength=count) for c in (rows, columns)]
    return (sums[0] / area).float(), (sums[1] / area).float()


def _bell(distance: torch.Tensor, width: torch.Tensor) -> torch.Tensor:
    return torch.exp(-(distance**2) / (2.0 * width**2))
