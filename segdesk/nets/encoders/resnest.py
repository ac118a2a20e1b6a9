"""ResNeSt (Zhang et al., arXiv:2004.08955): a ResNet whose 3x3 convolutions weigh two splits of their channels against
each other. Parameter names are OpenMMLab's."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.encoders.resnet import ResNet

DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 200: (3, 24, 36, 3)}
STEMS = {50: 64, 101: 128, 200: 128}
NAMES = tuple(f"resnest{depth}" for depth in DEPTHS)


class SplitAttention(nn.Module):
    """A grouped 3x3 convolution into `radix` splits, and their sum weighted for each channel (figure 2 right)."""

    def __init__(self, width: int, *, stride: int, dilation: int, radix: int) -> None:
        super().__init__()
        inner = max(width * radix // 4, 32)
        self.radix = radix
        self.conv = nn.Conv2d(width, width * radix, 3, stride, dilation, dilation, groups=radix, bias=False)
        self.bn0 = nn.BatchNorm2d(width * radix)
        self.fc1 = nn.Conv2d(width, inner, 1)
        self.bn1 = nn.BatchNorm2d(inner)
        self.fc2 = nn.Conv2d(inner, width * radix, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to (N, width, h / stride, w / stride)."""
        splits = F.relu(self.bn0(self.conv(x)), inplace=True).unflatten(1, (self.radix, -1))  # (N, radix, width, h, w)
        pooled = splits.sum(1).mean((2, 3), keepdim=True)
        weights = self.fc2(F.relu(self.bn1(self.fc1(pooled)), inplace=True)).unflatten(1, (self.radix, -1))
        return (weights.softmax(1) * splits).sum(1)


class Bottleneck(nn.Module):
    """1x1, split attention, 1x1. The stride is a mean pooling behind the attention."""

    def __init__(
        self,
        inputs: int,
        width: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        downsample: nn.Module | None = None,
        radix: int = 2,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = SplitAttention(width, stride=1, dilation=dilation, radix=radix)
        self.pool = nn.AvgPool2d(3, stride, padding=1) if stride > 1 else nn.Identity()
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = downsample

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, 4 * width, h / stride, w / stride)."""
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn3(self.conv3(self.pool(self.conv2(y))))
        y += x if self.downsample is None else self.downsample(x)
        return F.relu(y, inplace=True)


def make(name: str, **options: object) -> nn.Module:
    """ "resnest101" or another of `NAMES`; `options` as `ResNet` explains them, and `radix`."""
    depth = int(name.removeprefix("resnest"))
    block = partial(Bottleneck, radix=int(str(options.pop("radix", 2))))
    options.setdefault("stem_width", STEMS[depth])
    return ResNet(DEPTHS[depth], block, stem="_v1d", **options)  # pyright: ignore[reportArgumentType]
