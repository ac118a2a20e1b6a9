"""ResNet and ResNeXt whose last three stages have deformable 3x3 convolutions: "_dcn" plain ones (Dai et al.,
arXiv:1703.06211), "_dcnv2" modulated ones (Zhu et al., arXiv:1811.11168). Parameter names are OpenMMLab's."""

from __future__ import annotations

from typing import Any

from torch import nn

from segdesk.nets.deformable import DeformableConv
from segdesk.nets.encoders import resnet

BASES = ("resnet50", "resnet101", *resnet.RESNEXT)
KINDS = ("dcn", "dcnv2")
NAMES = tuple(f"{base}_{kind}" for base in BASES for kind in KINDS)


def make(name: str, **options: object) -> nn.Module:
    """ "resnet101_dcnv2" or another of `NAMES`; `options` as for the encoder without the ending."""
    base, _, kind = name.rpartition("_")
    net: Any = resnet.make(base, **options)
    for block in (*net.layer2, *net.layer3, *net.layer4):
        plain: nn.Conv2d = block.conv2
        block.conv2 = DeformableConv(
            plain.in_channels,
            plain.out_channels,
            3,
            stride=plain.stride[0],
            padding=int(plain.padding[0]),
            dilation=plain.dilation[0],
            groups=plain.groups,
            bias=False,
            modulated=kind == "dcnv2",
        )
    return net
