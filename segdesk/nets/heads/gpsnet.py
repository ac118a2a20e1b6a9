"""GPSNet (Geng et al., arXiv:2001.06819): a two-dimensional SuperNet of growing receptive fields on a dilated encoder,
in which predicted gates select, for each pixel, the paths that give the context it wants.

From the paper: the SuperNet with its two dimensions, densely joined features of growing fields, and a gate prediction
module that depends on the picture. Interpretation, as there is no public code: the dimensions are depth and dilation
rate; a node takes the nodes of the level above with the same or a smaller rate, each through a gate of its own per
pixel, sigmoid in (0, 1) and predicted by one convolution from the head's input; all nodes, gated once more, meet in the
last convolution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.heads.fcn import context_variants
from segdesk.nets.net import DecodeHead, encoder_decoder

TITLE = "GPSNet"
PAPER = "arXiv:2001.06819"


class Head(DecodeHead):
    """`width` channels at the head's input and output, `node_width` in each node, `depth` levels of `rates`."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        node_width: int = 128,
        depth: int = 2,
        rates: Sequence[int] = (1, 3, 6, 12),
        dropout: float = 0.1,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout)
        if list(rates) != sorted(rates) or depth < 1:
            raise ValueError("rates must grow, and depth must be at least 1")
        count = len(rates)
        self.reduce = ConvBN(channels[-1], width, kernel=3)
        self.levels = nn.ModuleList(
            nn.ModuleList(ConvBN(node_width if level else width, node_width, kernel=3, dilation=r) for r in rates)
            for level in range(depth)
        )
        inner = (depth - 1) * count * (count + 1) // 2
        self.gate = nn.Conv2d(width, inner + depth * count, 3, padding=1)
        self.bottleneck = ConvBN(width + depth * count * node_width, width, kernel=3)

    def gates(self, x: torch.Tensor) -> torch.Tensor:
        """The head's reduced input (N, width, h, w) to one gate a path, (N, paths, h, w) in (0, 1)."""
        return torch.sigmoid(self.gate(x))

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the last one."""
        x = self.reduce(features[-1])
        gates = iter(self.gates(x).split(1, 1))
        above: list[torch.Tensor] = []
        found = [x]
        for level in self.levels:
            assert isinstance(level, nn.ModuleList)
            nodes = []
            for index, node in enumerate(level):
                paths = [next(gates) * map_ for map_ in above[: index + 1]]
                nodes.append(node(torch.stack(paths).sum(0) if paths else x))
            found += [next(gates) * map_ for map_ in nodes]
            above = nodes
        return self.classify(self.bottleneck(torch.cat(found, 1)))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = {**context_variants()}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "node_width": 8,
    "rates": [1, 2],
}
