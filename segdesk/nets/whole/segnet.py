"""SegNet (Badrinarayanan, Kendall and Cipolla, arXiv:1511.00561, figures 2 and 3): VGG16's 13 convolutions, mirrored;
each unpooling puts a value back where its maximum was and leaves zeros elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.whole.options import made

TITLE = "SegNet"
PAPER = "arXiv:1511.00561"
DEPTHS = (2, 2, 3, 3, 3)


def pooled(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """2x2 maxima of (N, C, h, w), (N, C, ceil(h / 2), ceil(w / 2)), and where in the plane each was."""
    return F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)  # pyright: ignore[reportReturnType]


def unpooled(x: torch.Tensor, indices: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """The inverse: (N, C, *size), each value where its maximum was, zeros elsewhere."""
    return F.max_unpool2d(x, indices, [2, 2], output_size=list(size))


class SegNet(nn.Module):
    """`width` is the first stage's channels."""

    output = "scores"

    def __init__(self, num_classes: int, *, width: int = 64) -> None:
        super().__init__()
        widths = [width * n for n in (1, 2, 4, 8, 8)]
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        for inputs, outputs, depth in zip([3, *widths], widths, DEPTHS, strict=False):
            self.encoder.append(convolutions(inputs, outputs, depth, last=outputs))
        for inputs, outputs, depth in zip(widths[::-1], [*widths[-2::-1], num_classes], DEPTHS[::-1], strict=True):
            self.decoder.append(convolutions(inputs, inputs, depth, last=outputs))
        final = self.decoder[-1]
        assert isinstance(final, nn.Sequential)
        final[-1] = nn.Conv2d(widths[0], num_classes, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, h, w)."""
        places = []
        for stage in self.encoder:
            x = stage(x)
            size = x.shape[2:]
            x, indices = pooled(x)
            places.append((indices, size))
        for stage in self.decoder:
            x = stage(unpooled(x, *places.pop()))
        return x


def convolutions(inputs: int, outputs: int, count: int, *, last: int) -> nn.Sequential:
    """`count` 3x3 convolutions with batch norm and ReLU, the last one to `last` channels."""
    widths = [inputs] + [outputs] * (count - 1) + [last]
    return nn.Sequential(*(ConvBN(a, b, kernel=3) for a, b in pairwise(widths)))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `SegNet` explains them."""
    return made(SegNet, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {"segnet": {}}
SMALL: dict[str, object] = {"width": 8}
