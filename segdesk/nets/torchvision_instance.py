"""torchvision's Mask R-CNN without its last step, which would paste every mask into a whole picture: the engine pastes
the small masks itself, one object at a time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torchvision.models import detection
from torchvision.models.detection.rpn import AnchorGenerator

NAMES = ("maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2")


class TorchvisionInstance(nn.Module):
    """The four parts of one of `NAMES`, parameter names as torchvision's. It resizes its input to a shorter side of
    800 (the longer at most 1333) and normalises it itself."""

    output = "detections"
    objective = "torchvision_detection"

    def __init__(self, name: str, num_classes: int) -> None:
        super().__init__()
        whole = getattr(detection, name)(weights=None, weights_backbone=None, num_classes=num_classes)
        self.transform = whole.transform
        self.backbone = whole.backbone
        self.rpn = whole.rpn
        self.roi_heads = whole.roi_heads
        _make_anchors(self.rpn.anchor_generator)

    def forward(self, x: torch.Tensor) -> list[dict[str, torch.Tensor]]:
        """(N, 3, h, w), RGB in 0..1, to one dict a picture, objects best first.

        "boxes" (n, 4) x0, y0, x1, y1 in pixels of `x`; "labels" (n,) channels; "scores" (n,) 0..1; "masks" (n, m, m)
        probabilities over the box.
        """
        resized, _ = self.transform(list(x))
        features = self.backbone(resized.tensors)
        proposals, _ = self.rpn(resized, features)
        found, _ = self.roi_heads(features, proposals, resized.image_sizes)
        height, width = x.shape[2:]
        for objects, (h, w) in zip(found, resized.image_sizes, strict=True):
            scale = torch.tensor([width / w, height / h, width / w, height / h], device=x.device)
            objects["boxes"] = objects["boxes"] * scale
            objects["masks"] = objects["masks"][:, 0]
        return found


def _make_anchors(generator: AnchorGenerator) -> None:
    """Anchors are plain tensors, not parameters: in a net built without memory they need values of their own."""
    with torch.device("cpu"):
        generator.cell_anchors = [
            generator.generate_anchors(list(sizes), list(ratios))
            for sizes, ratios in zip(generator.sizes, generator.aspect_ratios, strict=True)
        ]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net that `options["name"]`, one of `NAMES`, says."""
    name = str(options.get("name"))
    if name not in NAMES:
        raise ValueError(f"torchvision_instance has no {name}")
    return TorchvisionInstance(name, num_classes)
