"""YOLACT (Bolya et al., arXiv:1904.02689, figure 2): prototypes of masks for the whole picture, and a detector with
anchors whose boxes each say how much of every prototype is in their mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torchvision.ops import box_iou

from segdesk.nets.blocks import ConvBN
from segdesk.nets.instance.boxes import cell_anchors, decode
from segdesk.nets.instance.fpn import FPN
from segdesk.nets.instance.parts import Objects, made

TITLE = "YOLACT"
PAPER = "arXiv:1904.02689"
OUTPUT = "instances"

# Sides of the five maps for an input of 550 x 550, from which the anchors' distances follow.
SIDES = (69, 35, 18, 9, 5)
STRIDES = tuple(550 / side for side in SIDES)
SIZES = (24, 48, 96, 192, 384)  # of the square anchors
STDS = (0.1, 0.1, 0.2, 0.2)
VARIANTS: dict[str, dict[str, object]] = {"r50": {}, "r101": {"encoder": "resnet101"}}
SMALL: dict[str, Any] = {
    "encoder": "resnet18",
    "encoder_options": {"base": 4, "stem_width": 4},
    "neck_options": {"width": 8},
    "prototypes": 4,
}


class BoxHead(nn.Module):
    """One convolution, then for the three anchors of each cell: logits of the classes and, last, of background; the
    box; the coefficients."""

    def __init__(self, width: int, num_classes: int, prototypes: int) -> None:
        super().__init__()
        self.head_convs = nn.ModuleList([ConvBN(width, width, kernel=3, norm=False)])
        self.conv_cls = nn.Conv2d(width, 3 * (num_classes + 1), 3, padding=1)
        self.conv_reg = nn.Conv2d(width, 3 * 4, 3, padding=1)
        self.conv_coeff = nn.Conv2d(width, 3 * prototypes, 3, padding=1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """A map (N, C, h, w) to probabilities (N, A, K + 1), the box's deltas (N, A, 4) and coefficients (N, A, P) of
        its A anchors, cell by cell."""
        x = self.head_convs[0](x)
        maps = (self.conv_cls(x), self.conv_reg(x), self.conv_coeff(x).tanh())
        scores, deltas, coefficients = (y.permute(0, 2, 3, 1).reshape(len(x), -1, y.shape[1] // 3) for y in maps)
        return scores.softmax(2), deltas, coefficients


class MaskHead(nn.Module):
    """`protonet`: the finest map to prototypes at twice its size. `segm_branch` served the training only; published
    files have it."""

    def __init__(self, width: int, num_classes: int, prototypes: int) -> None:
        super().__init__()
        self.segm_branch = nn.Module()
        self.segm_branch.segm_conv = nn.Conv2d(width, num_classes, 1)
        layers: list[nn.Module] = []
        for _ in range(3):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True)]
        layers += [nn.Upsample(scale_factor=2, mode="bilinear"), nn.ReLU(inplace=True)]
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True)]
        self.protonet = nn.Sequential(*layers, nn.Conv2d(width, prototypes, 1), nn.ReLU(inplace=True))


class Yolact(nn.Module):
    """`backbone`, `neck`, `bbox_head`, `mask_head`.

    `before`: anchors of a map that go into the suppression; `each`: of a class; `overlap`: of boxes of one class,
    before the worse one is left out; `score`: the probability that an object must exceed; `most` objects.
    """

    output = "instances"

    def __init__(
        self,
        backbone: nn.Module,
        neck: nn.Module,
        num_classes: int,
        *,
        prototypes: int = 32,
        before: int = 1000,
        each: int = 200,
        overlap: float = 0.5,
        score: float = 0.05,
        most: int = 100,
    ) -> None:
        super().__init__()
        self.backbone, self.neck = backbone, neck
        channels: Any = neck.channels
        self.bbox_head = BoxHead(channels[0], num_classes, prototypes)
        self.mask_head = MaskHead(channels[0], num_classes, prototypes)
        self.before, self.each, self.overlap, self.score, self.most = before, each, overlap, score, most

    def forward(self, x: torch.Tensor) -> list[Objects]:
        """(N, 3, h, w), normalised, to the objects of each picture, best first; see `parts.Detector`."""
        maps = self.neck(self.backbone(x))
        said = [self.bbox_head(y) for y in maps]
        anchors = [anchors_of(y, level) for level, y in enumerate(maps)]
        prototypes = self.mask_head.protonet(maps[0])
        size = (x.shape[2], x.shape[3])
        return [
            self._objects([[y[n] for y in level] for level in said], anchors, prototypes[n], size=size)
            for n in range(len(x))
        ]

    def _objects(
        self,
        said: Sequence[Sequence[torch.Tensor]],
        anchors: Sequence[torch.Tensor],
        prototypes: torch.Tensor,
        *,
        size: tuple[int, int],
    ) -> Objects:
        """One picture's objects from what `BoxHead` says of its maps' anchors (A, 4), and prototypes (P, h, w)."""
        rows = []
        for (scores, deltas, coefficients), boxes in zip(said, anchors, strict=True):
            best = scores[:, :-1].amax(1).topk(min(self.before, len(scores))).indices
            rows.append((scores[best, :-1], deltas[best], coefficients[best], boxes[best]))
        scores, deltas, coefficients, boxes = (torch.cat(parts) for parts in zip(*rows, strict=True))
        boxes = decode(boxes, deltas, size, STDS)
        at, labels, values = fast_nms(boxes, scores, above=self.score, each=self.each, overlap=self.overlap)
        at, labels, values = at[: self.most], labels[: self.most], values[: self.most]
        masks = torch.einsum("mp,phw->mhw", coefficients[at], prototypes).sigmoid()
        return {"labels": labels, "scores": values, "masks": masks * inside(boxes[at], masks, size)}


def anchors_of(x: torch.Tensor, level: int) -> torch.Tensor:
    """(h * w * 3, 4): the anchors of a map (N, C, h, w), cell by cell, around the middles of the cells."""
    stride = STRIDES[level]
    down, across = ((torch.arange(side, device=x.device) + 0.5) * stride for side in x.shape[2:])
    rows, columns = torch.meshgrid(down, across, indexing="ij")
    middles = torch.stack([columns, rows, columns, rows], -1).reshape(-1, 1, 4)
    return (middles + cell_anchors(1, SIZES[level]).to(x.device)).reshape(-1, 4)


def fast_nms(
    boxes: torch.Tensor, scores: torch.Tensor, *, above: float, each: int, overlap: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(box, label, score), each (m,), best first, of boxes (n, 4) with scores (n, K): what overlaps no better box of
    its class by more than `overlap`, even if that one is itself left out (section 4.3), and has a score `above`.
    `each`: boxes of a class that are looked at."""
    values, order = scores.T.sort(1, descending=True)
    values, order = values[:, :each], order[:, :each]
    found = []
    for label in (values[:, 0] > above).nonzero()[:, 0].tolist() if values.numel() else []:
        worst = box_iou(boxes[order[label]], boxes[order[label]]).triu(1).amax(0)
        (kept,) = ((worst <= overlap) & (values[label] > above)).nonzero(as_tuple=True)
        found.append((order[label, kept], torch.full_like(kept, label), values[label, kept]))
    if not found:
        return order.new_zeros(0), order.new_zeros(0), values.new_zeros(0)
    at, labels, best = (torch.cat(parts) for parts in zip(*found, strict=True))
    best, rank = best.sort(descending=True)
    return at[rank], labels[rank], best


def inside(boxes: torch.Tensor, masks: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(m, h, w) bool: the cells of masks (m, h, w) over an input of `size` that lie in the boxes (m, 4), which are
    made larger by one cell on each side."""
    height, width = masks.shape[1:]
    x = torch.arange(width, device=boxes.device)[None]
    y = torch.arange(height, device=boxes.device)[None]
    left, right = ((boxes[:, k] / size[1] * width)[:, None] for k in (0, 2))
    top, bottom = ((boxes[:, k] / size[0] * height)[:, None] for k in (1, 3))
    across = (x >= (left - 1).clamp(min=0)) & (x < (right + 1).clamp(max=width))
    down = (y >= (top - 1).clamp(min=0)) & (y < (bottom + 1).clamp(max=height))
    return down[:, :, None] & across[:, None]


def build(options: Mapping[str, object], num_classes: int) -> Yolact:
    """YOLACT on a ResNet-50 unless the options say otherwise."""
    neck = {"start_level": 1, "extra": "input", "smooth": True}
    return made(options, lambda backbone, neck, **more: Yolact(backbone, neck, num_classes, **more), FPN, neck)
