"""WiderResNet-38 (Wu et al., arXiv:1611.10080, figure 1) with norms and ReLUs before the convolutions, dilated to
stride 8. Parameter names are those of GSCNN's and In-Place ABN's published files."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

NAMES = ("wider_resnet38",)
BLOCKS = (3, 3, 6, 3, 1, 1)
WIDTHS = ((128, 128), (256, 256), (512, 512), (512, 1024), (512, 1024, 2048), (1024, 2048, 4096))
RATES = (1, 1, 1, 2, 4, 4)
DROPOUT = (0.0, 0.0, 0.0, 0.0, 0.3, 0.5)


class Block(nn.Module):
    """Norm and ReLU, then two 3x3 convolutions, or 1x1, 3x3 and 1x1 where three widths are given."""

    def __init__(self, inputs: int, widths: Sequence[int], *, stride: int, rate: int, dropout: float) -> None:
        super().__init__()
        self.bn1 = _norm_relu(inputs)
        self.convs = nn.Sequential()
        kernels = (3, 3) if len(widths) == 2 else (1, 3, 1)
        before = inputs
        for i, (width, kernel) in enumerate(zip(widths, kernels, strict=True)):
            if i:
                self.convs.add_module(f"bn{i + 1}", _norm_relu(before))
            if i + 1 == len(widths) and dropout:
                self.convs.add_module("dropout", nn.Dropout2d(dropout))
            padding = rate * (kernel // 2)
            conv = nn.Conv2d(before, width, kernel, 1 if i else stride, padding, rate, bias=False)
            self.convs.add_module(f"conv{i + 1}", conv)
            before = width
        if stride != 1 or inputs != before:
            self.proj_conv = nn.Conv2d(inputs, before, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, last width, h / stride, w / stride)."""
        y = self.bn1(x)
        return self.convs(y) + (self.proj_conv(y) if hasattr(self, "proj_conv") else x)


class WiderResNet(nn.Module):
    """`mod1` to `mod7`; the maps are those of all seven. `base` and `blocks` make smaller ones."""

    def __init__(self, *, base: int = 64, blocks: Sequence[int] = BLOCKS) -> None:
        super().__init__()
        self.mod1 = nn.Sequential()
        self.mod1.add_module("conv1", nn.Conv2d(3, base, 3, padding=1, bias=False))
        self.channels = [base]
        self.strides = [1, 2, 4, 8, 8, 8, 8]
        for i, count in enumerate(blocks):
            module = nn.Sequential()
            widths = [c * base // 64 for c in WIDTHS[i]]
            for j in range(count):
                stride = 2 if i == 2 and j == 0 else 1
                block = Block(
                    widths[-1] if j else self.channels[-1], widths, stride=stride, rate=RATES[i], dropout=DROPOUT[i]
                )
                module.add_module(f"block{j + 1}", block)
            self.channels.append(widths[-1])
            self.add_module(f"mod{i + 2}", module)

    def maps(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to seven maps with `channels` at `strides`."""
        found = []
        for i in range(1, 8):
            x = getattr(self, f"mod{i}")(F.max_pool2d(x, 3, 2, 1) if i in (2, 3) else x)
            found.append(x)
        return found

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The maps, see `maps`."""
        return self.maps(x)


def _norm_relu(width: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(inplace=True))


def make(name: str, **options: object) -> nn.Module:
    """ "wider_resnet38"; `options` as `WiderResNet` explains them."""
    return WiderResNet(**options)  # pyright: ignore[reportArgumentType]
