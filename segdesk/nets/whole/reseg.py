"""ReSeg (Visin et al., arXiv:1511.07053, figure 2 and section 3): ReNet layers on the first convolutions of VGG16,
then transposed convolutions to the picture's size.

A ReNet layer (Visin et al., arXiv:1505.00393, equations 1 to 4) is four recurrent nets: two sweep each column down and
up, two sweep what these say along each row, so that every place sees the whole picture. The numbers are those of the
authors' CamVid configuration: VGG16 up to conv3_3 (stride 4), two layers of 100 GRUs, two transposed convolutions of
stride 2 with 50 filters.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.encoders.vgg import VGG
from segdesk.nets.whole.options import made

TITLE = "ReSeg"
PAPER = "arXiv:1511.07053"


class ReNet(nn.Module):
    """`units` of each of the four GRUs; `patch` pixels a side are read at once and become one."""

    def __init__(self, inputs: int, units: int, *, patch: int = 1) -> None:
        super().__init__()
        self.patch = patch
        self.vertical = nn.GRU(inputs * patch**2, units, batch_first=True, bidirectional=True)
        self.horizontal = nn.GRU(2 * units, units, batch_first=True, bidirectional=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, 2 * units, ceil(h / patch), ceil(w / patch))."""
        rows, columns = x.shape[2:]
        x = F.pixel_unshuffle(F.pad(x, (0, -columns % self.patch, 0, -rows % self.patch)), self.patch)
        x = swept(self.vertical, x.permute(0, 3, 2, 1)).transpose(1, 2)  # N w h C, then N h w C
        return swept(self.horizontal, x).permute(0, 3, 1, 2)


def swept(sweep: nn.GRU, lines: torch.Tensor) -> torch.Tensor:
    """The recurrent net along each line: (N, lines, places, C) to (N, lines, places, D)."""
    return sweep(lines.flatten(0, 1))[0].unflatten(0, lines.shape[:2])


class ReSeg(nn.Module):
    """`layers` ReNet layers of `units`; `filters` of the transposed convolutions; `width` of VGG's first stage."""

    output = "scores"

    def __init__(
        self, num_classes: int, *, layers: int = 2, units: int = 100, filters: int = 50, width: int = 64
    ) -> None:
        super().__init__()
        self.backbone = VGG("vgg16", width=width, stages=3, last_pool=False)
        widths = [self.backbone.channels[-1]] + [2 * units] * layers
        self.renet = nn.Sequential(*(ReNet(inputs, units) for inputs in widths[:-1]))
        self.up = nn.Sequential(
            nn.ConvTranspose2d(widths[-1], filters, 2, stride=2),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(filters, filters, 2, stride=2),
            nn.ReLU(inplace=True),
        )
        self.classifier = nn.Conv2d(filters, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, h, w)."""
        y = self.up(self.renet(self.backbone(x)[-1]))
        return self.classifier(y[:, :, : x.shape[2], : x.shape[3]])


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `ReSeg` explains them."""
    return made(ReSeg, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {"reseg": {}}
SMALL: dict[str, object] = {"units": 4, "filters": 8, "width": 4}
