"""DDRNet-23 (Pan et al., arXiv:2101.06085, figure 4): two branches, stride 8 and 16 to 64, that hear each other twice;
the pool pyramid DAPPM (figure 5) widens the coarse one before both are added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.net import DecodeHead, Net, Outputs
from segdesk.nets.whole._parts import Basic, Bottle, NormConv, PoolPyramid, chosen, dual_stem, stage
from segdesk.nets.whole._parts import plain_shortcut as cut

TITLE = "DDRNet"
PAPER = "arXiv:2101.06085"


class Backbone(nn.Module):
    """Both branches. `channels` C of the stem; the answer has 4 C."""

    def __init__(self, channels: int, ppm_channels: int) -> None:
        super().__init__()
        c = channels
        self.channels, self.strides = [2 * c, 4 * c], [8, 8]
        self.stem = dual_stem(c, 2, cut)
        self.context_branch_layers = nn.ModuleList(
            [
                stage(Basic, 2 * c, 4 * c, 2, stride=2, shortcut=cut),
                stage(Basic, 4 * c, 8 * c, 2, stride=2, shortcut=cut),
                stage(Bottle, 8 * c, 8 * c, 1, stride=2, shortcut=cut),
            ]
        )
        self.compression_1 = ConvBN(4 * c, 2 * c, act=None)
        self.down_1 = ConvBN(2 * c, 4 * c, kernel=3, stride=2, act=None)
        self.compression_2 = ConvBN(8 * c, 2 * c, act=None)
        self.down_2 = nn.Sequential(
            ConvBN(2 * c, 4 * c, kernel=3, stride=2), ConvBN(4 * c, 8 * c, kernel=3, stride=2, act=None)
        )
        self.spatial_branch_layers = nn.ModuleList(
            [stage(Basic, 2 * c, 2 * c, 2, shortcut=cut) for _ in range(2)]
            + [stage(Bottle, 2 * c, 2 * c, 1, shortcut=cut)]
        )
        self.spp = PoolPyramid(16 * c, ppm_channels, 4 * c)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to two maps at stride 8: the fine branch after the first exchange, and the answer."""
        x = self.stem(x)
        context, fine = self.context_branch_layers[0](x), self.spatial_branch_layers[0](x)
        context, fine = self._exchanged(context, fine, self.compression_1, self.down_1)
        early = fine
        context, fine = self.context_branch_layers[1](F.relu(context)), self.spatial_branch_layers[1](F.relu(fine))
        context, fine = self._exchanged(context, fine, self.compression_2, self.down_2)
        fine = self.spatial_branch_layers[2](F.relu(fine))
        context = self.spp(self.context_branch_layers[2](F.relu(context)))
        return [early, fine + up(context, fine)]

    def _exchanged(
        self, context: torch.Tensor, fine: torch.Tensor, narrow: nn.Module, down: nn.Module
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Each branch with the other one's map added, both taken before the exchange."""
        return context + down(F.relu(fine)), fine + up(narrow(F.relu(context)), fine)


class Head(DecodeHead):
    """The classifier, and the one over the early fine map that serves training."""

    def __init__(self, channels: Sequence[int], num_classes: int, *, width: int) -> None:
        super().__init__(width, num_classes, dropout=0.0)
        self.head = _branch(channels[1], width)
        self.aux_head = _branch(channels[0], width)
        self.aux_cls_seg = nn.Conv2d(width, num_classes, 1)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The backbone's maps to logits at stride 8."""
        return self.classify(self.head(features[1]))

    def training_outputs(self, features: Sequence[torch.Tensor]) -> Outputs:
        """The logits and, with the paper's weight, those of the early fine map."""
        return [(self(features), 1.0), (self.aux_cls_seg(self.aux_head(features[0])), 0.4)]


def _branch(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(NormConv(inputs, width, kernel=3), nn.BatchNorm2d(width), nn.ReLU(inplace=True))


SIZES: dict[str, dict[str, object]] = {
    "23-slim": {"channels": 32, "ppm_channels": 128, "width": 64},
    "23": {"channels": 64, "ppm_channels": 128, "width": 128},
}


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`size` "23-slim" or "23" (table 1); `channels`, `ppm_channels`, `width` instead.

    The head that serves training only is always there, as in the published files; `auxiliary` changes nothing.
    """
    size = str(options.get("size", "23-slim"))
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}, not {size!r}")
    made = chosen(options, size=size, auxiliary=False, **SIZES[size])
    backbone = Backbone(made["channels"], made["ppm_channels"])
    return Net(backbone, Head(backbone.channels, num_classes, width=made["width"]))


VARIANTS: dict[str, dict[str, object]] = {f"ddrnet-{size}": {"size": size} for size in SIZES}
SMALL: dict[str, object] = {"channels": 4, "ppm_channels": 8, "width": 16}
