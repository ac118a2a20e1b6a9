"""CondInst (Tian et al., arXiv:2003.05664, figure 3): FCOS, whose places also say the parameters of a small network
that makes the object's mask from features of the whole picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, Scale
from segdesk.nets.instance import dynamic_masks, places
from segdesk.nets.instance.fpn import FPN
from segdesk.nets.instance.parts import Objects, as_points, chain, made

TITLE = "CondInst"
PAPER = "arXiv:2003.05664"
OUTPUT = "instances"

STRIDES = (8, 16, 32, 64, 128)
VARIANTS: dict[str, dict[str, object]] = {"r50": {}, "r101": {"encoder": "resnet101"}}
SMALL: dict[str, Any] = {
    "encoder": "resnet18",
    "encoder_options": {"base": 4, "stem_width": 4},
    "neck_options": {"width": 8},
    "convs": 1,
    "feature_width": 8,
}


def aligned(x: torch.Tensor, factor: int) -> torch.Tensor:
    """(N, C, h, w) enlarged bilinear so that cell k lies at pixel k * factor + factor // 2, its edges repeated."""
    height, width = x.shape[2:]
    x = F.pad(x, (0, 1, 0, 1), mode="replicate")
    x = F.interpolate(x, size=(factor * height + 1, factor * width + 1), mode="bilinear", align_corners=True)
    x = F.pad(x, (factor // 2, 0, factor // 2, 0), mode="replicate")
    return x[:, :, : factor * height, : factor * width]


class BoxHead(nn.Module):
    """FCOS with a scale for each map, and `controller`, which says the parameters."""

    def __init__(self, channels: Sequence[int], num_classes: int, *, convs: int, numbers: int) -> None:
        super().__init__()
        width = channels[0]
        self.cls_convs = chain(width, width, convs, bias=True)
        self.reg_convs = chain(width, width, convs, bias=True)
        self.conv_cls = nn.Conv2d(width, num_classes, 3, padding=1)
        self.conv_reg = nn.Conv2d(width, 4, 3, padding=1)
        self.conv_centerness = nn.Conv2d(width, 1, 3, padding=1)
        self.scales = nn.ModuleList(Scale() for _ in channels)
        self.controller = nn.Conv2d(width, numbers, 3, padding=1)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[tuple[torch.Tensor, ...]]:
        """Of each map (N, C, h, w): probabilities of classes (N, h * w, K), distances of the box's sides in pixels
        (N, h * w, 4), how central the place is (N, h * w, 1), and the parameters (N, h * w, P)."""
        found = []
        for x, scale, stride in zip(maps, self.scales, STRIDES, strict=True):
            features = self.reg_convs(x)
            sides = scale(self.conv_reg(features)).clamp(min=0) * stride
            central = self.conv_centerness(features).sigmoid()
            scores = self.conv_cls(self.cls_convs(x)).sigmoid()
            found.append(tuple(as_points(y) for y in (scores, sides, central, self.controller(features))))
        return found


class MaskFeatures(nn.Module):
    """The three finest maps, brought to the finest one's size and summed, to a few features."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        steps = (nn.ModuleDict({f"conv{i}": ConvBN(inputs, width, kernel=3)}) for i in range(3))
        self.convs_all_levels = nn.ModuleList(steps)
        self.conv_branch = nn.Sequential(*(ConvBN(width, width, kernel=3) for _ in range(4)))
        self.conv_pred = nn.Conv2d(width, outputs, 1)

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Maps (N, C, h, w), fine to coarse, to (N, outputs, h, w)."""
        total: torch.Tensor | None = None
        for level, step in enumerate(self.convs_all_levels):
            x = step[f"conv{level}"](maps[level])  # pyright: ignore[reportIndexIssue]
            total = x if total is None else total + aligned(x, 2**level)[:, :, : total.shape[2], : total.shape[3]]
        return self.conv_pred(self.conv_branch(total))


class MaskHead(nn.Module):
    """Holds the features under the name that the published files have."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.mask_feature_head = MaskFeatures(inputs, width, outputs)


class CondInst(nn.Module):
    """`backbone`, `neck`, `bbox_head`, `mask_head`.

    `score`: the probability that a place must exceed for a class; `before`: candidates of a map that go into the
    suppression; `overlap`: of boxes of one class, before the worse one is left out; `most`: objects of a picture.
    """

    output = "instances"

    def __init__(
        self,
        backbone: nn.Module,
        neck: nn.Module,
        num_classes: int,
        *,
        convs: int = 4,
        feature_width: int = 128,
        features: int = 8,
        score: float = 0.05,
        before: int = 1000,
        overlap: float = 0.6,
        most: int = 100,
    ) -> None:
        super().__init__()
        channels: Any = neck.channels
        self.backbone, self.neck = backbone, neck
        self.bbox_head = BoxHead(channels, num_classes, convs=convs, numbers=dynamic_masks.parameters(features))
        self.mask_head = MaskHead(channels[0], feature_width, features)
        self.score, self.before, self.overlap, self.most = score, before, overlap, most

    def forward(self, x: torch.Tensor) -> list[Objects]:
        """(N, 3, h, w), normalised, to the objects of each picture, best first; see `parts.Detector`."""
        maps = self.neck(self.backbone(x))
        said = self.bbox_head(maps)
        features = self.mask_head.mask_feature_head(maps)
        all_places = places.places(maps, STRIDES, offset=0.5)
        size = (x.shape[2], x.shape[3])
        return [
            self._objects(all_places, [[y[n] for y in level] for level in said], features=features[n], size=size)
            for n in range(len(x))
        ]

    def _objects(
        self,
        all_places: torch.Tensor,
        said: Sequence[Sequence[torch.Tensor]],
        *,
        features: torch.Tensor,
        size: tuple[int, int],
    ) -> Objects:
        """One picture's objects from what `BoxHead` says of its maps."""
        at, label, value = places.candidates([level[0] for level in said], above=self.score, most=self.before)
        sides, central, numbers = (torch.cat([level[k] for level in said])[at] for k in (1, 2, 3))
        value = value * central[:, 0]
        boxes = places.boxes(all_places[at], sides, size)
        kept = places.remaining(boxes, value, label, overlap=self.overlap, most=self.most)
        logits = dynamic_masks.masks(features, numbers[kept], all_places[at[kept]], stride=STRIDES[0], offset=0.5)
        masks = aligned(logits[:, None], 2)[:, 0].sigmoid()
        return {"labels": label[kept], "scores": value[kept], "masks": masks}


def build(options: Mapping[str, object], num_classes: int) -> CondInst:
    """CondInst on a ResNet-50 unless the options say otherwise."""
    neck = {"start_level": 1, "extra": "output", "relu": True}
    return made(options, lambda backbone, neck, **more: CondInst(backbone, neck, num_classes, **more), FPN, neck)
