"""Point Transformer (Zhao et al., arXiv:2012.09164, equations 2 to 4, figures 2 to 4): vector attention among the
nearest neighbours of each point of a cloud; sampled down and up again like a U-Net. Parameters have the authors' names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.whole._parts import chosen

TITLE = "Point Transformer"
PAPER = "arXiv:2012.09164"
CHUNK = 1 << 22  # distances held at once
RATE = 4  # a transition keeps one point in four


def nearest(queries: torch.Tensor, points: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Distances and indices (Q, k) of the `k` nearest of `points` (P, 3) to each of `queries` (Q, 3), nearest first;
    fewer columns where there are fewer points. Exact; holds at most `CHUNK` distances at once."""
    k = min(k, len(points))
    rows = max(1, CHUNK // len(points))
    found = []
    for some in queries.split(rows):
        distance = torch.cdist(some, points, compute_mode="donot_use_mm_for_euclid_dist")
        found.append(distance.topk(k, largest=False))
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])


def farthest(points: torch.Tensor, count: int) -> torch.Tensor:
    """Indices of `count` of the `points` (P, 3), each the farthest from all before it, beginning with the first."""
    chosen_ones = torch.zeros(count, dtype=torch.long, device=points.device)
    distance = torch.full((len(points),), torch.inf, device=points.device)
    for i in range(1, count):
        distance = torch.minimum(distance, (points - points[chosen_ones[i - 1]]).square().sum(1))
        chosen_ones[i] = distance.argmax()
    return chosen_ones


class Level:
    """The points of one resolution with their neighbours; shared by all layers that work on them."""

    def __init__(self, points: torch.Tensor, k: int) -> None:
        self.points = points
        self.neighbours = nearest(points, points, k)[1]  # (P, k)
        self.offsets = points[self.neighbours] - points[:, None]  # (P, k, 3)


