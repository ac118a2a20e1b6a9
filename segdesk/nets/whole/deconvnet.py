"""DeconvNet (Noh, Hong and Han, arXiv:1505.04366, figure 2 and table 2): VGG16, the two layers fc6 and fc7 as
convolutions in the middle, and the mirror image with unpooling by stored places and deconvolution."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.whole.fcn_vgg import zeroed
from segdesk.nets.whole.options import made
from segdesk.nets.whole.segnet import DEPTHS, convolutions, pooled, unpooled

TITLE = "DeconvNet"
PAPER = "arXiv:1505.04366"


class DeconvBN(nn.Sequential):
    """Transposed convolution with stride 1, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(inputs, outputs, kernel, padding=1 if kernel == 3 else 0)
        self.bn = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)


class DeconvNet(nn.Module):
    """`width` is the first stage's channels, `fc` those of the middle, `field` the side of fc6 and its mirror.

    A pooled map smaller than `field` is filled up with zeros before fc6 and cut again after its mirror; the paper
    only has pictures of 224x224.
    """

    output = "scores"

    def __init__(self, num_classes: int, *, width: int = 64, fc: int = 4096, field: int = 7) -> None:
        super().__init__()
        self.field = field
        widths = [width * n for n in (1, 2, 4, 8, 8)]
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        for inputs, outputs, depth in zip([3, *widths], widths, DEPTHS, strict=False):
            self.encoder.append(convolutions(inputs, outputs, depth, last=outputs))
        self.fc6 = ConvBN(widths[-1], fc, kernel=field, padding=0)
        self.fc7 = ConvBN(fc, fc)
        self.fc6_deconv = DeconvBN(fc, widths[-1], field)
        for inputs, outputs, depth in zip(widths[::-1], [*widths[-2::-1], widths[0]], DEPTHS[::-1], strict=True):
            steps = [inputs] * depth + [outputs]
            self.decoder.append(nn.Sequential(*(DeconvBN(a, b, 3) for a, b in pairwise(steps))))
        self.score = zeroed(nn.Conv2d(widths[0], num_classes, 1))  # no opinion to begin with

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, h, w)."""
        places = []
        for stage in self.encoder:
            x = stage(x)
            size = x.shape[2:]
            x, indices = pooled(x)
            places.append((indices, size))
        rows, columns = x.shape[2:]
        x = F.pad(x, (0, max(0, self.field - columns), 0, max(0, self.field - rows)))
        x = self.fc6_deconv(self.fc7(self.fc6(x)))[:, :, :rows, :columns]
        for stage in self.decoder:
            x = stage(unpooled(x, *places.pop()))
        return self.score(x)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `DeconvNet` explains them."""
    return made(DeconvNet, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {"deconvnet": {}}
SMALL: dict[str, object] = {"width": 8, "fc": 32, "field": 1}
