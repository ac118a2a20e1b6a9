"""Panoptic-DeepLab (Cheng et al., arXiv:1911.10194, figure 2): one encoder, two pyramids with a decoder each, one for
the classes, one for the centres of objects and each pixel's way to its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets import encoders
from segdesk.nets.blocks import ConvBN, SepConv, up

TITLE = "Panoptic-DeepLab"
PAPER = "arXiv:1911.10194"
OUTPUT = "centres"

LEVELS = ("res2", "res3", "res4", "res5")  # of strides 4, 8, 16 and 32 (or dilated), as detectron2 calls them


class Pyramid(nn.Module):
    """Atrous spatial pyramid pooling: `convs` are a 1x1 branch, three dilated ones and the pooled picture.

    The pooled branch has a bias and no batch norm. With `pool` = (rows, columns) of the encoder's map it is the mean of
    a window of that size instead of the whole map, as nets see it that were trained on crops; a smaller map is one
    window.
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        rates: Sequence[int],
        *,
        pool: Sequence[int] | None = None,
        separable: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        dilated = SepConv if separable else ConvBN
        branches: list[nn.Module] = [ConvBN(inputs, width)]
        branches += [dilated(inputs, width, kernel=3, dilation=rate) for rate in rates]
        pooled = nn.Sequential(Pool(pool), ConvBN(inputs, width, norm=False))
        self.convs = nn.ModuleList([*branches, pooled])
        self.project = ConvBN(len(self.convs) * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, width, h, w)."""
        return self.dropout(self.project(torch.cat([up(branch(x), x) for branch in self.convs], 1)))


class Pool(nn.Module):
    """The mean of the map, or of windows of `size` at most."""

    def __init__(self, size: Sequence[int] | None) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to (N, C, 1, 1), or a pixel for each place of the window."""
        if self.size is None:
            return x.mean((2, 3), keepdim=True)
        return F.avg_pool2d(x, [min(a, b) for a, b in zip(self.size, x.shape[2:], strict=True)], stride=1)


