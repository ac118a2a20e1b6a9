"""Non-local network: one self-attention block between FCN's convolutions (Wang et al., arXiv:1711.07971, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ATTENTION_NUMBERS, ConvBN, attend
from segdesk.nets.heads import fcn
from segdesk.nets.net import encoder_decoder
from segdesk.nets.published import variants

TITLE = "Non-local"
PAPER = "arXiv:1711.07971"


class NonLocal(nn.Module):
    """z = W y + x with y = softmax(theta' phi / sqrt(d)) g (equations 4 and 6, the embedded Gaussian).

    The batch norm of W starts at zero, so that the block starts as the identity (section 4.1). `numbers` bounds the
    memory, see `attend`.
    """

    def __init__(self, channels: int, *, reduction: int = 2, numbers: int = ATTENTION_NUMBERS) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.g = ConvBN(channels, inner, norm=False, act=None)
        self.theta = ConvBN(channels, inner, norm=False, act=None)
        self.phi = ConvBN(channels, inner, norm=False, act=None)
        self.conv_out = ConvBN(inner, channels, act=None)
        nn.init.zeros_(self.conv_out.bn.weight)
        self.scale = inner**-0.5
        self.numbers = numbers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape: each pixel sees all."""
        query = self.theta(x).flatten(2) * self.scale
        seen = attend(query, self.phi(x).flatten(2), self.g(x).flatten(2), numbers=self.numbers)
        return x + self.conv_out(seen.unflatten(2, x.shape[2:]))


class Head(fcn.Head):
    """FCN's head with `nl_block` after its first convolution."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        reduction: int = 2,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(
            channels, num_classes, width=width, in_index=in_index, dropout=dropout, align_corners=align_corners
        )
        self.nl_block = NonLocal(width, reduction=reduction)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        y = self.convs[1](self.nl_block(self.convs[0](x)))
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
