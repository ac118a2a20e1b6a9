"""Twins (Chu et al., arXiv:2104.13840, figures 1 to 3): PCPVT attends to a reduced map, SVT in turn within windows and
to the reduced map; a depthwise convolution tells each place where it is. Parameter names are OpenMMLab's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.encoders.mit import ReducedAttention
from segdesk.nets.transformer import DropPath, FeedForward, to_map, to_tokens

# Channels, heads, widening of the feed-forward layers, and layers of the stages; the side of the windows (0 = none).
SIZES: dict[str, tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int], int]] = {
    "twins_pcpvt_s": ((64, 128, 320, 512), (1, 2, 5, 8), (8, 8, 4, 4), (3, 4, 6, 3), 0),
    "twins_pcpvt_b": ((64, 128, 320, 512), (1, 2, 5, 8), (8, 8, 4, 4), (3, 4, 18, 3), 0),
    "twins_pcpvt_l": ((64, 128, 320, 512), (1, 2, 5, 8), (8, 8, 4, 4), (3, 8, 27, 3), 0),
    "twins_svt_s": ((64, 128, 256, 512), (2, 4, 8, 16), (4, 4, 4, 4), (2, 2, 10, 4), 7),
    "twins_svt_b": ((96, 192, 384, 768), (3, 6, 12, 24), (4, 4, 4, 4), (2, 2, 18, 2), 7),
    "twins_svt_l": ((128, 256, 512, 1024), (4, 8, 16, 32), (4, 4, 4, 4), (2, 2, 18, 2), 7),
}
NAMES = tuple(SIZES)
REDUCTIONS = (8, 4, 2, 1)
MASKED = -1000.0


class Patches(nn.Module):
    """Squares of `side` pixels, filled up at the right and bottom, to one token each, then a norm."""

    def __init__(self, inputs: int, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.projection = nn.Conv2d(inputs, width, side, side)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Size]:
        """(N, inputs, h, w) to tokens (N, L, width) and the size (rows, columns) of their map."""
        height, width = x.shape[2:]
        x = self.projection(F.pad(x, (0, -width % self.side, 0, -height % self.side)))
        return self.norm(to_tokens(x)), x.shape[-2:]


class WindowAttention(nn.Module):
    """Attention within windows of `side` x `side` tokens; the map is filled up at the right and bottom."""

    def __init__(self, width: int, heads: int, side: int) -> None:
        super().__init__()
        self.heads, self.side = heads, side
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """Tokens (N, L, width) of a map of `size` to tokens."""
        n, _, c = x.shape
        side, (height, width) = self.side, size
        below, beside = -height % side, -width % side
        full = F.pad(x.unflatten(1, size), (0, 0, 0, beside, 0, below))
        rows, columns = full.shape[1] // side, full.shape[2] // side
        windows = full.reshape(n, rows, side, columns, side, c).transpose(2, 3).reshape(-1, side**2, c)
        qkv = self.qkv(windows).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # (3, N W, heads, side^2, d)
        mask = self._mask(size, below, beside, x)
        mask = None if mask is None else mask.repeat(n, 1, 1)[:, None]
        seen = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], attn_mask=mask)
        seen = seen.transpose(1, 2).reshape(n, rows, columns, side, side, c).transpose(2, 3)
        seen = seen.reshape(n, rows * side, columns * side, c)[:, :height, :width]
        return self.proj(seen.flatten(1, 2))

    def _mask(self, size: torch.Size, below: int, beside: int, like: torch.Tensor) -> torch.Tensor | None:
        """(W, side^2, side^2) to be added to the scores, or None.

        The filling is told apart only where it is there on both sides: so the weights were trained.
        """
        if not below or not beside:
            return None
        side, (height, width) = self.side, size
        filled = like.new_ones(height + below, width + beside)
        filled[:height, :width] = 0
        rows, columns = filled.shape[0] // side, filled.shape[1] // side
        filled = filled.reshape(rows, side, columns, side).transpose(1, 2).reshape(-1, side**2)
        return (filled[:, None] != filled[:, :, None]) * torch.tensor(MASKED, dtype=like.dtype, device=like.device)


class Layer(nn.Module):
    """Norm, attention, sum; norm, feed-forward, sum."""

    def __init__(self, width: int, attention: nn.Module, *, widen: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = attention
        self.norm2 = nn.LayerNorm(width)
        self.ffn = FeedForward(width, widen * width)
        self.drop = DropPath(drop_path)

    def forward(self, x: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """Tokens (N, L, width) of a map of `size` to tokens."""
        x = x + self.drop(self.attn(self.norm1(x), size))
        return x + self.drop(self.ffn(self.norm2(x)))


class Position(nn.Module):
    """Conditional position encoding: a depthwise convolution around which the map is added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(width, width, 3, padding=1, groups=width)

    def forward(self, x: torch.Tensor, size: torch.Size) -> torch.Tensor:
        """Tokens (N, L, width) of a map of `size` to tokens."""
        return x + to_tokens(self.proj(to_map(x, size)))


class Twins(nn.Module):
    """Four stages at strides 4, 8, 16 and 32. `window` > 0 makes it SVT, whose stages also end with a norm."""

    def __init__(
        self,
        widths: Sequence[int],
        heads: Sequence[int],
        widen: Sequence[int],
        depths: Sequence[int],
        window: int,
        *,
        drop_path: float = 0.2,
    ) -> None:
        super().__init__()
        self.channels, self.strides = list(widths), [4, 8, 16, 32]
        self.window = window
        self.patch_embeds = nn.ModuleList(
            Patches(a, b, 2 if i else 4) for i, (a, b) in enumerate(zip((3, *widths), widths, strict=False))
        )
        self.position_encodings = nn.ModuleList(Position(width) for width in widths)
        chances = iter(torch.linspace(0, drop_path, sum(depths), device="cpu").tolist())
        self.layers = nn.ModuleList()
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            stage = nn.ModuleList()
            for j in range(depth):
                local = window > 0 and j % 2 == 0
                attention = (
                    WindowAttention(width, heads[i], window)
                    if local
                    else ReducedAttention(width, heads[i], REDUCTIONS[i], eps=1e-5)
                )
                stage.append(Layer(width, attention, widen=widen[i], drop_path=next(chances)))
            self.layers.append(stage)
        if window:
            self.norm_list = nn.ModuleList(nn.LayerNorm(width) for width in widths)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to four maps with `channels` at `strides`."""
        maps = []
        for i, (patches, position, layers) in enumerate(
            zip(self.patch_embeds, self.position_encodings, self.layers, strict=True)
        ):
            tokens, size = patches(x)
            for j, layer in enumerate(layers):  # pyright: ignore[reportArgumentType]  # it is a list of modules
                tokens = layer(tokens, size)
                tokens = position(tokens, size) if j == 0 else tokens
            x = to_map(self.norm_list[i](tokens) if self.window else tokens, size)
            maps.append(x)
        return maps


def make(name: str, **options: object) -> nn.Module:
    """One of `NAMES`, such as "twins_svt_s"; `widths`, `heads`, `widen`, `depths`, `window`, `drop_path` instead."""
    keys = ("widths", "heads", "widen", "depths", "window")
    return Twins(**{**dict(zip(keys, SIZES[name], strict=True)), **options})  # pyright: ignore[reportArgumentType]