class Branch(nn.Module):
    """`decoder`: the pyramid on the coarsest map; then, finer and finer, the maps so far and the encoder's, reduced by
    `project_conv`, are fused by `fuse_conv`."""

    def __init__(
        self,
        channels: Mapping[str, int],
        *,
        width: int,
        pyramid_width: int,
        project: Sequence[int],
        rates: Sequence[int],
        pool: Sequence[int] | None,
        separable: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        *finer, coarsest = channels
        if len(finer) != len(project):
            raise ValueError("project needs an entry for each level but the last")
        self.decoder = nn.ModuleDict()
        before = pyramid_width
        stages = []
        for level, reduced in reversed(list(zip(finer, project, strict=True))):
            fuse = two_convs(reduced + before, width, width, separable=separable)
            stage = {"project_conv": ConvBN(channels[level], reduced), "fuse_conv": fuse}
            stages.append((level, nn.ModuleDict(stage)))
            before = width
        for level, stage in reversed(stages):
            self.decoder[level] = stage
        pyramid = Pyramid(channels[coarsest], pyramid_width, rates, pool=pool, separable=separable, dropout=dropout)
        self.decoder[coarsest] = nn.ModuleDict({"project_conv": pyramid})

    def decoded(self, maps: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The encoder's maps by level to (N, width, h, w) of the finest."""
        *finer, coarsest = self.decoder
        stages: Any = self.decoder
        y = stages[coarsest]["project_conv"](maps[coarsest])
        for level in reversed(finer):
            x = stages[level]["project_conv"](maps[level])
            y = stages[level]["fuse_conv"](torch.cat([x, up(y, x)], 1))
        return y


def two_convs(inputs: int, between: int, outputs: int, *, separable: bool) -> nn.Module:
    """Two 3x3 convolutions, or the separable one of 5x5 that sees as far."""
    if separable:
        return SepConv(inputs, outputs, kernel=5)
    return nn.Sequential(ConvBN(inputs, between, kernel=3), ConvBN(between, outputs, kernel=3))


class SemanticBranch(Branch):
    """The branch of the classes."""

    def __init__(
        self,
        channels: Mapping[str, int],
        num_classes: int,
        *,
        width: int,
        head_width: int,
        separable: bool,
        **shared: Any,
    ) -> None:
        super().__init__(channels, width=width, separable=separable, **shared)
        self.head = two_convs(width, width, head_width, separable=separable)
        self.predictor = nn.Conv2d(head_width, num_classes, 1)

    def forward(self, maps: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Logits (N, num_classes, h, w)."""
        return self.predictor(self.head(self.decoded(maps)))


class InstanceBranch(Branch):
    """The branch of the objects, blind to classes."""

    def __init__(
        self, channels: Mapping[str, int], *, width: int, head_width: int, separable: bool, **shared: Any
    ) -> None:
        super().__init__(channels, width=width, separable=separable, **shared)
        self.center_head = two_convs(width, width, head_width, separable=False)
        self.center_predictor = nn.Conv2d(head_width, 1, 1)
        self.offset_head = two_convs(width, width, head_width, separable=separable)
        self.offset_predictor = nn.Conv2d(head_width, 2, 1)

    def forward(self, maps: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 1, h, w) heat map of centres, about 0..1, and (N, 2, h, w) ways (rows, columns) in pixels of this map."""
        y = self.decoded(maps)
        return self.center_predictor(self.center_head(y)), self.offset_predictor(self.offset_head(y))


class PanopticDeepLab(nn.Module):
    """`backbone`, `sem_seg_head`, `ins_embed_head`. `levels` are the indices of the encoder's maps that are used."""

    output = OUTPUT

    def __init__(
        self,
        num_classes: int,
        *,
        encoder: str,
        encoder_options: Mapping[str, object],
        levels: Sequence[int],
        semantic: Mapping[str, Any],
        instance: Mapping[str, Any],
        **shared: Any,
    ) -> None:
        super().__init__()
        backbone: Any = encoders.make(encoder, encoder_options)
        self.backbone = backbone
        self.levels = {LEVELS[i]: i for i in levels}
        channels: dict[str, int] = {name: backbone.channels[i] for name, i in self.levels.items()}
        self.stride: int = backbone.strides[levels[0]]
        self.sem_seg_head = SemanticBranch(channels, num_classes, **semantic, **shared)
        self.ins_embed_head = InstanceBranch(channels, **instance, **shared)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """(N, 3, h, w), normalised, to maps of a quarter of its size: `scores` (N, num_classes, h', w') logits,
        `centres` (N, 1, h', w') heat map, `offsets` (N, 2, h', w') from each pixel to its object's centre, rows and
        columns, in pixels of `x`."""
        maps = self.backbone(x)
        named = {name: maps[i] for name, i in self.levels.items()}
        centres, offsets = self.ins_embed_head(named)
        return {"scores": self.sem_seg_head(named), "centres": centres, "offsets": offsets * self.stride}


DEFAULTS: dict[str, object] = {
    "encoder": "resnet50_v1c",
    "encoder_options": {"output_stride": 16, "multi_grid": (2, 4, 8), "stem_width": 128},
    "levels": (0, 1, 3),
    "project": (32, 64),
    "pyramid_width": 256,
    "rates": (6, 12, 18),
    "pool": None,
    "separable": False,
    "dropout": 0.1,
    "semantic": {"width": 256, "head_width": 256},
    "instance": {"width": 128, "head_width": 32},
}


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card. `options` are those of `DEFAULTS`, whose `encoder_options` are for its encoder only, and
    `groups`, how the engine is to group (see `segdesk.engines.panoptic_groups`)."""
    options = {key: value for key, value in options.items() if key != "groups"}
    unknown = set(options) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"Panoptic-DeepLab has no option {sorted(unknown)[0]}")
    other = "encoder" in options and "encoder_options" not in options
    chosen = {**DEFAULTS, **({"encoder_options": {}} if other else {}), **options}
    try:
        return PanopticDeepLab(num_classes, **chosen)  # pyright: ignore[reportArgumentType]
    except TypeError as error:
        raise ValueError(f"an option does not fit: {error}") from error


# detectron2's files (projects/Panoptic-DeepLab). Its ResNet-52 is ResNet-50 with the deep stem.
_CROP = {"pool": (32, 64)}  # of a crop of 512 x 1024
_ATROUS = {"output_stride": 16, "multi_grid": (2, 4, 8)}
VARIANTS: dict[str, dict[str, object]] = {
    "r52-os16-mg124": {**_CROP},
    "r52-os16-mg124-dsconv": {**_CROP, "separable": True},
    "r52-os16-mg124-dsconv-coco": {"pool": (40, 40), "separable": True},
}
# Encoders without published files of this layout: to be trained, or for a file of one's own.
VARIANTS |= {
    "r50-os16": {"encoder": "resnet50", "encoder_options": _ATROUS},
    "r101-os16": {"encoder": "resnet101", "encoder_options": _ATROUS},
    "r50-os32": {"encoder": "resnet50", "encoder_options": {}, "rates": (3, 6, 9), "separable": True},
    "mobilenetv2-os16": {"encoder": "mobilenetv2", "encoder_options": {"output_stride": 16}, "separable": True},
    "mobilenetv2-os32": {
        "encoder": "mobilenetv2",
        "encoder_options": {"output_stride": 32},
        "rates": (3, 6, 9),
        "separable": True,
    },
    **{
        f"hrnet-{name}": {
            "encoder": f"hrnet_{name}",
            "encoder_options": {},
            "levels": (0, 1, 2, 3),
            "project": (32, 64, 128),
            "rates": (3, 6, 9),
        }
        for name in ("w32", "w48")
    },
}
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 16, "base": 8, "stem_width": 16},
    "project": (4, 8),
    "pyramid_width": 16,
    "semantic": {"width": 16, "head_width": 8},
    "instance": {"width": 16, "head_width": 8},
}
