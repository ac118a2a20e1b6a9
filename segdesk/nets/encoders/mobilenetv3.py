"""MobileNetV3 (Howard et al., arXiv:1905.02244, tables 1 and 2) with its last strides turned into dilations, as for
segmentation. Parameter names are OpenMMLab's."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import Activation, ConvBN, relu

EPS = 1e-3  # of the batch norms, as published

# Kernel, channels within, channels out, squeeze and excite, hard swish, stride, dilation of each block.
LARGE = (
    (3, 16, 16, False, False, 1, 1),
    (3, 64, 24, False, False, 2, 1),
    (3, 72, 24, False, False, 1, 1),
    (5, 72, 40, True, False, 2, 1),
    (5, 120, 40, True, False, 1, 1),
    (5, 120, 40, True, False, 1, 1),
    (3, 240, 80, False, True, 1, 2),
    (3, 200, 80, False, True, 1, 2),
    (3, 184, 80, False, True, 1, 2),
    (3, 184, 80, False, True, 1, 2),
    (3, 480, 112, True, True, 1, 2),
    (3, 672, 112, True, True, 1, 2),
    (5, 672, 160, True, True, 1, 4),
    (5, 960, 160, True, True, 1, 4),
    (5, 960, 160, True, True, 1, 4),
)
SMALL = (
    (3, 16, 16, True, False, 2, 1),
    (3, 72, 24, False, False, 2, 1),
    (3, 88, 24, False, False, 1, 1),
    (5, 96, 40, True, True, 1, 2),
    (5, 240, 40, True, True, 1, 2),
    (5, 240, 40, True, True, 1, 2),
    (5, 120, 48, True, True, 1, 2),
    (5, 144, 48, True, True, 1, 2),
    (5, 288, 96, True, True, 1, 4),
    (5, 576, 96, True, True, 1, 4),
    (5, 576, 96, True, True, 1, 4),
)
# Blocks, channels of the last convolution, and the layers whose maps (strides 2, 4 and 8) are the answer.
SIZES = {"mobilenetv3_large": (LARGE, 960, (1, 3, 16)), "mobilenetv3_small": (SMALL, 576, (0, 1, 12))}
NAMES = tuple(SIZES)


class Evenly(ConvBN):
    """A strided convolution whose filling is at the right and bottom rather than at the left and top."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride), rounded up."""
        kernel, stride = int(self.conv.kernel_size[0]), int(self.conv.stride[0])
        (top, below), (left, right) = (_filling(side, kernel, stride) for side in x.shape[2:])
        return super().forward(F.pad(x, (left, right, top, below)))


def _filling(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Before and behind, so that ceil(side / stride) values come out."""
    more = max(0, (-(-side // stride) - 1) * stride + kernel - side)
    return more // 2, more - more // 2


def conv(inputs: int, outputs: int, *, kernel: int, stride: int, dilation: int, groups: int, act: Activation) -> ConvBN:
    """A convolution that keeps the size, or halves it."""
    if stride == 1:
        return ConvBN(inputs, outputs, kernel=kernel, dilation=dilation, groups=groups, act=act, eps=EPS)
    return Evenly(inputs, outputs, kernel=kernel, stride=stride, padding=0, groups=groups, act=act, eps=EPS)


class Excite(nn.Module):
    """Each channel times a number in 0..1 that the means of all channels decide."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(8, (channels // 4 + 4) // 8 * 8)
        narrow += 8 * (narrow < 0.9 * (channels // 4))
        self.conv1 = ConvBN(channels, narrow, norm=False)
        self.conv2 = ConvBN(narrow, channels, norm=False, act=F.hardsigmoid)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape."""
        return x * self.conv2(self.conv1(x.mean((2, 3), keepdim=True)))


class Block(nn.Module):
    """Widen, depthwise, squeeze and excite, narrow (figure 4)."""

    def __init__(
        self,
        inputs: int,
        *,
        kernel: int,
        inner: int,
        outputs: int,
        excite: bool,
        act: Activation,
        stride: int,
        dilation: int,
    ) -> None:
        super().__init__()
        self.same = stride == 1 and inputs == outputs
        self.expand_conv = ConvBN(inputs, inner, act=act, eps=EPS) if inputs != inner else None
        self.depthwise_conv = conv(inner, inner, kernel=kernel, stride=stride, dilation=dilation, groups=inner, act=act)
        self.se = Excite(inner) if excite else None
        self.linear_conv = ConvBN(inner, outputs, act=None, eps=EPS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        y = x if self.expand_conv is None else self.expand_conv(x)
        y = self.depthwise_conv(y)
        y = self.linear_conv(y if self.se is None else self.se(y))
        return x + y if self.same else y


class MobileNetV3(nn.Module):
    """`layer0` (a convolution), the blocks, a 1x1 convolution; answers with the maps of the layers `taken`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        rows, last, self.taken = SIZES[name]
        self.layer0 = conv(3, 16, kernel=3, stride=2, dilation=1, groups=1, act=F.hardswish)
        widths = [16]
        for i, (kernel, inner, outputs, excite, swish, stride, dilation) in enumerate(rows):
            block = Block(
                widths[-1],
                kernel=kernel,
                inner=inner,
                outputs=outputs,
                excite=excite,
                act=F.hardswish if swish else relu,
                stride=stride,
                dilation=dilation,
            )
            self.add_module(f"layer{i + 1}", block)
            widths.append(outputs)
        self.count = len(rows) + 2
        self.add_module(f"layer{self.count - 1}", ConvBN(widths[-1], last, act=F.hardswish, eps=EPS))
        self.channels = [[*widths, last][i] for i in self.taken]
        self.strides = [2, 4, 8]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to three maps with `channels` at `strides`."""
        maps = []
        for i in range(self.count):
            x = getattr(self, f"layer{i}")(x)
            if i in self.taken:
                maps.append(x)
        return maps


def make(name: str) -> nn.Module:
    """ "mobilenetv3_large" or "mobilenetv3_small". Raises TypeError for any option."""
    return MobileNetV3(name)
