"""Fast-SCNN (Poudel et al., arXiv:1902.04502, figure 1 and table 1): three convolutions learn to downsample;
MobileNetV2 blocks and pooled bins go on from there to stride 32, and both meet at stride 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, SepConv, up
from segdesk.nets.heads import fcn
from segdesk.nets.whole._parts import Pooled, chosen, net_with_heads

TITLE = "Fast-SCNN"
PAPER = "arXiv:1902.04502"


class Downsample(nn.Module):
    """Learning to downsample: stride 8 in three convolutions."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        first, second, third = widths
        self.conv = ConvBN(3, first, kernel=3, stride=2)
        self.dsconv1 = SepConv(first, second, stride=2, depthwise_act=None)
        self.dsconv2 = SepConv(second, third, stride=2, depthwise_act=None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to (N, third, h / 8, w / 8)."""
        return self.dsconv2(self.dsconv1(self.conv(x)))


class Inverted(nn.Module):
    """MobileNetV2's block (arXiv:1801.04381, table 1) with plain ReLU: widen six times, depthwise, narrow."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expand: int = 6) -> None:
        super().__init__()
        wide = inputs * expand
        self.same = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            ConvBN(inputs, wide),
            ConvBN(wide, wide, kernel=3, stride=stride, groups=wide),
            ConvBN(wide, outputs, act=None),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        return x + self.conv(x) if self.same else self.conv(x)


class Extractor(nn.Module):
    """Global feature extractor: nine blocks in three groups, then the pooled bins."""

    def __init__(self, widths: Sequence[int], outputs: int, bins: Sequence[int]) -> None:
        super().__init__()
        for i, ((a, b), stride) in enumerate(zip(pairwise(widths), (2, 2, 1), strict=True)):
            blocks = [Inverted(a, b, stride=stride), Inverted(b, b, stride=1), Inverted(b, b, stride=1)]
            self.add_module(f"bottleneck{i + 1}", nn.Sequential(*blocks))
        last = widths[-1]
        self.ppm = Pooled(last, last // 4, bins)
        self.out = ConvBN(last + len(bins) * (last // 4), outputs, kernel=3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to (N, outputs, h / 4, w / 4)."""
        for i in range(3):
            x = getattr(self, f"bottleneck{i + 1}")(x)
        return self.out(torch.cat([x, *self.ppm(x)], 1))


class Fusion(nn.Module):
    """The coarse map, enlarged and convolved, is added to the fine one (table 3)."""

    def __init__(self, fine: int, width: int) -> None:
        super().__init__()
        self.dwconv = ConvBN(width, width, kernel=3, groups=width)
        self.conv_lower_res = ConvBN(width, width, act=None)
        self.conv_higher_res = ConvBN(fine, width, act=None)

    def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """(N, F, H, W) and (N, C, h, w) to (N, C, H, W)."""
        coarse = self.conv_lower_res(self.dwconv(up(coarse, fine)))
        return F.relu(self.conv_higher_res(fine) + coarse, inplace=True)


class Backbone(nn.Module):
    """The three parts. `stem` are the widths of the first convolutions, `widths` those of the block groups, `bins` the
    cells a side of the pooled means."""

    def __init__(self, stem: Sequence[int], widths: Sequence[int], bins: Sequence[int]) -> None:
        super().__init__()
        self.channels, self.strides = [stem[-1], widths[-1], widths[-1]], [8, 32, 8]
        self.learning_to_downsample = Downsample(stem)
        self.global_feature_extractor = Extractor([stem[-1], *widths], widths[-1], bins)
        self.feature_fusion = Fusion(stem[-1], widths[-1])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to three maps: fine (stride 8), coarse (stride 32), fused (stride 8)."""
        fine = self.learning_to_downsample(x)
        coarse = self.global_feature_extractor(fine)
        return [fine, coarse, self.feature_fusion(fine, coarse)]


class Head(fcn.Head):
    """FCN's head with separable convolutions."""

    def __init__(self, channels: Sequence[int], num_classes: int, *, width: int) -> None:
        super().__init__(channels, num_classes, width=width, concat_input=False)
        inputs = channels[-1]
        self.convs = nn.Sequential(
            SepConv(inputs, width, depthwise_act=None), SepConv(width, width, depthwise_act=None)
        )


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`stem`, `widths` and `width` are channels of the parts and the head, `bins` those of the pooled means;
    `auxiliary` adds the heads over the coarse and the fine map that serve training."""
    made = chosen(
        options,
        stem=(32, 48, 64),
        widths=(64, 96, 128),
        bins=(1, 2, 3, 6),
        width=128,
        auxiliary_width=32,
        auxiliary=False,
    )
    backbone = Backbone(made["stem"], made["widths"], made["bins"])
    rows = [{"in_index": i, "width": made["auxiliary_width"], "num_convs": 1} for i in (-2, -3)]
    decode = Head(backbone.channels, num_classes, width=made["width"])
    return net_with_heads(backbone, num_classes, decode, rows if made["auxiliary"] else (), weight=0.4)


VARIANTS: dict[str, dict[str, object]] = {"fast-scnn": {}}
SMALL: dict[str, object] = {"stem": (8, 16, 16), "widths": (16, 16, 32), "width": 32, "bins": (2, 3, 6)}
