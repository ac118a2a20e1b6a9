"""FCN on a dilated encoder: 3x3 convolutions over the last map, then the classifier (Long et al., arXiv:1411.4038,
figure 1, with the dilated encoder of Yu and Koltun, arXiv:1511.07122). Also the auxiliary head of other systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.net import DecodeHead, chosen_channels, encoder_decoder
from segdesk.nets.published import variants

TITLE = "FCN"
PAPER = "arXiv:1411.4038"


class Head(DecodeHead):
    """`num_convs` convolutions `convs` of rate `dilation`, then `conv_cat` over input and result if `concat_input`."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        num_convs: int = 2,
        kernel: int = 3,
        dilation: int = 1,
        concat_input: bool = True,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        inputs = chosen_channels(channels, in_index)
        width = width if num_convs or concat_input else inputs
        super().__init__(width, num_classes, dropout=dropout, in_index=in_index, align_corners=align_corners)
        widths = [inputs] + [width] * num_convs
        self.convs = nn.Sequential(
            *(ConvBN(a, width, kernel=kernel, dilation=dilation) for a in widths[:num_convs])
        )  # empty where num_convs is 0
        self.concat_input = concat_input
        if concat_input:
            self.conv_cat = ConvBN(inputs + width, width, kernel=kernel)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        y = self.convs(x)
        if self.concat_input:
            y = self.conv_cat(torch.cat([x, y], 1))
        return self.classify(y)


class AuxiliaryHead(Head):
    """The auxiliary head of the reference's systems: one convolution of 256 channels over the last map but one."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 256,
        num_convs: int = 1,
        concat_input: bool = False,
        in_index: int | Sequence[int] = -2,
        dilation: int = 1,
        kernel: int = 3,
        align_corners: bool = False,
    ) -> None:
        super().__init__(
            channels,
            num_classes,
            width=width,
            num_convs=num_convs,
            concat_input=concat_input,
            in_index=in_index,
            dilation=dilation,
            kernel=kernel,
            align_corners=align_corners,
        )


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


def context_variants(**more: object) -> dict[str, dict[str, object]]:
    """The dilated encoders that any context head may have, each with the head's options `more`."""
    return {name: {**options, **more} for name, options in variants("r50-d8", "r101-d8").items()}


VARIANTS: dict[str, dict[str, object]] = variants(
    "r50-d8", "r101-d8", "r18-d8", "r50b-d8", "r101b-d8", "r18b-d8", "mobilenet-v2-d8", "s101-d8"
) | {
    f"d6_{name}": {**options, "dilation": 6, "auxiliary_options": {"dilation": 6}}
    for name, options in variants("r50-d16", "r101-d16", "r50b-d16", "r101b-d16").items()
}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "auxiliary": True,
    "auxiliary_options": {"width": 8},
}
