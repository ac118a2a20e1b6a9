"""What the transformers share: attention and feed-forward parts under OpenMMLab's parameter names, tokens and maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    """Multi-head attention `softmax(q k' / sqrt(d)) v` with one matrix `in_proj_weight` for all three projections."""

    def __init__(self, width: int, heads: int, *, bias: bool = True) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide {width} channels")
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        nn.init.xavier_uniform_(self.in_proj_weight)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width)) if bias else None
        self.out_proj = nn.Linear(width, width)

    def forward(self, queries: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Tokens (N, L, width) look at `others` (N, M, width): (N, L, width)."""
        width = queries.shape[-1]
        bias = (None, None) if self.in_proj_bias is None else self.in_proj_bias.split([width, 2 * width])
        weight = self.in_proj_weight.split([width, 2 * width])
        q = self._by_head(F.linear(queries, weight[0], bias[0]))
        k, v = (self._by_head(t) for t in F.linear(others, weight[1], bias[1]).chunk(2, -1))
        return self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))

    def _by_head(self, tokens: torch.Tensor) -> torch.Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class FeedForward(nn.Module):
    """Linear, GELU, linear; `layers.0.0` and `layers.1` are the linear ones."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Sequential(nn.Linear(width, hidden), nn.GELU()), nn.Linear(hidden, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., width) to (..., width)."""
        return self.layers(x)


class DropPath(nn.Module):
    """Stochastic depth (Huang et al., arXiv:1603.09382): in training a picture skips the branch with this chance."""

    def __init__(self, chance: float) -> None:
        super().__init__()
        self.chance = chance

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x`, in training scaled so that its mean stays."""
        if not self.training or not self.chance:
            return x
        keep = torch.rand(x.shape[0], *[1] * (x.ndim - 1), device=x.device) >= self.chance
        return x * keep / (1 - self.chance)


def to_tokens(x: torch.Tensor) -> torch.Tensor:
    """A map (N, C, h, w) as tokens (N, h * w, C), row by row."""
    return x.flatten(2).transpose(1, 2)


def to_map(tokens: torch.Tensor, size: tuple[int, int] | torch.Size) -> torch.Tensor:
    """Tokens (N, h * w, C) as a map (N, C, h, w), `size` = (h, w)."""
    return tokens.transpose(1, 2).unflatten(2, tuple(size))


def normalise(norm: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """A layer norm over the channels of a map (N, C, h, w)."""
    return norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
