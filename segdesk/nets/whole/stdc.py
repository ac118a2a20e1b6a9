"""STDC (Fan et al., arXiv:2104.13188, figures 3 and 4): short-term dense concatenation blocks, with BiSeNet's attention
and fusion on top; a third auxiliary head learns borders, so that no spatial path is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.heads.fcn import Head
from segdesk.nets.whole._parts import AuxiliaryNet, Refinement, chosen

TITLE = "STDC"
PAPER = "arXiv:2104.13188"
BLOCKS = {1: (2, 2, 2), 2: (4, 5, 3)}


class Dense(nn.Module):
    """Four convolutions of 1/2, 1/4, 1/8 and 1/8 of the channels, concatenated (figure 3b; strided: 3c)."""

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        half, quarter, eighth = outputs // 2, outputs // 4, outputs // 8
        self.strided = stride == 2
        if self.strided:
            self.downsample = ConvBN(half, half, kernel=3, stride=2, groups=half, act=None)
        self.layers = nn.ModuleList(
            [
                ConvBN(inputs, half),
                ConvBN(half, quarter, kernel=3),
                ConvBN(quarter, eighth, kernel=3),
                ConvBN(eighth, eighth, kernel=3),
            ]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        first, *others = self.layers
        x = first(x)
        maps = [F.avg_pool2d(x, 3, 2, 1) if self.strided else x]
        x = self.downsample(x) if self.strided else x
        for layer in others:
            x = layer(x)
            maps.append(x)
        return torch.cat(maps, 1)


class Encoder(nn.Module):
    """Two strided convolutions, then three stages of blocks (table 1); answers with maps at strides 8, 16, 32."""

    def __init__(self, widths: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        self.channels, self.strides = list(widths[2:]), [8, 16, 32]
        self.stages = nn.ModuleList(
            [ConvBN(3, widths[0], kernel=3, stride=2), ConvBN(widths[0], widths[1], kernel=3, stride=2)]
        )
        for inputs, outputs, count in zip(widths[1:], widths[2:], blocks, strict=False):
            rest = [Dense(outputs, outputs, stride=1) for _ in range(count - 1)]
            self.stages.append(nn.Sequential(Dense(inputs, outputs, stride=2), *rest))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to three maps."""
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps[2:]


class Fusion(nn.Module):
    """Both maps side by side, convolved; then each channel once more by its attention."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv0 = ConvBN(inputs, outputs)
        self.attention = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            ConvBN(outputs, outputs // 4, norm=False, bias=False),
            ConvBN(outputs // 4, outputs, norm=False, bias=False, act=None),
            nn.Sigmoid(),
        )

    def forward(self, spatial: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """(N, S, h, w) and (N, C, h, w) to (N, outputs, h, w)."""
        x = self.conv0(torch.cat([spatial, context], 1))
        return x * self.attention(x) + x


class Backbone(nn.Module):
    """The encoder and the context path over it."""

    def __init__(self, encoder: Encoder, *, width: int, outputs: int) -> None:
        super().__init__()
        fine, middle, coarse = encoder.channels
        self.channels, self.strides = [fine, width, width, outputs], [8, 16, 8, 8]
        self.backbone = encoder
        self.arms = nn.ModuleList([Refinement(coarse, width), Refinement(middle, width)])
        self.convs = nn.ModuleList([ConvBN(width, width, kernel=3), ConvBN(width, width, kernel=3)])
        self.conv_avg = ConvBN(coarse, width)
        self.ffm = Fusion(fine + width, outputs)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to the encoder's finest map, the context at strides 16 and 8, and the fused map (stride 8)."""
        fine, middle, coarse = self.backbone(x)
        y: torch.Tensor = self.conv_avg(coarse.mean((2, 3), keepdim=True))
        maps = [fine]
        for arm, conv, x, target in zip(self.arms, self.convs, (coarse, middle), (middle, fine), strict=True):
            y = conv(F.interpolate(arm(x) + y, size=target.shape[-2:]))
            maps.append(y)
        return [*maps, self.ffm(fine, y)]


class DetailHead(Head):
    """Learns borders, which a Laplace filter finds in the labels at three scales (figure 4c). Training alone."""

    laplacian_kernel: torch.Tensor

    def __init__(self, channels: Sequence[int], **options: Any) -> None:
        super().__init__(channels, 2, **options)
        kernel = torch.full((1, 1, 3, 3), -1.0)
        kernel[0, 0, 1, 1] = 8.0
        self.register_buffer("laplacian_kernel", kernel)
        self.fusion_kernel = nn.Parameter(torch.tensor([0.6, 0.3, 0.1]).reshape(1, 3, 1, 1), requires_grad=False)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`size` 1 or 2 (table 1); `widths` of the five stages, `width` of the context path, `outputs` of the fusion;
    `auxiliary` adds the three heads that serve training (the border head judges no classes: it has no loss here)."""
    made = chosen(
        options, size=1, widths=(32, 64, 256, 512, 1024), width=128, outputs=256, auxiliary_width=64, auxiliary=False
    )
    if made["size"] not in BLOCKS:
        raise ValueError(f"size must be 1 or 2, not {made['size']!r}")
    backbone = Backbone(Encoder(made["widths"], BLOCKS[made["size"]]), width=made["width"], outputs=made["outputs"])
    channels = backbone.channels
    decode = Head(channels, num_classes, width=made["outputs"], num_convs=1, concat_input=False, in_index=3)
    extra = None
    if made["auxiliary"]:
        small: dict[str, Any] = {"width": made["auxiliary_width"], "num_convs": 1, "concat_input": False}
        extra = nn.ModuleList(
            [
                Head(channels, num_classes, in_index=2, **small),
                Head(channels, num_classes, in_index=1, **small),
                DetailHead(channels, in_index=0, **small),
            ]
        )
    return AuxiliaryNet(backbone, decode, auxiliary_head=extra, weights=(1.0, 1.0, 0.0), align_corners=True)


VARIANTS: dict[str, dict[str, object]] = {"stdc1": {"size": 1}, "stdc2": {"size": 2}}
SMALL: dict[str, object] = {
    "widths": (4, 8, 16, 16, 32),
    "width": 8,
    "outputs": 16,
    "auxiliary_width": 8,
    "auxiliary": True,
}
