"""Segmenter (Strudel et al., arXiv:2105.05633, figure 2): learned class tokens pass two transformer layers together
with the patches; a class's logits are the inner products of its token and the patches (section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.encoders.vit import Layer, with_patch_bias
from segdesk.nets.heads import fcn
from segdesk.nets.net import encoder_decoder
from segdesk.nets.transformer import to_map, to_tokens

TITLE = "Segmenter"
PAPER = "arXiv:2105.05633"


class Head(nn.Module):
    """The mask transformer. `width` is the encoder's unless given."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        depth: int = 2,
        heads: int = 12,
        width: int | None = None,
        drop_path: float = 0.1,
    ) -> None:
        super().__init__()
        width = channels[-1] if width is None else width
        self.dec_proj = nn.Linear(channels[-1], width)
        self.cls_emb = nn.Parameter(torch.randn(1, num_classes, width) * 0.02)
        chances = torch.linspace(0, drop_path, depth, device="cpu").tolist()
        self.layers = nn.ModuleList(
            Layer(width, heads, hidden=4 * width, drop_path=chance, eps=1e-5) for chance in chances
        )
        self.decoder_norm = nn.LayerNorm(width)
        self.patch_proj = nn.Linear(width, width, bias=False)
        self.classes_proj = nn.Linear(width, width, bias=False)
        self.mask_norm = nn.LayerNorm(num_classes)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's last map to logits at its size."""
        return to_map(self.mask_norm(self.cosines(features[-1])), features[-1].shape[-2:])

    def cosines(self, x: torch.Tensor) -> torch.Tensor:
        """The cosine (N, h * w, num_classes), -1 to 1, of each patch and each class token, before the norm."""
        count = self.cls_emb.shape[1]
        tokens = torch.cat([self.dec_proj(to_tokens(x)), self.cls_emb.expand(len(x), -1, -1)], 1)
        for layer in self.layers:
            tokens = layer(tokens)
        tokens = self.decoder_norm(tokens)
        patches = F.normalize(self.patch_proj(tokens[:, :-count]), dim=2)
        return patches @ F.normalize(self.classes_proj(tokens[:, -count:]), dim=2).transpose(1, 2)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card. With `linear` the head is the classifier alone (section 3.2, the linear decoder); for the
    other options see `encoder_decoder` and `Head`."""
    options = dict(options)
    linear = options.pop("linear", False)
    encoder = options.setdefault("encoder", "vit_base_p16")
    vit: dict[str, object] = {"final_norm": True, "drop_path": 0.1}
    if linear:
        options = {"num_convs": 0, "concat_input": False, "dropout": 0.0, **options}
        return encoder_decoder(options, num_classes, fcn.Head, encoder=encoder, encoder_options=vit)
    return encoder_decoder(options, num_classes, Head, encoder=encoder, encoder_options=vit)


VARIANTS: dict[str, dict[str, object]] = with_patch_bias(
    {
        "vit_tiny_p16": {"encoder": "vit_tiny_p16", "heads": 3},
        "vit_small_p16": {"encoder": "vit_small_p16", "heads": 6},
        "vit_base_p16": {"encoder": "vit_base_p16", "heads": 12},
        "vit_large_p16_640": {"encoder": "vit_large_p16", "heads": 16, "encoder_options": {"image_size": 640}},
        "vit_small_p16_linear": {"encoder": "vit_small_p16", "linear": True},
    }
)
SMALL: dict[str, object] = {
    "encoder": "vit_tiny_p16",
    "encoder_options": {"width": 16, "depth": 2, "heads": 2, "image_size": 32},
    "heads": 2,
}
