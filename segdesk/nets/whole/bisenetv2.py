"""BiSeNet V2 (Yu et al., arXiv:2004.02147, figure 3 and table 1): a wide, shallow detail branch at stride 8 and a thin,
deep semantic branch at stride 32, each of which gates the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, SepConv, up
from segdesk.nets.heads.fcn import Head
from segdesk.nets.whole._parts import chosen, net_with_heads

TITLE = "BiSeNet V2"
PAPER = "arXiv:2004.02147"


class DetailBranch(nn.Module):
    """Three stages of 3x3 convolutions, the first of each strided."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.detail_branch = nn.ModuleList()
        inputs = 3
        for width, count in zip(widths, (2, 3, 3), strict=True):
            layers = [ConvBN(inputs if i == 0 else width, width, kernel=3, stride=2 - (i > 0)) for i in range(count)]
            self.detail_branch.append(nn.Sequential(*layers))
            inputs = width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to (N, widths[-1], h / 8, w / 8)."""
        for stage in self.detail_branch:
            x = stage(x)
        return x


class Stem(nn.Module):
    """Stride 4 in two ways, by convolutions and by a pool (figure 4a)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_first = ConvBN(3, width, kernel=3, stride=2)
        self.convs = nn.Sequential(ConvBN(width, width // 2), ConvBN(width // 2, width, kernel=3, stride=2))
        self.fuse_last = ConvBN(2 * width, width, kernel=3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to (N, width, h / 4, w / 4)."""
        x = self.conv_first(x)
        return self.fuse_last(torch.cat([self.convs(x), F.max_pool2d(x, 3, 2, 1)], 1))


class Gather(nn.Module):
    """Gather and expansion: convolution, widening depthwise convolution, projection (figure 5b; strided: 5c)."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expand: int) -> None:
        super().__init__()
        wide = inputs * expand
        self.conv1 = ConvBN(inputs, inputs, kernel=3)
        if stride == 1:
            self.dwconv = nn.Sequential(ConvBN(inputs, wide, kernel=3, groups=inputs))
            self.shortcut: nn.Module | None = None
        else:
            self.dwconv = nn.Sequential(
                ConvBN(inputs, wide, kernel=3, stride=2, groups=inputs, act=None),
                ConvBN(wide, wide, kernel=3, groups=wide),
            )
            self.shortcut = nn.Sequential(SepConv(inputs, outputs, stride=2, act=None, depthwise_act=None))
        self.conv2 = nn.Sequential(ConvBN(wide, outputs, act=None))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        y = self.conv2(self.dwconv(self.conv1(x)))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)), inplace=True)


class Context(nn.Module):
    """The mean over the picture, normalised and convolved, is added everywhere (figure 4b)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gap = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(width))
        self.conv_gap = ConvBN(width, width)
        self.conv_last = ConvBN(width, width, kernel=3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to the same shape."""
        return self.conv_last(x + self.conv_gap(self.gap(x)))


class SemanticBranch(nn.Module):
    """Stem, three stages of gather and expansion, the context block; answers with all five maps."""

    def __init__(self, widths: Sequence[int], expand: int) -> None:
        super().__init__()
        self.stage1 = Stem(widths[0])
        for i, count in ((1, 2), (2, 2), (3, 4)):
            blocks = [Gather(widths[i - 1], widths[i], stride=2, expand=expand)]
            blocks += [Gather(widths[i], widths[i], stride=1, expand=expand) for _ in range(count - 1)]
            self.add_module(f"stage{i + 1}", nn.Sequential(*blocks))
        self.stage4_CEBlock = Context(widths[3])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to maps at strides 4, 8, 16, 32 and 32."""
        maps = []
        for name in ("stage1", "stage2", "stage3", "stage4", "stage4_CEBlock"):
            x = getattr(self, name)(x)
            maps.append(x)
        return maps


class Depthwise(nn.Module):
    """Depthwise 3x3 with norm, then 1x1 with bias alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise_conv = ConvBN(width, width, kernel=3, groups=width, act=None)
        self.pointwise_conv = ConvBN(width, width, norm=False, act=None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to the same shape."""
        return self.pointwise_conv(self.depthwise_conv(x))


class Aggregation(nn.Module):
    """Bilateral guided aggregation: each branch times the sigmoid of the other, at both resolutions (figure 6)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.detail_dwconv = nn.Sequential(Depthwise(width))
        self.detail_down = nn.Sequential(ConvBN(width, width, kernel=3, stride=2, act=None), nn.AvgPool2d(3, 2, 1))
        self.semantic_conv = nn.Sequential(ConvBN(width, width, kernel=3, act=None))
        self.semantic_dwconv = nn.Sequential(Depthwise(width))
        self.conv = ConvBN(width, width, kernel=3)

    def forward(self, detail: torch.Tensor, semantic: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) and (N, C, h / 4, w / 4) to (N, C, h, w)."""
        fine = self.detail_dwconv(detail)
        fine = fine * torch.sigmoid(up(self.semantic_conv(semantic), fine))
        coarse = self.detail_down(detail) * torch.sigmoid(self.semantic_dwconv(semantic))
        return self.conv(fine + up(coarse, fine))


class Backbone(nn.Module):
    """Both branches and their aggregation; `detail` and `semantic` are the widths of the stages."""

    def __init__(self, detail: Sequence[int], semantic: Sequence[int], expand: int) -> None:
        super().__init__()
        self.channels, self.strides = [detail[-1], *semantic], [8, 4, 8, 16, 32]
        self.detail = DetailBranch(detail)
        self.semantic = SemanticBranch(semantic, expand)
        self.bga = Aggregation(detail[-1])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to the aggregated map (stride 8), then the semantic branch's at strides 4, 8, 16, 32."""
        maps = self.semantic(x)
        return [self.bga(self.detail(x), maps[-1]), *maps[:-1]]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`detail` (three widths), `semantic` (four; the last equals detail's last), `expand`, `width` of the head;
    `auxiliary` adds the booster heads over the semantic stages, `booster` wide."""
    made = chosen(
        options,
        detail=(64, 64, 128),
        semantic=(16, 32, 64, 128),
        expand=6,
        width=1024,
        booster=(16, 64, 256, 1024),
        auxiliary=False,
    )
    backbone = Backbone(made["detail"], made["semantic"], made["expand"])
    decode = Head(backbone.channels, num_classes, width=made["width"], num_convs=1, concat_input=False, in_index=0)
    rows: list[Mapping[str, Any]] = [
        {"in_index": i + 1, "width": width, "num_convs": 2} for i, width in enumerate(made["booster"])
    ]
    return net_with_heads(backbone, num_classes, decode, rows if made["auxiliary"] else (), weight=1.0)


VARIANTS: dict[str, dict[str, object]] = {"bisenetv2": {}}
SMALL: dict[str, object] = {
    "detail": (8, 8, 16),
    "semantic": (4, 8, 8, 16),
    "expand": 2,
    "width": 16,
    "booster": (4, 4, 8, 8),
    "auxiliary": True,
}
