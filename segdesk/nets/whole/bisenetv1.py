"""BiSeNet V1 (Yu et al., arXiv:1808.00897, figure 2): a shallow spatial path at stride 8 beside a ResNet whose last two
maps are refined by attention, then a fusion that weighs the channels of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets import encoders
from segdesk.nets.blocks import ConvBN
from segdesk.nets.heads.fcn import Head
from segdesk.nets.whole._parts import Refinement, chosen, net_with_heads

TITLE = "BiSeNet V1"
PAPER = "arXiv:1808.00897"


class SpatialPath(nn.Module):
    """Three strided convolutions and a 1x1: stride 8."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.layer1 = ConvBN(3, width, kernel=7, stride=2)
        self.layer2 = ConvBN(width, width, kernel=3, stride=2)
        self.layer3 = ConvBN(width, width, kernel=3, stride=2)
        self.layer4 = ConvBN(width, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to (N, outputs, h / 8, w / 8)."""
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class ContextPath(nn.Module):
    """The encoder, its mean over the whole picture, and its maps at stride 32 and 16, brought to strides 16 and 8."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        channels: Any = encoder.channels
        self.backbone = encoder
        self.arm16 = Refinement(channels[2], width)
        self.arm32 = Refinement(channels[3], width)
        self.conv_head32 = ConvBN(width, width, kernel=3)
        self.conv_head16 = ConvBN(width, width, kernel=3)
        self.gap_conv = nn.Sequential(nn.AdaptiveAvgPool2d(1), ConvBN(channels[3], width))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 3, h, w) to (N, width, ...) at stride 8 and at stride 16."""
        _, x8, x16, x32 = self.backbone(x)
        coarse = self.arm32(x32) + self.gap_conv(x32)
        coarse = self.conv_head32(F.interpolate(coarse, size=x16.shape[-2:]))
        fine = self.arm16(x16) + coarse
        return self.conv_head16(F.interpolate(fine, size=x8.shape[-2:])), coarse


class Fusion(nn.Module):
    """Both paths side by side, convolved; then each channel once more by its attention (figure 2c)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = ConvBN(inputs, outputs)
        self.conv_atten = nn.Sequential(ConvBN(outputs, outputs), nn.Sigmoid())

    def forward(self, spatial: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """(N, S, h, w) and (N, C, h, w) to (N, outputs, h, w)."""
        x = self.conv1(torch.cat([spatial, context], 1))
        return x + x * self.conv_atten(x.mean((2, 3), keepdim=True))


class Backbone(nn.Module):
    """Both paths and their fusion. `width` is the context path's, `spatial` the first convolutions'."""

    def __init__(self, encoder: nn.Module, *, width: int, spatial: int, outputs: int) -> None:
        super().__init__()
        self.channels, self.strides = [outputs, width, width], [8, 8, 16]
        self.context_path = ContextPath(encoder, width)
        self.spatial_path = SpatialPath(spatial, 2 * spatial)
        self.ffm = Fusion(2 * spatial + width, outputs)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to three maps: fused (stride 8), context at stride 8 and at stride 16."""
        x8, x16 = self.context_path(x)
        return [self.ffm(self.spatial_path(x), x8), x8, x16]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`encoder` (a ResNet) and `encoder_options`; `width` of the context path, `spatial` of the spatial path, `outputs`
    of the fusion follow from the encoder's channels where they are not given; `auxiliary` adds two heads."""
    made = chosen(options, encoder="resnet18", encoder_options={}, width=0, spatial=0, outputs=0, auxiliary=False)
    encoder = encoders.make(made["encoder"], made["encoder_options"])
    channels: Any = encoder.channels
    width = made["width"] or channels[1]
    backbone = Backbone(
        encoder, width=width, spatial=made["spatial"] or width // 2, outputs=made["outputs"] or 2 * width
    )
    decode = Head(
        backbone.channels, num_classes, width=backbone.channels[0], num_convs=1, concat_input=False, in_index=0
    )
    rows: Sequence[Mapping[str, Any]] = [{"in_index": i, "width": width // 2, "num_convs": 1} for i in (1, 2)]
    return net_with_heads(backbone, num_classes, decode, rows if made["auxiliary"] else (), weight=1.0)


VARIANTS: dict[str, dict[str, object]] = {
    f"bisenetv1-{name}": {"encoder": name} for name in ("resnet18", "resnet50", "resnet101")
}
SMALL: dict[str, object] = {"encoder_options": {"base": 4, "stem_width": 8}, "auxiliary": True}
