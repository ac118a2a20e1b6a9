"""CSPNeXt (Lyu et al., arXiv:2212.07784, section 3.1): cross stage partial layers whose blocks have 5x5 depthwise
convolutions and whose channels are weighted. Parameter names are OpenMMLab's."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, SepConv

# Factors of depth and width.
SIZES = {"tiny": (0.167, 0.375), "s": (0.33, 0.5), "m": (0.67, 0.75), "l": (1.0, 1.0), "x": (1.33, 1.25)}
NAMES = tuple(f"cspnext_{size}" for size in SIZES)
WIDTHS = (64, 128, 256, 512, 1024)  # of the stem and the four stages
BLOCKS = (3, 6, 6, 3)

silu = partial(F.silu, inplace=True)


class Attention(nn.Module):
    """Every channel times a factor 0..1 that the mean of the map says."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) weighted."""
        return x * F.hardsigmoid(self.fc(x.mean((2, 3), keepdim=True)))


class Block(nn.Module):
    """3x3 convolution, then a 5x5 depthwise and a 1x1 one; with `identity` the input is added."""

    def __init__(self, width: int, *, identity: bool) -> None:
        super().__init__()
        self.conv1 = ConvBN(width, width, kernel=3, act=silu)
        self.conv2 = SepConv(width, width, kernel=5, act=silu, depthwise_act=silu)
        self.identity = identity

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to the same shape."""
        y = self.conv2(self.conv1(x))
        return y + x if self.identity else y


class CSPLayer(nn.Module):
    """Half of the channels go through `blocks` blocks, the other half past them; both are joined by a 1x1 one."""

    def __init__(self, inputs: int, outputs: int, blocks: int, *, identity: bool, attention: bool) -> None:
        super().__init__()
        half = outputs // 2
        self.main_conv = ConvBN(inputs, half, act=silu)
        self.short_conv = ConvBN(inputs, half, act=silu)
        self.final_conv = ConvBN(2 * half, outputs, act=silu)
        self.blocks = nn.Sequential(*(Block(half, identity=identity) for _ in range(blocks)))
        self.attention = Attention(2 * half) if attention else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        joined = torch.cat([self.blocks(self.main_conv(x)), self.short_conv(x)], 1)
        return self.final_conv(self.attention(joined))


class Pooling(nn.Module):
    """The map beside its maxima over 5x5, 9x9 and 13x13 pixels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = ConvBN(channels, channels // 2, act=silu)
        self.conv2 = ConvBN(channels // 2 * 4, channels, act=silu)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape."""
        x = self.conv1(x)
        return self.conv2(torch.cat([x, *(F.max_pool2d(x, side, 1, side // 2) for side in (5, 9, 13))], 1))


class CSPNeXt(nn.Module):
    """A stem of three convolutions and four stages that halve; answers with the last three stages' maps."""

    def __init__(self, depth: float, width: float) -> None:
        super().__init__()
        widths = [int(w * width) for w in WIDTHS]
        self.channels, self.strides = widths[2:], [8, 16, 32]
        stem = int(WIDTHS[0] * width // 2)
        self.stem = nn.Sequential(
            ConvBN(3, stem, kernel=3, stride=2, act=silu),
            ConvBN(stem, stem, kernel=3, act=silu),
            ConvBN(stem, widths[0], kernel=3, act=silu),
        )
        for i, count in enumerate(BLOCKS):
            last = i == len(BLOCKS) - 1
            layers: list[nn.Module] = [ConvBN(widths[i], widths[i + 1], kernel=3, stride=2, act=silu)]
            layers += [Pooling(widths[i + 1])] if last else []
            blocks = max(round(count * depth), 1)
            layers.append(CSPLayer(widths[i + 1], widths[i + 1], blocks, identity=not last, attention=True))
            self.add_module(f"stage{i + 1}", nn.Sequential(*layers))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to three maps with `channels` at `strides`."""
        x = self.stem(x)
        maps = []
        for i in range(1, 5):
            x = getattr(self, f"stage{i}")(x)
            maps.append(x)
        return maps[1:]


def make(name: str, *, depth: float | None = None, width: float | None = None) -> nn.Module:
    """ "cspnext_s" or another of `NAMES`; `depth` and `width` overrule its factors."""
    usual = SIZES[name.removeprefix("cspnext_")]
    return CSPNeXt(usual[0] if depth is None else depth, usual[1] if width is None else width)
