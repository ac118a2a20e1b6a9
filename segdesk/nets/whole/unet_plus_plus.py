"""UNet++ (Zhou et al., arXiv:1807.10165, figure 1, equation 1): between the two legs of a U-Net lie nested nodes, each
of which sees all earlier nodes of its row and the enlarged one below.

Every node of the top row is a complete answer, of a U-Net of depth j. "accurate" answers with the mean of all of them,
"fast" with one `branch` (section 3.2): what only deeper branches need is then not computed.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import up
from segdesk.nets.whole.options import made

TITLE = "UNet++"
PAPER = "arXiv:1807.10165"


class Node(nn.Module):
    """Two 3x3 convolutions with batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(x)), inplace=True)


class UNetPlusPlus(nn.Module):
    """`mode` "accurate" or "fast" with `branch` 1 to `depth` (by default the deepest); `depth` less than 4 is a net
    pruned for good. `width` channels in the top row, twice as many in each row below. Without `supervised` only the
    deepest branch has a classifier, `final`."""

    output = "scores"

    def __init__(
        self,
        num_classes: int,
        *,
        mode: str = "accurate",
        branch: int = 0,
        depth: int = 4,
        width: int = 32,
        supervised: bool = True,
    ) -> None:
        super().__init__()
        if not supervised:
            mode, branch = "fast", depth
        if mode not in ("accurate", "fast") or not 0 <= branch <= depth:
            raise ValueError("mode must be accurate or fast, branch between 1 and depth")
        self.branches = range(1, depth + 1) if mode == "accurate" else range(branch or depth, (branch or depth) + 1)
        self.depth = depth
        widths = [width * 2**i for i in range(depth + 1)]
        for i in range(depth + 1):
            self.add_module(f"conv{i}_0", Node(widths[i - 1] if i else 3, widths[i]))
            for j in range(1, depth + 1 - i):
                self.add_module(f"conv{i}_{j}", Node(j * widths[i] + widths[i + 1], widths[i]))
        self.classifiers = {j: f"final{j}" for j in range(1, depth + 1)} if supervised else {depth: "final"}
        for name in self.classifiers.values():
            self.add_module(name, nn.Conv2d(width, num_classes, 1))

    def answers(self, x: torch.Tensor, deepest: int) -> dict[int, torch.Tensor]:
        """The logits (N, num_classes, h, w) of branches 1 to `deepest`; nodes of deeper ones are not touched."""
        rows: list[list[torch.Tensor]] = [[] for _ in range(deepest + 1)]
        for bottom in range(deepest + 1):  # one diagonal after the other
            below = F.max_pool2d(rows[bottom - 1][0], 2, ceil_mode=True) if bottom else x
            rows[bottom].append(self.get_submodule(f"conv{bottom}_0")(below))
            for j in range(1, bottom + 1):
                i = bottom - j
                inputs = [*rows[i], up(rows[i + 1][j - 1], rows[i][0], align_corners=True)]
                rows[i].append(self.get_submodule(f"conv{i}_{j}")(torch.cat(inputs, 1)))
        return {j: self.get_submodule(name)(rows[0][j]) for j, name in self.classifiers.items() if j <= deepest}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, h, w)."""
        answers = self.answers(x, self.branches[-1])
        return torch.stack([answers[j] for j in self.branches]).mean(0)

    def training_outputs(self, x: torch.Tensor) -> list[tuple[torch.Tensor, float]]:
        """Deep supervision: every branch has its loss, the deepest first."""
        return [(answer, 1.0) for _, answer in sorted(self.answers(x, self.depth).items(), reverse=True)]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `UNetPlusPlus` explains them."""
    return made(UNetPlusPlus, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {
    "accurate": {"mode": "accurate"},
    "fast": {"mode": "fast"},
    "unsupervised": {"supervised": False},
    "pruned3": {"depth": 3},
    "pruned2": {"depth": 2},
    "pruned1": {"depth": 1},
}
SMALL: dict[str, object] = {"width": 4, "depth": 3}
