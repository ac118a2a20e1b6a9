"""Graph-FCN (Lu et al., arXiv:2001.00335): FCN-16s turns the picture's grid into a graph, and a graph convolutional
network classifies its nodes.

From the paper: the FCN initialises the nodes, the task becomes one of node classification, and the graph restores the
local position information that deep features lose. The graph convolution is Kipf and Welling's (arXiv:1609.02907,
equation 2). Interpretation, as there is no public code: a node is a place of stride 16, annotated with FCN-16s' scores,
its projected pool4 features and its position; it is joined to the nodes around it with weights exp(-distance^2 /
sigma^2); two layers; the FCN's own answer is a second output in training.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.whole.fcn_vgg import FCN, POOL4_OFFSET, crop
from segdesk.nets.whole.options import made

TITLE = "Graph-FCN"
PAPER = "arXiv:2001.00335"


class GraphConv(nn.Module):
    """H' = D^-1/2 A D^-1/2 H W over a grid of nodes, A being the Gaussian weights to all nodes within `radius` rows and
    columns, itself included, and D their sums. As A depends on the difference of positions only, A H is a convolution
    with a fixed kernel, and no matrix of nodes is ever made."""

    def __init__(self, inputs: int, outputs: int, *, radius: int, sigma: float) -> None:
        super().__init__()
        self.weight = nn.Linear(inputs, outputs)
        self.radius, self.sigma = radius, sigma

    def joined(self, nodes: torch.Tensor) -> torch.Tensor:
        """A H: (N, C, h, w) to the same shape, each node's neighbours summed with their weights."""
        places = torch.arange(-self.radius, self.radius + 1, device=nodes.device, dtype=nodes.dtype)
        line = torch.exp(-((places / self.sigma) ** 2))  # the Gaussian is separable
        flat = nodes.flatten(0, 1)[:, None]
        flat = F.conv2d(flat, line[None, None, :, None], padding=(self.radius, 0))
        return F.conv2d(flat, line[None, None, None, :], padding=(0, self.radius))[:, 0].unflatten(0, nodes.shape[:2])

    def forward(self, nodes: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        scale = self.joined(torch.ones_like(nodes[:1, :1])).rsqrt()
        mixed = scale * self.joined(scale * nodes)
        return self.weight(mixed.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class GraphFCN(nn.Module):
    """`hidden` channels of the graph's first layer and of the projected features; `radius` and `sigma` in nodes;
    `width` and `fc` as FCN's."""

    output = "scores"

    def __init__(
        self,
        num_classes: int,
        *,
        hidden: int = 128,
        radius: int = 2,
        sigma: float = 1.0,
        width: int = 64,
        fc: int = 4096,
    ) -> None:
        super().__init__()
        self.fcn = FCN(num_classes, stride=16, width=width, fc=fc)
        self.project = nn.Conv2d(self.fcn.widths[3], hidden, 1)
        self.gcn1 = GraphConv(num_classes + hidden + 2, hidden, radius=radius, sigma=sigma)
        self.gcn2 = GraphConv(hidden, num_classes, radius=radius, sigma=sigma)

    def both(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 3, h, w) to the graph's and the FCN's logits, both (N, num_classes, h, w)."""
        pools = self.fcn.pools(x)
        scores = self.fcn.scores(pools)
        local = F.relu(self.project(crop(pools[3], POOL4_OFFSET, scores)))
        nodes = torch.cat([scores, local, positions(scores)], 1)
        answer = self.gcn2(F.relu(self.gcn1(nodes)))
        return self.fcn.enlarged(answer, x), self.fcn.enlarged(scores, x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), BGR in 0..255 without the mean, to logits (N, num_classes, h, w)."""
        return self.both(x)[0]

    def training_outputs(self, x: torch.Tensor) -> list[tuple[torch.Tensor, float]]:
        """The graph's and the FCN's answer: their losses are added."""
        return [(answer, 1.0) for answer in self.both(x)]


def positions(like: torch.Tensor) -> torch.Tensor:
    """(N, 2, h, w): each node's row and column, 0 to 1."""
    count, _, rows, columns = like.shape
    y = torch.linspace(0, 1, rows, device=like.device, dtype=like.dtype)[None, None, :, None]
    x = torch.linspace(0, 1, columns, device=like.device, dtype=like.dtype)[None, None, None, :]
    return torch.cat([y.expand(count, 1, rows, columns), x.expand(count, 1, rows, columns)], 1)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `GraphFCN` explains them."""
    return made(GraphFCN, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {"graph_fcn": {}}
SMALL: dict[str, object] = {"hidden": 8, "width": 4, "fc": 16}
