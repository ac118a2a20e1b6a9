"""EncNet (Zhang et al., arXiv:1803.08904, figure 2): a learned dictionary encodes the whole picture into one vector,
from which come a gate for each channel and a guess which classes are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.heads.fcn import context_variants
from segdesk.nets.net import DecodeHead, encoder_decoder
from segdesk.nets.transformer import to_tokens

TITLE = "EncNet"
PAPER = "arXiv:1803.08904"


class Encoding(nn.Module):
    """`codewords` with a `scale` each; what a picture's features differ from them, summed (equations 1 and 2)."""

    def __init__(self, width: int, codes: int) -> None:
        super().__init__()
        bound = (codes * width) ** -0.5
        self.codewords = nn.Parameter(torch.empty(codes, width).uniform_(-bound, bound))
        self.scale = nn.Parameter(torch.empty(codes).uniform_(-1, 0))

    def assignment(self, tokens: torch.Tensor) -> torch.Tensor:
        """How much of each of (N, L, width) features belongs to each codeword: (N, L, codes), rows that sum to 1."""
        words = self.codewords.expand(len(tokens), -1, -1)
        # Not by inner products: their differences would lose the digits that the softmax needs.
        distance = torch.cdist(tokens, words, compute_mode="donot_use_mm_for_euclid_dist")
        return (self.scale * distance.square()).softmax(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to (N, codes, width), without a tensor of pixels times codes times channels."""
        tokens = to_tokens(x)
        weights = self.assignment(tokens).transpose(1, 2)
        return weights @ tokens - weights.sum(2, keepdim=True) * self.codewords


class Context(nn.Module):
    """The encoding, its mean over the codewords, and the gates that it opens."""

    def __init__(self, width: int, codes: int) -> None:
        super().__init__()
        self.encoding_project = ConvBN(width, width)
        self.encoding = nn.Sequential(Encoding(width, codes), nn.BatchNorm1d(codes), nn.ReLU(inplace=True))
        self.fc = nn.Sequential(nn.Linear(width, width), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, width, h, w) to the picture's vector (N, width) and the gated map."""
        code = self.encoding(self.encoding_project(x)).mean(1)
        return code, F.relu(x + x * self.fc(code)[:, :, None, None])


class Head(DecodeHead):
    """`bottleneck` 3x3 over the last map, `enc_module`, the classifier.

    `lateral` takes the finer maps in as well. `presence` keeps `se_layer`, which guesses the classes in the picture.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        codes: int = 32,
        presence: bool = True,
        lateral: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout)
        self.bottleneck = ConvBN(channels[-1], width, kernel=3)
        if lateral:
            self.lateral_convs = nn.ModuleList(ConvBN(c, width) for c in channels[-3:-1])
            self.fusion = ConvBN(3 * width, width, kernel=3)
        self.enc_module = Context(width, codes)
        if presence:
            self.se_layer = nn.Linear(width, num_classes)

    def encoded(self, features: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The encoder's maps to the picture's vector (N, width) and the gated map (N, width, h, w)."""
        x = self.bottleneck(features[-1])
        if hasattr(self, "fusion"):
            sides = [conv(m) for conv, m in zip(self.lateral_convs, features[-3:-1], strict=True)]
            x = self.fusion(torch.cat([x, *sides], 1))
        return self.enc_module(x)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the last map's size."""
        return self.classify(self.encoded(features)[1])

    def presence(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """Logits (N, num_classes) of each class being somewhere in the picture (section 3, semantic encoding loss)."""
        return self.se_layer(self.encoded(features)[0])


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = context_variants()
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "codes": 4,
}
