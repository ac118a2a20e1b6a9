"""Decoupled SOLO (Wang et al., arXiv:1912.04488, section 4, figure 7): the mask of a cell is the product of a map for
its column and one for its row, so that a grid of S x S cells needs 2 S channels instead of S * S."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from segdesk.nets.blocks import resize
from segdesk.nets.instance import solo
from segdesk.nets.instance.parts import Detector, Objects, chain, coordinates, detector, starts
from segdesk.nets.instance.solo import MaskMaker, SoloHead, doubled, levelled

TITLE = "Decoupled SOLO"
PAPER = "arXiv:1912.04488"
OUTPUT = "instances"

VARIANTS: dict[str, dict[str, object]] = {
    "r50": {},
    "r101": {"encoder": "resnet101"},
    "light_r50": {"light": True, "convs": 4},
    "light_r18": {"light": True, "convs": 4, "encoder": "resnet18"},
}
SMALL: dict[str, Any] = solo.SMALL


class Head(SoloHead):
    """With `light` one branch of features serves columns and rows."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 256,
        convs: int = 7,
        light: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(channels, num_classes, width=width, convs=convs, **more)
        self.light = light
        if light:
            self.mask_convs = chain(channels[0] + 2, width, convs)
        else:
            self.mask_convs_x = chain(channels[0] + 1, width, convs)
            self.mask_convs_y = chain(channels[0] + 1, width, convs)
        self.conv_mask_list_x = nn.ModuleList(nn.Conv2d(width, grid, 3, padding=1) for grid in self.grids)
        self.conv_mask_list_y = nn.ModuleList(nn.Conv2d(width, grid, 3, padding=1) for grid in self.grids)
        self.lines = starts(self.grids)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[Objects]:
        """The pyramid's five maps (N, C, h, w) to the objects of each picture."""
        maps = levelled(maps)
        scores = self.point_scores(maps)
        columns, rows = self.line_maps(maps)
        return [
            self.chosen(s, lambda points, n=n: self.masks(columns[n], rows[n], points)) for n, s in enumerate(scores)
        ]

    def mask_maker(self, maps: Sequence[torch.Tensor]) -> MaskMaker:
        """As `SoloHead` says."""
        columns, rows = self.line_maps(levelled(maps))
        return lambda n, level, cells: self.masks(columns[n], rows[n], self.begin[level] + cells)

    def line_maps(self, maps: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities (N, sum of the grids, h, w) for all columns and all rows, level after level."""
        size = (2 * maps[0].shape[2], 2 * maps[0].shape[3])
        columns, rows = [], []
        for level, x in enumerate(maps):
            for features, conv, found in zip(
                self._features(x),
                (self.conv_mask_list_x[level], self.conv_mask_list_y[level]),
                (columns, rows),
                strict=True,
            ):
                found.append(resize(conv(doubled(features)).sigmoid(), size))
        return torch.cat(columns, 1), torch.cat(rows, 1)

    def _features(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What columns and rows are made from."""
        place = coordinates(x)
        if self.light:
            both = self.mask_convs(torch.cat([x, place], 1))
            return both, both
        return self.mask_convs_x(torch.cat([x, place[:, :1]], 1)), self.mask_convs_y(torch.cat([x, place[:, 1:]], 1))

    def masks(self, columns: torch.Tensor, rows: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        """(m, h, w): the masks of points (m,) of one picture."""
        column, row = torch.zeros_like(points), torch.zeros_like(points)
        for level, here, cells in self.level_of(points):
            row[here] = self.lines[level] + cells // self.grids[level]
            column[here] = self.lines[level] + cells % self.grids[level]
        return columns[column] * rows[row]


def build(options: Mapping[str, object], num_classes: int) -> Detector:
    """Decoupled SOLO on a ResNet-50 unless the options say otherwise."""
    return detector(options, num_classes, Head, head_name="mask_head", encoder="resnet50")
