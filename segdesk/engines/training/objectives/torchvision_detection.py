"""The losses of torchvision's own Mask R-CNN, as torchvision has them. It knows no pixels of which nothing is known:
there it learns that nothing is."""

from __future__ import annotations

from typing import Any

import torch

from segdesk.engines.training.objects import Truth, things_of


def loss(net: Any, x: torch.Tensor, truth: Truth) -> torch.Tensor:
    """All losses of a `TorchvisionInstance`, added. Its channel 0 is the ground."""
    targets = []
    for n in range(len(x)):
        things = things_of(truth, n)
        targets.append({"boxes": things.boxes, "labels": things.labels, "masks": things.masks.to(torch.uint8)})
    resized, targets = net.transform(list(x), targets)
    features = net.backbone(resized.tensors)
    proposals, first = net.rpn(resized, features, targets)
    _, second = net.roi_heads(features, proposals, resized.image_sizes, targets)
    return torch.stack([*first.values(), *second.values()]).sum()
