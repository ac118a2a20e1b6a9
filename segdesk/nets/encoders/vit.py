"""The Vision Transformer (Dosovitskiy et al., arXiv:2010.11929, figure 1) as semantic networks use it: the tokens of
some layers as maps at stride 16. Parameter names are OpenMMLab's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.transformer import Attention, DropPath, FeedForward, to_map, to_tokens

# Channels, layers, heads.
SIZES = {
    "vit_large_p16": (1024, 24, 16),
    "vit_base_p16": (768, 12, 12),
    "deit_base_p16": (768, 12, 12),
    "deit_small_p16": (384, 12, 6),
    "vit_small_p16": (384, 12, 6),
    "vit_tiny_p16": (192, 12, 3),
}
NAMES = tuple(SIZES)


class Layer(nn.Module):
    """Norm, attention, sum; norm, feed-forward, sum."""

    def __init__(self, width: int, heads: int, *, hidden: int, drop_path: float, eps: float = 1e-6) -> None:
        super().__init__()
        self.ln1 = nn.LayerNorm(width, eps=eps)
        self.attn = nn.ModuleDict({"attn": Attention(width, heads)})
        self.ln2 = nn.LayerNorm(width, eps=eps)
        self.ffn = FeedForward(width, hidden)
        self.drop = DropPath(drop_path)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Tokens (N, L, width) to tokens of the same shape."""
        y = self.ln1(x)
        x = x + self.drop(self.attn["attn"](y, y))
        return x + self.drop(self.ffn(self.ln2(x)))


class VisionTransformer(nn.Module):
    """Patches of 16 pixels become tokens, a class token is put before them, positions are added, layers follow.

    `image_size` is the edge of the square picture that the positions were learned for; for any other size they are
    sampled anew (`interpolate`, "bilinear" or "bicubic"). `out_indices` are the layers whose tokens are given.
    `class_token` off means that the class token is dropped before the first layer. `final_norm` is the norm after the
    last layer, `patch_bias` the bias of the patches' convolution: the reference's present code has none, files that its
    older versions wrote may have one (`with_patch_bias` makes variants of both kinds).
    """

    def __init__(
        self,
        width: int,
        depth: int,
        heads: int,
        *,
        image_size: int = 512,
        patch: int = 16,
        out_indices: Sequence[int] = (-1,),
        mlp_ratio: int = 4,
        class_token: bool = True,
        patch_bias: bool = False,
        final_norm: bool = False,
        interpolate: str = "bicubic",
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.grid = image_size // patch
        self.patch = patch
        self.outputs = [i % depth for i in out_indices]
        self.channels = [width] * len(self.outputs)
        self.strides = [patch] * len(self.outputs)
        self.class_token = class_token
        self.interpolate = interpolate
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, self.grid**2 + 1, width))
        self.patch_embed = nn.ModuleDict({"projection": nn.Conv2d(3, width, patch, patch, bias=patch_bias)})
        chances = torch.linspace(0, drop_path, depth, device="cpu").tolist()
        self.layers = nn.ModuleList(Layer(width, heads, hidden=mlp_ratio * width, drop_path=c) for c in chances)
        if final_norm:
            self.ln1 = nn.LayerNorm(width, eps=1e-6)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.trunc_normal_(self.cls_token, std=0.02)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to a map (N, width, ceil(h / 16), ceil(w / 16)) of each layer in `out_indices`. An incomplete
        patch at the right or lower edge is filled up with zeros, as the reference does."""
        x = F.pad(x, (0, -x.shape[3] % self.patch, 0, -x.shape[2] % self.patch))
        x = self.patch_embed["projection"](x)
        size = x.shape[-2:]
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), to_tokens(x)], 1) + self.positions(size)
        first = 1 if self.class_token else 0
        x = x[:, 1 - first :]
        maps = {}
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i + 1 == len(self.layers) and hasattr(self, "ln1"):
                x = self.ln1(x)
            if i in self.outputs:
                maps[i] = to_map(x[:, first:], size)
        return [maps[i] for i in self.outputs]

    def positions(self, size: tuple[int, int] | torch.Size) -> torch.Tensor:
        """The learned positions (1, 1 + rows * columns, width) for a picture of `size` patches (rows, columns)."""
        if tuple(size) == (self.grid, self.grid):
            return self.pos_embed
        grid = to_map(self.pos_embed[:, 1:], (self.grid, self.grid))
        grid = F.interpolate(grid, size=size, mode=self.interpolate, align_corners=False)
        return torch.cat([self.pos_embed[:, :1], to_tokens(grid)], 1)


def with_patch_bias(variants: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """The variants of a system, and each once more with the patches' bias ("NAME_patch_bias")."""
    found = {name: dict(options) for name, options in variants.items()}
    for name, options in variants.items():
        encoder = options.get("encoder_options", {})
        assert isinstance(encoder, Mapping)
        found[f"{name}_patch_bias"] = {**options, "encoder_options": {**encoder, "patch_bias": True}}
    return found


def make(name: str, **options: object) -> nn.Module:
    """ "vit_large_p16" or another of `NAMES`; `options` as `VisionTransformer` explains them."""
    width, depth, heads = SIZES[name]
    chosen = {"width": width, "depth": depth, "heads": heads, **options}
    return VisionTransformer(**chosen)  # pyright: ignore[reportArgumentType]
