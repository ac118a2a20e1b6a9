"""The neck of RTMDet (Lyu et al., arXiv:2212.07784, figure 2): a pyramid from coarse to fine and back again, of cross
stage partial layers. Parameter names are OpenMMLab's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.encoders.cspnext import CSPLayer, silu


class PAFPN(nn.Module):
    """An encoder's maps to as many of `width` channels; `blocks` in each layer."""

    def __init__(self, channels: Sequence[int], *, width: int, blocks: int) -> None:
        super().__init__()
        self.channels = [width] * len(channels)
        pairs = [*pairwise(channels)]  # of a finer and the next coarser map
        self.reduce_layers = nn.ModuleList(ConvBN(coarse, fine, act=silu) for fine, coarse in reversed(pairs))
        self.top_down_blocks = nn.ModuleList(_layer(2 * fine, fine, blocks) for fine, _ in reversed(pairs))
        self.downsamples = nn.ModuleList(ConvBN(fine, fine, kernel=3, stride=2, act=silu) for fine, _ in pairs)
        self.bottom_up_blocks = nn.ModuleList(_layer(2 * fine, coarse, blocks) for fine, coarse in pairs)
        self.out_convs = nn.ModuleList(ConvBN(c, width, kernel=3, act=silu) for c in channels)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The encoder's maps (N, C, h, w), fine to coarse, to maps (N, width, h, w) of their sizes."""
        down = [maps[-1]]
        for reduce, layer, finer in zip(self.reduce_layers, self.top_down_blocks, reversed(maps[:-1]), strict=True):
            down[-1] = reduce(down[-1])
            larger = F.interpolate(down[-1], size=finer.shape[2:])
            down.append(layer(torch.cat([larger, finer], 1)))
        down.reverse()
        found = [down[0]]
        for smaller, layer, coarser in zip(self.downsamples, self.bottom_up_blocks, down[1:], strict=True):
            found.append(layer(torch.cat([smaller(found[-1]), coarser], 1)))
        return [conv(x) for conv, x in zip(self.out_convs, found, strict=True)]


def _layer(inputs: int, outputs: int, blocks: int) -> CSPLayer:
    return CSPLayer(inputs, outputs, blocks, identity=False, attention=False)
