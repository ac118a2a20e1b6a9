"""DNLNet: attention split into a pairwise part, without the means, and a unary part that is the same for all pixels
(Yin et al., arXiv:2006.06668, figure 2, equation 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import attend
from segdesk.nets.heads import fcn
from segdesk.nets.heads.nonlocal_net import NonLocal
from segdesk.nets.net import encoder_decoder
from segdesk.nets.published import variants

TITLE = "DNLNet"
PAPER = "arXiv:2006.06668"


class Disentangled(NonLocal):
    """The non-local block with whitened pairwise weights of low `temperature`, and with unary weights `conv_mask`."""

    def __init__(self, channels: int, *, reduction: int, temperature: float) -> None:
        super().__init__(channels, reduction=reduction)
        self.conv_mask = nn.Conv2d(channels, 1, 1)
        self.scale = self.scale / temperature

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape: each pixel sees all."""
        query, key, value = (project(x).flatten(2) for project in (self.theta, self.phi, self.g))
        query = (query - query.mean(2, keepdim=True)) * self.scale
        pairwise = attend(query, key - key.mean(2, keepdim=True), value, numbers=self.numbers)
        unary = value @ self.conv_mask(x).flatten(2).softmax(2).transpose(1, 2)  # (N, inner, 1)
        return x + self.conv_out((pairwise + unary).unflatten(2, x.shape[2:]))


class Head(fcn.Head):
    """FCN's head with `dnl_block` after its first convolution."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        reduction: int = 2,
        temperature: float = 0.05,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(
            channels, num_classes, width=width, in_index=in_index, dropout=dropout, align_corners=align_corners
        )
        self.dnl_block = Disentangled(width, reduction=reduction, temperature=temperature)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        y = self.convs[1](self.dnl_block(self.convs[0](x)))
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
