"""ISANet: attention in two sparse steps, first among pixels that lie far apart, then among neighbours (Huang et al.,
arXiv:1907.12273, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, attend
from segdesk.nets.net import DecodeHead, chosen_channels, encoder_decoder
from segdesk.nets.published import variants

TITLE = "ISANet"
PAPER = "arXiv:1907.12273"


class Relation(nn.Module):
    """Self-attention within each map of the batch."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.key_project = nn.Sequential(ConvBN(channels, inner), ConvBN(inner, inner))
        self.query_project = nn.Sequential(ConvBN(channels, inner), ConvBN(inner, inner))
        self.value_project = nn.Conv2d(channels, channels, 1)
        self.output_project = ConvBN(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape."""
        query = self.query_project(x).flatten(2)
        seen = attend(query * query.shape[1] ** -0.5, self.key_project(x).flatten(2), self.value_project(x).flatten(2))
        return self.output_project(seen.unflatten(2, x.shape[2:]))


class Head(DecodeHead):
    """`global_relation` among pixels that have the same place in their blocks of `block` x `block` pixels,
    `local_relation` within each block."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        inner: int = 256,
        block: int = 8,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, in_index=in_index, align_corners=align_corners)
        self.block = block
        self.in_conv = ConvBN(chosen_channels(channels, in_index), width, kernel=3)
        self.global_relation = Relation(width, inner)
        self.local_relation = Relation(width, inner)
        self.out_conv = ConvBN(2 * width, width)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.in_conv(self.chosen(features))
        return self.classify(self.out_conv(torch.cat([self.related(x), x], 1)))

    def related(self, x: torch.Tensor) -> torch.Tensor:
        """Both relations over (N, width, h, w), to the same shape; padded with zeros around to whole blocks."""
        n, c, h, w = x.shape
        b = self.block
        rows, columns = -(-h // b), -(-w // b)
        top, left = (rows * b - h) // 2, (columns * b - w) // 2
        y = F.pad(x, (left, columns * b - w - left, top, rows * b - h - top))
        y = y.reshape(n, c, rows, b, columns, b).permute(0, 3, 5, 1, 2, 4)  # (N, b, b, C, rows, columns)
        y = self.global_relation(y.reshape(-1, c, rows, columns)).reshape(n, b, b, c, rows, columns)
        y = y.permute(0, 4, 5, 3, 1, 2)  # (N, rows, columns, C, b, b)
        y = self.local_relation(y.reshape(-1, c, b, b)).reshape(n, rows, columns, c, b, b)
        y = y.permute(0, 3, 1, 4, 2, 5).reshape(n, c, rows * b, columns * b)
        return y[:, :, top : top + h, left : left + w]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "inner": 8,
}
