"""DeepLab v1 (Chen et al., arXiv:1412.7062): VGG16 at output stride 8, with the last two poolings of stride 1, conv5 at
rate 2 and a first fully connected layer with holes (sections 3.1 and 3.2; LargeFOV of table 2: 3x3, rate 12, 1024
channels), and the multi-scale prediction MSc of section 4.3. The dense CRF of the paper is a step after the net.

How the four poolings' and the picture's branches come to stride 8 is not in the text: here each branch's 3x3
convolution has the stride that is left.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.encoders.vgg import VGG, he_initialised
from segdesk.nets.whole.options import made

TITLE = "DeepLab v1"
PAPER = "arXiv:1412.7062"
MSC_WIDTH = 128


class DeepLabV1(nn.Module):
    """`kernel`, `rate` and `fc` of the first fully connected layer; `msc` adds 5 * 128 channels for the classifier."""

    output = "scores"

    def __init__(
        self,
        num_classes: int,
        *,
        kernel: int = 3,
        rate: int = 12,
        fc: int = 1024,
        msc: bool = False,
        width: int = 64,
        msc_width: int = MSC_WIDTH,
    ) -> None:
        super().__init__()
        self.backbone = VGG("vgg16", width=width, output_stride=8, pool_kernel=3)
        channels, strides = self.backbone.channels, self.backbone.strides
        self.fc6 = nn.Conv2d(channels[-1], fc, kernel, padding=rate * (kernel // 2), dilation=rate)
        self.fc7 = nn.Conv2d(fc, fc, 1)
        self.drop = nn.Dropout()
        self.msc = nn.ModuleList(
            branch(inputs, msc_width, 8 // stride)
            for inputs, stride in zip([3, *channels[:4]], [1, *strides[:4]], strict=True)
            if msc
        )
        he_initialised(self)
        self.fc8 = nn.Conv2d(fc + len(self.msc) * msc_width, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, ceil(h / 8), ceil(w / 8))."""
        maps = [x, *self.backbone(x)]
        y = self.drop(F.relu(self.fc6(maps[-1]), inplace=True))
        y = self.drop(F.relu(self.fc7(y), inplace=True))
        return self.fc8(torch.cat([y, *(part(m) for part, m in zip(self.msc, maps, strict=False))], 1))


def branch(inputs: int, width: int, stride: int) -> nn.Sequential:
    """The two layers, 3x3 and 1x1, that MSc puts on the picture and on each of the first four poolings."""
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, stride, 1),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Conv2d(width, width, 1),
        nn.ReLU(inplace=True),
        nn.Dropout(),
    )


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `DeepLabV1` explains them."""
    return made(DeepLabV1, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {
    "largefov": {},
    "msc_largefov": {"msc": True},
    "7x7": {"kernel": 7, "rate": 4, "fc": 4096},
    "msc_7x7": {"kernel": 7, "rate": 4, "fc": 4096, "msc": True},
}
SMALL: dict[str, object] = {"width": 4, "fc": 16, "msc": True, "msc_width": 4}
