"""Hybrid Task Cascade (Chen et al., arXiv:1901.07518): three stages refine boxes and masks together, each mask head
also takes the features of the one before (figure 1d, mask information flow), and a semantic branch adds its features
to those of every region (figure 2). Without flow and semantic branch it is Cascade Mask R-CNN (arXiv:1906.09756)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, resize
from segdesk.nets.instance.boxes import best, decode, with_picture
from segdesk.nets.instance.mask_rcnn import answers
from segdesk.nets.instance.roi import BOX_CELLS, MASK_CELLS, BoxHead, MaskHead, aligned, of_class, pooled
from segdesk.nets.instance.two_stage import Objects, TwoStage, parts

TITLE = "HTC"
PAPER = "arXiv:1901.07518"
OUTPUT = "detections"

_CASCADE: dict[str, object] = {"semantic": False, "flow": False, "threshold": 0.05}
VARIANTS: dict[str, dict[str, object]] = {
    "r50": {},
    "r101": {"encoder": "resnet101"},
    "x101-32x4d": {"encoder": "resnext101_32x4d"},
    "x101-64x4d": {"encoder": "resnext101_64x4d"},
    "without-semantic": {"semantic": False},
    "cascade-r50": _CASCADE,
    "cascade-r101": {**_CASCADE, "encoder": "resnet101"},
    "cascade-x101-32x4d": {**_CASCADE, "encoder": "resnext101_32x4d"},
    "cascade-x101-64x4d": {**_CASCADE, "encoder": "resnext101_64x4d"},
    "cascade-x101-32x8d": {**_CASCADE, "encoder": "resnext101_32x8d"},
    "cascade-r50-caffe": {**_CASCADE, "encoder_options": {"caffe": True}},
    "cascade-r101-caffe": {**_CASCADE, "encoder": "resnet101", "encoder_options": {"caffe": True}},
}
SMALL: dict[str, object] = {
    "encoder": "resnet18",
    "width": 16,
    "box_width": 32,
    "threshold": 0.0,
    "semantic_classes": 4,
}
# The scale of the boxes' deltas, which shrink from stage to stage.
STDS = ((0.1, 0.1, 0.2, 0.2), (0.05, 0.05, 0.1, 0.1), (0.033, 0.033, 0.067, 0.067))
FUSED = 1  # the map of the pyramid on which the semantic branch works


class SemanticHead(nn.Module):
    """The semantic branch (figure 3): all maps of the pyramid at one size, added, and four convolutions."""

    def __init__(self, width: int, num_classes: int, count: int = 5) -> None:
        super().__init__()
        self.lateral_convs = nn.ModuleList(ConvBN(width, width, norm=False) for _ in range(count))
        self.convs = nn.ModuleList(ConvBN(width, width, kernel=3, norm=False) for _ in range(4))
        self.conv_embedding = ConvBN(width, width, norm=False)
        self.conv_logits = nn.Conv2d(width, num_classes, 1)

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Maps (N, width, h, w), fine to coarse, to features (N, width, h, w) of the size of map `FUSED`."""
        size = maps[FUSED].shape[2:]
        resized = [resize(x, size, align_corners=True) for x in maps]
        x = torch.stack([conv(y) for conv, y in zip(self.lateral_convs, resized, strict=True)]).sum(0)
        for conv in self.convs:
            x = conv(x)
        return self.conv_embedding(x)


class RoIHead(nn.Module):
    """The cascade. `semantic`: with the semantic branch for `semantic_classes`; `flow`: each mask head takes the
    features of the one before. The masks of all stages are averaged; with `last_mask` the last one's count alone.
    `threshold`, `overlap`, `most`, `box_width` as Mask R-CNN's."""

    def __init__(
        self,
        num_classes: int,
        *,
        inputs: int = 256,
        box_width: int = 1024,
        semantic: bool = True,
        semantic_classes: int = 183,
        flow: bool = True,
        last_mask: bool = False,
        threshold: float = 0.001,
        overlap: float = 0.5,
        most: int = 100,
    ) -> None:
        super().__init__()
        self.bbox_head = nn.ModuleList(
            BoxHead(num_classes, inputs=inputs, width=box_width, agnostic=True, stds=stds) for stds in STDS
        )
        self.mask_head = nn.ModuleList(
            MaskHead(num_classes, inputs=inputs, width=inputs, residual=flow and i > 0) for i in range(len(STDS))
        )
        if semantic:
            self.semantic_head = SemanticHead(inputs, semantic_classes)
        self.semantic, self.flow, self.last_mask = semantic, flow, last_mask
        self.threshold, self.overlap, self.most = threshold, overlap, most

    def forward(
        self,
        maps: Sequence[torch.Tensor],
        strides: Sequence[int],
        proposals: Sequence[torch.Tensor],
        size: tuple[int, int],
    ) -> Objects:
        """The objects of each picture of `size` (h, w), as `TwoStage.forward` says."""
        extra = (self.semantic_head(maps), strides[FUSED]) if self.semantic else None
        maps, strides = maps[:-1], strides[:-1]
        boxes, scores = self.refined(maps, strides, with_picture(proposals), size, extra)
        rules = {"threshold": self.threshold, "overlap": self.overlap, "most": self.most}
        counts = [len(p) for p in proposals]
        found = [best(*picture, **rules) for picture in zip(boxes.split(counts), scores.split(counts), strict=True)]
        regions = with_picture([boxes for boxes, _, _ in found])
        labels = torch.cat([labels for _, _, labels in found])
        x = self._region_features(maps, strides, regions, MASK_CELLS, extra)
        return answers(found, self.masks(x, labels))

    def refined(
        self,
        maps: Sequence[torch.Tensor],
        strides: Sequence[int],
        rois: torch.Tensor,
        size: tuple[int, int],
        extra: tuple[torch.Tensor, int] | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Boxes (n, 1, 4) of `rois` (n, 5) after the three stages, and scores (n, K) from the mean of their logits."""
        numbers, boxes = rois[:, :1], rois[:, 1:]
        stages = []
        for head, stds in zip(self.bbox_head, STDS, strict=True):
            x = self._region_features(maps, strides, torch.cat([numbers, boxes], 1), BOX_CELLS, extra)
            logits, deltas = head(x)
            boxes = decode(boxes, deltas[:, 0], size, stds)
            stages.append(logits)
        return boxes[:, None], torch.stack(stages).mean(0).softmax(1)[:, :-1]

    def masks(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(n, 28, 28) probabilities for region features (n, C, 14, 14)."""
        before, stages = None, []
        for head in self.mask_head:
            logits, features = head(x, before)
            before = features if self.flow else None
            stages.append(of_class(logits, labels).sigmoid())
        return stages[-1] if self.last_mask else torch.stack(stages).mean(0)

    def _region_features(
        self,
        maps: Sequence[torch.Tensor],
        strides: Sequence[int],
        rois: torch.Tensor,
        cells: int,
        extra: tuple[torch.Tensor, int] | None,
    ) -> torch.Tensor:
        """The pyramid's features of the regions, plus the semantic branch's."""
        x = pooled(maps, strides, rois, cells)
        if extra is None:
            return x
        more = aligned(*extra, rois, MASK_CELLS)
        return x + (more if cells == MASK_CELLS else F.adaptive_avg_pool2d(more, cells))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """HTC for `num_classes` kinds of things. Options: `encoder`, `encoder_options`, `width` of the pyramid, and those
    of `RoIHead`."""
    return TwoStage(*parts(options, RoIHead, num_classes))  # type: ignore[arg-type]
