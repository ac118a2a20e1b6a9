"""What looks at the regions of interest of a picture: RoIAlign on the fitting level of the pyramid, the box head and
the mask head (He et al., arXiv:1703.06870, figure 4 right), with OpenMMLab's parameter names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import roi_align

from segdesk.nets.blocks import ConvBN

BOX_CELLS = 7  # RoIAlign's cells for the box head
MASK_CELLS = 14  # and for the mask head, which doubles them
FINEST = 56  # side of the largest region that the finest map serves alone


def levels(boxes: torch.Tensor, count: int) -> torch.Tensor:
    """(n,) the pyramid's level, 0 the finest, for boxes (n, 4): one more with each doubling of the side.

    It is 4 + floor(log2(sqrt(area) / 224)), held between 2 and 1 + count, counted from 2 (Lin et al., arXiv:1612.03144,
    equation 1).
    """
    side = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sqrt()
    return (side / FINEST + 1e-6).log2().floor().clamp(0, count - 1).long()


def pooled(maps: Sequence[torch.Tensor], strides: Sequence[int], rois: torch.Tensor, cells: int) -> torch.Tensor:
    """(n, C, cells, cells): RoIAlign of `rois` (n, 5: picture, box), each on the level that fits its size."""
    where = levels(rois[:, 1:], len(maps))
    result = maps[0].new_zeros(len(rois), maps[0].shape[1], cells, cells)
    for level, (x, stride) in enumerate(zip(maps, strides, strict=True)):
        at = (where == level).nonzero()[:, 0]
        if len(at):
            result[at] = aligned(x, stride, rois[at], cells)
    return result


def aligned(x: torch.Tensor, stride: int, rois: torch.Tensor, cells: int, samples: int = 0) -> torch.Tensor:
    """(n, C, cells, cells): `rois` (n, 5) of one map (N, C, h, w); `samples` points along each side of a cell (0: as
    many as the map has there)."""
    return roi_align(x, rois, cells, spatial_scale=1 / stride, sampling_ratio=samples, aligned=True)


class BoxHead(nn.Module):
    """Two full layers, then class and box. `agnostic`: one box for all classes; `stds`: the scale of its deltas."""

    def __init__(
        self,
        num_classes: int,
        *,
        inputs: int = 256,
        width: int = 1024,
        agnostic: bool = False,
        stds: Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    ) -> None:
        super().__init__()
        self.stds = tuple(stds)
        self.shared_fcs = nn.ModuleList([nn.Linear(inputs * BOX_CELLS**2, width), nn.Linear(width, width)])
        self.fc_cls = nn.Linear(width, num_classes + 1)
        self.fc_reg = nn.Linear(width, 4 if agnostic else 4 * num_classes)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(n, C, 7, 7) to logits (n, K + 1), the last "no object", and deltas (n, K, 4) or (n, 1, 4)."""
        x = x.flatten(1)
        for layer in self.shared_fcs:
            x = F.relu(layer(x))
        return self.fc_cls(x), self.fc_reg(x).unflatten(1, (-1, 4))


class MaskHead(nn.Module):
    """Four 3x3 convolutions, a transposed one that doubles the size, and a mask for each class.

    `residual`: it can take the features of the head before it (HTC's mask information flow).
    """

    def __init__(self, num_classes: int, *, inputs: int = 256, width: int = 256, residual: bool = False) -> None:
        super().__init__()
        self.convs = nn.ModuleList(ConvBN(inputs if i == 0 else width, width, kernel=3, norm=False) for i in range(4))
        self.upsample = nn.ConvTranspose2d(width, width, 2, 2)
        self.conv_logits = nn.Conv2d(width, num_classes, 1)
        if residual:
            self.conv_res = ConvBN(width, width, norm=False)

    def forward(self, x: torch.Tensor, before: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """(n, C, 14, 14) to logits (n, K, 28, 28), and the features (n, width, 14, 14) behind the four convolutions.

        `before`: such features of another head, added first by way of `conv_res`.
        """
        if before is not None:
            x = x + self.conv_res(before)
        for conv in self.convs:
            x = conv(x)
        return self.conv_logits(F.relu(self.upsample(x))), x


def of_class(masks: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(n, h, w): of masks (n, K, h, w) each one's own class's."""
    return masks[torch.arange(len(labels), device=labels.device), labels]
