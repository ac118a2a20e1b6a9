"""DeepLab v2: four atrous branches summed over a dilated ResNet, several input sizes whose scores' maximum decides
(Chen et al., arXiv:1606.00915, figures 4 and 7 and section 4.1.2). Parameter names are kazuto1011's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, resize, up
from segdesk.nets.net import Outputs

TITLE = "DeepLab v2"
PAPER = "arXiv:1606.00915"
RATES = (6, 12, 18, 24)
SCALES = (0.5, 0.75)


class Bottleneck(nn.Module):
    """1x1 with the stride, 3x3 with the dilation, 1x1: the block of the first ResNet, whose stride is in `reduce`."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, dilation: int, project: bool) -> None:
        super().__init__()
        width = outputs // 4
        self.reduce = ConvBN(inputs, width, stride=stride)
        self.conv3x3 = ConvBN(width, width, kernel=3, dilation=dilation)
        self.increase = ConvBN(width, outputs, act=None)
        self.shortcut = ConvBN(inputs, outputs, stride=stride, act=None) if project else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        return F.relu(self.increase(self.conv3x3(self.reduce(x))) + self.shortcut(x))


class AtrousSum(nn.Module):
    """`c0` to `c3`: 3x3 classifiers of different rates, summed (figure 7b)."""

    def __init__(self, inputs: int, num_classes: int, rates: Sequence[int]) -> None:
        super().__init__()
        for i, rate in enumerate(rates):
            self.add_module(f"c{i}", nn.Conv2d(inputs, num_classes, 3, padding=rate, dilation=rate))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to logits (N, num_classes, h, w)."""
        return torch.stack([classify(x) for classify in self.children()]).sum(0)


class Stem(nn.Sequential):
    """7x7 convolution with stride 2 and a pooling that keeps the last odd row and column."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = ConvBN(3, width, kernel=7, stride=2)
        self.pool = nn.MaxPool2d(3, 2, 1, ceil_mode=True)


def base(num_classes: int, *, blocks: Sequence[int], width: int, rates: Sequence[int]) -> nn.Sequential:
    """`layer1` to `layer5` at output stride 8, then `aspp`."""
    net = nn.Sequential()
    net.add_module("layer1", Stem(width))
    inputs = width
    plan = zip(blocks, (4, 8, 16, 32), (1, 2, 1, 1), (1, 1, 2, 4), strict=True)
    for i, (count, factor, stride, dilation) in enumerate(plan, 2):
        stage = nn.Sequential()
        for j in range(count):
            outputs = factor * width
            block = Bottleneck(inputs, outputs, stride=stride if j == 0 else 1, dilation=dilation, project=j == 0)
            stage.add_module(f"block{j + 1}", block)
            inputs = outputs
        net.add_module(f"layer{i}", stage)
    net.add_module("aspp", AtrousSum(inputs, num_classes, rates))
    return net


class DeepLabV2(nn.Module):
    """`base` on the picture and on its reductions to `scales`; each pixel's largest score of each class counts."""

    output = "scores"
    align_corners = False

    def __init__(
        self,
        num_classes: int,
        *,
        blocks: Sequence[int] = (3, 4, 23, 3),
        width: int = 64,
        rates: Sequence[int] = RATES,
        scales: Sequence[float] = SCALES,
    ) -> None:
        super().__init__()
        self.base = base(num_classes, blocks=blocks, width=width, rates=rates)
        self.scales = scales

    def all_scales(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The logits of the picture, then of each reduction at its own size."""
        return [self.base(x)] + [self.base(reduced(x, scale)) for scale in self.scales]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), BGR with its mean taken off, to logits (N, num_classes, h / 8, w / 8)."""
        return _largest(self.all_scales(x))

    def training_outputs(self, x: torch.Tensor) -> Outputs:
        """The largest scores and each scale's own, all with weight 1 (section 4.1.2)."""
        found = self.all_scales(x)
        largest = [_largest(found)] if len(found) > 1 else []
        return [(logits, 1.0) for logits in largest + found]


def reduced(x: torch.Tensor, scale: float) -> torch.Tensor:
    """`x` (N, C, h, w) by the factor `scale`, at least one pixel."""
    if min(x.shape[2:]) * scale < 1:
        return resize(x, (max(1, int(x.shape[2] * scale)), max(1, int(x.shape[3] * scale))))
    # By the factor, not by the rounded size, as the published scores were made.
    return F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False)


def _largest(found: Sequence[torch.Tensor]) -> torch.Tensor:
    """The maximum over the scales, at the first one's size."""
    return torch.stack([up(logits, found[0]) for logits in found]).amax(0)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options`: `blocks` (of the four stages), `width`, `rates`, `scales` (none: the picture)."""
    try:
        return DeepLabV2(num_classes, **options)  # pyright: ignore[reportArgumentType]
    except TypeError as error:
        raise ValueError(f"an option does not fit: {error}") from error


VARIANTS: dict[str, dict[str, object]] = {
    "resnet101": {},
    "resnet101_single_scale": {"scales": []},
    "resnet101_small_rates": {"rates": [3, 6, 9, 12]},
    "resnet50": {"blocks": [3, 4, 6, 3]},
}
SMALL: dict[str, object] = {"blocks": [1, 1, 1, 1], "width": 4}
