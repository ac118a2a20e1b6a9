"""PSANet: each pixel learns a mask over the places around it, from which it collects, and another over which it
distributes (Zhao et al., ECCV 2018, figures 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ATTENTION_NUMBERS, ConvBN, resize
from segdesk.nets.net import DecodeHead, chosen_channels, encoder_decoder
from segdesk.nets.published import variants

TITLE = "PSANet"
PAPER = "doi:10.1007/978-3-030-01240-3_17"


def spread(masks: torch.Tensor, side: int, places: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """Masks (N, side^2, h, w), centred on their pixels, to (N, I, J): what pixel `pixels[j]` says of place `places[i]`,
    and 0 where its mask does not reach. Places and pixels are numbers below h w."""
    width, half = masks.shape[3], (side - 1) // 2
    rows = (places[:, None] // width) - (pixels // width) + half  # (I, J): the place, counted within the mask
    columns = (places[:, None] % width) - (pixels % width) + half
    inside = (rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)
    index = torch.where(inside, rows * side + columns, 0)
    return masks.flatten(2)[:, :, pixels].gather(1, index.expand(len(masks), -1, -1)) * inside


def collected(x: torch.Tensor, masks: torch.Tensor, side: int, *, numbers: int = ATTENTION_NUMBERS) -> torch.Tensor:
    """(N, C, h, w): each pixel gets the mean of all places of `x`, weighed by the softmax of its own mask. At most
    `numbers` weights are there at a time."""
    flat, places = x.flatten(2), torch.arange(x.shape[2] * x.shape[3], device=x.device)
    blocks = places.split(max(1, numbers // (len(x) * len(places))))
    return torch.cat([flat @ spread(masks, side, places, some).softmax(1) for some in blocks], 2).reshape(x.shape)


def distributed(x: torch.Tensor, masks: torch.Tensor, side: int, *, numbers: int = ATTENTION_NUMBERS) -> torch.Tensor:
    """(N, C, h, w): each place gets the mean of all pixels of `x`, weighed by the softmax of what their masks say of
    it. At most `numbers` weights are there at a time."""
    flat, pixels = x.flatten(2), torch.arange(x.shape[2] * x.shape[3], device=x.device)
    blocks = pixels.split(max(1, numbers // (len(x) * len(pixels))))
    weights = (spread(masks, side, some, pixels).softmax(2).transpose(1, 2) for some in blocks)
    return torch.cat([flat @ weight for weight in weights], 2).reshape(x.shape)


class Head(DecodeHead):
    """Two branches at half the size: `reduce`, `attention` collects; `reduce_p`, `attention_p` distributes. `side` is
    the masks', which the pictures of training decide: a mask reaches as far in any picture."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        side: int = 97,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, in_index=in_index, align_corners=align_corners)
        inputs = chosen_channels(channels, in_index)
        self.side = side
        self.reduce = ConvBN(inputs, width)
        self.attention = _masks(width, side)
        self.reduce_p = ConvBN(inputs, width)
        self.attention_p = _masks(width, side)
        self.proj = ConvBN(2 * width, inputs, padding=1)  # a 1x1 convolution with a border, as published
        self.bottleneck = ConvBN(2 * inputs, width, kernel=3)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.chosen(features)
        h, w = x.shape[2:]
        odd = bool(h % 2 and w % 2)  # then corners stay corners
        size = ((h - 1) // 2 + 1, (w - 1) // 2 + 1) if odd else (max(1, h // 2), max(1, w // 2))
        taken = resize(self.reduce(x), size, align_corners=odd)
        given = resize(self.reduce_p(x), size, align_corners=odd)
        taken = collected(taken, self.attention(taken), self.side)
        given = distributed(given, self.attention_p(given), self.side)
        seen = torch.cat([taken, given], 1)
        seen = resize(self.proj(seen), x.shape[2:], align_corners=odd)
        return self.classify(self.bottleneck(torch.cat([x, seen], 1)))


def _masks(width: int, side: int) -> nn.Sequential:
    return nn.Sequential(ConvBN(width, width), nn.Conv2d(width, side**2, 1, bias=False))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
VARIANTS |= {f"{name}-66": {**options, "side": 66} for name, options in VARIANTS.items()}  # of ADE20K
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "side": 5,
}
