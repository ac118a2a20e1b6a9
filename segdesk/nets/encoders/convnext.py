"""ConvNeXt (Liu et al., arXiv:2201.03545, figure 4): depthwise 7x7 convolution, norm, two pointwise layers, a learned
scale for each channel. Parameter names are OpenMMLab's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.transformer import DropPath

# Channels of the first stage, blocks of the stages.
SIZES = {
    "convnext_tiny": (96, (3, 3, 9, 3)),
    "convnext_small": (96, (3, 3, 27, 3)),
    "convnext_base": (128, (3, 3, 27, 3)),
    "convnext_large": (192, (3, 3, 27, 3)),
    "convnext_xlarge": (256, (3, 3, 27, 3)),
}
NAMES = tuple(SIZES)


class Block(nn.Module):
    """The residual block."""

    def __init__(self, width: int, *, drop_path: float) -> None:
        super().__init__()
        self.depthwise_conv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pointwise_conv1 = nn.Linear(width, 4 * width)
        self.pointwise_conv2 = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))
        self.drop = DropPath(drop_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to the same shape."""
        y = self.norm(self.depthwise_conv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pointwise_conv2(F.gelu(self.pointwise_conv1(y)))
        return x + self.drop(y.permute(0, 3, 1, 2))


class Down(nn.Module):
    """A convolution as wide as its stride. A map that does not hold one kernel is filled up with zeros; a larger one
    loses its rest, as in the reference."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(outputs, inputs, stride, stride))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.trunc_normal_(self.weight, std=0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        x = F.pad(x, (0, max(0, self.stride - x.shape[3]), 0, max(0, self.stride - x.shape[2])))
        return F.conv2d(x, self.weight, self.bias, self.stride)


class MapNorm(nn.LayerNorm):
    """Layer norm over the channels of a map."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to the same shape."""
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Four stages at strides 4, 8, 16 and 32, each map with its norm `norm0` to `norm3`."""

    def __init__(self, width: int, depths: Sequence[int], *, drop_path: float = 0.4) -> None:
        super().__init__()
        self.channels = [width * 2**i for i in range(len(depths))]
        self.strides = [4 * 2**i for i in range(len(depths))]
        chances = iter(torch.linspace(0, drop_path, sum(depths), device="cpu").tolist())
        self.downsample_layers = nn.ModuleList()
        self.stages = nn.ModuleList()
        for i, (depth, channels) in enumerate(zip(depths, self.channels, strict=True)):
            before = self.channels[i - 1]
            layers = [MapNorm(before, eps=1e-6), Down(before, channels, 2)] if i else [Down(3, channels, 4)]
            layers += [] if i else [MapNorm(channels, eps=1e-6)]
            self.downsample_layers.append(nn.Sequential(*layers))
            self.stages.append(nn.Sequential(*(Block(channels, drop_path=next(chances)) for _ in range(depth))))
            self.add_module(f"norm{i}", MapNorm(channels, eps=1e-6))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to four maps with `channels` at `strides`."""
        maps = []
        for i, (down, stage) in enumerate(zip(self.downsample_layers, self.stages, strict=True)):
            x = stage(down(x))
            maps.append(getattr(self, f"norm{i}")(x))
        return maps


def make(name: str, **options: object) -> nn.Module:
    """ "convnext_tiny" or another of `NAMES`; `options` as `ConvNeXt` explains them."""
    width, depths = SIZES[name]
    chosen = {"width": width, "depths": depths, **options}
    return ConvNeXt(**chosen)  # pyright: ignore[reportArgumentType]
