"""What several real-time networks share: two-branch residual blocks, pyramids, and reading of options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.heads.fcn import Head
from segdesk.nets.net import Net


def chosen(options: Mapping[str, object], **defaults: object) -> dict[str, Any]:
    """`options` over `defaults`. Raises ValueError for an option that has no default."""
    unknown = sorted(set(options) - set(defaults))
    if unknown:
        raise ValueError(f"there is no option {unknown[0]}; known are {', '.join(sorted(defaults))}")
    return {**defaults, **options}


class AuxiliaryNet(Net):
    """A net whose auxiliary heads have weights of their own, and whose heads may judge other classes."""

    def __init__(self, *parts: nn.Module, weights: Sequence[float] = (), **more: Any) -> None:
        super().__init__(*parts, **more)
        self.weights = tuple(weights)

    def training_outputs(self, x: torch.Tensor) -> list[tuple[torch.Tensor, float]]:
        """The decode head's logits with weight 1, then each auxiliary head's that has a weight."""
        maps = self.features(x)
        heads = getattr(self, "auxiliary_head", ())
        extra = [(head(maps), weight) for head, weight in zip(heads, self.weights, strict=False) if weight]
        return [(self.decode_head(maps), 1.0), *extra]


def net_with_heads(
    backbone: nn.Module,
    num_classes: int,
    decode: nn.Module,
    auxiliary: Sequence[Mapping[str, Any]],
    *,
    weight: float,
    neck: nn.Module | None = None,
) -> AuxiliaryNet:
    """`backbone` (with `.channels`), perhaps a `neck`, the decode head, and an FCN head for each row of options."""
    channels: Any = (backbone if neck is None else neck).channels
    heads = [Head(channels, num_classes, concat_input=False, **row) for row in auxiliary]
    extra = nn.ModuleList(heads) if heads else None
    return AuxiliaryNet(backbone, decode, neck=neck, auxiliary_head=extra, weights=[weight] * len(heads))


class NormConv(nn.Module):
    """Batch norm `bn`, ReLU, convolution `conv`, in this order (He et al., arXiv:1603.05027, figure 4e)."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 1, groups: int = 1, bias: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=bias)
        self.bn = nn.BatchNorm2d(inputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        return self.conv(F.relu(self.bn(x), inplace=True))


class Basic(nn.Module):
    """Two 3x3 convolutions around which the input is added; the sum is clipped by a ReLU only if `act`."""

    expansion = 1

    def __init__(self, inputs: int, width: int, *, stride: int = 1, downsample: nn.Module | None, act: bool) -> None:
        super().__init__()
        self.conv1 = ConvBN(inputs, width, kernel=3, stride=stride)
        self.conv2 = ConvBN(width, width, kernel=3, act=None)
        self.downsample = downsample
        self.act = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, width, h / stride, w / stride)."""
        y = self.conv2(self.conv1(x))
        y = y + (x if self.downsample is None else self.downsample(x))
        return F.relu(y, inplace=True) if self.act else y


class Bottle(nn.Module):
    """1x1, 3x3 and 1x1 convolution around which the input is added, with twice the channels behind it."""

    expansion = 2

    def __init__(self, inputs: int, width: int, *, stride: int = 1, downsample: nn.Module | None, act: bool) -> None:
        super().__init__()
        self.conv1 = ConvBN(inputs, width)
        self.conv2 = ConvBN(width, width, kernel=3, stride=stride)
        self.conv3 = ConvBN(width, 2 * width, act=None)
        self.downsample = downsample
        self.act = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, 2 * width, h / stride, w / stride)."""
        y = self.conv3(self.conv2(self.conv1(x)))
        y = y + (x if self.downsample is None else self.downsample(x))
        return F.relu(y, inplace=True) if self.act else y


Block = type[Basic] | type[Bottle]
Shortcut = Callable[[int, int, int], nn.Module]


