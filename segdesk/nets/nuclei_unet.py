"""A compact residual U-Net for nuclei of any stain: it says of each pixel whether it is nucleus, how deep inside, and
where its nucleus has its centre. `segdesk.engines.cells` turns that into objects; `scripts/train_nuclei.py` trains it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

WIDTHS = (24, 48, 72, 96, 128, 160)
OUTPUT_CHANNELS = 4
FOREGROUND, DEPTH, OFFSET_Y, OFFSET_X = range(OUTPUT_CHANNELS)


class ConvNorm(nn.Sequential):
    """3x3 convolution, batch norm, and ReLU unless `active` is False."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, active: bool = True) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        if active:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class Residual(nn.Module):
    """Two 3x3 convolutions around which the input is added (He et al., arXiv:1512.03385, figure 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvNorm(channels, channels), ConvNorm(channels, channels, active=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to the same shape."""
        return F.relu(x + self.body(x), inplace=True)


class Up(nn.Module):
    """One step up: reduce the channels at the low resolution (cheap), enlarge, add the skip, refine."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(inputs, outputs, 1)
        self.refine = Residual(outputs)

    def forward(self, low: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """`low` (N, I, h, w) and `skip` (N, O, H, W) to (N, O, H, W)."""
        high = F.interpolate(self.reduce(low), size=skip.shape[-2:], mode="bilinear", align_corners=False)
        return self.refine(high + skip)


class NucleiUNet(nn.Module):
    """The net. Any picture size of at least 2x2 works; a multiple of 32 wastes nothing.

    `options`: `widths`, the channels at strides 1, 2, 4, ...
    """

    output = "cells"

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.stem = ConvNorm(3, widths[0])
        self.down = nn.ModuleList(
            nn.Sequential(ConvNorm(narrow, wide, stride=2), Residual(wide)) for narrow, wide in pairwise(widths)
        )
        self.bottom = Residual(widths[-1])
        self.up = nn.ModuleList(Up(wide, narrow) for wide, narrow in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.head = nn.Conv2d(widths[0], OUTPUT_CHANNELS, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) RGB in 0..1 to (N, 4, h, w): the logit of nucleus; the logit of the depth inside it (0 at the
        border, 1 at the innermost point); and the way to the nucleus's centre, rows then columns, in input pixels.
        """
        x = self.stem(standardised(x))
        skips = [x]
        for step in self.down:
            skips.append(step(skips[-1]))
        x = self.bottom(skips.pop())
        for step in self.up:
            x = step(x, skips.pop())
        x = self.head(x)
        return torch.cat([x[:, :OFFSET_Y], x[:, OFFSET_Y:] * 16.0], dim=1)


def standardised(x: torch.Tensor) -> torch.Tensor:
    """Each picture (N, 3, h, w) about its own mean and spread, its tails compressed by a signed logarithm: a dim
    fluorescence picture that uses 10 grey levels then looks like one that uses 255. A flat picture stays flat."""
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    spread = x.std(dim=(1, 2, 3), keepdim=True)
    z = (x - mean) / (spread + 0.005)
    return torch.sign(z) * torch.log1p(z.abs())


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card. `num_classes` must be 1: everything it finds is a nucleus."""
    if num_classes != 1:
        raise ValueError("the nuclei net knows one class")
    widths = options.get("widths", WIDTHS)
    if not isinstance(widths, Sequence):
        raise ValueError("widths must be a list of channel counts")
    return NucleiUNet([int(w) for w in widths])
