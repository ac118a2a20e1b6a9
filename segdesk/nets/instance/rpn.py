"""The region proposal network (Ren et al., arXiv:1506.01497, section 3.1) on a feature pyramid, with OpenMMLab's
parameter names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import batched_nms

from segdesk.nets.instance.boxes import RATIOS, decode, grid_anchors

BEFORE = 1000  # anchors of a level that go into the suppression
AFTER = 1000  # proposals of a picture
OVERLAP = 0.7


class RPNHead(nn.Module):
    """For each of three anchors at each place of each map: is there an object, and how does its box differ."""

    def __init__(self, inputs: int = 256, width: int = 256) -> None:
        super().__init__()
        self.rpn_conv = nn.Conv2d(inputs, width, 3, padding=1)
        self.rpn_cls = nn.Conv2d(width, len(RATIOS), 1)
        self.rpn_reg = nn.Conv2d(width, 4 * len(RATIOS), 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A map (N, C, h, w) to logits (N, h * w * 3) and deltas (N, h * w * 3, 4) of its anchors."""
        x = F.relu(self.rpn_conv(x))
        return self.rpn_cls(x).permute(0, 2, 3, 1).flatten(1), self.rpn_reg(x).permute(0, 2, 3, 1).reshape(
            x.shape[0], -1, 4
        )

    def proposals(
        self, maps: Sequence[torch.Tensor], strides: Sequence[int], size: tuple[int, int]
    ) -> list[torch.Tensor]:
        """For each of the N pictures of `size` (h, w) its proposals (n, 4), best first; n may be 0.

        Of each level the best `BEFORE` anchors are taken; among those of one level, better boxes suppress others that
        overlap them by more than `OVERLAP`.
        """
        boxes, scores, levels = [], [], []
        for level, (x, stride) in enumerate(zip(maps, strides, strict=True)):
            logits, deltas = self(x)
            anchors = grid_anchors(stride, x.shape[2:], x.device)
            value, at = logits.sigmoid().topk(min(BEFORE, logits.shape[1]))
            chosen = deltas.gather(1, at[:, :, None].expand(-1, -1, 4))
            boxes.append(decode(anchors[at], chosen, size))
            scores.append(value)
            levels.append(torch.full_like(at, level))
        everything = zip(torch.cat(boxes, 1), torch.cat(scores, 1), torch.cat(levels, 1), strict=True)
        return [_kept(*picture) for picture in everything]


def _kept(boxes: torch.Tensor, scores: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """One picture's boxes that have an area and that no better one of their level suppresses."""
    solid = (boxes[:, 2:] > boxes[:, :2]).all(1)
    boxes, scores, levels = boxes[solid], scores[solid], levels[solid]
    return boxes[batched_nms(boxes, scores, levels, OVERLAP)[:AFTER]]