def normed(norm: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Batch norm over all but the last dimension of `x` (..., C)."""
    return norm(x.reshape(-1, x.shape[-1])).reshape(x.shape)


class VectorAttention(nn.Module):
    """Equation 3: each neighbour's value is weighed channel by channel, softmax over the neighbours; `share` channels
    have a weight in common. The offset, encoded (equation 4), is added to the relation and to the value."""

    def __init__(self, channels: int, share: int) -> None:
        super().__init__()
        narrow = channels // share
        self.share = share
        self.linear_q = nn.Linear(channels, channels)
        self.linear_k = nn.Linear(channels, channels)
        self.linear_v = nn.Linear(channels, channels)
        self.linear_p = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, channels))
        self.linear_w = nn.Sequential(
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            nn.Linear(channels, narrow),
            nn.BatchNorm1d(narrow),
            nn.ReLU(),
            nn.Linear(narrow, narrow),
        )

    def weights(self, x: torch.Tensor, level: Level, place: torch.Tensor) -> torch.Tensor:
        """(P, C) to the weights (P, k, C / share) of the neighbours, which sum to 1 over them."""
        relation = self.linear_k(x)[level.neighbours] - self.linear_q(x)[:, None] + place
        return _rows(self.linear_w, relation).softmax(1)

    def forward(self, x: torch.Tensor, level: Level) -> torch.Tensor:
        """Features (P, C) to the same shape."""
        place = _rows(self.linear_p, level.offsets)  # (P, k, C)
        weights = self.weights(x, level, place)
        values = self.linear_v(x)[level.neighbours] + place
        return (values.unflatten(2, (self.share, -1)) * weights[:, :, None]).sum(1).flatten(1)


def _rows(layers: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    """The layers over the last dimension of `x` (P, k, C)."""
    return layers(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Block(nn.Module):
    """Figure 4a: linear, attention, linear, around which the input is added."""

    def __init__(self, channels: int, share: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(channels, channels, bias=False)
        self.bn1 = nn.BatchNorm1d(channels)
        self.transformer2 = VectorAttention(channels, share)
        self.bn2 = nn.BatchNorm1d(channels)
        self.linear3 = nn.Linear(channels, channels, bias=False)
        self.bn3 = nn.BatchNorm1d(channels)

    def forward(self, x: torch.Tensor, level: Level) -> torch.Tensor:
        """Features (P, C) to the same shape."""
        y = F.relu(self.bn1(self.linear1(x)))
        y = F.relu(self.bn2(self.transformer2(y, level)))
        return F.relu(x + self.bn3(self.linear3(y)))


class Down(nn.Module):
    """Figure 4b: the largest of the neighbours' features at the points that are kept. The first keeps all points."""

    def __init__(self, inputs: int, outputs: int, *, first: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs if first else inputs + 3, outputs, bias=False)
        self.bn = nn.BatchNorm1d(outputs)

    def forward(self, x: torch.Tensor, level: Level, below: Level, k: int) -> torch.Tensor:
        """Features (P, inputs) of `level` to (Q, outputs) of the points of `below`; the same level changes nothing."""
        if below is level:
            return F.relu(self.bn(self.linear(x)))
        index = nearest(below.points, level.points, k)[1]
        offsets = level.points[index] - below.points[:, None]
        x = self.linear(torch.cat([offsets, x[index]], 2))
        return F.relu(normed(self.bn, x)).amax(1)


class Up(nn.Module):
    """Figure 4c: the coarse features, interpolated among the three nearest points, are added to the fine ones."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.linear1 = nn.Sequential(nn.Linear(fine, fine), nn.BatchNorm1d(fine), nn.ReLU())
        self.linear2 = nn.Sequential(nn.Linear(coarse, fine), nn.BatchNorm1d(fine), nn.ReLU())

    def forward(self, x: torch.Tensor, level: Level, coarse: torch.Tensor, above: Level) -> torch.Tensor:
        """(P, fine) of `level` and (Q, coarse) of `above` to (P, fine)."""
        distance, index = nearest(level.points, above.points, 3)
        weights = F.normalize(1 / (distance + 1e-8), p=1, dim=1)
        return self.linear1(x) + (self.linear2(coarse)[index] * weights[:, :, None]).sum(1)


class Middle(nn.Module):
    """At the bottom each point also gets the mean of all."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear1 = nn.Sequential(nn.Linear(2 * channels, channels), nn.BatchNorm1d(channels), nn.ReLU())
        self.linear2 = nn.Sequential(nn.Linear(channels, channels), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(P, C) to the same shape."""
        return self.linear1(torch.cat([x, self.linear2(x.mean(0, keepdim=True)).expand_as(x)], 1))


class PointTransformer(nn.Module):
    """The segmentation net of figure 3. `colours`: each point has three more features than its place."""

    output = "points"

    def __init__(
        self,
        num_classes: int,
        *,
        widths: Sequence[int] = (32, 64, 128, 256, 512),
        blocks: Sequence[int] = (2, 3, 4, 6, 3),
        neighbours: Sequence[int] = (8, 16, 16, 16, 16),
        share: int = 8,
        colours: bool = True,
    ) -> None:
        super().__init__()
        self.neighbours, self.colours = tuple(neighbours), colours
        self.depth = len(widths)
        inputs = 6 if colours else 3
        for i, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            parts: list[nn.Module] = [Down(inputs, width, first=i == 0)]
            parts += [Block(width, share) for _ in range(count - 1)]
            self.add_module(f"enc{i + 1}", nn.ModuleList(parts))
            inputs = width
        for i in reversed(range(self.depth)):
            last = i == self.depth - 1
            step = Middle(widths[i]) if last else Up(widths[i + 1], widths[i])
            self.add_module(f"dec{i + 1}", nn.ModuleList([step, Block(widths[i], share)]))
        head = widths[0]
        self.cls = nn.Sequential(nn.Linear(head, head), nn.BatchNorm1d(head), nn.ReLU(), nn.Linear(head, num_classes))

    def forward(self, points: torch.Tensor, colours: torch.Tensor | None = None) -> torch.Tensor:
        """One cloud: `points` (P, 3), `colours` (P, 3) in 0..1 if the net takes them; to logits (P, num_classes)."""
        x = points if colours is None else torch.cat([points, colours], 1)
        level = Level(points, self.neighbours[0])
        levels, maps = [], []
        for i in range(self.depth):
            down, *blocks = getattr(self, f"enc{i + 1}")
            below = level if i == 0 else Level(_thinned(level.points), self.neighbours[i])
            x = down(x, level, below, self.neighbours[i])
            x = _through(blocks, x, below)
            level = below
            levels.append(level)
            maps.append(x)
        middle, *blocks = getattr(self, f"dec{self.depth}")
        x = _through(blocks, middle(x), level)
        for i in reversed(range(self.depth - 1)):
            up, *blocks = getattr(self, f"dec{i + 1}")
            x = _through(blocks, up(maps[i], levels[i], x, levels[i + 1]), levels[i])
        return self.cls(x)


def _thinned(points: torch.Tensor) -> torch.Tensor:
    return points[farthest(points, max(1, len(points) // RATE))]


def _through(blocks: Sequence[nn.Module], x: torch.Tensor, level: Level) -> torch.Tensor:
    for block in blocks:
        x = block(x, level)
    return x


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`widths`, `blocks` and `neighbours` of the levels, `share`, `colours` as `PointTransformer` explains them; `grid`
    and `most` are the engine's (see `segdesk.engines.points`)."""
    made = chosen(
        options,
        widths=(32, 64, 128, 256, 512),
        blocks=(2, 3, 4, 6, 3),
        neighbours=(8, 16, 16, 16, 16),
        share=8,
        colours=True,
        grid=0.0,
        most=0,
    )
    del made["grid"], made["most"]
    return PointTransformer(num_classes, **made)
