"""The feature pyramid network (Lin et al., arXiv:1612.03144, figure 3) with OpenMMLab's parameter names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN

EXTRAS = ("pool", "input", "lateral", "output")


class FPN(nn.Module):
    """An encoder's maps to `num_outs` maps of `width` channels, fine to coarse; the first is of the map `start_level`.

    Where more maps are wanted than the encoder has, each further one halves the one before: `extra` = "pool" takes
    every second value of it; otherwise by a 3x3 convolution with stride 2, of which the first sees the encoder's last
    map ("input"), its lateral ("lateral"), or the last output ("output"), and the next ones the map before, after a
    ReLU with `relu`. With `smooth` the coarser laterals are enlarged bilinear, otherwise by repeating. `.channels` has
    an entry a map.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        width: int = 256,
        start_level: int = 0,
        num_outs: int = 5,
        extra: str = "pool",
        relu: bool = False,
        smooth: bool = False,
    ) -> None:
        super().__init__()
        taken = channels[start_level:]
        if extra not in EXTRAS:
            raise ValueError(f"extra must be one of {', '.join(EXTRAS)}")
        if not 0 < len(taken) <= num_outs:
            raise ValueError("num_outs must be at least the number of maps taken, which must not be 0")
        self.start_level = start_level
        self.extra, self.relu = extra, relu
        self.mode = "bilinear" if smooth else "nearest"
        self.more = num_outs - len(taken)
        self.channels = [width] * num_outs
        self.lateral_convs = nn.ModuleList(ConvBN(c, width, norm=False, act=None) for c in taken)
        self.fpn_convs = nn.ModuleList(ConvBN(width, width, kernel=3, norm=False, act=None) for _ in taken)
        for i in range(self.more if extra != "pool" else 0):
            inputs = taken[-1] if i == 0 and extra == "input" else width
            self.fpn_convs.append(ConvBN(inputs, width, kernel=3, stride=2, norm=False, act=None))

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """All of the encoder's maps (N, C, h, w) to `num_outs` maps (N, width, h, w)."""
        taken = maps[self.start_level :]
        laterals = [conv(x) for conv, x in zip(self.lateral_convs, taken, strict=True)]
        for i in range(len(laterals) - 1, 0, -1):
            larger = F.interpolate(laterals[i], size=laterals[i - 1].shape[2:], mode=self.mode)
            laterals[i - 1] = laterals[i - 1] + larger
        outputs = [conv(x) for conv, x in zip(self.fpn_convs, laterals, strict=False)]
        last = {"input": taken[-1], "lateral": laterals[-1]}.get(self.extra, outputs[-1])
        for i in range(self.more):
            if self.extra == "pool":
                last = outputs[-1][:, :, ::2, ::2]
            else:
                last = self.fpn_convs[len(taken) + i](F.relu(last) if self.relu and i > 0 else last)
            outputs.append(last)
        return outputs
