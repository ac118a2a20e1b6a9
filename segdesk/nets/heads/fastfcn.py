"""FastFCN (Wu et al., arXiv:1903.11816, figures 2 and 4): joint pyramid upsampling makes a map at stride 8 out of an
undilated encoder's last three; then PSPNet's, DeepLabV3's or EncNet's head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, SepConv, up
from segdesk.nets.heads import deeplabv3, encnet, psp
from segdesk.nets.net import encoder_decoder

TITLE = "FastFCN"
PAPER = "arXiv:1903.11816"
HEADS: dict[str, type[nn.Module]] = {"psp": psp.Head, "aspp": deeplabv3.Head, "enc": encnet.Head}
RATES = (1, 2, 4, 8)


class JPU(nn.Module):
    """Joint pyramid upsampling: the last three maps, each convolved and enlarged to the finest of them, concatenated,
    then separable convolutions at four rates side by side. The depthwise convolutions have no ReLU, as in the
    reference."""

    def __init__(self, channels: Sequence[int], *, width: int = 512, rates: Sequence[int] = RATES) -> None:
        super().__init__()
        last = channels[-3:]
        self.channels = [*last[:2], width * len(rates)]
        self.conv_layers = nn.ModuleList(nn.Sequential(ConvBN(c, width, kernel=3)) for c in last)
        self.dilation_layers = nn.ModuleList(
            nn.Sequential(SepConv(width * len(last), width, dilation=rate, depthwise_act=None)) for rate in rates
        )

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The encoder's maps to its last three, the last of which is replaced by (N, width * rates, h, w) at the size
        of the first."""
        last = maps[-3:]
        reduced = [conv(m) for conv, m in zip(self.conv_layers, last, strict=True)]
        x = torch.cat([up(m, last[0]) for m in reduced], 1)
        return [*last[:2], torch.cat([layer(x) for layer in self.dilation_layers], 1)]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card. `head` is "psp", "aspp" or "enc"; for the other options see `encoder_decoder` and that head's
    file. The reference's encoder keeps its strides and is dilated as well, as its published weights need it."""
    options = dict(options)
    head = options.pop("head", "psp")
    if head not in HEADS:
        raise ValueError(f"there is no head {head} for FastFCN; known are {', '.join(HEADS)}")
    return encoder_decoder(
        options,
        num_classes,
        HEADS[str(head)],
        neck=JPU,
        encoder="resnet50_v1c",
        encoder_options={"strides": (1, 2, 2, 2), "dilations": (1, 1, 2, 4)},
    )


VARIANTS: dict[str, dict[str, object]] = {head: {"head": head} for head in HEADS}
SMALL: dict[str, object] = {
    "head": "psp",
    "encoder": "resnet18_v1c",
    "encoder_options": {"base": 8, "stem_width": 16},
    "neck_options": {"width": 8},
    "width": 16,
}
