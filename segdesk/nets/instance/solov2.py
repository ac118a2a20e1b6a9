"""SOLOv2 (Wang et al., arXiv:2003.10152, figure 2): the cell of an object's centre says a kernel instead of a mask; one
map of features for the whole picture, convolved with the kernel, is the mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from segdesk.nets.blocks import resize, up
from segdesk.nets.instance import solo
from segdesk.nets.instance.parts import ConvGN, Detector, Objects, as_points, chain, coordinates, detector
from segdesk.nets.instance.solo import MaskMaker, SoloHead, levelled

TITLE = "SOLOv2"
PAPER = "arXiv:2003.10152"
OUTPUT = "instances"

LIGHT: dict[str, object] = {"width": 256, "convs": 2, "mask_width": 128}
VARIANTS: dict[str, dict[str, object]] = {
    "r50": {},
    "r101": {"encoder": "resnet101"},
    "light_r18": {**LIGHT, "encoder": "resnet18"},
    "light_r34": {**LIGHT, "encoder": "resnet34"},
    "light_r50": LIGHT,
    "r101_dcn": {"encoder": "resnet101_dcnv2", "deformable": True},
    "x101_dcn": {"encoder": "resnext101_64x4d_dcnv2", "deformable": True},
}
SMALL: dict[str, Any] = {**solo.SMALL, "mask_width": 8, "feature_width": 8}


class MaskFeatures(nn.Module):
    """Section 3.3: the four finest maps of the pyramid, each brought to the finest one's size in steps of two with a
    convolution before each, summed; the coarsest also knows where its pixels lie."""

    def __init__(self, inputs: int, width: int, outputs: int, *, levels: int = 4, deformable: bool = False) -> None:
        super().__init__()
        self.convs_all_levels = nn.ModuleList()
        for level in range(levels):
            first = inputs + 2 if level == levels - 1 else inputs
            steps = [ConvGN(width if j else first, width, deformable=deformable) for j in range(max(1, level))]
            self.convs_all_levels.append(nn.ModuleDict({f"conv{j}": step for j, step in enumerate(steps)}))
        self.conv_pred = ConvGN(width, outputs, kernel=1, deformable=deformable)

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """The pyramid's finest maps (N, inputs, h, w) to (N, outputs, h, w) at the finest one's size."""
        coarsest = maps[-1]
        maps = [*maps[:-1], torch.cat([coarsest, coordinates(coarsest)], 1)]
        total = None
        for level, steps in enumerate(self.convs_all_levels):
            x = maps[level]
            for j, step in enumerate(steps.values()):  # pyright: ignore[reportCallIssue]
                x = step(x)
                x = up(x, maps[level - 1 - j]) if level else x
            total = x if total is None else total + x
        assert total is not None
        return self.conv_pred(total)


class Head(SoloHead):
    """`mask_width`: channels of the map of features and so of a kernel; `feature_width`: inside its branch."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        convs: int = 4,
        mask_width: int = 256,
        feature_width: int = 128,
        deformable: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(channels, num_classes, width=width, convs=convs, deformable=deformable, **more)
        self.kernel_convs = chain(channels[0] + 2, width, convs, deformable=deformable)
        self.conv_kernel = nn.Conv2d(width, mask_width, 3, padding=1)
        self.mask_feature_head = MaskFeatures(channels[0], feature_width, mask_width, deformable=deformable)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[Objects]:
        """The pyramid's five maps (N, C, h, w) to the objects of each picture."""
        features = self.mask_feature_head(maps[:-1])
        maps = levelled(maps)
        scores, kernels = self.point_scores(maps), self.kernels(maps)
        return [
            self.chosen(s, lambda points, n=n: masks(features[n], kernels[n, points])) for n, s in enumerate(scores)
        ]

    def mask_maker(self, maps: Sequence[torch.Tensor]) -> MaskMaker:
        """As `SoloHead` says."""
        features, kernels = self.mask_feature_head(maps[:-1]), self.kernels(levelled(maps))
        return lambda n, level, cells: masks(features[n], kernels[n, self.begin[level] + cells])

    def kernels(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """(N, P, mask_width): a 1x1 kernel for each point of all grids, from the levelled maps."""
        found = []
        for grid, x in zip(self.grids, maps, strict=True):
            placed = resize(torch.cat([x, coordinates(x)], 1), (grid, grid))
            found.append(as_points(self.conv_kernel(self.kernel_convs(placed))))
        return torch.cat(found, 1)


def masks(features: torch.Tensor, kernels: torch.Tensor) -> torch.Tensor:
    """(m, h, w) probabilities: features (C, h, w) convolved with 1x1 kernels (m, C)."""
    return torch.einsum("mc,chw->mhw", kernels, features).sigmoid()


def build(options: Mapping[str, object], num_classes: int) -> Detector:
    """SOLOv2 on a ResNet-50 unless the options say otherwise."""
    return detector(options, num_classes, Head, head_name="mask_head", encoder="resnet50")
