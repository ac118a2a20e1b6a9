"""DeepLabV3 on MobileNetV2 at output stride 16, with the image pooling and the 1x1 branch only (Chen et al.,
arXiv:1706.05587, without the dilated branches; Sandler et al., arXiv:1801.04381, section 6.3)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import mobilenet_v2

FEATURES = 320
WIDTH = 256


class DeepLabV3MobileNetV2(nn.Module):
    """The net. Its logits lie on a grid whose corners are the input's corner pixels (`align_corners`)."""

    output = "scores"
    align_corners = True

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.backbone = backbone()
        self.aspp0 = nn.Conv2d(FEATURES, WIDTH, 1)
        self.pool = nn.Conv2d(FEATURES, WIDTH, 1)
        self.proj = nn.Conv2d(2 * WIDTH, WIDTH, 1)
        self.logits = nn.Conv2d(WIDTH, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), RGB in -1..1, to logits (N, num_classes, ceil(h / 16), ceil(w / 16))."""
        return self.logits(self.pyramid(self.backbone(x)))

    def pyramid(self, features: torch.Tensor) -> torch.Tensor:
        """The encoder's last map (N, 320, h, w) to (N, 256, h, w): each place and the whole picture, mixed."""
        whole = F.relu(self.pool(features.mean((2, 3), keepdim=True))).expand(-1, -1, *features.shape[2:])
        local = F.relu(self.aspp0(features))
        return F.relu(self.proj(torch.cat([whole, local], 1)))


def backbone() -> nn.Sequential:
    """MobileNetV2's features up to the last block, its last stride of 2 turned into a dilation."""
    features = mobilenet_v2(weights=None).features[:18]
    assert isinstance(features, nn.Sequential)
    for index in range(14, 18):
        for layer in features[index].modules():
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
                layer.stride = (1, 1)
                if index > 14:
                    layer.dilation, layer.padding = (2, 2), (2, 2)
    return features


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net for a card; it has no options."""
    return DeepLabV3MobileNetV2(num_classes)
