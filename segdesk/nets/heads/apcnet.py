"""APCNet: for each pixel, weights over the cells of several grids say which cells its context is made of (He et al.,
CVPR 2019, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.net import DecodeHead, chosen_channels, encoder_decoder
from segdesk.nets.published import variants

TITLE = "APCNet"
PAPER = "doi:10.1109/CVPR.2019.00770"
BINS = (1, 2, 3, 6)


class AdaptiveContext(nn.Module):
    """The map's means over `cells` x `cells`, mixed for each pixel by weights in 0..1 that the pixel and the mean of
    the whole picture decide."""

    def __init__(self, inputs: int, width: int, cells: int) -> None:
        super().__init__()
        self.cells = cells
        self.pooled_redu_conv = ConvBN(inputs, width)
        self.input_redu_conv = ConvBN(inputs, width)
        self.global_info = ConvBN(width, width)
        self.gla = nn.Conv2d(width, cells**2, 1)
        self.residual_conv = ConvBN(width, width)
        self.fusion_conv = ConvBN(width, width)

    def weights(self, x: torch.Tensor) -> torch.Tensor:
        """The reduced map (N, width, h, w) to (N, cells^2, h, w) in 0..1."""
        return torch.sigmoid(self.gla(x + self.global_info(x.mean((2, 3), keepdim=True))))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, width, h, w)."""
        pooled = self.pooled_redu_conv(F.adaptive_avg_pool2d(x, self.cells)).flatten(2)
        x = self.input_redu_conv(x)
        context = torch.einsum("ncs,nshw->nchw", pooled, self.weights(x))
        return self.fusion_conv(F.relu(self.residual_conv(context) + x))


class Head(DecodeHead):
    """The map beside its contexts at several scales, `acm_modules`, then a 3x3 convolution."""

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
        self.acm_modules = nn.ModuleList(AdaptiveContext(inputs, width, cells) for cells in bins)
        self.bottleneck = ConvBN(inputs + width * len(bins), width, kernel=3)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        return self.classify(self.bottleneck(torch.cat([x, *(part(x) for part in self.acm_modules)], 1)))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "bins": (2, 3),
}
