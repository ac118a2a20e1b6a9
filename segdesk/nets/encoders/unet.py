"""OpenMMLab's U-Net body as an encoder: five stages of two 3x3 convolutions with 2x2 pooling between them, and four
steps up that concatenate the stage of the same size (Ronneberger et al., arXiv:1505.04597, figure 1, with padding,
batch norm, and bilinear enlarging with a 1x1 convolution for the up-convolution). Names are OpenMMLab's."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN

NAMES = ("unet_s5_d16",)


class Convs(nn.Module):
    """Two 3x3 convolutions `convs`."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(ConvBN(inputs, outputs, kernel=3), ConvBN(outputs, outputs, kernel=3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        return self.convs(x)


class Upsample(nn.Module):
    """Bilinear enlarging by 2, cut to the skip's size, then the 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.interp_upsample = nn.ModuleList([nn.Identity(), ConvBN(inputs, outputs)])

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """(N, inputs, ceil(h / 2), ceil(w / 2)) to (N, outputs, h, w), where (h, w) is the size of `skip`."""
        x = F.interpolate(x, scale_factor=2.0, mode="bilinear")
        return self.interp_upsample[1](x[:, :, : skip.shape[2], : skip.shape[3]])


class Up(nn.Module):
    """One step up: enlarge, concatenate behind the skip, convolve."""

    def __init__(self, inputs: int, skip: int) -> None:
        super().__init__()
        self.conv_block = Convs(2 * skip, skip)
        self.upsample = Upsample(inputs, skip)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """The coarser map and the skip (N, C, h, w) to (N, C, h, w)."""
        return self.conv_block(torch.cat([skip, self.upsample(x, skip)], 1))


class UNet(nn.Module):
    """`base` channels at full resolution, twice as many at each of the `stages` - 1 steps down."""

    def __init__(self, *, base: int = 64, stages: int = 5) -> None:
        super().__init__()
        self.channels = [base * 2**i for i in range(stages)]
        self.strides = [2**i for i in range(stages)]
        self.encoder = nn.ModuleList()
        for i, (inputs, outputs) in enumerate(zip([3, *self.channels], self.channels, strict=False)):
            pool = [nn.MaxPool2d(2, ceil_mode=True)] if i else []  # keeps an odd last row, so that no size is too small
            self.encoder.append(nn.Sequential(*pool, Convs(inputs, outputs)))
        self.decoder = nn.ModuleList(Up(2 * skip, skip) for skip in self.channels[:-1])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w), normalised, to the decoder's maps at strides 1, 2, ... and the lowest one."""
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
        maps = [skips.pop()]
        for step in reversed(self.decoder):
            maps.append(step(maps[-1], skips.pop()))
        return maps[::-1]


def make(name: str, *, base: int = 64, stages: int = 5) -> UNet:
    """The only one of `NAMES`."""
    return UNet(base=base, stages=stages)
