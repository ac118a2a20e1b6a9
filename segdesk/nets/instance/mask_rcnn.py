"""Mask R-CNN (He et al., arXiv:1703.06870) on a feature pyramid, section 3 and figure 4: proposals, RoIAlign of 7x7
cells for class and box, of 14x14 for the mask of 28x28, one mask for each class. As OpenMMLab publishes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.instance.boxes import best, decode, with_picture
from segdesk.nets.instance.roi import BOX_CELLS, MASK_CELLS, BoxHead, MaskHead, of_class, pooled
from segdesk.nets.instance.two_stage import Objects, TwoStage, parts

TITLE = "Mask R-CNN"
PAPER = "arXiv:1703.06870"
OUTPUT = "detections"

VARIANTS: dict[str, dict[str, object]] = {
    "r50": {},
    "r101": {"encoder": "resnet101"},
    "x101-32x4d": {"encoder": "resnext101_32x4d"},
    "x101-64x4d": {"encoder": "resnext101_64x4d"},
    "x101-32x8d": {"encoder": "resnext101_32x8d"},
    "r50-caffe": {"encoder_options": {"caffe": True}},
    "r101-caffe": {"encoder": "resnet101", "encoder_options": {"caffe": True}},
}
SMALL: dict[str, object] = {"encoder": "resnet18", "width": 16, "box_width": 32, "threshold": 0.0}


class RoIHead(nn.Module):
    """The second stage. `threshold`: the least score of an object; `overlap`: of boxes of one class (with `agnostic`,
    of any), before the worse one is left out; `most`: objects of a picture; `box_width`: of the full layers."""

    def __init__(
        self,
        num_classes: int,
        *,
        inputs: int = 256,
        box_width: int = 1024,
        threshold: float = 0.05,
        overlap: float = 0.5,
        most: int = 100,
        agnostic: bool = False,
    ) -> None:
        super().__init__()
        self.bbox_head = BoxHead(num_classes, inputs=inputs, width=box_width)
        self.mask_head = MaskHead(num_classes, inputs=inputs, width=inputs)
        self.threshold, self.overlap, self.most, self.agnostic = threshold, overlap, most, agnostic

    def forward(
        self,
        maps: Sequence[torch.Tensor],
        strides: Sequence[int],
        proposals: Sequence[torch.Tensor],
        size: tuple[int, int],
    ) -> Objects:
        """The objects of each picture of `size` (h, w), as `TwoStage.forward` says, from all maps but the coarsest."""
        maps, strides = maps[:-1], strides[:-1]
        rois = with_picture(proposals)
        logits, deltas = self.bbox_head(pooled(maps, strides, rois, BOX_CELLS))
        boxes = decode(rois[:, None, 1:], deltas, size, self.bbox_head.stds)
        found = self.chosen(boxes, logits.softmax(1)[:, :-1], [len(p) for p in proposals])
        regions = with_picture([boxes for boxes, _, _ in found])
        labels = torch.cat([labels for _, _, labels in found])
        masks, _ = self.mask_head(pooled(maps, strides, regions, MASK_CELLS))
        return answers(found, of_class(masks, labels).sigmoid())

    def chosen(
        self, boxes: torch.Tensor, scores: torch.Tensor, counts: Sequence[int]
    ) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Of each picture's share of the boxes what remains, with scores and labels."""
        rules = {"threshold": self.threshold, "overlap": self.overlap, "most": self.most, "agnostic": self.agnostic}
        pictures = zip(boxes.split(list(counts)), scores.split(list(counts)), strict=True)
        return [best(*picture, **rules) for picture in pictures]


class MaskRCNN(TwoStage):
    """The net, which knows its loss."""

    objective = "two_stage"


def answers(found: Sequence[tuple[torch.Tensor, torch.Tensor, torch.Tensor]], masks: torch.Tensor) -> Objects:
    """The objects of all pictures, whose masks (n, 28, 28) lie one behind the other, as one dict a picture."""
    counts = [len(boxes) for boxes, _, _ in found]
    return [
        {"boxes": boxes, "scores": scores, "labels": labels, "masks": own}
        for (boxes, scores, labels), own in zip(found, masks.split(counts), strict=True)
    ]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """Mask R-CNN for `num_classes` kinds of things (channel k is kind k; there is no channel for the background).

    Options: `encoder`, `encoder_options`, `width` of the pyramid, and those of `RoIHead`.
    """
    return MaskRCNN(*parts(options, RoIHead, num_classes))  # type: ignore[arg-type]
