"""Aligned Xception as DeepLabV3+ changed it: deeper, strided separable convolutions instead of pooling, batch norm
behind each depthwise convolution (Chen et al., arXiv:1802.02611, figure 4). Parameter names are timm's, so that its
ImageNet weights load."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

# Entry flow of each depth: output channels and stride of its blocks; then how many blocks the middle flow has.
ENTRIES = {
    "xception41": (((128, 2), (256, 2), (728, 2)), 8),
    "xception65": (((128, 2), (256, 2), (728, 2)), 16),
    "xception71": (((128, 2), (256, 1), (256, 2), (728, 1), (728, 2)), 16),
}
NAMES = tuple(ENTRIES)
batch_norm = partial(nn.BatchNorm2d, eps=1e-3)


class Stem(nn.Module):
    """Convolution `conv`, batch norm `bn`, ReLU unless `active` is False."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, active: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = batch_norm(outputs)
        self.active = active

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        x = self.bn(self.conv(x))
        return F.relu(x) if self.active else x


class Separable(nn.Module):
    """Depthwise 3x3 and 1x1 convolution, each with batch norm, and with ReLU where `active`."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, dilation: int, active: bool) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(inputs, inputs, 3, stride, dilation, dilation, groups=inputs, bias=False)
        self.bn_dw = batch_norm(inputs)
        self.conv_pw = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn_pw = batch_norm(outputs)
        self.active = active

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        x = self.bn_dw(self.conv_dw(x))
        x = self.bn_pw(self.conv_pw(F.relu(x) if self.active else x))
        return F.relu(x) if self.active else x


class Block(nn.Module):
    """Three separable convolutions, the last with the stride, and a shortcut around them unless `last`.

    The ReLU stands before each of them; in the `last` block behind, and there within the separable convolution too.
    """

    def __init__(
        self, inputs: int, outputs: Sequence[int], *, stride: int = 1, dilation: int = 1, last: bool = False
    ) -> None:
        super().__init__()
        widths = [inputs, *outputs]
        self.stack = nn.ModuleDict(
            {
                f"conv{i + 1}": Separable(
                    widths[i], widths[i + 1], stride=stride if i == 2 else 1, dilation=dilation, active=last
                )
                for i in range(3)
            }
        )
        self.last = last
        changed = not last and (inputs != widths[-1] or stride != 1)
        self.shortcut = Stem(inputs, widths[-1], kernel=1, stride=stride, active=False) if changed else None

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, inputs, h, w) to the block's answer, and to what there is before its strided convolution."""
        y = x
        inner = x
        for name, separable in self.stack.items():
            if name == "conv3":
                inner = y
            y = separable(y if self.last else F.relu(y))
        if not self.last:
            y = y + (x if self.shortcut is None else self.shortcut(x))
        return y, inner


class Xception(nn.Module):
    """`stem` and `blocks`; answers with the maps before each stride from 4 on, then the last block's.

    A block that loses its stride to `output_stride` keeps the dilation; the blocks behind it have twice as much.
    `width_factor` scales all channels.
    """

    def __init__(self, name: str, *, output_stride: int = 16, width_factor: float = 1.0) -> None:
        super().__init__()
        if output_stride not in (8, 16, 32):
            raise ValueError("output_stride must be 8, 16 or 32")
        entry, middle = ENTRIES[name]
        plan: list[tuple[tuple[int, ...], int]] = [((width,) * 3, stride) for width, stride in entry]
        plan += [((728,) * 3, 1)] * middle + [((728, 1024, 1024), 2), ((1536, 1536, 2048), 1)]
        inputs = round(64 * width_factor)
        half = round(32 * width_factor)
        self.stem = nn.Sequential(Stem(3, half, kernel=3, stride=2), Stem(half, inputs, kernel=3, stride=1))
        self.blocks = nn.Sequential()
        self.answered, self.channels, self.strides = [], [], []
        reached, dilation = 2, 1
        for i, (nominal, stride) in enumerate(plan):
            widths = [round(width * width_factor) for width in nominal]
            kept = stride if reached * stride <= output_stride else 1
            self.blocks.append(Block(inputs, widths, stride=kept, dilation=dilation, last=i == len(plan) - 1))
            if stride > 1 and i > 0:
                self.answered.append(i)
                self.channels.append(widths[1])
                self.strides.append(reached)
            dilation *= stride // kept
            reached *= kept
            inputs = widths[-1]
        self.channels.append(inputs)
        self.strides.append(reached)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to four maps with `channels` at `strides`."""
        x = self.stem(x)
        maps = []
        for i, block in enumerate(self.blocks):
            x, inner = block(x)
            if i in self.answered:
                maps.append(inner)
        return [*maps, x]


def make(name: str, **options: object) -> nn.Module:
    """ "xception65" or another of `NAMES`; `options` as `Xception` explains them."""
    return Xception(name, **options)  # pyright: ignore[reportArgumentType]
