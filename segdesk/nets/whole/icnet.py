"""ICNet (Zhao et al., arXiv:1704.08545, figures 2 and 3): three convolutions see the picture at full size, the first
half of a ResNet at half, its second half with pooled bins at a quarter; cascade fusion adds them coarse to fine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets import encoders
from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.heads.fcn import Head
from segdesk.nets.whole._parts import Pooled, chosen, net_with_heads

TITLE = "ICNet"
PAPER = "arXiv:1704.08545"


def halved(x: torch.Tensor) -> torch.Tensor:
    """(N, C, h, w) at half the size, rounded down, of at least 1x1."""
    if min(x.shape[-2:]) < 2:
        size = [max(1, side // 2) for side in x.shape[-2:]]
        return F.interpolate(x, size=size, mode="bilinear")
    return F.interpolate(x, scale_factor=0.5, mode="bilinear")


class Backbone(nn.Module):
    """The three branches; `light` is the width of the full-size one, `width` that of the pooled bins."""

    def __init__(self, encoder: nn.Module, *, light: int, width: int, outputs: Sequence[int]) -> None:
        super().__init__()
        inner: Any = encoder
        self.channels, self.strides = list(outputs), [8, 16, 32]
        self.backbone = inner
        deep = inner.channels[3]
        self.psp_modules = Pooled(deep, width)
        self.psp_bottleneck = ConvBN(deep + 4 * width, width, kernel=3)
        self.conv_sub1 = nn.Sequential(
            ConvBN(3, light, kernel=3, stride=2),
            ConvBN(light, light, kernel=3, stride=2),
            ConvBN(light, outputs[0], kernel=3, stride=2),
        )
        self.conv_sub2 = ConvBN(inner.channels[1], outputs[1])
        self.conv_sub4 = ConvBN(width, outputs[2])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to maps at strides 8, 16 and 32."""
        net = self.backbone
        y = F.max_pool2d(net.stem(halved(x)), 3, 2, 1, ceil_mode=True)
        y = net.layer2(net.layer1(y))
        z = net.layer4(net.layer3(halved(y)))
        z = self.psp_bottleneck(torch.cat([*self.psp_modules(z), z], 1))
        return [self.conv_sub1(x), self.conv_sub2(y), self.conv_sub4(z)]


class CascadeFusion(nn.Module):
    """The coarse map, enlarged and convolved with rate 2, is added to the fine one (figure 3)."""

    def __init__(self, coarse: int, fine: int, outputs: int) -> None:
        super().__init__()
        self.conv_low = ConvBN(coarse, outputs, kernel=3, dilation=2)
        self.conv_high = ConvBN(fine, outputs)

    def forward(self, coarse: torch.Tensor, fine: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The sum, and the coarse map alone, which the guidance in training judges."""
        coarse = self.conv_low(up(coarse, fine))
        return F.relu(coarse + self.conv_high(fine)), coarse


class Neck(nn.Module):
    """Cascade fusion from stride 32 over 16 to 8."""

    def __init__(self, inputs: Sequence[int], width: int) -> None:
        super().__init__()
        fine, middle, coarse = inputs
        self.channels, self.strides = [width] * 3, [16, 8, 8]
        self.cff_24 = CascadeFusion(coarse, middle, width)
        self.cff_12 = CascadeFusion(width, fine, width)

    def forward(self, features: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Maps at strides 8, 16, 32 to the two guided coarse maps and the fused one (stride 8)."""
        fine, middle, coarse = features
        fused, guided = self.cff_24(coarse, middle)
        final, second = self.cff_12(fused, fine)
        return [guided, second, final]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`encoder` (a ResNet with deep stem) and `encoder_options`; `light`, `pooled` (bins), `outputs` (of the branches)
    and `width` (of fusion and heads) are channels; `auxiliary` adds the guidance heads over the coarse maps."""
    made = chosen(
        options,
        encoder="resnet50_v1c",
        encoder_options={},
        light=32,
        pooled=512,
        outputs=(64, 256, 256),
        width=128,
        auxiliary=False,
    )
    encoder = encoders.make(made["encoder"], {"output_stride": 8, **made["encoder_options"]})
    if not hasattr(encoder, "stem"):
        raise ValueError("ICNet needs an encoder with a deep stem, such as resnet50_v1c")
    backbone = Backbone(encoder, light=made["light"], width=made["pooled"], outputs=made["outputs"])
    width = made["width"]
    neck = Neck(backbone.channels, width)
    head: dict[str, Any] = {"width": width, "num_convs": 1}
    decode = Head(neck.channels, num_classes, in_index=2, concat_input=False, dropout=0.0, **head)
    rows = [{"in_index": i, **head} for i in (0, 1)]
    return net_with_heads(backbone, num_classes, decode, rows if made["auxiliary"] else (), weight=0.4, neck=neck)


VARIANTS: dict[str, dict[str, object]] = {
    f"icnet-{name}": {"encoder": name} for name in ("resnet18_v1c", "resnet50_v1c", "resnet101_v1c")
}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"base": 4, "stem_width": 8},
    "light": 8,
    "pooled": 8,
    "outputs": (8, 8, 8),
    "width": 8,
    "auxiliary": True,
}
