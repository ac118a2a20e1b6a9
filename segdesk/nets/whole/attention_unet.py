"""Attention U-Net (Oktay et al., arXiv:1804.03999, figures 1 and 2, equations 1 and 2): a U-Net whose skips are
multiplied by a gate in (0, 1) that the coarser map opens where it matters."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import up
from segdesk.nets.whole.options import made
from segdesk.nets.whole.unet import TwoConvs

TITLE = "Attention U-Net"
PAPER = "arXiv:1804.03999"


class Gate(nn.Module):
    """The additive attention gate of figure 2: the skip at the coarser map's resolution and the coarser map, each
    through a 1x1 convolution, are added; ReLU, `psi` to one channel, sigmoid."""

    def __init__(self, skip: int, gating: int, width: int) -> None:
        super().__init__()
        self.theta = nn.Conv2d(skip, width, 1, stride=2, bias=False)
        self.phi = nn.Conv2d(gating, width, 1)
        self.psi = nn.Conv2d(width, 1, 1)

    def openings(self, skip: torch.Tensor, gating: torch.Tensor) -> torch.Tensor:
        """`skip` (N, S, h, w) and `gating` (N, G, ceil(h / 2), ceil(w / 2)) to (N, 1, h, w) in (0, 1), sampled
        bilinear from the coarser grid."""
        return up(torch.sigmoid(self.psi(F.relu(self.theta(skip) + self.phi(gating)))), skip)

    def forward(self, skip: torch.Tensor, gating: torch.Tensor) -> torch.Tensor:
        """The skip, weighted."""
        return skip * self.openings(skip, gating)


class AttentionUNet(nn.Module):
    """`width` channels at full resolution, twice as many at each of `depth` steps down."""

    output = "scores"

    def __init__(self, num_classes: int, *, width: int = 64, depth: int = 4) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(depth + 1)]
        self.down = nn.ModuleList(TwoConvs(a, b) for a, b in zip([3, *widths], widths, strict=False))
        self.gates = nn.ModuleList(Gate(w, 2 * w, max(1, w // 2)) for w in widths[:-1])
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in widths[:-1])
        self.fuse = nn.ModuleList(TwoConvs(2 * w, w) for w in widths[:-1])
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, h, w)."""
        skips = []
        for i, stage in enumerate(self.down):
            x = stage(F.max_pool2d(x, 2, ceil_mode=True) if i else x)
            skips.append(x)
        skips.pop()
        for i in reversed(range(len(skips))):
            skip = self.gates[i](skips[i], x)
            x = self.up[i](x)[:, :, : skip.shape[2], : skip.shape[3]]
            x = self.fuse[i](torch.cat([skip, x], 1))
        return self.head(x)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `AttentionUNet` explains them."""
    return made(AttentionUNet, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {"attention_unet": {}}
SMALL: dict[str, object] = {"width": 4, "depth": 3}
