"""UPerNet: pyramid pooling on the coarsest map, a feature pyramid down to the finest (Xiao et al., arXiv:1807.10221,
figure 4, without the heads of other tasks)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.heads.psp import BINS, Pyramid
from segdesk.nets.net import DecodeHead, encoder_decoder

TITLE = "UPerNet"
PAPER = "arXiv:1807.10221"


class Head(DecodeHead):
    """`psp_modules` and `bottleneck` on the last map; `lateral_convs` of the others, coarse ones added to fine ones;
    `fpn_convs`; all at the finest map's size through `fpn_bottleneck`."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        bins: Sequence[int] = BINS,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, align_corners=align_corners)
        self.psp_modules = Pyramid(channels[-1], width, bins, align_corners=align_corners)
        self.bottleneck = ConvBN(channels[-1] + width * len(bins), width, kernel=3)
        self.lateral_convs = nn.ModuleList(ConvBN(inputs, width) for inputs in channels[:-1])
        self.fpn_convs = nn.ModuleList(ConvBN(width, width, kernel=3) for _ in channels[:-1])
        self.fpn_bottleneck = ConvBN(width * len(channels), width, kernel=3)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of its finest map."""
        maps = [lateral(x) for lateral, x in zip(self.lateral_convs, features[:-1], strict=True)]
        maps.append(self.bottleneck(self.psp_modules(features[-1])))
        for i in range(len(maps) - 1, 0, -1):
            maps[i - 1] = maps[i - 1] + up(maps[i], maps[i - 1], align_corners=self.align_corners)
        outputs = [conv(x) for conv, x in zip(self.fpn_convs, maps[:-1], strict=True)] + maps[-1:]
        joined = torch.cat([up(x, outputs[0], align_corners=self.align_corners) for x in outputs], 1)
        return self.classify(self.fpn_bottleneck(joined))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 32})


VARIANTS: dict[str, dict[str, object]] = {"r50": {"encoder": "resnet50_v1c"}, "r101": {"encoder": "resnet101_v1c"}}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"base": 8, "stem_width": 16},
    "width": 16,
}
