"""DeepLabV3: atrous spatial pyramid pooling with image-level features (Chen et al., arXiv:1706.05587, figure 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, SepConv, up
from segdesk.nets.net import DecodeHead, Net, chosen_channels, encoder_decoder
from segdesk.nets.published import WITHOUT_WEIGHTS, variants

TITLE = "DeepLabV3"
PAPER = "arXiv:1706.05587"

# Rates of the branches by the encoder's output stride (section 4.2): half the stride, twice the rates.
RATES = {8: (1, 12, 24, 36), 16: (1, 6, 12, 18)}


class Head(DecodeHead):
    """Branches `aspp_modules`, 1x1 for rate 1, 3x3 for others; `image_pool`; `bottleneck` over all of them.

    The reference's `bottleneck` is a 3x3 convolution of 512 channels. The paper's, torchvision's and VainF's is 1x1 of
    256 channels (`width=256, bottleneck=1`); theirs has one 3x3 convolution more behind it (`refine=1`). `separable`
    branches are those of DeepLabV3+.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        rates: Sequence[int] = RATES[8],
        bottleneck: int = 3,
        refine: int = 0,
        separable: bool = False,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, in_index=in_index, align_corners=align_corners)
        inputs = chosen_channels(channels, in_index)
        self.image_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), ConvBN(inputs, width))
        self.aspp_modules = nn.ModuleList(branch(inputs, width, rate, separable=separable) for rate in rates)
        self.bottleneck = ConvBN((len(rates) + 1) * width, width, kernel=bottleneck)
        # VainF and torchvision pool last, so that the projection's weights lie in that order.
        self.pool_last = bottleneck == 1
        if refine:
            self.refine = nn.Sequential(*(ConvBN(width, width, kernel=3) for _ in range(refine)))

    def pyramid(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, width, h, w): all branches and the pooled picture, reduced."""
        pooled = [up(self.image_pool(x), x, align_corners=self.align_corners)]
        branches = [branch(x) for branch in self.aspp_modules]
        return self.bottleneck(torch.cat(branches + pooled if self.pool_last else pooled + branches, 1))

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the chosen map."""
        x = self.pyramid(self.chosen(features))
        return self.classify(self.refine(x) if hasattr(self, "refine") else x)


def branch(inputs: int, width: int, rate: int, *, separable: bool) -> nn.Module:
    """One branch of the pyramid. Rate 1 is a 1x1 convolution."""
    if rate == 1:
        return ConvBN(inputs, width)
    return (SepConv if separable else ConvBN)(inputs, width, kernel=3, dilation=rate)


def atrous_net(options: Mapping[str, object], num_classes: int, head: type[nn.Module], /, **defaults: object) -> Net:
    """The net of `options`, with the branches' rates that fit its output stride unless `options` say others."""
    encoder_options = options.get("encoder_options", {})
    stride = encoder_options.get("output_stride", 8) if isinstance(encoder_options, Mapping) else 8
    rates = RATES.get(stride, RATES[16])
    return encoder_decoder(
        options,
        num_classes,
        head,
        **{"encoder": "resnet50_v1c", "encoder_options": {"output_stride": 8}, "rates": rates, **defaults},
    )


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return atrous_net(options, num_classes, Head)


VARIANTS: dict[str, dict[str, object]] = variants(
    "r50-d8", "r101-d8", "r18-d8", "r50b-d8", "r101b-d8", "r18b-d8", "mobilenet-v2-d8", "s101-d8", "r101-d16-mg124"
)
# VainF's nets (github.com/VainF/DeepLabV3Plus-Pytorch); the files are of output stride 16.
VARIANTS |= {
    f"vainf-{encoder}": {
        "encoder": encoder,
        "encoder_options": {"output_stride": 16, **more},
        "width": 256,
        "bottleneck": 1,
        "refine": 1,
    }
    for encoder, more in {"resnet50": {}, "resnet101": {}, "mobilenetv2": {"variant": "vainf"}}.items()
}
VARIANTS |= WITHOUT_WEIGHTS
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
}
