"""MobileNetV2 (Sandler et al., arXiv:1801.04381, table 2) as an encoder, dilated instead of strided where the output
stride asks for it. Parameter names are OpenMMLab's; `segdesk.nets.layouts` brings VainF's and torchvision's to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from operator import mul

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN

NAMES = ("mobilenetv2",)

# Expansion, channels and blocks of the seven stages.
STAGES = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
STRIDES = (1, 2, 2, 2, 1, 2, 1)
ANSWERED = (1, 2, 4, 6)  # the stages whose maps are given out
relu6 = partial(F.relu6, inplace=True)


class InvertedResidual(nn.Module):
    """1x1 expansion, 3x3 depthwise, linear 1x1; the input is added where shapes allow it (figure 3b).

    With `pad_first` the map is padded before the expansion, not before the depthwise convolution: what the border sees
    is then not zero but the expansion's answer to zero.
    """

    def __init__(
        self, inputs: int, outputs: int, *, stride: int, dilation: int, expansion: int, pad_first: bool
    ) -> None:
        super().__init__()
        inner = inputs * expansion
        padding = 0 if pad_first else dilation
        expand = [ConvBN(inputs, inner, act=relu6)] if expansion != 1 else []
        depthwise = ConvBN(
            inner, inner, kernel=3, stride=stride, padding=padding, dilation=dilation, groups=inner, act=relu6
        )
        self.conv = nn.Sequential(*expand, depthwise, ConvBN(inner, outputs, act=None))
        self.added = stride == 1 and inputs == outputs
        self.before = dilation if pad_first else 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        y = self.conv(F.pad(x, [self.before] * 4) if self.before else x)
        return x + y if self.added else y


class MobileNetV2(nn.Module):
    """`conv1`, then `layer1` to `layer7`; answers with the maps of stages 2, 3, 5 and 7.

    `variant` "openmmlab" dilates the first block of a stage only, "vainf" as DeepLab does (the first block of a stage
    that lost its stride has the dilation before it, the others and all later blocks the new one) and pads before the
    expansion. `strides` and `dilations` of the stages may be given instead of `output_stride` (openmmlab only).
    `width_factor` scales all channels.
    """

    def __init__(
        self,
        *,
        output_stride: int = 8,
        variant: str = "openmmlab",
        strides: Sequence[int] | None = None,
        dilations: Sequence[int] | None = None,
        width_factor: float = 1.0,
    ) -> None:
        super().__init__()
        if output_stride not in (8, 16, 32) or variant not in ("openmmlab", "vainf"):
            raise ValueError("output_stride must be 8, 16 or 32; variant openmmlab or vainf")
        dilated = _dilated(output_stride)
        strides = dilated[0] if strides is None else strides
        dilations = dilated[1] if dilations is None else dilations
        self.pad_first = variant == "vainf"
        widths = [max(8, round(width * width_factor / 8) * 8) for _, width, _ in STAGES]
        reached = [2 * stride for stride in accumulate(strides, mul)]
        self.channels = [widths[i] for i in ANSWERED]
        self.strides = [reached[i] for i in ANSWERED]
        inputs = max(8, round(32 * width_factor / 8) * 8)
        self.conv1 = ConvBN(3, inputs, kernel=3, stride=2, padding=0 if self.pad_first else 1, act=relu6)
        before = 1
        for i, (expansion, _, blocks) in enumerate(STAGES):
            first, others = (before, dilations[i]) if self.pad_first else (dilations[i], 1)
            layers = []
            for j in range(blocks):
                layers.append(
                    InvertedResidual(
                        inputs,
                        widths[i],
                        stride=strides[i] if j == 0 else 1,
                        dilation=first if j == 0 else others,
                        expansion=expansion,
                        pad_first=self.pad_first,
                    )
                )
                inputs = widths[i]
            self.add_module(f"layer{i + 1}", nn.Sequential(*layers))
            before = dilations[i]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to four maps with `channels` at `strides`."""
        if self.pad_first:  # the first convolution has no padding of its own
            x = F.pad(x, (0, max(0, 3 - x.shape[3]), 0, max(0, 3 - x.shape[2])))
        x = self.conv1(x)
        maps = []
        for i in range(len(STAGES)):
            x = getattr(self, f"layer{i + 1}")(x)
            if i in ANSWERED:
                maps.append(x)
        return maps


def _dilated(output_stride: int) -> tuple[list[int], list[int]]:
    """Strides and dilations of the stages: what a stage no longer strides, it and all later ones dilate."""
    strides, dilations, reached, dilation = [], [], 2, 1
    for stride in STRIDES:
        if reached == output_stride:
            dilation *= stride
            stride = 1
        reached *= stride
        strides.append(stride)
        dilations.append(dilation)
    return strides, dilations


def make(name: str, **options: object) -> nn.Module:
    """ "mobilenetv2"; `options` as `MobileNetV2` explains them."""
    return MobileNetV2(**options)  # pyright: ignore[reportArgumentType]
