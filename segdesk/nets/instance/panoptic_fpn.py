"""Panoptic FPN (Kirillov et al., arXiv:1901.02446): Mask R-CNN, and on the same pyramid a light branch for the stuff
(figure 3). Merging both answers, as section 3 of their arXiv:1801.00868 does, is left to whoever decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.instance.fpn import FPN
from segdesk.nets.instance.mask_rcnn import RoIHead
from segdesk.nets.instance.rpn import RPNHead
from segdesk.nets.instance.two_stage import DIVISOR, Objects, TwoStage, padded, parts

TITLE = "Panoptic FPN"
PAPER = "arXiv:1901.02446"
OUTPUT = "panoptic"
STUFF = True  # the option `stuff` says how many of the classes have a classifier of their own

VARIANTS: dict[str, dict[str, object]] = {"r50": {}, "r101": {"encoder": "resnet101"}}
SMALL: dict[str, object] = {
    "encoder": "resnet18",
    "width": 16,
    "box_width": 32,
    "threshold": 0.0,
    "stuff": 2,
    "semantic_width": 8,
    "semantic_groups": 2,
}


class _ConvGN(nn.Module):
    """3x3 convolution, group norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.gn = nn.GroupNorm(groups, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.gn(self.conv(x)), inplace=True)


class _ConvUp(nn.Module):
    """A map of the pyramid to a quarter of the picture: `doublings` times a convolution and twice the size."""

    def __init__(self, inputs: int, width: int, doublings: int, groups: int) -> None:
        super().__init__()
        self.doublings = doublings
        self.conv = nn.ModuleList(_ConvGN(inputs if i == 0 else width, width, groups) for i in range(max(1, doublings)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for conv in self.conv:
            x = conv(x)
            if self.doublings:
                x = F.interpolate(x, scale_factor=2, mode="bilinear")
        return x


class SemanticHead(nn.Module):
    """The four finest maps of the pyramid, each brought to a quarter of the picture, added, and classified."""

    def __init__(self, inputs: int, num_classes: int, *, width: int = 128, groups: int = 32) -> None:
        super().__init__()
        self.conv_upsample_layers = nn.ModuleList(_ConvUp(inputs, width, i, groups) for i in range(4))
        self.conv_logits = nn.Conv2d(width, num_classes, 1)

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Maps whose sizes halve exactly to logits (N, num_classes, h, w) of the finest one's size."""
        lifted = [layer(x) for layer, x in zip(self.conv_upsample_layers, maps, strict=False)]
        return self.conv_logits(torch.stack(lifted).sum(0))


class PanopticFPN(TwoStage):
    """Mask R-CNN with `semantic_head`.

    `score_channels`: for each channel of its semantic answer the net's channel (things first, then stuff), -1 for
    the last one, "some thing", which names no class.
    """

    output = "panoptic"

    def __init__(
        self,
        backbone: nn.Module,
        neck: FPN,
        rpn_head: RPNHead,
        roi_head: nn.Module,
        semantic_head: SemanticHead,
        *,
        channels: Sequence[int],
    ) -> None:
        super().__init__(backbone, neck, rpn_head, roi_head)
        self.semantic_head = semantic_head
        self.score_channels = tuple(channels)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor | Objects]:  # type: ignore[override]
        """(N, 3, h, w), normalised, to "scores", logits (N, len(score_channels), h / 4, w / 4) over the whole of `x`,
        and "objects", what Mask R-CNN answers."""
        objects, maps = self.found(x)
        scores = cropped(self.semantic_head(maps), (x.shape[2], x.shape[3]))
        return {"scores": scores, "objects": objects}

    def semantic(self, x: torch.Tensor) -> torch.Tensor:
        """The "scores" of `forward` alone, at less cost."""
        return cropped(self.semantic_head(self.neck(self.backbone(padded(x)))), (x.shape[2], x.shape[3]))


def cropped(scores: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """The part of a map of the padded picture, (N, K, H, W), that belongs to the picture itself, of `size` (h, w).

    Where a side is not a multiple of the map's stride, the cells of the part are a little smaller than the map's, and
    are sampled bilinear.
    """
    whole = [-(-side // DIVISOR) * DIVISOR for side in size]
    cells = [-(-side * have // full) for side, have, full in zip(size, scores.shape[2:], whole, strict=True)]
    y, x = (side / full for side, full in zip(size, whole, strict=True))
    if all(side * have % full == 0 for side, have, full in zip(size, scores.shape[2:], whole, strict=True)):
        return scores[:, :, : cells[0], : cells[1]]
    theta = scores.new_tensor([[x, 0, x - 1], [0, y, y - 1]]).expand(len(scores), 2, 3)
    grid = F.affine_grid(theta, [*scores.shape[:2], *cells], align_corners=False)
    return F.grid_sample(scores, grid, padding_mode="border", align_corners=False)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """Panoptic FPN for `num_classes` classes, of which the last `stuff` are stuff, and those before things; as many
    in proportion as COCO's 53 of 133 unless said otherwise.

    Options: Mask R-CNN's, `stuff`, `semantic_width` and `semantic_groups` of the semantic head. As published, a better
    box suppresses others of any class (`agnostic`).
    """
    others = {"agnostic": True, **options}
    stuff, width = others.pop("stuff", num_classes * 53 // 133), others.pop("semantic_width", 128)
    groups, inputs = others.pop("semantic_groups", 32), others.get("width", 256)
    if not all(isinstance(number, int) for number in (stuff, width, groups, inputs)):
        raise ValueError("stuff, width, semantic_width and semantic_groups must be numbers")
    things = num_classes - stuff  # type: ignore[operator]
    if things < 1:
        raise ValueError(f"of {num_classes} classes, {stuff} cannot be stuff: at least one must be a thing")
    head = SemanticHead(inputs, stuff + 1, width=width, groups=groups)  # type: ignore[arg-type,operator]
    channels = (*range(things, num_classes), -1)
    return PanopticFPN(*parts(others, RoIHead, things), head, channels=channels)  # type: ignore[arg-type,misc]
