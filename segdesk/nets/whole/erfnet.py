"""ERFNet (Romera et al., IEEE T-ITS 2018, table I): every 3x3 convolution is split into 3x1 and 1x3, dilated in the
encoder; transposed convolutions bring stride 8 back to 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import up
from segdesk.nets.heads.fcn import Head
from segdesk.nets.whole._parts import chosen, net_with_heads

TITLE = "ERFNet"
PAPER = "doi:10.1109/TITS.2017.2750080"
EPS = 1e-3
DILATIONS = (2, 4, 8, 16)


class Down(nn.Module):
    """A strided convolution and a max pool side by side, normalised together."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs - inputs, 3, 2, 1)
        self.bn = nn.BatchNorm2d(outputs, eps=EPS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / 2, w / 2), odd sides rounded up."""
        y = self.conv(x)
        pooled = F.max_pool2d(x, [min(2, side) for side in x.shape[-2:]], 2)
        return F.relu(self.bn(torch.cat([y, up(pooled, y)], 1)), inplace=True)


class Factorised(nn.Module):
    """Non-bottleneck-1D (figure 2c): 3x1, 1x3, then both once more with `dilation`, around which the input is added."""

    def __init__(self, channels: int, *, dilation: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        c = channels
        self.convs_layers = nn.Sequential(
            nn.Conv2d(c, c, (3, 1), padding=(1, 0)),
            nn.ReLU(inplace=True),
            nn.Conv2d(c, c, (1, 3), padding=(0, 1)),
            nn.BatchNorm2d(c, eps=EPS),
            nn.ReLU(inplace=True),
            nn.Conv2d(c, c, (3, 1), padding=(dilation, 0), dilation=(dilation, 1)),
            nn.ReLU(inplace=True),
            nn.Conv2d(c, c, (1, 3), padding=(0, dilation), dilation=(1, dilation)),
            nn.BatchNorm2d(c, eps=EPS),
            nn.Dropout(dropout),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to the same shape."""
        return F.relu(self.convs_layers(x) + x, inplace=True)


class Up(nn.Module):
    """A transposed convolution to exactly twice the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1)
        self.bn = nn.BatchNorm2d(outputs, eps=EPS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, 2 h, 2 w)."""
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Backbone(nn.Module):
    """Encoder of stride 8 and decoder to stride 2; `widths` are the channels at strides 2, 4 and 8."""

    def __init__(self, widths: Sequence[int], dropout: float) -> None:
        super().__init__()
        two, four, eight = widths
        self.channels, self.strides = [two], [2]
        encoder: list[nn.Module] = [Down(3, two), Down(two, four)]
        encoder += [Factorised(four, dropout=dropout) for _ in range(5)]
        encoder += [Down(four, eight)]
        encoder += [Factorised(eight, dilation=rate, dropout=dropout) for rate in DILATIONS * 2]
        self.encoder = nn.ModuleList(encoder)
        self.decoder = nn.ModuleList()
        for inputs, outputs in ((eight, four), (four, two)):
            self.decoder.extend([Up(inputs, outputs), Factorised(outputs), Factorised(outputs)])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to one map at stride 2 (sides are 4 times those at stride 8)."""
        for part in (*self.encoder, *self.decoder):
            x = part(x)
        return [x]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`widths` at strides 2, 4 and 8; `dropout` in the encoder; `width` of the head. It has no auxiliary head."""
    made = chosen(options, widths=(16, 64, 128), dropout=0.1, width=128, auxiliary=False)
    backbone = Backbone(made["widths"], made["dropout"])
    decode = Head(backbone.channels, num_classes, width=made["width"], num_convs=1, concat_input=False)
    return net_with_heads(backbone, num_classes, decode, (), weight=0.0)


VARIANTS: dict[str, dict[str, object]] = {"erfnet": {}}
SMALL: dict[str, object] = {"widths": (8, 12, 16), "width": 8, "dropout": 0.0}
