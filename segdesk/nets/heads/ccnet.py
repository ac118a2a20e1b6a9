"""CCNet: each pixel attends to its row and its column, twice (Huang et al., arXiv:1811.11721, figures 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ATTENTION_NUMBERS, Scale
from segdesk.nets.heads import fcn
from segdesk.nets.net import encoder_decoder
from segdesk.nets.published import variants

TITLE = "CCNet"
PAPER = "arXiv:1811.11721"


class CrissCross(nn.Module):
    """H' = gamma sum_i A_i Phi_i + H over the h + w - 1 pixels of the cross (equations 1 and 2).

    Rows of queries are taken in blocks, so that at most `numbers` entries of the attention are there at a time (one row
    has w * (h + w)); the answer is the same.
    """

    def __init__(self, channels: int, *, reduction: int = 8, numbers: int = ATTENTION_NUMBERS) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.query_conv = nn.Conv2d(channels, inner, 1)
        self.key_conv = nn.Conv2d(channels, inner, 1)
        self.value_conv = nn.Conv2d(channels, channels, 1)
        self.gamma = Scale(0.0)
        self.numbers = numbers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape."""
        count, _, height, width = x.shape
        query, key, value = self.query_conv(x), self.key_conv(x), self.value_conv(x)
        rows = max(1, self.numbers // (count * width * (height + width)))
        blocks = [crossed(query[:, :, top : top + rows], key, value, top=top) for top in range(0, height, rows)]
        return self.gamma(torch.cat(blocks, 2)) + x


def cross_weights(query: torch.Tensor, key: torch.Tensor, *, top: int = 0) -> torch.Tensor:
    """Each query's weights for its column, then its row: (N, r, w, h + w), non-negative with sum 1.

    `query` (N, C, r, w) are the rows from `top` on of a map that `key` (N, C, h, w) covers whole. The pixel itself
    counts once, with its row.
    """
    rows = query.shape[2]
    column = torch.einsum("ncrw,nchw->nrwh", query, key)
    row = torch.einsum("ncrw,ncrv->nrwv", query, key[:, :, top : top + rows])
    own = torch.eye(key.shape[2], dtype=torch.bool, device=key.device)[top : top + rows]
    column = column.masked_fill(own[None, :, None, :], -torch.inf)
    return torch.softmax(torch.cat([column, row], -1), dim=-1)


def crossed(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *, top: int) -> torch.Tensor:
    """The values that the rows of `query` gather from their crosses, (N, D, r, w); see `cross_weights`."""
    rows, height = query.shape[2], key.shape[2]
    weights = cross_weights(query, key, top=top)
    column = torch.einsum("nrwh,ndhw->ndrw", weights[..., :height], value)
    row = torch.einsum("nrwv,ndrv->ndrw", weights[..., height:], value[:, :, top : top + rows])
    return column + row


class Head(fcn.Head):
    """FCN's head with `cca` after its first convolution, passed `recurrence` times with the same weights."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        recurrence: int = 2,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(
            channels, num_classes, width=width, in_index=in_index, dropout=dropout, align_corners=align_corners
        )
        self.recurrence = recurrence
        self.cca = CrissCross(width)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        y = self.convs[0](x)
        for _ in range(self.recurrence):
            y = self.cca(y)
        return self.classify(self.conv_cat(torch.cat([x, self.convs[1](y)], 1)))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
}
