"""FCOS (Tian et al., arXiv:1904.01355), a detector without anchors: every place of every map says which class is there,
how far away the four sides of its box are, and how central it lies. Parameter names are AdelaiDet's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import batched_nms

BEFORE = 1000  # candidates of a level that go into the suppression


class FCOSHead(nn.Module):
    """Two towers of 3x3 convolutions with group norm, `cls_tower` and `bbox_tower` of `depth` each, behind
    `shared` ones that both have in common."""

    def __init__(self, inputs: int, num_classes: int, *, depth: int = 4, shared: int = 0, groups: int = 32) -> None:
        super().__init__()
        self.cls_tower = tower(inputs, depth, groups)
        self.bbox_tower = tower(inputs, depth, groups)
        self.share_tower = tower(inputs, shared, groups)
        self.cls_logits = nn.Conv2d(inputs, num_classes, 3, padding=1)
        self.bbox_pred = nn.Conv2d(inputs, 4, 3, padding=1)
        self.ctrness = nn.Conv2d(inputs, 1, 3, padding=1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """A map (N, C, h, w) to class logits (N, K, h, w), distances (N, 4, h, w) left, top, right, bottom in strides,
        the logit of centredness (N, 1, h, w), and the features (N, C, h, w) of the boxes."""
        x = self.share_tower(x)
        features = self.bbox_tower(x)
        return self.cls_logits(self.cls_tower(x)), F.relu(self.bbox_pred(features)), self.ctrness(features), features


def tower(width: int, depth: int, groups: int) -> nn.Sequential:
    """`depth` times convolution, group norm, ReLU."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.GroupNorm(groups, width), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class Found:
    """One picture's objects, best first: boxes (n, 4), not cut to the picture; scores (n,), labels (n,), and what the
    top layer says at their places, (n, T)."""

    boxes: torch.Tensor
    scores: torch.Tensor
    labels: torch.Tensor
    top: torch.Tensor


def places(size: Sequence[int], stride: int, device: torch.device) -> torch.Tensor:
    """(h * w, 2): x, y in pixels of the middle of each cell of a map of `size` (h, w), row by row."""
    y, x = (torch.arange(side, device=device, dtype=torch.float32) * stride + stride // 2 for side in size)
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns, rows], -1).reshape(-1, 2)


class FCOS(nn.Module):
    """`fcos_head` over the maps of a pyramid. `threshold`: what class times centredness, both probabilities, must
    exceed; `overlap`: of boxes of one class, before the worse one is left out; `most`: objects of a picture."""

    def __init__(
        self, head: FCOSHead, strides: Sequence[int], *, threshold: float = 0.05, overlap: float = 0.6, most: int = 100
    ) -> None:
        super().__init__()
        self.fcos_head = head
        self.strides = tuple(strides)
        self.threshold, self.overlap, self.most = threshold, overlap, most

    def forward(self, maps: Sequence[torch.Tensor], top: Callable[[torch.Tensor], torch.Tensor]) -> list[Found]:
        """The objects of each picture, from its maps (N, C, h, w), fine to coarse. `top` makes a map (N, T, h, w) of
        the features of the boxes; the objects take from it what stands at their places."""
        levels: list[list[Found]] = []
        for x, stride in zip(maps, self.strides, strict=True):
            logits, distances, centre, features = self.fcos_head(x)
            scores = logits.sigmoid() * centre.sigmoid()
            at = places(x.shape[2:], stride, x.device)
            flat = [value.flatten(2).transpose(1, 2) for value in (scores, distances * stride, top(features))]
            levels.append([self._candidates(at, *picture) for picture in zip(*flat, strict=True)])
        return [self._kept(picture) for picture in zip(*levels, strict=True)]

    def _candidates(self, at: torch.Tensor, scores: torch.Tensor, distances: torch.Tensor, top: torch.Tensor) -> Found:
        """The best candidates of one level of one picture: scores (P, K), distances (P, 4), top (P, T) at P places."""
        place, labels = (scores > self.threshold).nonzero(as_tuple=True)
        values = scores[place, labels]
        values, order = values.topk(min(BEFORE, len(values)))
        place, labels = place[order], labels[order]
        middle, reach = at[place], distances[place]
        boxes = torch.cat([middle - reach[:, :2], middle + reach[:, 2:]], 1)
        return Found(boxes, values.sqrt(), labels, top[place])

    def _kept(self, levels: Sequence[Found]) -> Found:
        """What remains of the candidates of all levels."""
        boxes, scores, labels, top = (
            torch.cat([getattr(level, name) for level in levels]) for name in ("boxes", "scores", "labels", "top")
        )
        kept = batched_nms(boxes, scores, labels, self.overlap)[: self.most]
        return Found(boxes[kept], scores[kept], labels[kept], top[kept])
