"""ResNet34-UNet: a ResNet-34 whose stages are added to a decoder of bottleneck deconvolutions. The form is LinkNet's
(Chaurasia and Culurciello, arXiv:1707.03718, figures 1 and 2) as D-LinkNet writes it, without its dilated centre; the
encoder has torchvision's names under `backbone.`, so that its ImageNet weights load."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.encoders.resnet import make
from segdesk.nets.whole.options import made

TITLE = "ResNet34-UNet"
PAPER = "arXiv:1707.03718"


class DecoderBlock(nn.Module):
    """1x1 to a quarter of the channels, 3x3 deconvolution with stride 2, 1x1; each with batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        narrow = inputs // 4
        self.conv1 = nn.Conv2d(inputs, narrow, 1)
        self.norm1 = nn.BatchNorm2d(narrow)
        self.deconv2 = nn.ConvTranspose2d(narrow, narrow, 3, stride=2, padding=1, output_padding=1)
        self.norm2 = nn.BatchNorm2d(narrow)
        self.conv3 = nn.Conv2d(narrow, outputs, 1)
        self.norm3 = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, 2 * h, 2 * w)."""
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.deconv2(x)))
        return F.relu(self.norm3(self.conv3(x)))


class ResNet34UNet(nn.Module):
    """`encoder` is "resnet34" or "resnet18"; `width` the channels of its first stage."""

    output = "scores"

    def __init__(self, num_classes: int, *, encoder: str = "resnet34", width: int = 64) -> None:
        super().__init__()
        if encoder not in ("resnet18", "resnet34"):
            raise ValueError("encoder must be resnet18 or resnet34")
        self.backbone = make(encoder, base=width, stem_width=width)
        c1, c2, c3, c4 = (width * n for n in (1, 2, 4, 8))
        self.decoder4 = DecoderBlock(c4, c3)
        self.decoder3 = DecoderBlock(c3, c2)
        self.decoder2 = DecoderBlock(c2, c1)
        self.decoder1 = DecoderBlock(c1, c1)
        self.finaldeconv1 = nn.ConvTranspose2d(c1, c1 // 2, 4, stride=2, padding=1)
        self.finalconv2 = nn.Conv2d(c1 // 2, c1 // 2, 3, padding=1)
        self.finalconv3 = nn.Conv2d(c1 // 2, num_classes, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, h, w)."""
        e1, e2, e3, e4 = self.backbone(x)
        y = added(self.decoder4(e4), e3)
        y = added(self.decoder3(y), e2)
        y = added(self.decoder2(y), e1)
        y = F.relu(self.finaldeconv1(self.decoder1(y)))
        y = self.finalconv3(F.relu(self.finalconv2(y)))
        return y[:, :, : x.shape[2], : x.shape[3]]


def added(x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
    """The sum of the skip and the part of `x` that lies over it; `x` may be a row and a column larger."""
    return x[:, :, : skip.shape[2], : skip.shape[3]] + skip


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `ResNet34UNet` explains them."""
    return made(ResNet34UNet, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {"resnet34": {}, "resnet18": {"encoder": "resnet18"}}
SMALL: dict[str, object] = {"encoder": "resnet18", "width": 8}
