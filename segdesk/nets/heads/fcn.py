"""FCN on a dilated encoder: 3x3 convolutions over the last map, then the classifier (Long et al., arXiv:1411.4038,
figure 1, with the dilated encoder of Yu and Koltun, arXiv:1511.07122). Also the auxiliary head of other systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, resize
from segdesk.nets.net import DecodeHead, encoder_decoder

TITLE = "FCN"
PAPER = "arXiv:1411.4038"


class Head(DecodeHead):
    """`num_convs` convolutions `convs`, then `conv_cat` over input and result where `concat_input` is set.

    `in_index` is the encoder's map it works on; a list of indices takes all of them, enlarged to the finest and
    concatenated.
    """

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
        super().__init__(width if num_convs else _inputs(channels, in_index), num_classes, dropout=dropout)
        self.in_index = in_index
        self.align_corners = align_corners
        inputs = _inputs(channels, in_index)
        widths = [inputs] + [width] * num_convs
        self.convs = nn.Sequential(
            *(ConvBN(a, width, kernel=kernel, dilation=dilation) for a in widths[:num_convs])
        )  # empty where num_convs is 0
        self.concat_input = concat_input
        if concat_input:
            self.conv_cat = ConvBN(inputs + width, width, kernel=kernel)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the map (the finest of the maps) at `in_index`."""
        x = self.chosen(features)
        y = self.convs(x)
        if self.concat_input:
            y = self.conv_cat(torch.cat([x, y], 1))
        return self.classify(y)

    def chosen(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The map at `in_index`, or all of the list's at the size of its first."""
        if isinstance(self.in_index, int):
            return features[self.in_index]
        maps = [features[i] for i in self.in_index]
        return torch.cat([resize(m, maps[0].shape[-2:], align_corners=self.align_corners) for m in maps], 1)


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


def _inputs(channels: Sequence[int], in_index: int | Sequence[int]) -> int:
    return channels[in_index] if isinstance(in_index, int) else sum(channels[i] for i in in_index)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


def context_variants(**more: object) -> dict[str, dict[str, object]]:
    """The dilated encoders with which context heads are published: each name with its options at output stride 8."""
    found: dict[str, dict[str, object]] = {}
    for depth, stem in ((50, "_v1c"), (101, "_v1c"), (50, ""), (101, "")):
        name = f"resnet{depth}{stem}"
        found[f"{name}_d8"] = {"encoder": name, "encoder_options": {"output_stride": 8}, **more}
    return found


VARIANTS: dict[str, dict[str, object]] = {**context_variants()}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "auxiliary": True,
    "auxiliary_options": {"width": 8},
}
