"""GCNet: one context vector for the whole picture, added to every pixel (Cao et al., arXiv:1904.11492, figure 4d)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.heads import fcn
from segdesk.nets.net import encoder_decoder
from segdesk.nets.published import variants

TITLE = "GCNet"
PAPER = "arXiv:1904.11492"


class GlobalContext(nn.Module):
    """z_i = x_i + W2 ReLU(LN(W1 sum_j a_j x_j)), the weights a_j a softmax over all pixels (equation 5). W2 starts at
    zero, so that the block starts as the identity."""

    def __init__(self, channels: int, ratio: float) -> None:
        super().__init__()
        inner = max(1, int(channels * ratio))
        self.conv_mask = nn.Conv2d(channels, 1, 1)
        last = nn.Conv2d(inner, channels, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)  # pyright: ignore[reportArgumentType]  # it has one
        self.channel_add_conv = nn.Sequential(
            nn.Conv2d(channels, inner, 1), nn.LayerNorm([inner, 1, 1]), nn.ReLU(inplace=True), last
        )

    def weights(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to (N, h * w), which sum to 1."""
        return self.conv_mask(x).flatten(1).softmax(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape."""
        context = torch.einsum("ncp,np->nc", x.flatten(2), self.weights(x))
        return x + self.channel_add_conv(context[:, :, None, None])


class Head(fcn.Head):
    """FCN's head with `gc_block` after its first convolution."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        ratio: float = 0.25,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(
            channels, num_classes, width=width, in_index=in_index, dropout=dropout, align_corners=align_corners
        )
        self.gc_block = GlobalContext(width, ratio)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        y = self.convs[1](self.gc_block(self.convs[0](x)))
        return self.classify(self.conv_cat(torch.cat([x, y], 1)))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
}
