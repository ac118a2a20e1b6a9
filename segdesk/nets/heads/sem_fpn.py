"""Semantic FPN: a feature pyramid whose maps are convolved and enlarged step by step to the finest one's size and added
(Kirillov et al., arXiv:1901.02446, figure 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.encoders import poolformer, twins
from segdesk.nets.net import DecodeHead, encoder_decoder

TITLE = "Semantic FPN"
PAPER = "arXiv:1901.02446"


class Neck(nn.Module):
    """The feature pyramid (arXiv:1612.03144, figure 3): coarse maps are enlarged to their nearest values and added."""

    def __init__(self, channels: Sequence[int], *, width: int = 256) -> None:
        super().__init__()
        self.channels = [width] * len(channels)
        self.lateral_convs = nn.ModuleList(ConvBN(inputs, width, norm=False, act=None) for inputs in channels)
        self.fpn_convs = nn.ModuleList(ConvBN(width, width, kernel=3, norm=False, act=None) for _ in channels)

    def forward(self, features: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The encoder's maps, fine to coarse, to as many maps of `width` channels."""
        maps = [lateral(x) for lateral, x in zip(self.lateral_convs, features, strict=True)]
        for i in range(len(maps) - 1, 0, -1):
            maps[i - 1] = maps[i - 1] + F.interpolate(maps[i], size=maps[i - 1].shape[2:])
        return [conv(x) for conv, x in zip(self.fpn_convs, maps, strict=True)]


class Head(DecodeHead):
    """`scale_heads`: as many convolutions as a map is halvings from the finest (one for that itself), each enlarging
    twice; the results are added."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 128,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, align_corners=align_corners)
        self.scale_heads = nn.ModuleList()
        for i, inputs in enumerate(channels):
            steps: list[nn.Module] = []
            for j in range(max(1, i)):
                steps.append(ConvBN(width if j else inputs, width, kernel=3))
                if i:
                    steps.append(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=align_corners))
            self.scale_heads.append(nn.Sequential(*steps))

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The pyramid's maps to logits at the size of the finest."""
        maps = [head(x) for head, x in zip(self.scale_heads, features, strict=True)]
        total = maps[0]
        for x in maps[1:]:
            total = total + up(x, total, align_corners=self.align_corners)
        return self.classify(total)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` and `Neck` for their own.
    There is no auxiliary head; `auxiliary` changes nothing."""
    own = {key: value for key, value in options.items() if key != "auxiliary"}
    return encoder_decoder(own, num_classes, Head, neck=Neck, encoder="resnet50_v1c")


VARIANTS: dict[str, dict[str, object]] = {"r50": {"encoder": "resnet50_v1c"}, "r101": {"encoder": "resnet101_v1c"}}
VARIANTS |= {name: {"encoder": name} for name in (*twins.NAMES, *poolformer.NAMES)}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"base": 8, "stem_width": 16},
    "neck_options": {"width": 16},
    "width": 8,
}
