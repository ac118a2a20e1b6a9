"""DMNet: depthwise filters of 1, 3, 5 and 7 pixels that the picture itself makes (He et al., ICCV 2019, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.net import DecodeHead, chosen_channels, encoder_decoder
from segdesk.nets.published import variants

TITLE = "DMNet"
PAPER = "doi:10.1109/ICCV.2019.00366"
FILTERS = (1, 3, 5, 7)


class DynamicConv(nn.Module):
    """The map's means over `side` x `side` cells, projected, are the filters that the reduced map is convolved with."""

    def __init__(self, inputs: int, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.filter_gen_conv = nn.Conv2d(inputs, width, 1)
        self.input_redu_conv = ConvBN(inputs, width)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, width, h, w)."""
        filters = self.filter_gen_conv(F.adaptive_avg_pool2d(x, self.side))  # (N, width, side, side)
        x = self.input_redu_conv(x)
        more = self.side // 2
        padded = F.pad(x, (more, self.side - 1 - more) * 2).flatten(0, 1)[None]
        y = F.conv2d(padded, filters.flatten(0, 1)[:, None], groups=padded.shape[1])
        return F.relu(self.norm(y[0].unflatten(0, x.shape[:2])))


class Head(DecodeHead):
    """The map beside its filtered versions, `dcm_modules`, then a 3x3 convolution."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        filters: Sequence[int] = FILTERS,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, in_index=in_index, align_corners=align_corners)
        inputs = chosen_channels(channels, in_index)
        self.dcm_modules = nn.ModuleList(DynamicConv(inputs, width, side) for side in filters)
        self.bottleneck = ConvBN(inputs + width * len(filters), width, kernel=3)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        return self.classify(self.bottleneck(torch.cat([x, *(part(x) for part in self.dcm_modules)], 1)))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
}
