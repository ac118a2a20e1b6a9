"""PoolFormer (Yu et al., arXiv:2111.11418, figure 2, table 1): a transformer whose attention is a 3x3 mean. Parameter
names are OpenMMLab's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.transformer import DropPath

# Layers and channels of the stages, and the scale with which the branches start.
SIZES: dict[str, tuple[Sequence[int], Sequence[int], float]] = {
    "poolformer_s12": ((2, 2, 6, 2), (64, 128, 320, 512), 1e-5),
    "poolformer_s24": ((4, 4, 12, 4), (64, 128, 320, 512), 1e-5),
    "poolformer_s36": ((6, 6, 18, 6), (64, 128, 320, 512), 1e-6),
    "poolformer_m36": ((6, 6, 18, 6), (96, 192, 384, 768), 1e-6),
    "poolformer_m48": ((8, 8, 24, 8), (96, 192, 384, 768), 1e-6),
}
NAMES = tuple(SIZES)


class Patches(nn.Module):
    """A strided convolution; a map smaller than its kernel is filled up at the right and bottom."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, kernel, stride, padding)
        self.least = kernel - 2 * padding

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        below, beside = (max(0, self.least - side) for side in x.shape[-2:])
        return self.proj(F.pad(x, (0, beside, 0, below)) if below or beside else x)


class Mixer(nn.Module):
    """The mean of a pixel's neighbourhood less the pixel (equation 4): the branch's sum then is the mean."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to the same shape."""
        return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False) - x


class FeedForward(nn.Module):
    """1x1 convolution, GELU, 1x1 convolution."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, hidden, 1)
        self.fc2 = nn.Conv2d(hidden, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to the same shape."""
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Norm, mean, sum; norm, feed-forward, sum; each branch with a learned scale a channel."""

    def __init__(self, width: int, *, drop_path: float, scale: float) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(1, width)
        self.token_mixer = Mixer()
        self.norm2 = nn.GroupNorm(1, width)
        self.mlp = FeedForward(width, 4 * width)
        self.layer_scale_1 = nn.Parameter(torch.full((width,), scale))
        self.layer_scale_2 = nn.Parameter(torch.full((width,), scale))
        self.drop = DropPath(drop_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, h, w) to the same shape."""
        x = x + self.drop(self.layer_scale_1[:, None, None] * self.token_mixer(self.norm1(x)))
        return x + self.drop(self.layer_scale_2[:, None, None] * self.mlp(self.norm2(x)))


class PoolFormer(nn.Module):
    """Four stages at strides 4, 8, 16 and 32 in `network`, with patches between them; each map has a norm."""

    def __init__(self, depths: Sequence[int], widths: Sequence[int], scale: float, *, drop_path: float = 0.0) -> None:
        super().__init__()
        self.channels, self.strides = list(widths), [4, 8, 16, 32]
        chances = iter(torch.linspace(0, drop_path, sum(depths), device="cpu").tolist())
        self.patch_embed = Patches(3, widths[0], kernel=7, stride=4, padding=2)
        self.network = nn.ModuleList()
        for i, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            if i:
                self.network.append(Patches(widths[i - 1], width, kernel=3, stride=2, padding=1))
            blocks = (Block(width, drop_path=next(chances), scale=scale) for _ in range(depth))
            self.network.append(nn.Sequential(*blocks))
            self.add_module(f"norm{2 * i}", nn.GroupNorm(1, width))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to four maps with `channels` at `strides`."""
        x = self.patch_embed(x)
        maps = []
        for i, part in enumerate(self.network):
            x = part(x)
            if i % 2 == 0:
                maps.append(getattr(self, f"norm{i}")(x))
        return maps


def make(name: str, **options: object) -> nn.Module:
    """One of `NAMES`, such as "poolformer_s12"; `depths`, `widths`, `scale`, `drop_path` instead."""
    made = {**dict(zip(("depths", "widths", "scale"), SIZES[name], strict=True)), **options}
    return PoolFormer(**made)  # pyright: ignore[reportArgumentType]
