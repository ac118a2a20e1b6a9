"""ResNet (He et al., arXiv:1512.03385, table 1) as semantic networks use it: four stages, dilated instead of strided
where the output stride asks for it. Parameter names are OpenMMLab's (and, but for the deep stem, torchvision's)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from math import prod

import torch
import torch.nn.functional as F
from torch import nn

DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
STEMS = ("", "_v1c", "_v1d")
# ResNeXt (Xie et al., arXiv:1611.05431): groups of the 3x3 convolution and the width of each in the first stage.
GROUPS = {"32x4d": (32, 4), "64x4d": (64, 4), "32x8d": (32, 8)}
RESNEXT = {f"resnext{depth}_{groups}": depth for depth, groups in product((50, 101), GROUPS)}
NAMES = (*(f"resnet{depth}{stem}" for depth, stem in product(DEPTHS, STEMS)), *RESNEXT)

# Strides and dilations of the four stages by output stride.
STAGES = {
    32: ((1, 2, 2, 2), (1, 1, 1, 1)),
    16: ((1, 2, 2, 1), (1, 1, 1, 2)),
    8: ((1, 2, 1, 1), (1, 1, 2, 4)),
}


class BasicBlock(nn.Module):
    """Two 3x3 convolutions (figure 5, left); stride and dilation are the first one's."""

    expansion = 1

    def __init__(
        self, inputs: int, width: int, *, stride: int = 1, dilation: int = 1, downsample: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, dilation, dilation, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = downsample

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, width, h / stride, w / stride)."""
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return F.relu(y, inplace=True)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 (figure 5, right); stride and dilation are the 3x3 convolution's.

    `caffe`: the stride is the first 1x1 convolution's, as in the files that were trained with Caffe. `groups`, and
    `group_width` of each in the first stage, make the block ResNeXt's.
    """

    expansion = 4

    def __init__(
        self,
        inputs: int,
        width: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        downsample: nn.Module | None = None,
        caffe: bool = False,
        groups: int = 1,
        group_width: int = 64,
    ) -> None:
        super().__init__()
        inner = width * group_width // 64 * groups
        first, second = (stride, 1) if caffe else (1, stride)
        self.conv1 = nn.Conv2d(inputs, inner, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, second, dilation, dilation, groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = downsample

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, 4 * width, h / stride, w / stride)."""
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return F.relu(y, inplace=True)


class ResNet(nn.Module):
    """Stem, then `layer1` to `layer4`; answers with the four stages' maps.

    `stem`: "" is the 7x7 convolution, "_v1c" three 3x3 ones, "_v1d" the same with mean pooling before the 1x1
    convolutions of the shortcuts. `output_stride` (32, 16 or 8) sets `strides` and `dilations` of the stages, which
    may be given instead. With `contract` the first block of a dilated stage has half the stage's dilation: there the
    map still has the resolution that the stage before made. `multi_grid` are the dilations of the last stage's blocks,
    as the reference counts them (already multiplied by the stage's own rate, where that is meant).
    `block` makes the blocks of a relative: `block(inputs, width, stride=, dilation=, downsample=)`.
    """

    def __init__(
        self,
        blocks: Sequence[int],
        block: Callable[..., nn.Module],
        *,
        stem: str = "",
        output_stride: int = 32,
        strides: Sequence[int] | None = None,
        dilations: Sequence[int] | None = None,
        multi_grid: Sequence[int] | None = None,
        contract: bool = True,
        expansion: int = 4,
        base: int = 64,
        stem_width: int = 64,
    ) -> None:
        super().__init__()
        if output_stride not in STAGES:
            raise ValueError("output_stride must be 8, 16 or 32")
        strides = STAGES[output_stride][0] if strides is None else strides
        dilations = STAGES[output_stride][1] if dilations is None else dilations
        self.channels = [base * 2**i * expansion for i in range(4)]
        self.strides = [4 * prod(strides[: i + 1]) for i in range(4)]
        self.deep = stem != ""
        if self.deep:
            self.stem = deep_stem(stem_width)
        else:
            self.conv1 = nn.Conv2d(3, stem_width, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(stem_width)
        inputs = stem_width
        for i, count in enumerate(blocks):
            first = dilations[i] // 2 if contract and dilations[i] > 1 else dilations[i]
            rates = [first] + [dilations[i]] * (count - 1)
            if multi_grid is not None and i == 3:
                rates = [multi_grid[j % len(multi_grid)] for j in range(count)]
            layers = []
            for j, rate in enumerate(rates):
                stride = strides[i] if j == 0 else 1
                wide = stride != 1 or inputs != self.channels[i]
                shortcut = _shortcut(inputs, self.channels[i], stride, mean=stem == "_v1d") if wide else None
                layers.append(block(inputs, base * 2**i, stride=stride, dilation=rate, downsample=shortcut))
                inputs = self.channels[i]
            self.add_module(f"layer{i + 1}", nn.Sequential(*layers))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to four maps with `channels` at `strides`."""
        x = self.stem(x) if self.deep else F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.max_pool2d(x, 3, 2, 1)
        maps = []
        for i in range(1, 5):
            x = getattr(self, f"layer{i}")(x)
            maps.append(x)
        return maps


def deep_stem(width: int) -> nn.Sequential:
    """Three 3x3 convolutions with half, half and full width, the first with stride 2."""
    layers: list[nn.Module] = []
    for inputs, outputs, stride in ((3, width // 2, 2), (width // 2, width // 2, 1), (width // 2, width, 1)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _shortcut(inputs: int, outputs: int, stride: int, *, mean: bool) -> nn.Sequential:
    """The 1x1 convolution beside the first block; `mean` pools first instead of skipping pixels."""
    pool = [nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)] if mean else []
    conv = nn.Conv2d(inputs, outputs, 1, 1 if mean else stride, bias=False)
    return nn.Sequential(*pool, conv, nn.BatchNorm2d(outputs))


def make(name: str, **options: object) -> nn.Module:
    """ "resnet50", "resnet50_v1c", "resnext101_32x4d" or another of `NAMES`; `options` as `ResNet` explains them, and
    `caffe` as `Bottleneck` does."""
    style = {"caffe": True} if options.pop("caffe", False) else {}
    if name in RESNEXT:
        groups, width = GROUPS[name.partition("_")[2]]
        block = partial(Bottleneck, groups=groups, group_width=width, **style)
        return ResNet(DEPTHS[RESNEXT[name]], block, **options)  # pyright: ignore[reportArgumentType]
    number, _, stem = name.removeprefix("resnet").partition("_")
    depth = int(number)
    block = BasicBlock if depth < 50 else Bottleneck
    stem = f"_{stem}" if stem else ""
    make_block = partial(block, **style)  # a basic block has no such option, which is told
    return ResNet(DEPTHS[depth], make_block, stem=stem, expansion=block.expansion, **options)  # pyright: ignore[reportArgumentType]
