"""HMANet (Niu et al., arXiv:2001.02870), for aerial pictures: attention over space, channel and category.

From the paper: a class augmented attention (CAA) with a class channel attention (CCA) inside it, which computes
category-based correlation and recalibrates class-level information, and beside it a region shuffle attention (RSA),
self-attention over region-wise representations. The authors published no code. Interpretation: CAA relates each channel
to each class by their product over all pixels, softmax over the classes, and spreads the class probabilities back over
the channels by these relations (a public re-implementation reads it so too); CCA weighs the relations by a gate in
(0, 1) a class, from the classes' mean probabilities; RSA lets the same place of all regions attend to each other (the
shuffle), then the places within each region, so that every pixel sees the whole picture; both are concatenated with the
features. The coarse class maps have a loss of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.heads.fcn import context_variants
from segdesk.nets.net import AUXILIARY_WEIGHT, DecodeHead, Outputs, encoder_decoder

TITLE = "HMANet"
PAPER = "arXiv:2001.02870"


class ClassChannelAttention(nn.Module):
    """A gate in (0, 1) for each class from the mean probabilities of all, which weighs the relations to it."""

    def __init__(self, num_classes: int, expansion: int) -> None:
        super().__init__()
        self.expand = nn.Linear(num_classes, expansion * num_classes)
        self.shrink = nn.Linear(expansion * num_classes, num_classes)

    def gates(self, chances: torch.Tensor) -> torch.Tensor:
        """Class probabilities (N, K, h, w) to (N, K) in (0, 1)."""
        return torch.sigmoid(self.shrink(F.relu(self.expand(chances.mean((2, 3))))))

    def forward(self, relation: torch.Tensor, chances: torch.Tensor) -> torch.Tensor:
        """`relation` (N, C, K) to the same shape; rows sum to 1."""
        return torch.softmax(relation * (1 + self.gates(chances)[:, None]), -1)


class ClassAugmentedAttention(nn.Module):
    """Features (N, C, h, w) and coarse class scores (N, K, h, w) to features that know about the classes."""

    def __init__(self, channels: int, num_classes: int, *, expansion: int) -> None:
        super().__init__()
        self.value = ConvBN(channels, channels)
        self.cca = ClassChannelAttention(num_classes, expansion)
        self.spread = ConvBN(channels, channels)
        self.fuse = ConvBN(2 * channels, channels)

    def relation(self, x: torch.Tensor, chances: torch.Tensor) -> torch.Tensor:
        """(N, C, K): how each channel divides among the classes; rows sum to 1."""
        pixels = x.shape[2] * x.shape[3]
        return torch.softmax(self.value(x).flatten(2) @ chances.flatten(2).transpose(1, 2) / pixels**0.5, -1)

    def forward(self, x: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w), as `x`."""
        chances = scores.softmax(1)
        relation = self.cca(self.relation(x, chances), chances)
        spread = (relation @ chances.flatten(2)).unflatten(2, x.shape[2:])
        return self.fuse(torch.cat([self.spread(spread), x], 1))


class SelfAttention(nn.Module):
    """Scaled dot-product attention within groups of places, with the input added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = nn.Linear(channels, max(1, channels // 2))
        self.key = nn.Linear(channels, max(1, channels // 2))
        self.value = nn.Linear(channels, channels)
        self.scale = nn.Parameter(torch.zeros(()))

    def weights(self, x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """`x` (B, places, C) with `real` (B, places) bool, False where a place is filling, to (B, places, places):
        rows sum to 1, filling is not attended to, except by itself."""
        query = self.query(x)
        weights = query @ self.key(x).transpose(1, 2) / query.shape[-1] ** 0.5
        itself = torch.eye(x.shape[1], dtype=torch.bool, device=x.device)
        return weights.masked_fill(~(real[:, None] | itself), float("-inf")).softmax(-1)

    def forward(self, x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """(B, places, C) to the same shape."""
        return x + self.scale * (self.weights(x, real) @ self.value(x))


class RegionShuffleAttention(nn.Module):
    """`region` places a side: attention between regions, place by place, then within each region."""

    def __init__(self, channels: int, *, region: int) -> None:
        super().__init__()
        self.region = region
        self.between = SelfAttention(channels)
        self.within = SelfAttention(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to the same shape; the sides are filled up to whole regions, unseen."""
        count, channels, rows, columns = x.shape
        fill = (0, -columns % self.region, 0, -rows % self.region)
        real = F.pad(torch.ones_like(x[:, :1]), fill)
        x = F.pad(x, fill)
        down, along = x.shape[2] // self.region, x.shape[3] // self.region

        def grouped(map_: torch.Tensor) -> torch.Tensor:
            """(N, C, H, W) to (N, places of a region, regions, C)."""
            parts = map_.reshape(count, -1, down, self.region, along, self.region)
            return parts.permute(0, 3, 5, 2, 4, 1).reshape(count, self.region**2, down * along, -1)

        y, known = grouped(x), grouped(real)[..., 0] > 0
        y = self.between(y.flatten(0, 1), known.flatten(0, 1)).unflatten(0, (count, -1)).transpose(1, 2)
        known = known.transpose(1, 2)
        y = self.within(y.flatten(0, 1), known.flatten(0, 1)).unflatten(0, (count, -1))
        y = y.reshape(count, down, along, self.region, self.region, channels).permute(0, 5, 1, 3, 2, 4)
        return y.reshape(x.shape)[:, :, :rows, :columns]


class Head(DecodeHead):
    """`width` channels; `region` is the side of RSA's regions in places of the map; CCA's hidden layer has `expansion`
    units a class."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        region: int = 8,
        expansion: int = 16,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout)
        self.reduce = ConvBN(channels[-1], width, kernel=3)
        self.coarse = nn.Conv2d(width, num_classes, 1)
        self.caa = ClassAugmentedAttention(width, num_classes, expansion=expansion)
        self.rsa = RegionShuffleAttention(width, region=region)
        self.bottleneck = ConvBN(3 * width, width, kernel=3)

    def both(self, features: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The final and the coarse logits at the size of the last map."""
        x = self.reduce(features[-1])
        coarse = self.coarse(x)
        fused = self.bottleneck(torch.cat([x, self.caa(x, coarse), self.rsa(x)], 1))
        return self.classify(fused), coarse

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the last one."""
        return self.both(features)[0]

    def training_outputs(self, features: Sequence[torch.Tensor]) -> Outputs:
        """The final logits, and the coarse ones that CAA builds on."""
        logits, coarse = self.both(features)
        return [(logits, 1.0), (coarse, AUXILIARY_WEIGHT)]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = {**context_variants()}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "region": 3,
}
