"""CGNet (Wu et al., arXiv:1811.08201, figures 2 and 3): each block sees its neighbourhood, a dilated surrounding and
the mean of the whole picture; the pooled picture is fed in again at strides 2 and 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.heads.fcn import Head
from segdesk.nets.whole._parts import chosen, net_with_heads

TITLE = "CGNet"
PAPER = "arXiv:1811.08201"
EPS = 1e-3


class GlobalGate(nn.Module):
    """Each channel times a number in 0..1 that the means of all channels decide."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        narrow = channels // reduction
        self.fc = nn.Sequential(
            nn.Linear(channels, narrow), nn.ReLU(inplace=True), nn.Linear(narrow, channels), nn.Sigmoid()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to the same shape."""
        return x * self.fc(x.mean((2, 3)))[:, :, None, None]


class Guided(nn.Module):
    """The context guided block (figure 3): local and surrounding features joined, then gated by the global one."""

    def __init__(self, inputs: int, outputs: int, *, dilation: int, reduction: int, strided: bool) -> None:
        super().__init__()
        width = outputs if strided else outputs // 2
        kernel, stride = (3, 2) if strided else (1, 1)
        self.strided = strided
        self.conv1x1 = ConvBN(inputs, width, kernel=kernel, stride=stride, eps=EPS, act=nn.PReLU(width))
        self.f_loc = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        self.f_sur = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, groups=width, bias=False)
        self.bn = nn.BatchNorm2d(2 * width, eps=EPS)
        self.activate = nn.PReLU(2 * width)
        if strided:
            self.bottleneck = nn.Conv2d(2 * width, outputs, 1, bias=False)
        self.f_glo = GlobalGate(outputs, reduction)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        y = self.conv1x1(x)
        y = self.activate(self.bn(torch.cat([self.f_loc(y), self.f_sur(y)], 1)))
        return self.f_glo(self.bottleneck(y)) if self.strided else x + self.f_glo(y)


class Backbone(nn.Module):
    """Stem and two levels; `widths` at strides 2, 4 and 8, `blocks` and `reductions` of the two levels."""

    def __init__(self, widths: Sequence[int], blocks: Sequence[int], reductions: Sequence[int]) -> None:
        super().__init__()
        self.channels = [widths[0] + 3, 2 * widths[1] + 3, 2 * widths[2]]
        self.strides = [2, 4, 8]
        inputs = (3, widths[0], widths[0])
        self.stem = nn.ModuleList(
            ConvBN(c, widths[0], kernel=3, stride=2 - (i > 0), eps=EPS, act=nn.PReLU(widths[0]))
            for i, c in enumerate(inputs)
        )
        self.norm_prelu_0 = _norm_prelu(self.channels[0])
        self.level1 = _level(self.channels[0], widths[1], blocks[0], dilation=2, reduction=reductions[0])
        self.norm_prelu_1 = _norm_prelu(self.channels[1])
        self.level2 = _level(self.channels[1], widths[2], blocks[1], dilation=4, reduction=reductions[1])
        self.norm_prelu_2 = _norm_prelu(self.channels[2])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to three maps at strides 2, 4 and 8."""
        half = F.avg_pool2d(x, 3, 2, 1)
        quarter = F.avg_pool2d(half, 3, 2, 1)
        for layer in self.stem:
            x = layer(x)
        fine = self.norm_prelu_0(torch.cat([x, half], 1))
        first, last = _through(self.level1, fine)
        middle = self.norm_prelu_1(torch.cat([last, first, quarter], 1))
        first, last = _through(self.level2, middle)
        return [fine, middle, self.norm_prelu_2(torch.cat([first, last], 1))]


def _norm_prelu(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(channels, eps=EPS), nn.PReLU(channels))


def _level(inputs: int, width: int, count: int, *, dilation: int, reduction: int) -> nn.ModuleList:
    return nn.ModuleList(
        Guided(width if i else inputs, width, dilation=dilation, reduction=reduction, strided=i == 0)
        for i in range(count)
    )


def _through(blocks: nn.ModuleList, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What the first and what the last block give."""
    first = x = blocks[0](x)
    for block in list(blocks)[1:]:
        x = block(x)
    return first, x


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`widths` at strides 2, 4 and 8; `blocks` and `reductions` of the two levels. It has no auxiliary head."""
    made = chosen(options, widths=(32, 64, 128), blocks=(3, 21), reductions=(8, 16), auxiliary=False)
    backbone = Backbone(made["widths"], made["blocks"], made["reductions"])
    decode = Head(backbone.channels, num_classes, num_convs=0, concat_input=False, dropout=0.0)
    return net_with_heads(backbone, num_classes, decode, (), weight=0.0)


VARIANTS: dict[str, dict[str, object]] = {"cgnet": {}}
SMALL: dict[str, object] = {"widths": (8, 8, 16), "blocks": (2, 3), "reductions": (4, 4)}
