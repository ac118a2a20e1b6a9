"""SOLO: Segmenting Objects by Locations (Wang et al., arXiv:1912.04488, figure 2): a grid lies over the picture, and
the cell in which an object's centre falls says its class and, in a channel of its own, its mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import resize, up
from segdesk.nets.instance.matrix_nms import Rule, chosen
from segdesk.nets.instance.parts import Detector, Objects, as_points, chain, coordinates, detector, local_maxima, starts

TITLE = "SOLO"
PAPER = "arXiv:1912.04488"
OUTPUT = "instances"

GRIDS = (40, 36, 24, 16, 12)
# (picture, level, numbers (m,) of cells in the level's grid) to probabilities (m, h, w) over the padded picture.
MaskMaker = Callable[[int, int, torch.Tensor], torch.Tensor]
STRIDES = (8, 8, 16, 32, 32)  # of the pyramid's maps after `levelled`; a mask of fewer pixels is nothing

VARIANTS: dict[str, dict[str, object]] = {"r50": {}, "r101": {"encoder": "resnet101"}, "r18": {"encoder": "resnet18"}}
SMALL: dict[str, Any] = {
    "encoder": "resnet18",
    "encoder_options": {"base": 4, "stem_width": 4},
    "neck_options": {"width": 8},
    "width": 8,
    "convs": 2,
    "grids": (4, 3, 2, 2, 1),
    "rule": {"score": 0.02},
}


class SoloHead(nn.Module):
    """What SOLO's heads share: the grids over the pyramid's maps, the branch of classes, the choice of masks, and the
    loss that they train with.

    `convs`: convolutions of a branch; `width`: their channels; `rule`: a table of `Rule`'s thresholds.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 256,
        convs: int = 7,
        grids: Sequence[int] = GRIDS,
        strides: Sequence[int] = STRIDES,
        rule: Mapping[str, Any] | None = None,
        deformable: bool = False,
    ) -> None:
        super().__init__()
        if not len(channels) == len(grids) == len(strides):
            raise ValueError("a grid and a stride are needed for each map of the pyramid")
        self.grids, self.objective = list(grids), "solo"
        self.rule = Rule(**(rule or {}))
        self.begin = starts([grid * grid for grid in grids])
        self.least = [float(s) for s, grid in zip(strides, grids, strict=True) for _ in range(grid * grid)]
        self.cls_convs = chain(channels[0], width, convs, deformable=deformable)
        self.conv_cls = nn.Conv2d(width, num_classes, 3, padding=1)

    def point_scores(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """(N, P, K): probability of each class at each point of all grids, from the levelled maps."""
        return torch.cat([as_points(local_maxima(x.sigmoid())) for x in self.class_logits(maps)], 1)

    def class_logits(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """(N, K, grid, grid) of each level, from the levelled maps."""
        sides = zip(self.grids, maps, strict=True)
        return [self.conv_cls(self.cls_convs(resize(x, (grid, grid)))) for grid, x in sides]

    def mask_maker(self, maps: Sequence[torch.Tensor]) -> MaskMaker:
        """What the training asks for masks of cells, from the pyramid's maps (N, C, h, w)."""
        raise NotImplementedError

    def chosen(self, scores: torch.Tensor, masks_of: Any) -> Objects:
        """The objects of one picture from (P, K) scores and what makes the masks of points."""
        return chosen(scores, scores.new_tensor(self.least), masks_of, self.rule)

    def level_of(self, points: torch.Tensor) -> list[tuple[int, torch.Tensor, torch.Tensor]]:
        """For each level that has some of the points: (level, which of `points`, their numbers in the level's grid)."""
        found = []
        for level, (begin, end) in enumerate(zip(self.begin, self.begin[1:], strict=False)):
            (here,) = ((points >= begin) & (points < end)).nonzero(as_tuple=True)
            if here.numel():
                found.append((level, here, points[here] - begin))
        return found


def levelled(maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The pyramid's maps, the first at the size of the second and the last at that of the one before it."""
    return [up(maps[0], maps[1]), *maps[1:-1], up(maps[-1], maps[-2])]


def doubled(x: torch.Tensor) -> torch.Tensor:
    """(N, C, h, w) to (N, C, 2h, 2w), bilinear."""
    return resize(x, (2 * x.shape[2], 2 * x.shape[3]))


class Head(SoloHead):
    """Each level's masks come from its own map, with as many channels as its grid has cells."""

    def __init__(
        self, channels: Sequence[int], num_classes: int, *, width: int = 256, convs: int = 7, **more: Any
    ) -> None:
        super().__init__(channels, num_classes, width=width, convs=convs, **more)
        self.mask_convs = chain(channels[0] + 2, width, convs)
        self.conv_mask_list = nn.ModuleList(nn.Conv2d(width, grid * grid, 1) for grid in self.grids)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[Objects]:
        """The pyramid's five maps (N, C, h, w) to the objects of each picture."""
        maps = levelled(maps)
        scores, features = self.point_scores(maps), self.features(maps)
        return [
            self.chosen(s, lambda points, n=n: self.masks([f[n : n + 1] for f in features], points))
            for n, s in enumerate(scores)
        ]

    def features(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """What the masks of each level are made from, from the levelled maps."""
        return [doubled(self.mask_convs(torch.cat([x, coordinates(x)], 1))) for x in maps]

    def mask_maker(self, maps: Sequence[torch.Tensor]) -> MaskMaker:
        """As `SoloHead` says."""
        features = self.features(levelled(maps))

        def make(picture: int, level: int, cells: torch.Tensor) -> torch.Tensor:
            conv: Any = self.conv_mask_list[level]
            return F.conv2d(features[level][picture][None], conv.weight[cells], conv.bias[cells])[0].sigmoid()

        return make

    def masks(self, features: Sequence[torch.Tensor], points: torch.Tensor) -> torch.Tensor:
        """(m, h, w): the masks of points (m,) of one picture; only the channels that are wanted are computed."""
        size = features[0].shape[2:]
        masks = features[0].new_empty((points.numel(), *size))
        for level, here, cells in self.level_of(points):
            conv: Any = self.conv_mask_list[level]
            small = F.conv2d(features[level], conv.weight[cells], conv.bias[cells]).sigmoid()
            masks[here] = resize(small, size)[0]
        return masks


def build(options: Mapping[str, object], num_classes: int) -> Detector:
    """SOLO on a ResNet-50 unless the options say otherwise."""
    return detector(options, num_classes, Head, head_name="mask_head", encoder="resnet50")
