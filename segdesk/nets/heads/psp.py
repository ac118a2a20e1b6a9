"""PSPNet: pyramid pooling over a dilated encoder (Zhao et al., arXiv:1612.01105, figure 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.net import DecodeHead, chosen_channels, encoder_decoder
from segdesk.nets.published import variants

TITLE = "PSPNet"
PAPER = "arXiv:1612.01105"
BINS = (1, 2, 3, 6)


class Pyramid(nn.ModuleList):
    """The map's means over 1x1, 2x2, 3x3 and 6x6 bins, each reduced by a 1x1 convolution and enlarged again."""

    def __init__(self, inputs: int, width: int, bins: Sequence[int], *, align_corners: bool) -> None:
        super().__init__(nn.Sequential(nn.AdaptiveAvgPool2d(n), ConvBN(inputs, width)) for n in bins)
        self.align_corners = align_corners

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to the map itself, then the pooled ones: (N, inputs + width * bins, h, w)."""
        return torch.cat([x] + [up(level(x), x, align_corners=self.align_corners) for level in self], 1)


class Head(DecodeHead):
    """Pyramid pooling `psp_modules`, a 3x3 convolution `bottleneck` over map and pools, the classifier."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        bins: Sequence[int] = BINS,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, in_index=in_index, align_corners=align_corners)
        inputs = chosen_channels(channels, in_index)
        self.psp_modules = Pyramid(inputs, width, bins, align_corners=align_corners)
        self.bottleneck = ConvBN(inputs + width * len(bins), width, kernel=3)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        return self.classify(self.bottleneck(self.psp_modules(self.chosen(features))))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants(
    "r50-d8", "r101-d8", "r18-d8", "r50b-d8", "r101b-d8", "r18b-d8", "mobilenet-v2-d8", "s101-d8", "r50-d32", "r50b-d32"
)
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
}
