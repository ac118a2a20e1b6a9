"""RefineNet: four cascaded blocks that refine a coarse map with the next finer one (Lin et al., arXiv:1611.06612,
figures 2c and 3), and its light form without residual units and with 1x1 convolutions (Nekrasov et al.,
arXiv:1810.03272, figure 2). `segdesk.nets.layouts` brings DrSleep's parameter names to these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import up
from segdesk.nets.net import DecodeHead, encoder_decoder

TITLE = "RefineNet"
PAPER = "arXiv:1611.06612"


def conv(inputs: int, outputs: int, *, kernel: int = 3, bias: bool = False) -> nn.Conv2d:
    """The only convolution of the decoder: no batch norm follows it."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)


class ResidualUnit(nn.Module):
    """Residual convolution unit: ReLU, 3x3, ReLU, 3x3, input added (figure 3b)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = conv(width, width, bias=True)
        self.conv2 = conv(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to the same shape."""
        return x + self.conv2(F.relu(self.conv1(F.relu(x))))


class ChainedPooling(nn.Module):
    """Chained residual pooling: 5x5 pooling with stride 1 and a convolution, one after the other; each link's answer
    is added (figure 3d)."""

    def __init__(self, width: int, links: int, *, kernel: int = 3) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv(width, width, kernel=kernel) for _ in range(links))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to the same shape; the ReLU before the chain makes the later ones needless."""
        total = link = F.relu(x)
        for convolution in self.convs:
            link = convolution(F.max_pool2d(link, 5, 1, 2))
            total = total + link
        return total


class RefineBlock(nn.Module):
    """Residual units on the encoder's map, fusion with the coarser block's answer, chained pooling, residual units.

    Each input of the fusion has a 3x3 convolution, is enlarged to the finest, and they are added (figure 3c). The
    coarsest block has no other input and no fusion. Behind the pooling are three units: one is the block's output, two
    belong to the next block's input (figure 3a counts them there). A `light` block has no units.
    """

    def __init__(self, inputs: int, width: int, coarser: int | None, *, links: int = 4, light: bool = False) -> None:
        super().__init__()
        kernel = 1 if light else 3
        self.reduce = conv(inputs, width, kernel=kernel)
        self.adapt = nn.Sequential(*(ResidualUnit(width) for _ in range(0 if light else 2)))
        if coarser is not None:
            self.fuse_fine = conv(width, width, kernel=kernel)
            self.fuse_coarse = conv(coarser, width, kernel=kernel)
        self.pool = ChainedPooling(width, links, kernel=kernel)
        self.output = nn.Sequential(*(ResidualUnit(width) for _ in range(0 if light else 3)))

    def forward(self, x: torch.Tensor, coarse: torch.Tensor | None) -> torch.Tensor:
        """`x` (N, inputs, h, w) and `coarse` (N, coarser, h', w') to (N, width, h, w)."""
        x = self.adapt(self.reduce(x))
        if coarse is not None:
            x = self.fuse_fine(x) + up(self.fuse_coarse(coarse), x, align_corners=True)
        return self.output(self.pool(x))


class Head(DecodeHead):
    """`blocks`, listed as the encoder's maps from fine to coarse and passed from coarse to fine; a 3x3 classifier."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 256,
        coarsest: int = 512,
        light: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(width, num_classes)
        self.conv_seg = conv(width, num_classes, bias=True)
        self.dropout = nn.Identity() if light else nn.Dropout(dropout)
        self.thin = nn.Dropout(dropout)
        widths = [width] * (len(channels) - 1) + [coarsest]
        coarser = [*widths[1:], None]
        self.blocks = nn.ModuleList(
            RefineBlock(inputs, own, other, light=light)
            for inputs, own, other in zip(channels, widths, coarser, strict=True)
        )

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of its finest map."""
        last = len(self.blocks) - 1
        x = self.blocks[last](self.thin(features[last]), None)
        for i in range(last - 1, -1, -1):
            # The two coarsest maps are the widest, and only they are thinned out in training.
            x = self.blocks[i](self.thin(features[i]) if i == last - 1 else features[i], x)
        return self.classify(x)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet101", align_corners=True)


VARIANTS: dict[str, dict[str, object]] = {
    f"{kind}{name}": {"encoder": name, **more}
    for kind, more in (("", {}), ("light-", {"light": True}))
    for name in ("resnet50", "resnet101", "resnet152")
}
SMALL: dict[str, object] = {
    "encoder": "resnet18",
    "encoder_options": {"base": 8, "stem_width": 8},
    "width": 8,
    "coarsest": 16,
}