def plain_shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """A 1x1 convolution and its norm, named by numbers."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


def named_shortcut(inputs: int, outputs: int, stride: int) -> ConvBN:
    """A 1x1 convolution and its norm, named `conv` and `bn`."""
    return ConvBN(inputs, outputs, stride=stride, act=None)


def one_block(block: Block, inputs: int, width: int, *, stride: int, act: bool, shortcut: Shortcut) -> nn.Module:
    """A block that has a shortcut convolution where its input and output differ in size or channels."""
    outputs = width * block.expansion
    wide = stride != 1 or inputs != outputs
    return block(inputs, width, stride=stride, act=act, downsample=shortcut(inputs, outputs, stride) if wide else None)


def stage(block: Block, inputs: int, width: int, count: int, *, stride: int = 1, shortcut: Shortcut) -> nn.Sequential:
    """`count` blocks. The last one's sum may be negative: the fusion that follows wants it so."""
    first = one_block(block, inputs, width, stride=stride, act=block is Basic, shortcut=shortcut)
    layers = [first]
    for i in range(1, count):
        act = i < count - 1
        layers.append(one_block(block, width * block.expansion, width, stride=1, act=act, shortcut=shortcut))
    return nn.Sequential(*layers)


def dual_stem(width: int, count: int, shortcut: Shortcut) -> nn.Sequential:
    """A picture to the map at stride 8 with `2 * width` channels from which both branches start."""
    return nn.Sequential(
        ConvBN(3, width, kernel=3, stride=2),
        ConvBN(width, width, kernel=3, stride=2),
        stage(Basic, width, width, count, shortcut=shortcut),
        nn.ReLU(),
        stage(Basic, width, 2 * width, count, stride=2, shortcut=shortcut),
        nn.ReLU(),
    )


class Pooled(nn.ModuleList):
    """Means over bins of 1, 2, 3 and 6 cells a side, each with a 1x1 convolution (arXiv:1612.01105, figure 3c)."""

    def __init__(self, inputs: int, outputs: int, bins: Sequence[int] = (1, 2, 3, 6)) -> None:
        super().__init__(nn.Sequential(nn.AdaptiveAvgPool2d(n), ConvBN(inputs, outputs)) for n in bins)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, inputs, h, w) to one map (N, outputs, h, w) for each bin size."""
        return [up(part(x), x) for part in self]


class PoolPyramid(nn.Module):
    """DAPPM of DDRNet (arXiv:2101.06085, figure 5): the map, means of it over 5, 9 and 17 cells and over all, each
    convolved with what the finer one gave. `parallel` is PAPPM of PIDNet (arXiv:2206.02066, figure 6): each is added
    to the map alone, and one grouped convolution `processes` serves all."""

    def __init__(self, inputs: int, width: int, outputs: int, *, parallel: bool = False) -> None:
        super().__init__()
        pools = [nn.AvgPool2d(2 * s + 1, s, s) for s in (2, 4, 8)]
        self.scales = nn.ModuleList([NormConv(inputs, width)])
        for pool in (*pools, nn.AdaptiveAvgPool2d(1)):
            self.scales.append(nn.Sequential(pool, NormConv(inputs, width)))
        if parallel:
            self.processes: nn.Module = NormConv(4 * width, 4 * width, kernel=3, groups=4)
        else:
            self.processes = nn.ModuleList(NormConv(width, width, kernel=3) for _ in range(4))
        self.compression = NormConv(5 * width, outputs)
        self.shortcut = NormConv(inputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        maps = [self.scales[0](x)]
        coarse = [up(scale(x), x) for scale in list(self.scales)[1:]]
        if isinstance(self.processes, nn.ModuleList):
            for process, y in zip(self.processes, coarse, strict=True):
                maps.append(process(y + maps[-1]))
        else:
            maps.append(self.processes(torch.cat([y + maps[0] for y in coarse], 1)))
        return self.compression(torch.cat(maps, 1)) + self.shortcut(x)


class Refinement(nn.Module):
    """Attention refinement (arXiv:1808.00897, figure 2b): a convolution whose channels are weighted by their means."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_layer = ConvBN(inputs, outputs, kernel=3)
        self.atten_conv_layer = nn.Sequential(nn.AdaptiveAvgPool2d(1), ConvBN(outputs, outputs, act=None), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        x = self.conv_layer(x)
        return x * self.atten_conv_layer(x)
