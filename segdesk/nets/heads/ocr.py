"""OCRNet (Yuan et al., arXiv:1909.11065, figure 3): a coarse prediction gathers one vector for each class, and each
pixel adds what it draws from these vectors (equations 8 to 11). On HRNet it is HRNet-OCR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.heads import fcn
from segdesk.nets.net import DecodeHead, encoder_decoder
from segdesk.nets.transformer import to_map, to_tokens

TITLE = "OCRNet"
PAPER = "arXiv:1909.11065"
COARSE_WEIGHT = 0.4


def gather(features: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
    """The vector of each class: the mean of `features` (N, C, h, w) under the coarse logits' (N, K, h, w) softmax over
    the picture (equation 9), as (N, C, K, 1)."""
    weights = coarse.flatten(2).softmax(2)
    return (weights @ to_tokens(features)).transpose(1, 2).unsqueeze(3)


class ObjectContext(nn.Module):
    """Each pixel's mixture of the class vectors (equations 10 and 11), joined with the pixel's own features."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.key_project = nn.Sequential(ConvBN(width, inner), ConvBN(inner, inner))
        self.query_project = nn.Sequential(ConvBN(width, inner), ConvBN(inner, inner))
        self.value_project = ConvBN(width, inner)
        self.out_project = ConvBN(inner, width)
        self.bottleneck = ConvBN(2 * width, width)

    def relation(self, features: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        """How much each pixel of `features` (N, C, h, w) draws from each class (N, C, K, 1): (N, h * w, K), rows that
        sum to 1."""
        query = to_tokens(self.query_project(features))
        key = self.key_project(classes).flatten(2)
        return (query @ key * key.shape[1] ** -0.5).softmax(2)

    def forward(self, features: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) and (N, C, K, 1) to (N, C, h, w)."""
        value = to_tokens(self.value_project(classes))
        drawn = to_map(self.relation(features, classes) @ value, features.shape[-2:])
        return self.bottleneck(torch.cat([self.out_project(drawn), features], 1))


class Context(DecodeHead):
    """The second stage: 3x3 convolution, class vectors from the first stage's logits, context, classifier."""

    def __init__(self, inputs: int, num_classes: int, *, width: int, inner: int, dropout: float) -> None:
        super().__init__(width, num_classes, dropout=dropout)
        self.object_context_block = ObjectContext(width, inner)
        self.bottleneck = ConvBN(inputs, width, kernel=3)

    def forward(self, x: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """Features (N, C, h, w) and logits (N, K, h, w) to better logits."""
        features = self.bottleneck(x)
        return self.classify(self.object_context_block(features, gather(features, coarse)))


class Head(nn.ModuleList):
    """`0` predicts coarsely, `1` with context.

    With `concat` both work on all maps, enlarged to the finest and concatenated, and the coarse stage is a 1x1
    convolution as wide as its input; without it the coarse stage is a 3x3 convolution of `coarse_width` channels on the
    last map but one, and the second stage works on the last map; the two maps need the same size, as dilated encoders
    give it.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        concat: bool = False,
        width: int = 512,
        inner: int = 256,
        coarse_width: int = 256,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        every = list(range(len(channels)))
        self_width = sum(channels) if concat else coarse_width
        coarse = fcn.Head(
            channels,
            num_classes,
            width=self_width,
            num_convs=1,
            kernel=1 if concat else 3,
            concat_input=False,
            in_index=every if concat else -2,
            dropout=dropout,
            align_corners=align_corners,
        )
        inputs = sum(channels) if concat else channels[-1]
        super().__init__([coarse, Context(inputs, num_classes, width=width, inner=inner, dropout=dropout)])
        self.concat = concat

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to the second stage's logits."""
        return self.both(features)[0]

    def both(self, features: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The second stage's logits and the coarse ones."""
        coarse_head, context = self[0], self[1]
        assert isinstance(coarse_head, fcn.Head)
        coarse = coarse_head(features)
        return context(coarse_head.chosen(features) if self.concat else features[-1], coarse), coarse

    def training_outputs(self, features: Sequence[torch.Tensor]) -> list[tuple[torch.Tensor, float]]:
        """Both stages' logits with the weights of their losses."""
        fine, coarse = self.both(features)
        return [(fine, 1.0), (coarse, COARSE_WEIGHT)]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own. On HRNet the head
    concatenates the maps and has no dropout."""
    if str(options.get("encoder", "hrnet_w18")).startswith("hrnet"):
        return encoder_decoder(options, num_classes, Head, encoder="hrnet_w18", concat=True, dropout=0.0)
    return encoder_decoder(options, num_classes, Head, encoder="resnet101_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = {
    **{name: {"encoder": name} for name in ("hrnet_w18_small", "hrnet_w18", "hrnet_w48")},
    "resnet50_v1c_d8": {"encoder": "resnet50_v1c", "encoder_options": {"output_stride": 8}},
    "resnet101_v1c_d8": {"encoder": "resnet101_v1c", "encoder_options": {"output_stride": 8}},
}
SMALL: dict[str, object] = {
    "encoder": "hrnet_w18_small",
    "encoder_options": {"width": 4, "modules": (1, 1, 1), "blocks": 1},
    "width": 16,
    "inner": 8,
}
