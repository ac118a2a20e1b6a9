"""SETR (Zheng et al., arXiv:2012.15840, figure 1): a Vision Transformer's tokens are decoded by one convolution
(naive), by convolutions and enlargements in turn (PUP), or from four layers summed top down (MLA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.encoders.vit import with_patch_bias
from segdesk.nets.heads.fcn import AuxiliaryHead
from segdesk.nets.net import DecodeHead, encoder_decoder
from segdesk.nets.transformer import normalise

TITLE = "SETR"
PAPER = "arXiv:2012.15840"


class Enlarge(nn.Module):
    """Bilinear enlargement by a whole factor."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to (N, C, factor * h, factor * w)."""
        return F.interpolate(x, scale_factor=self.factor, mode="bilinear", align_corners=False)


class Head(DecodeHead):
    """Norm of one layer's tokens, then `num_convs` times convolution and enlargement by `scale` (figures 1b and c)."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 256,
        num_convs: int = 1,
        kernel: int = 1,
        scale: int = 4,
        in_index: int = -1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout)
        self.in_index = in_index
        inputs = channels[in_index]
        self.norm = nn.LayerNorm(inputs, eps=1e-6)
        widths = [inputs] + [width] * num_convs
        self.up_convs = nn.ModuleList(
            nn.Sequential(ConvBN(a, width, kernel=kernel), Enlarge(scale)) for a in widths[:num_convs]
        )

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """Maps (N, C, h, w) to logits, `scale` to the power of `num_convs` times as large."""
        x = normalise(self.norm, features[self.in_index])
        for layer in self.up_convs:
            x = layer(x)
        return self.classify(x)


class Aggregation(nn.Module):
    """MLA's `channel_proj` and `feat_extract` (figure 1d, left): reduced maps are summed from the deepest layer on."""

    def __init__(self, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.channel_proj = nn.ModuleList(ConvBN(c, width) for c in channels)
        self.feat_extract = nn.ModuleList(ConvBN(width, width, kernel=3) for _ in channels)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The layers' maps, shallow first, to their sums, the deepest layer's alone first."""
        total, outputs = None, []
        reduced = [project(m) for project, m in zip(self.channel_proj, maps, strict=True)]
        for x, extract in zip(reversed(reduced), self.feat_extract, strict=True):
            total = x if total is None else total + x
            outputs.append(extract(total))
        return outputs


class Neck(nn.Module):
    """MLA's neck: each layer's norm, then the aggregation."""

    def __init__(self, channels: Sequence[int], *, width: int = 256) -> None:
        super().__init__()
        self.norm = nn.ModuleList(nn.LayerNorm(c, eps=1e-6) for c in channels)
        self.mla = Aggregation(channels, width)
        self.channels = [width] * len(channels)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Maps of the layers to as many maps with `width` channels."""
        return self.mla([normalise(norm, m) for norm, m in zip(self.norm, maps, strict=True)])


class MlaHead(DecodeHead):
    """Two convolutions and an enlargement by four on each map, all concatenated (figure 1d, right)."""

    def __init__(
        self, channels: Sequence[int], num_classes: int, *, width: int = 128, scale: int = 4, dropout: float = 0.0
    ) -> None:
        super().__init__(width * len(channels), num_classes, dropout=dropout)
        self.up_convs = nn.ModuleList(
            nn.Sequential(ConvBN(c, width, kernel=3), ConvBN(width, width, kernel=3), Enlarge(scale)) for c in channels
        )

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """Maps (N, C, h, w) to logits (N, num_classes, 4 * h, 4 * w)."""
        return self.classify(torch.cat([layer(m) for layer, m in zip(self.up_convs, features, strict=True)], 1))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card. `kind` is "naive", "pup" or "mla"; for the other options see `encoder_decoder` and the kind's
    head. The auxiliary heads are those of the reference's ADE20K networks."""
    options = dict(options)
    kind = options.pop("kind", "pup")
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind} of SETR; known are {', '.join(KINDS)}")
    head, neck, auxiliary = PARTS["mla" if kind == "mla" else "up"]
    return encoder_decoder(
        options,
        num_classes,
        head,
        neck=neck,
        auxiliary_head=auxiliary,
        encoder="vit_large_p16",
        **KINDS[str(kind)],
    )


def _auxiliary(options: Mapping[str, object], *, count: int = 3) -> dict[str, object]:
    """Auxiliary heads on the first `count` maps."""
    return {"auxiliary_options": [{**options, "in_index": i} for i in range(count)]}


PARTS: dict[str, tuple[type[nn.Module], type[nn.Module] | None, type[nn.Module]]] = {
    "up": (Head, None, Head),
    "mla": (MlaHead, Neck, AuxiliaryHead),
}
_UP: dict[str, object] = {"interpolate": "bilinear", "out_indices": (9, 14, 19, 23)}
_MLA: dict[str, object] = {"interpolate": "bilinear", "out_indices": (5, 11, 17, 23), "class_token": False}
KINDS: dict[str, dict[str, object]] = {
    "naive": {"encoder_options": _UP, **_auxiliary({"num_convs": 2})},
    "pup": {
        "encoder_options": _UP,
        "num_convs": 4,
        "kernel": 3,
        "scale": 2,
        **_auxiliary({"num_convs": 2, "kernel": 3}),
    },
    "mla": {"encoder_options": _MLA, **_auxiliary({"num_convs": 0, "kernel": 1}, count=4)},
}
VARIANTS: dict[str, dict[str, object]] = with_patch_bias(
    {
        **{kind: {"kind": kind} for kind in KINDS},
        **{f"{kind}_768": {"kind": kind, "encoder_options": {"image_size": 768}} for kind in ("pup", "mla")},
        "naive_768": {"kind": "naive", "encoder_options": {"image_size": 768}, **_auxiliary({"num_convs": 1})},
    }
)
SMALL: dict[str, object] = {
    "kind": "pup",
    "encoder_options": {"width": 16, "depth": 2, "heads": 2, "image_size": 32, "out_indices": (0, 1)},
    "width": 8,
    "auxiliary": True,
    "auxiliary_options": [{"in_index": 0, "num_convs": 2, "kernel": 3, "width": 8}],
}
