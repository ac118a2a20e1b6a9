"""Aligned Xception as DeepLabV3+ modified it (Chen et al., arXiv:1802.02611, figure 4): strided separable convolutions
instead of pooling, batch norm after each depthwise convolution.

Parameter names are timm's (`xception65`, without its classifier), so that its ImageNet files load. In the frozen graphs
of TensorFlow's DeepLab the same weights are called, after `xception_65/`:

- `stem.0`, `stem.1`: `entry_flow/conv1_1`, `entry_flow/conv1_2`
- `blocks.0` to `blocks.2`: `entry_flow/block1` to `block3`, then `/unit_1/xception_module`
- `blocks.3` to `blocks.18`: `middle_flow/block1`, then `/unit_1` to `/unit_16`
- `blocks.19`, `blocks.20`: `exit_flow/block1`, `exit_flow/block2`, then `/unit_1/xception_module`
- in a block, `stack.conv1.conv_dw` and `bn_dw`: `separable_conv1_depthwise`; `conv_pw` and `bn_pw`:
  `separable_conv1_pointwise`; `shortcut`: `shortcut`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN

# Middle blocks of the three depths; 71 has a longer entry too.
MIDDLE = {"xception41": 8, "xception65": 16, "xception71": 16}
NAMES = tuple(MIDDLE)
EPS = 1e-3


@dataclass(frozen=True)
class Plan:
    """One block: the channels of its three separable convolutions, the stride of the last one, its rate. The last
    block is the other way round inside (ReLU after each convolution instead of before) and has no shortcut."""

    widths: tuple[int, int, int]
    stride: int = 1
    rate: int = 1
    last: bool = False


class Separable(nn.Module):
    """Depthwise 3x3 and 1x1 convolution, each with batch norm; ReLU after both or after neither."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, rate: int, act: bool) -> None:
        super().__init__()
        self.act = act
        self.conv_dw = nn.Conv2d(inputs, inputs, 3, stride, rate, rate, groups=inputs, bias=False)
        self.bn_dw = nn.BatchNorm2d(inputs, eps=EPS)
        self.conv_pw = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn_pw = nn.BatchNorm2d(outputs, eps=EPS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        for conv, norm in ((self.conv_dw, self.bn_dw), (self.conv_pw, self.bn_pw)):
            x = norm(conv(x))
            x = F.relu(x) if self.act else x
        return x


class Block(nn.Module):
    """Three separable convolutions, and a shortcut (a 1x1 convolution where the shape changes)."""

    def __init__(self, inputs: int, plan: Plan) -> None:
        super().__init__()
        self.last = plan.last
        outputs = plan.widths[-1]
        change = inputs != outputs or plan.stride != 1
        self.shortcut = (
            ConvBN(inputs, outputs, stride=plan.stride, act=None, eps=EPS) if change and not plan.last else None
        )
        self.stack = nn.ModuleDict()
        for i, width in enumerate(plan.widths):
            stride = plan.stride if i == 2 else 1
            self.stack[f"conv{i + 1}"] = Separable(inputs, width, stride=stride, rate=plan.rate, act=plan.last)
            inputs = width

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, C, h, w) to the second convolution's map, still at this size, and the block's own."""
        y = x
        fine = x
        for i, conv in enumerate(self.stack.values()):
            y = conv(y if self.last else F.relu(y))
            fine = y if i == 1 else fine
        if self.last:
            return fine, y
        return fine, y + (x if self.shortcut is None else self.shortcut(x))


class Xception(nn.Module):
    """Stem, entry, middle and exit blocks; maps at strides 4, 8 and up to `output_stride` (8, 16 or 32), where blocks
    beyond are dilated instead of strided.

    Maps finer than the last are the second convolution's of a strided block, before its ReLU, as TensorFlow's DeepLab
    takes its low-level features. `width` scales all channels (1 is the paper's net).
    """

    def __init__(self, plans: Sequence[Plan], *, output_stride: int = 16, width: float = 1.0) -> None:
        super().__init__()
        if output_stride not in (8, 16, 32):
            raise ValueError("output_stride must be 8, 16 or 32")
        stem = (max(1, round(32 * width)), max(1, round(64 * width)))
        self.stem = nn.Sequential(
            ConvBN(3, stem[0], kernel=3, stride=2, eps=EPS), ConvBN(stem[0], stem[1], kernel=3, eps=EPS)
        )
        blocks: list[nn.Module] = []
        inputs, self.channels, self.strides, self.fine = stem[1], [], [], []
        for i, plan in enumerate(dilated(plans, output_stride)):
            first, second, third = (max(1, round(c * width)) for c in plan.widths)
            if plan.stride == 2:
                self.fine.append(i)
                self.strides.append(2 * self.strides[-1] if self.strides else 2)
                self.channels.append(second)
            blocks.append(Block(inputs, replace(plan, widths=(first, second, third))))
            inputs = third
        self.blocks = nn.ModuleList(blocks)
        # The stride-2 map is of no use to heads.
        self.channels = [*self.channels[1:], inputs]
        self.strides = [*self.strides[1:], 2 * self.strides[-1]]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to maps with `channels` at `strides`."""
        x = self.stem(x)
        maps = []
        for i, block in enumerate(self.blocks):
            fine, x = block(x)
            if i in self.fine[1:]:
                maps.append(fine)
        return [*maps, x]


def dilated(plans: Sequence[Plan], output_stride: int) -> list[Plan]:
    """The plans with strides only up to `output_stride`; later blocks get the rate that stands for the lost strides
    (section 3.1), the block that loses its stride not yet."""
    found, stride, rate = [], 2, 1
    for plan in plans:
        if stride * plan.stride > output_stride:
            found.append(replace(plan, stride=1, rate=rate))
            rate *= plan.stride
        else:
            found.append(replace(plan, rate=rate))
            stride *= plan.stride
    return found


def plans(name: str) -> list[Plan]:
    """The blocks of one of `NAMES` at stride 32."""
    same = Plan((728, 728, 728))
    entry = [Plan((128, 128, 128), 2), Plan((256, 256, 256), 2), replace(same, stride=2)]
    if name == "xception71":
        entry = [entry[0], Plan((256, 256, 256)), entry[1], same, entry[2]]
    middle = [same] * MIDDLE[name]
    return [*entry, *middle, Plan((728, 1024, 1024), 2), Plan((1536, 1536, 2048), last=True)]


def make(name: str, **options: object) -> nn.Module:
    """ "xception65" or another of `NAMES`; `options` as `Xception` explains them."""
    return Xception(plans(name), **options)  # pyright: ignore[reportArgumentType]
