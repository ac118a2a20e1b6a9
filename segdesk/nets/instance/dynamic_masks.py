"""Masks by a small network of each object's own (CondInst, Tian et al., arXiv:2003.05664, section 3): its parameters
are predicted where the object was found, and it sees a few features and the way to that place."""

from __future__ import annotations

import torch

REACH = 8  # the way to the object's place is in this many strides of the map where it was found


def parameters(features: int, *, width: int = 8) -> int:
    """How many numbers a network of three 1x1 convolutions over `features` maps and two coordinates has."""
    return sum(outputs * (inputs + 1) for inputs, outputs in _shapes(features, width))


def masks(
    features: torch.Tensor,
    numbers: torch.Tensor,
    places: torch.Tensor,
    *,
    stride: int,
    offset: float,
    width: int = 8,
) -> torch.Tensor:
    """(n, h, w) logits of the masks of n objects, all at once.

    `features` (C, h, w), its cells `stride` pixels apart, the first one's at `offset` strides; `numbers` (n, P): the
    weights of the three convolutions, then their biases; `places` (n, 3): x, y in pixels where the objects were found,
    and the stride of the map there.
    """
    count, (channels, height, rest) = len(numbers), features.shape
    way = _ways(places, (height, rest), stride=stride, offset=offset)
    x = torch.cat([way.to(features.dtype), features.expand(count, -1, -1, -1)], 1).flatten(2)
    shapes = _shapes(channels, width)
    weights = numbers.split([a * b for a, b in shapes] + [outputs for _, outputs in shapes], dim=1)
    for layer, (inputs, outputs) in enumerate(shapes):
        x = torch.baddbmm(weights[len(shapes) + layer][..., None], weights[layer].view(count, outputs, inputs), x)
        x = x.relu() if layer + 1 < len(shapes) else x
    return x.view(count, height, rest)


def _shapes(features: int, width: int) -> list[tuple[int, int]]:
    """Inputs and outputs of the three convolutions."""
    return [(features + 2, width), (width, width), (width, 1)]


def _ways(places: torch.Tensor, size: tuple[int, int], *, stride: int, offset: float) -> torch.Tensor:
    """(n, 2, h, w): how far each object's place lies right of and below each cell."""
    y, x = ((torch.arange(side, device=places.device) + offset) * stride for side in size)
    across = (places[:, 0, None] - x) / (places[:, 2:] * REACH)
    down = (places[:, 1, None] - y) / (places[:, 2:] * REACH)
    n = len(places)
    return torch.stack([across[:, None, :].expand(n, *size), down[:, :, None].expand(n, *size)], 1)


def as_shares(logits: torch.Tensor) -> torch.Tensor:
    """Logits (n, h, w) as 0..1 with the same place of zero, now one half: each mask is divided by twice its largest
    value. Between the cells it then changes as the logits do, which probabilities do not."""
    largest = logits.abs().amax((1, 2), keepdim=True).clamp(min=1e-6) if logits.numel() else logits
    return logits / (2 * largest) + 0.5
