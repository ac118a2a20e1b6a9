"""UPerNet's head (Xiao et al., arXiv:1807.10221) on newer encoders: Swin, Twins and ConvNeXt as they are, ViT and DeiT
with a neck that makes a pyramid of their maps, which all lie at stride 16."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN
from segdesk.nets.encoders import convnext, twins
from segdesk.nets.encoders.vit import with_patch_bias
from segdesk.nets.heads import uper
from segdesk.nets.net import encoder_decoder

TITLE = "UPerNet on transformers"
PAPER = "arXiv:1807.10221"
PYRAMIDS = ("swin", "twins", "convnext")  # encoders whose maps lie at four strides


class Levels(nn.Module):
    """The neck: 1x1 convolution, resizing by a factor a map, 3x3 convolution; no norm and no activation."""

    def __init__(
        self, channels: Sequence[int], *, width: int | None = None, scales: Sequence[float] = (4, 2, 1, 0.5)
    ) -> None:
        super().__init__()
        width = channels[0] if width is None else width
        self.scales = scales
        self.channels = [width] * len(channels)
        self.lateral_convs = nn.ModuleList(ConvBN(c, width, norm=False, act=None) for c in channels)
        self.convs = nn.ModuleList(ConvBN(width, width, kernel=3, norm=False, act=None) for _ in channels)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Maps of one size to maps of four; none is smaller than a pixel."""
        outputs = []
        for x, scale, lateral, conv in zip(maps, self.scales, self.lateral_convs, self.convs, strict=True):
            outputs.append(conv(_scaled(lateral(x), scale)))
        return outputs


def _scaled(x: torch.Tensor, scale: float) -> torch.Tensor:
    """By the factor itself, not by the sizes' ratio: they differ at odd sizes, and the reference takes the factor."""
    if min(x.shape[2:]) * scale >= 1:
        return F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False)
    return F.interpolate(x, size=[max(1, int(s * scale)) for s in x.shape[2:]], mode="bilinear", align_corners=False)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card. `levels` off leaves the neck away under a ViT; for the other options see `encoder_decoder` and
    UPerNet's head."""
    options = dict(options)
    encoder = str(options.setdefault("encoder", "swin_tiny"))
    if encoder.startswith(PYRAMIDS):
        return encoder_decoder(options, num_classes, uper.Head, encoder=encoder)
    neck = Levels if options.pop("levels", True) else None
    return encoder_decoder(
        options,
        num_classes,
        uper.Head,
        neck=neck,
        encoder=encoder,
        encoder_options={"out_indices": (2, 5, 8, 11), "drop_path": 0.1},
        auxiliary_options={"in_index": -1},
    )


_NORM: dict[str, object] = {"encoder_options": {"final_norm": True}}
_VIT: dict[str, dict[str, object]] = {
    **{f"{name}_mln": {"encoder": name} for name in ("vit_base_p16", "deit_small_p16")},
    **{f"{name}_ln_mln": {"encoder": name, **_NORM} for name in ("vit_base_p16", "deit_small_p16")},
    **{name: {"encoder": name, "levels": False} for name in ("deit_base_p16", "deit_small_p16")},
}
VARIANTS: dict[str, dict[str, object]] = {
    **{name: {"encoder": name} for name in ("swin_tiny", "swin_small", "swin_base", "swin_large")},
    **{f"{n}_window12": {"encoder": n, "encoder_options": {"window": 12}} for n in ("swin_base", "swin_large")},
    **{name: {"encoder": name} for name in (*convnext.NAMES, *twins.NAMES)},
    **with_patch_bias(_VIT),
}
SMALL: dict[str, object] = {
    "encoder": "vit_tiny_p16",
    "encoder_options": {"width": 16, "depth": 4, "heads": 2, "image_size": 32, "out_indices": (0, 1, 2, 3)},
    "width": 16,
}
