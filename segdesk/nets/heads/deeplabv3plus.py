"""DeepLabV3+: the pyramid of DeepLabV3 as encoder, a decoder over the finest map (Chen et al., arXiv:1802.02611,
figure 2), with separable convolutions as the reference has them or plain ones as VainF's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, SepConv, up
from segdesk.nets.heads import deeplabv3
from segdesk.nets.published import WITHOUT_WEIGHTS, variants

TITLE = "DeepLabV3+"
PAPER = "arXiv:1802.02611"


class Head(deeplabv3.Head):
    """The finest map, reduced by `c1_bottleneck` to `low_width`, joins the enlarged pyramid before two convolutions.

    With `separable` these are `sep_bottleneck`, after [pyramid, finest]. Without it there is one plain convolution
    `refine` after [finest, pyramid], the order in which VainF's weights lie.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        low_width: int = 48,
        low_index: int = 0,
        rates: Sequence[int] = deeplabv3.RATES[8],
        bottleneck: int = 3,
        separable: bool = True,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(
            channels,
            num_classes,
            width=width,
            rates=rates,
            bottleneck=bottleneck,
            separable=separable,
            in_index=in_index,
            dropout=dropout,
            align_corners=align_corners,
        )
        self.low_index = low_index
        self.separable = separable
        self.c1_bottleneck = ConvBN(channels[low_index], low_width)
        if separable:
            self.sep_bottleneck = nn.Sequential(SepConv(width + low_width, width), SepConv(width, width))
        else:
            self.refine = nn.Sequential(ConvBN(low_width + width, width, kernel=3))

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of its finest map."""
        low = self.c1_bottleneck(features[self.low_index])
        high = up(self.pyramid(self.chosen(features)), low, align_corners=self.align_corners)
        if self.separable:
            return self.classify(self.sep_bottleneck(torch.cat([high, low], 1)))
        return self.classify(self.refine(torch.cat([low, high], 1)))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return deeplabv3.atrous_net(options, num_classes, Head)


VARIANTS: dict[str, dict[str, object]] = variants(
    "r50-d8",
    "r101-d8",
    "r18-d8",
    "r50b-d8",
    "r101b-d8",
    "r18b-d8",
    "mobilenet-v2-d8",
    "s101-d8",
    "r101-d16-mg124",
    narrow={"low_width": 12},
)
# VainF's nets (github.com/VainF/DeepLabV3Plus-Pytorch); the files are of output stride 16.
VARIANTS |= {
    f"vainf-{encoder}": {
        "encoder": encoder,
        "encoder_options": {"output_stride": 16, **more},
        "width": 256,
        "bottleneck": 1,
        "separable": False,
    }
    for encoder, more in {"resnet50": {}, "resnet101": {}, "mobilenetv2": {"variant": "vainf"}}.items()
}
VARIANTS |= WITHOUT_WEIGHTS
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "low_width": 8,
}
