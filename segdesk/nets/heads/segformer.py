"""SegFormer (Xie et al., arXiv:2105.15203, figure 2, section 3.2): each map reduced by a 1x1 convolution, enlarged to
the finest, concatenated, fused by one more 1x1 convolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.net import DecodeHead, encoder_decoder

TITLE = "SegFormer"
PAPER = "arXiv:2105.15203"


class Head(DecodeHead):
    """`convs`, one a map, then `fusion_conv`; all with `width` channels, batch norm and ReLU."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 256,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout)
        self.align_corners = align_corners
        self.convs = nn.ModuleList(ConvBN(c, width) for c in channels)
        self.fusion_conv = ConvBN(width * len(channels), width)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the finest one's size."""
        maps = [conv(m) for conv, m in zip(self.convs, features, strict=True)]
        return self.classify(
            self.fusion_conv(torch.cat([up(m, features[0], align_corners=self.align_corners) for m in maps], 1))
        )


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="mit_b0")


VARIANTS: dict[str, dict[str, object]] = {f"mit_b{i}": {"encoder": f"mit_b{i}"} for i in range(6)}
SMALL: dict[str, object] = {"encoder_options": {"width": 8, "depths": (1, 1, 1, 1), "heads": (1, 2, 2, 4)}, "width": 16}
