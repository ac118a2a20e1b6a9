"""EMANet: the map is rebuilt from a few bases, which expectation and maximisation find for each picture (Li et al.,
arXiv:1907.13426, figure 2, equations 12 to 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.net import DecodeHead, chosen_channels, encoder_decoder
from segdesk.nets.published import variants

TITLE = "EMANet"
PAPER = "arXiv:1907.13426"


class Expectation(nn.Module):
    """`stages` rounds from the learned `bases` (1, C, K); in training the bases follow those found, by `momentum`."""

    bases: torch.Tensor

    def __init__(self, channels: int, *, count: int, stages: int, momentum: float) -> None:
        super().__init__()
        self.stages, self.momentum = stages, momentum
        self.register_buffer("bases", F.normalize(torch.randn(1, channels, count), dim=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to the same shape, of rank `count`. Gradients stop here, as in the paper."""
        flat = x.flatten(2)
        with torch.no_grad():
            bases = self.bases
            weights = flat.new_zeros(0)
            for _ in range(self.stages):
                weights = (flat.transpose(1, 2) @ bases).softmax(2)  # (N, P, K)
                bases = F.normalize(flat @ F.normalize(weights, p=1, dim=1), dim=1)
            if self.training:
                found = F.normalize(bases.mean(0, keepdim=True), dim=1)
                self.bases = torch.lerp(self.bases, found, self.momentum)
        return (bases @ weights.transpose(1, 2)).reshape(x.shape)


class Head(DecodeHead):
    """Convolution, `ema_module` between two 1x1 convolutions (the first is never trained), convolutions."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 256,
        inner: int = 512,
        bases: int = 64,
        stages: int = 3,
        momentum: float = 0.1,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, in_index=in_index, align_corners=align_corners)
        inputs = chosen_channels(channels, in_index)
        self.ema_module = Expectation(inner, count=bases, stages=stages, momentum=momentum)
        self.ema_in_conv = ConvBN(inputs, inner, kernel=3)
        self.ema_mid_conv = ConvBN(inner, inner, norm=False, act=None).requires_grad_(False)
        self.ema_out_conv = ConvBN(inner, inner, act=None)
        self.bottleneck = ConvBN(inner, width, kernel=3)
        self.conv_cat = ConvBN(inputs + width, width, kernel=3)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        y = self.ema_in_conv(x)
        rebuilt = self.ema_out_conv(F.relu(self.ema_module(self.ema_mid_conv(y))))
        y = self.bottleneck(F.relu(y + rebuilt))
        return self.classify(self.conv_cat(torch.cat([x, y], 1)))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "inner": 16,
    "bases": 4,
}
