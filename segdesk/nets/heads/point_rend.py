"""PointRend: Semantic FPN's logits are enlarged step by step, and where the two best classes are closest a small
network decides anew from the fine map (Kirillov et al., arXiv:1912.08193, figures 3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.heads import sem_fpn
from segdesk.nets.net import Outputs, encoder_decoder

TITLE = "PointRend"
PAPER = "arXiv:1912.08193"


class PointLinear(nn.Module):
    """A linear layer `conv` for each point, with ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, P) to (N, outputs, P)."""
        return F.relu(self.conv(x))


class PointHead(nn.Module):
    """Three layers over a point's fine features, which get its coarse logits before each layer."""

    def __init__(self, inputs: int, num_classes: int, *, width: int) -> None:
        super().__init__()
        widths = (inputs, width, width)
        self.fcs = nn.ModuleList(PointLinear(w + num_classes, width) for w in widths)
        self.fc_seg = nn.Conv1d(width + num_classes, num_classes, 1)

    def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """(N, C, P) and (N, num_classes, P) to logits (N, num_classes, P)."""
        x = torch.cat([fine, coarse], 1)
        for layer in self.fcs:
            x = torch.cat([layer(x), coarse], 1)
        return self.fc_seg(x)


def unsure(logits: torch.Tensor, count: int) -> torch.Tensor:
    """Indices (N, P) into h * w of the `count` pixels of (N, C, h, w) whose two best classes are closest."""
    flat = logits.flatten(2)
    best = flat.topk(min(2, flat.shape[1]), dim=1).values
    return (best[:, -1] - best[:, 0]).topk(min(count, flat.shape[2]), dim=1).indices


def at(x: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """(N, C, h, w) sampled bilinear at `points` (N, P, 2), (x, y) in 0..1 of its sides: (N, C, P)."""
    return F.grid_sample(x, 2 * points[:, :, None] - 1, align_corners=False)[..., 0]


class Head(nn.ModuleList):
    """Semantic FPN's head, then the head for points: `steps` times twice the size, `points` points decided anew."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 128,
        point_width: int = 256,
        steps: int = 2,
        points: int = 8196,
    ) -> None:
        coarse = sem_fpn.Head(channels, num_classes, width=width, dropout=0.0)
        super().__init__([coarse, PointHead(channels[0], num_classes, width=point_width)])
        self.steps, self.points = steps, points

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The pyramid's maps to logits at 2^steps times the size of the finest."""
        return self.refined(features[0], self[0](features))

    def refined(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """`fine` (N, C, h, w) and coarse logits (N, K, h, w) to logits (N, K, h', w')."""
        logits = coarse
        for _ in range(self.steps):
            logits = F.interpolate(logits, scale_factor=2, mode="bilinear")
            height, width = logits.shape[2:]
            index = unsure(logits, self.points)
            places = torch.stack([(index % width + 0.5) / width, (index // width + 0.5) / height], 2)
            decided = self[1](at(fine, places), at(coarse, places))
            where = index[:, None].expand(-1, logits.shape[1], -1)
            logits = logits.flatten(2).scatter(2, where, decided).reshape(logits.shape)
        return logits

    def training_outputs(self, features: Sequence[torch.Tensor]) -> Outputs:
        """The refined logits and the coarse ones, each with weight 1. The points are the least sure ones; the paper
        draws a quarter of them by chance."""
        coarse = self[0](features)
        return [(self.refined(features[0], coarse), 1.0), (coarse, 1.0)]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` and `sem_fpn.Neck` for theirs.
    There is no auxiliary head; `auxiliary` changes nothing."""
    own = {key: value for key, value in options.items() if key != "auxiliary"}
    return encoder_decoder(own, num_classes, Head, neck=sem_fpn.Neck, encoder="resnet50_v1c")


VARIANTS: dict[str, dict[str, object]] = {"r50": {"encoder": "resnet50_v1c"}, "r101": {"encoder": "resnet101_v1c"}}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"base": 8, "stem_width": 16},
    "neck_options": {"width": 16},
    "width": 8,
    "point_width": 16,
    "points": 40,
}
