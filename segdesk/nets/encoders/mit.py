"""Mix Transformer, SegFormer's encoder (Xie et al., arXiv:2105.15203, figure 2, section 3.1): overlapping patches,
attention to a reduced map, a 3x3 convolution instead of positions. Parameter names are OpenMMLab's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.transformer import Attention, DropPath, to_map, to_tokens

# Channels of the first stage, layers of the stages.
SIZES = {
    "mit_b0": (32, (2, 2, 2, 2)),
    "mit_b1": (64, (2, 2, 2, 2)),
    "mit_b2": (64, (3, 4, 6, 3)),
    "mit_b3": (64, (3, 4, 18, 3)),
    "mit_b4": (64, (3, 8, 27, 3)),
    "mit_b5": (64, (3, 6, 40, 3)),
}
NAMES = tuple(SIZES)


class Patches(nn.Module):
    """A convolution whose kernels overlap, then a norm."""

    def __init__(self, inputs: int, width: int, *, kernel: int, stride: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(inputs, width, kernel, stride, kernel // 2)
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Size]:
        """(N, inputs, h, w) to tokens (N, L, width) and the size (rows, columns) of their map."""
        x = self.projection(x)
        return self.norm(to_tokens(x)), x.shape[-2:]


class ReducedAttention(nn.Module):
    """All tokens look at the map reduced by `ratio` in both directions (equation 2)."""

    def __init__(self, width: int, heads: int, ratio: int, *, eps: float = 1e-6) -> None:
        super().__init__()
        self.ratio = ratio
        self.attn = Attention(width, heads)
        if ratio > 1:
            self.sr = nn.Conv2d(width, width, ratio, ratio)
            self.norm = nn.LayerNorm(width, eps=eps)

    def forward(self, x: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """Tokens (N, L, width) of a map of `size` to tokens."""
        if self.ratio == 1:
            return self.attn(x, x)
        full = to_map(x, size)
        # A map smaller than the kernel is filled up; a larger one loses its rest, as in the reference.
        full = F.pad(full, (0, max(0, self.ratio - size[1]), 0, max(0, self.ratio - size[0])))
        return self.attn(x, self.norm(to_tokens(self.sr(full))))


class MixFeedForward(nn.Module):
    """1x1, depthwise 3x3, GELU, 1x1 (equation 3)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, hidden, 1),
            nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden),
            nn.GELU(),
            nn.Identity(),  # the reference's dropout, whose number counts
            nn.Conv2d(hidden, width, 1),
        )

    def forward(self, x: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """Tokens (N, L, width) of a map of `size` to tokens."""
        return to_tokens(self.layers(to_map(x, size)))


class Layer(nn.Module):
    """Norm, attention, sum; norm, feed-forward, sum."""

    def __init__(self, width: int, heads: int, *, ratio: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = ReducedAttention(width, heads, ratio)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.ffn = MixFeedForward(width, 4 * width)
        self.drop = DropPath(drop_path)

    def forward(self, x: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """Tokens (N, L, width) of a map of `size` to tokens."""
        x = x + self.drop(self.attn(self.norm1(x), size))
        return x + self.drop(self.ffn(self.norm2(x), size))


class MixTransformer(nn.Module):
    """Four stages at strides 4, 8, 16 and 32; `layers` has each stage's patches, layers and norm."""

    def __init__(
        self, width: int, depths: Sequence[int], *, heads: Sequence[int] = (1, 2, 5, 8), drop_path: float = 0.1
    ) -> None:
        super().__init__()
        self.channels = [width * h for h in heads]
        self.strides = [4, 8, 16, 32]
        chances = iter(torch.linspace(0, drop_path, sum(depths), device="cpu").tolist())
        self.layers = nn.ModuleList()
        inputs = 3
        for i, (depth, channels) in enumerate(zip(depths, self.channels, strict=True)):
            patches = Patches(inputs, channels, kernel=3 if i else 7, stride=2 if i else 4)
            ratio = (8, 4, 2, 1)[i]
            stage = (Layer(channels, heads[i], ratio=ratio, drop_path=next(chances)) for _ in range(depth))
            self.layers.append(nn.ModuleList([patches, nn.ModuleList(stage), nn.LayerNorm(channels, eps=1e-6)]))
            inputs = channels

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to four maps with `channels` at `strides`."""
        maps = []
        for stage in self.layers:
            patches, layers, norm = stage.children()
            tokens, size = patches(x)
            for layer in layers.children():
                tokens = layer(tokens, size)
            x = to_map(norm(tokens), size)
            maps.append(x)
        return maps


def make(name: str, **options: object) -> nn.Module:
    """ "mit_b0" or another of `NAMES`; `options` as `MixTransformer` explains them."""
    width, depths = SIZES[name]
    chosen = {"width": width, "depths": depths, **options}
    return MixTransformer(**chosen)  # pyright: ignore[reportArgumentType]
