"""Detectors in which the places of maps say classes and boxes: where the places lie, which are candidates, and which
remain of those whose boxes overlap."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torchvision.ops import batched_nms


def places(maps: Sequence[torch.Tensor], strides: Sequence[int], *, offset: float) -> torch.Tensor:
    """(P, 3): x and y in pixels of each cell of all maps (N, C, h, w), row by row, and the map's stride; a cell's
    place is `offset` strides from its corner."""
    found = []
    for x, stride in zip(maps, strides, strict=True):
        down, across = ((torch.arange(side, device=x.device) + offset) * stride for side in x.shape[2:])
        rows, columns = torch.meshgrid(down.float(), across.float(), indexing="ij")
        found.append(torch.stack([columns, rows, torch.full_like(rows, stride)], -1).reshape(-1, 3))
    return torch.cat(found)


def candidates(
    scores: Sequence[torch.Tensor], *, above: float, most: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(place, label, score), each (m,), of one picture's scores (P, K) of each map: the best `most` of a map that are
    above the threshold. Places are counted through all maps."""
    found, begin = [], 0
    for each in scores:
        place, label = (each > above).nonzero(as_tuple=True)
        value, order = each[place, label].sort(descending=True)
        order = order[:most]
        found.append((place[order] + begin, label[order], value[:most]))
        begin += len(each)
    place, label, value = (torch.cat(parts) for parts in zip(*found, strict=True))
    return place, label, value


def boxes(at: torch.Tensor, sides: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(m, 4) boxes x0, y0, x1, y1 in pixels of a picture of `size` (h, w), cut to it, around places `at` (m, 2 or
    more), from the distances (m, 4) of their left, top, right and bottom sides."""
    limits = at.new_tensor([size[1], size[0]])
    low = (at[:, :2] - sides[:, :2]).clamp(min=0).minimum(limits)
    high = (at[:, :2] + sides[:, 2:]).clamp(min=0).minimum(limits)
    return torch.cat([low, high], 1)


def remaining(
    boxes: torch.Tensor, scores: torch.Tensor, labels: torch.Tensor, *, overlap: float, most: int
) -> torch.Tensor:
    """Which of the candidates remain, best first, at most `most`: those with an area that do not overlap a better one
    of their class by an intersection over union of more than `overlap`."""
    (real,) = (boxes[:, 2:] > boxes[:, :2]).all(1).nonzero(as_tuple=True)
    return real[batched_nms(boxes[real], scores[real], labels[real], overlap)[:most]]
