"""Swin Transformer (Liu et al., arXiv:2103.14030, figure 3): attention inside windows, which every second layer shifts
by half their size. Parameter names are OpenMMLab's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.transformer import DropPath, FeedForward, normalise

# Channels, layers of the stages, heads of the stages.
SIZES = {
    "swin_tiny": (96, (2, 2, 6, 2), (3, 6, 12, 24)),
    "swin_small": (96, (2, 2, 18, 2), (3, 6, 12, 24)),
    "swin_base": (128, (2, 2, 18, 2), (4, 8, 16, 32)),
    "swin_large": (192, (2, 2, 18, 2), (6, 12, 24, 48)),
}
NAMES = tuple(SIZES)
FORBIDDEN = -100.0  # added to a pair's weight before the softmax, as the reference does


class WindowAttention(nn.Module):
    """Attention among the pixels of a window, with a learned bias for each of their relative places (equation 4)."""

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        place = torch.arange(window)
        place = ((2 * window - 1) * place[:, None] + place).flatten()
        self.register_buffer("relative_position_index", place[:, None] + place.flip(0))
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """(N, windows, pixels, width) to the same shape; `mask` (windows, 1, pixels, pixels) is added to the bias."""
        index = self.relative_position_index
        assert isinstance(index, torch.Tensor)
        bias = self.relative_position_bias_table[index].permute(2, 0, 1)
        bias = bias if mask is None else bias + mask
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.expand(*q.shape[:3], *bias.shape[-2:]))
        return self.proj(y.transpose(2, 3).flatten(3))


class ShiftedWindows(nn.Module):
    """The map is filled up to whole windows with zeros, shifted, cut, attended to and put together again."""

    def __init__(self, width: int, heads: int, *, window: int, shift: int) -> None:
        super().__init__()
        self.window, self.shift = window, shift
        self.w_msa = WindowAttention(width, heads, window)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, h, w, width) to the same shape."""
        h, w = x.shape[1:3]
        k = self.window
        x = F.pad(x, (0, 0, 0, -w % k, 0, -h % k))
        x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        rows, columns = x.shape[1] // k, x.shape[2] // k
        mask = self.mask(rows, columns, x) if self.shift else None
        y = self.w_msa(self.cut(x), mask)
        y = y.unflatten(1, (rows, columns)).unflatten(3, (k, k)).transpose(2, 3).flatten(3, 4).flatten(1, 2)
        return torch.roll(y, (self.shift, self.shift), (1, 2))[:, :h, :w]

    def cut(self, x: torch.Tensor) -> torch.Tensor:
        """(N, rows * k, columns * k, C) to windows (N, rows * columns, k * k, C)."""
        k = self.window
        return x.unflatten(2, (-1, k)).unflatten(1, (-1, k)).transpose(2, 3).flatten(3, 4).flatten(1, 2)

    def mask(self, rows: int, columns: int, like: torch.Tensor) -> torch.Tensor:
        """What keeps pixels apart that only the roll made neighbours: (windows, 1, k * k, k * k), 0 or -100."""

        def part(count: int) -> torch.Tensor:
            i = torch.arange(count * self.window, device=like.device)
            return (i >= (count - 1) * self.window).long() + (i >= count * self.window - self.shift)

        region = (3 * part(rows)[:, None] + part(columns))[None, :, :, None]
        label = self.cut(region)[0, :, :, 0]
        apart = label[:, None, :] != label[:, :, None]
        return apart.to(like.dtype).mul(FORBIDDEN).unsqueeze(1)


class Layer(nn.Module):
    """Norm, windows, sum; norm, feed-forward, sum."""

    def __init__(self, width: int, heads: int, *, window: int, shift: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = ShiftedWindows(width, heads, window=window, shift=shift)
        self.norm2 = nn.LayerNorm(width)
        self.ffn = FeedForward(width, 4 * width)
        self.drop = DropPath(drop_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, h, w, width) to the same shape."""
        x = x + self.drop(self.attn(self.norm1(x)))
        return x + self.drop(self.ffn(self.norm2(x)))


class Merging(nn.Module):
    """Four neighbours become one pixel with twice the channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, h, w, C) to (N, ceil(h / 2), ceil(w / 2), 2 * C); what is missing is zero."""
        x = F.pad(x.permute(0, 3, 1, 2), (0, x.shape[2] % 2, 0, x.shape[1] % 2))
        return self.reduction(self.norm(F.pixel_unshuffle(x, 2).permute(0, 2, 3, 1)))


class Swin(nn.Module):
    """Patches of 4 pixels, four stages at strides 4, 8, 16 and 32, a norm `norm0` to `norm3` before each map is given.

    `window` is 7, or 12 for the nets that were trained on pictures of 384 pixels.
    """

    def __init__(
        self, width: int, depths: Sequence[int], heads: Sequence[int], *, window: int = 7, drop_path: float = 0.3
    ) -> None:
        super().__init__()
        self.channels = [width * 2**i for i in range(len(depths))]
        self.strides = [4 * 2**i for i in range(len(depths))]
        self.patch_embed = nn.ModuleDict({"projection": nn.Conv2d(3, width, 4, 4), "norm": nn.LayerNorm(width)})
        chances = iter(torch.linspace(0, drop_path, sum(depths), device="cpu").tolist())
        self.stages = nn.ModuleList()
        for i, (depth, channels) in enumerate(zip(depths, self.channels, strict=True)):
            layers = (
                Layer(channels, heads[i], window=window, shift=window // 2 if j % 2 else 0, drop_path=next(chances))
                for j in range(depth)
            )
            stage = nn.ModuleDict({"blocks": nn.Sequential(*layers)})
            if i + 1 < len(depths):
                stage["downsample"] = Merging(channels)
            self.stages.append(stage)
            self.add_module(f"norm{i}", nn.LayerNorm(channels))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to four maps with `channels` at `strides`."""
        x = self.patch_embed["projection"](F.pad(x, (0, -x.shape[3] % 4, 0, -x.shape[2] % 4)))
        x = normalise(self.patch_embed["norm"], x).permute(0, 2, 3, 1)
        maps = []
        for i, stage in enumerate(self.stages):
            blocks, *downsample = stage.children()
            x = blocks(x)
            maps.append(getattr(self, f"norm{i}")(x).permute(0, 3, 1, 2))
            x = downsample[0](x) if downsample else x
        return maps


def make(name: str, **options: object) -> nn.Module:
    """ "swin_tiny" or another of `NAMES`; `options` as `Swin` explains them."""
    width, depths, heads = SIZES[name]
    chosen = {"width": width, "depths": depths, "heads": heads, **options}
    return Swin(**chosen)  # pyright: ignore[reportArgumentType]
