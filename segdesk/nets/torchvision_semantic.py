"""torchvision's semantic models without their last upsampling: the engine samples the logits where it needs them.

Parameter names are torchvision's, so that its weights load as they are; the auxiliary head is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torchvision.models import segmentation

NAMES = (
    "fcn_resnet50",
    "fcn_resnet101",
    "deeplabv3_resnet50",
    "deeplabv3_resnet101",
    "deeplabv3_mobilenet_v3_large",
    "lraspp_mobilenet_v3_large",
)


class TorchvisionSemantic(nn.Module):
    """Backbone and classifier of one of `NAMES`."""

    output = "scores"

    def __init__(self, name: str, num_classes: int) -> None:
        super().__init__()
        options = {} if name.startswith("lraspp") else {"aux_loss": False}
        whole = getattr(segmentation, name)(weights=None, weights_backbone=None, num_classes=num_classes, **options)
        self.backbone = whole.backbone
        self.classifier = whole.classifier
        self.takes_all = name.startswith("lraspp")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, ceil(h / 8), ceil(w / 8))."""
        features = self.backbone(x)
        return self.classifier(features if self.takes_all else features["out"])


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net that `options["name"]`, one of `NAMES`, says."""
    name = str(options.get("name"))
    if name not in NAMES:
        raise ValueError(f"torchvision_semantic has no {name}")
    return TorchvisionSemantic(name, num_classes)
