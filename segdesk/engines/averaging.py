"""Several looks of one net at one picture instead of one: other sizes, mirrored, or drawn samples of a net that has
many answers. The probabilities are averaged; where drawn samples disagree is kept as doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import nn

from segdesk.domain.options import Averaging
from segdesk.engines.inputs import resized

Look = Callable[[nn.Module, list[np.ndarray]], Sequence[np.ndarray]]


@dataclass(frozen=True, eq=False)
class Averaged:
    """`scores` (K, h, w) float32 probabilities; `spread` (h, w) float32: the share of the samples that do not agree
    with most of them, None where none were drawn."""

    scores: np.ndarray
    spread: np.ndarray | None = None


class Drawn(nn.Module):
    """A net with `sample(x, n, generator)` that answers with its sample number `seed`: always the same one, so that
    the pieces of a large picture fit together."""

    def __init__(self, net: nn.Module, seed: int) -> None:
        super().__init__()
        self.net = net
        self.seed = seed
        self.align_corners = bool(getattr(net, "align_corners", False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to logits (N, K, h', w')."""
        generator = torch.Generator(device=x.device).manual_seed(self.seed)
        return self.net.sample(x, 1, generator)[0]  # type: ignore[operator]


def can_sample(net: nn.Module | None) -> bool:
    """Whether the net has more than one answer."""
    return net is not None and callable(getattr(net, "sample", None))


def averaged(net: nn.Module, pictures: list[np.ndarray], average: Averaging, look: Look) -> list[Averaged]:
    """What `look` answers on average for pictures (h, w, 3) uint8 of one size.

    `look(net, pictures)` gives one (K, h', w') float32 map of probabilities a picture; its size must not depend on the
    pictures' own. It is asked as often as `average.passes` says.
    """
    samples = average.samples if can_sample(net) else 0
    totals: list[np.ndarray] | None = None
    votes: list[np.ndarray] = []
    count = 0
    for answerer, scale, mirrored in _looks(net, average, samples):
        turned = [_seen(p, scale, mirrored) for p in pictures]
        maps = [m[:, :, ::-1] if mirrored else m for m in look(answerer, turned)]
        totals = [np.array(m) for m in maps] if totals is None else [t + m for t, m in zip(totals, maps, strict=True)]
        if samples > 1:
            votes = votes or [np.zeros(m.shape, np.uint16) for m in maps]
            for cells, m in zip(votes, maps, strict=True):
                np.put_along_axis(cells, best := m.argmax(0)[None], np.take_along_axis(cells, best, 0) + 1, 0)
        count += 1
    assert totals is not None
    means = [total / count for total in totals]
    if not votes:
        return [Averaged(mean) for mean in means]
    spreads = [(1.0 - cells.max(0) / count).astype(np.float32) for cells in votes]
    return [Averaged(mean, spread) for mean, spread in zip(means, spreads, strict=True)]


def _looks(net: nn.Module, average: Averaging, samples: int) -> Iterator[tuple[nn.Module, float, bool]]:
    answerers = [Drawn(net, seed) for seed in range(samples)] or [net]
    yield from product(answerers, average.scales, (False, True) if average.mirror else (False,))


def _seen(pixels: np.ndarray, scale: float, mirrored: bool) -> np.ndarray:
    height, width = pixels.shape[:2]
    if scale != 1.0:
        pixels = resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)))
    return np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels
