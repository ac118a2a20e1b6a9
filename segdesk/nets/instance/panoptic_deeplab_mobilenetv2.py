"""Panoptic-DeepLab on MobileNetV2, small: the classes as `deeplabv3plus_mobilenetv2` finds them, whose weights it can
begin with, and a branch of its own for the objects (Cheng et al., arXiv:1911.10194, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import resize
from segdesk.nets.deeplabv3plus_mobilenetv2 import LOW_CHANNELS, LOW_MAP, STRIDE, DeepLabV3PlusMobileNetV2
from segdesk.nets.instance.panoptic_deeplab import InstanceBranch

TITLE = "Panoptic-DeepLab"
PAPER = "arXiv:1911.10194"
OUTPUT = "centres"

MIDDLE_MAP, MIDDLE_CHANNELS = 6, 32  # of MobileNetV2's features: the last at stride 8
LAST_CHANNELS = 320
FINEST = 4  # stride of the maps
VARIANTS: dict[str, dict[str, object]] = {"small": {}}
SMALL: dict[str, object] = {"low": 8, "high": 8, "width": 16, "objects": {"width": 16, "pyramid_width": 16}}


class PanopticDeepLabMobileNetV2(DeepLabV3PlusMobileNetV2):
    """The net. `low`, `high`, `width`: of the decoder of the classes; `objects`: a table of options of the branch of
    the objects, `width`, `head_width`, `pyramid_width`, `project` and `rates`; `spread`: how wide it learns centres to
    be, in parts of the root of an object's area."""

    output = OUTPUT

    def __init__(
        self, num_classes: int, *, objects: Mapping[str, object] | None = None, spread: float = 0.12, **semantic: int
    ) -> None:
        super().__init__(num_classes, **semantic)
        self.centre_spread = spread
        self.ins_embed_head = _branch(**(objects or {}))  # pyright: ignore[reportArgumentType]

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(N, 3, h, w), RGB in -1..1, to maps whose corners are its corner pixels, of stride 4 if h and w are one more
        than a multiple of 16, else of its size: `scores` (N, num_classes, h', w') logits, `centres` (N, 1, h', w') heat
        map, `offsets` (N, 2, h', w') from each pixel to its object's centre, rows and columns, in pixels of `x`. In
        training mode `coarse` logits besides."""
        rows, columns = x.shape[2:]
        below, beside = (1 - rows) % STRIDE, (1 - columns) % STRIDE
        if below or beside:  # so that cells lie where they belong, as the net of classes has it
            x = F.pad(x, (0, beside, 0, below), mode="replicate")
        answer = self._maps(x)
        if not (below or beside):
            return answer
        whole = {key: resize(m, x.shape[2:], align_corners=True) for key, m in answer.items()}
        return {key: m[:, :, :rows, :columns] for key, m in whole.items()}

    def _maps(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        finest = self.backbone[: LOW_MAP + 1](x)
        middle = self.backbone[LOW_MAP + 1 : MIDDLE_MAP + 1](finest)
        last = self.backbone[MIDDLE_MAP + 1 :](middle)
        features = self.pyramid(last)
        coarse = self.logits(features)
        scores = self.decoder(finest, features, coarse)
        heat, offsets = self.ins_embed_head({"res2": finest, "res3": middle, "res5": last})
        answer = {"scores": scores, "centres": heat, "offsets": offsets * FINEST}
        return {**answer, "coarse": coarse} if self.training else answer


def _branch(
    *,
    width: int = 64,
    head_width: int = 32,
    pyramid_width: int = 128,
    project: Sequence[int] = (16, 32),
    rates: Sequence[int] = (6, 12, 18),
) -> InstanceBranch:
    channels = {"res2": LOW_CHANNELS, "res3": MIDDLE_CHANNELS, "res5": LAST_CHANNELS}
    return InstanceBranch(
        channels,
        width=width,
        head_width=head_width,
        separable=True,
        pyramid_width=pyramid_width,
        project=project,
        rates=rates,
        pool=None,
        dropout=0.1,
    )


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net for a card; `options` as `PanopticDeepLabMobileNetV2` explains them, and `groups`, how the engine is to
    group (see `segdesk.engines.panoptic_groups`)."""
    options = {key: value for key, value in options.items() if key != "groups"}
    try:
        return PanopticDeepLabMobileNetV2(num_classes, **options)  # pyright: ignore[reportArgumentType]
    except TypeError as error:
        raise ValueError(f"an option does not fit: {error}") from error
