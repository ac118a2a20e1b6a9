"""Lite R-ASPP: the coarse map, gated by its means over large windows, joined with finer maps on the way up (Howard et
al., arXiv:1905.02244, figure 10)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.encoders.mobilenetv3 import EPS
from segdesk.nets.net import DecodeHead, encoder_decoder

TITLE = "Lite R-ASPP"
PAPER = "arXiv:1905.02244"
WINDOW, STEPS = 49, (16, 20)


class Head(DecodeHead):
    """`aspp_conv` times the sigmoid of `image_pool`; `convs` narrow the finer maps, `conv_ups` join."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 128,
        branches: Sequence[int] = (32, 64),
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, align_corners=align_corners)
        *fine, coarse = channels
        pairs = list(zip(fine, branches, strict=True))
        narrow = {f"conv{i}": nn.Conv2d(inputs, branch, 1, bias=False) for i, (inputs, branch) in enumerate(pairs)}
        joined = {f"conv_up{i}": ConvBN(width + branch, width, eps=EPS) for i, (_, branch) in enumerate(pairs)}
        self.convs = nn.Sequential(OrderedDict(narrow))
        self.conv_ups = nn.Sequential(OrderedDict(joined))
        self.conv_up_input = nn.Conv2d(width, width, 1)
        self.aspp_conv = ConvBN(coarse, width, eps=EPS)
        gate = ConvBN(coarse, width, norm=False, bias=False, act=torch.sigmoid)
        self.image_pool = nn.Sequential(nn.Identity(), gate)  # the means have no parameters

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the finest."""
        *fine, x = features
        window = [min(WINDOW, side) for side in x.shape[2:]]  # a map smaller than the window has one mean
        gate = self.image_pool(F.avg_pool2d(x, window, STEPS))
        x = self.conv_up_input(self.aspp_conv(x) * up(gate, x, align_corners=self.align_corners))
        for finer, conv, join in reversed(list(zip(fine, self.convs, self.conv_ups, strict=True))):
            x = join(torch.cat([up(x, finer, align_corners=self.align_corners), conv(finer)], 1))
        return self.classify(x)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own.
    There is no auxiliary head; `auxiliary` changes nothing."""
    own = {key: value for key, value in options.items() if key != "auxiliary"}
    return encoder_decoder(own, num_classes, Head, encoder="mobilenetv3_large")


VARIANTS: dict[str, dict[str, object]] = {
    "mobilenet-v3-d8": {"encoder": "mobilenetv3_large"},
    "mobilenet-v3-d8-s": {"encoder": "mobilenetv3_small"},
}
SMALL: dict[str, object] = {"encoder": "mobilenetv3_small", "width": 16, "branches": (4, 8)}
