"""RTMDet-Ins (Lyu et al., arXiv:2212.07784, section 3.4, figure 3): a one-stage detector in which every place of three
maps says a class, a box and the parameters of a small network that makes the object's mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.encoders.cspnext import silu
from segdesk.nets.instance import dynamic_masks, places
from segdesk.nets.instance.pafpn import PAFPN
from segdesk.nets.instance.parts import Detector, Objects, as_points, detector

TITLE = "RTMDet-Ins"
PAPER = "arXiv:2212.07784"
OUTPUT = "instances"

STRIDES = (8, 16, 32)
NECKS = {"tiny": (96, 1), "s": (128, 1), "m": (192, 2), "l": (256, 3), "x": (320, 4)}  # width, blocks
VARIANTS: dict[str, dict[str, object]] = {
    size: {"encoder": f"cspnext_{size}", "neck_options": {"width": width, "blocks": blocks}}
    for size, (width, blocks) in NECKS.items()
}
SMALL: dict[str, Any] = {
    "encoder": "cspnext_tiny",
    "encoder_options": {"width": 0.125},
    "neck_options": {"width": 8, "blocks": 1},
}


class MaskFeatures(nn.Module):
    """All maps at the finest one's size, brought together to a few prototypes."""

    def __init__(self, channels: Sequence[int], prototypes: int) -> None:
        super().__init__()
        width = channels[0]
        self.fusion_conv = nn.Conv2d(sum(channels), width, 1)
        self.stacked_convs = nn.Sequential(*(ConvBN(width, width, kernel=3, act=silu) for _ in range(4)))
        self.projection = nn.Conv2d(width, prototypes, 1)

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Maps (N, C, h, w), fine to coarse, to (N, prototypes, h, w)."""
        joined = torch.cat([up(x, maps[0]) for x in maps], 1)
        return self.projection(self.stacked_convs(self.fusion_conv(joined)))


class Head(nn.Module):
    """Three branches over each map, of which `convs` convolutions each, with batch norms for each map.

    `score`: the probability that a place must exceed for a class; `before`: candidates of a map that go into the
    suppression; `overlap`: of boxes of one class, before the worse one is left out; `most`: objects of a picture.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        convs: int = 2,
        prototypes: int = 8,
        score: float = 0.05,
        before: int = 1000,
        overlap: float = 0.6,
        most: int = 100,
    ) -> None:
        super().__init__()
        width, maps = channels[0], len(channels)
        self.score, self.before, self.overlap, self.most = score, before, overlap, most
        numbers = dynamic_masks.parameters(prototypes)
        for branch, outputs in (("cls", num_classes), ("reg", 4), ("kernel", numbers)):
            stacks = (
                nn.Sequential(*(ConvBN(width, width, kernel=3, act=silu) for _ in range(convs))) for _ in channels
            )
            self.add_module(f"{branch}_convs", nn.ModuleList(stacks))
            self.add_module(f"rtm_{branch}", nn.ModuleList(nn.Conv2d(width, outputs, 1) for _ in range(maps)))
        self.mask_head = MaskFeatures(channels, prototypes)

    def branch(self, name: str, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """What the branch "cls", "reg" or "kernel" says of each map: (N, outputs, h, w)."""
        stacks, lasts = getattr(self, f"{name}_convs"), getattr(self, f"rtm_{name}")
        return [last(stack(x)) for stack, last, x in zip(stacks, lasts, maps, strict=True)]

    def forward(self, maps: Sequence[torch.Tensor]) -> list[Objects]:
        """The neck's maps (N, C, h, w) to the objects of each picture."""
        scores = [x.sigmoid() for x in self.branch("cls", maps)]
        reach = [F.relu(x) * stride for x, stride in zip(self.branch("reg", maps), STRIDES, strict=True)]
        numbers, features = self.branch("kernel", maps), self.mask_head(maps)
        all_places = places.places(maps, STRIDES, offset=0)
        flat = [[as_points(x) for x in each] for each in (scores, reach, numbers)]
        return [
            self._objects(all_places, *([x[n] for x in each] for each in flat), features=features[n])
            for n in range(len(features))
        ]

    def _objects(
        self,
        all_places: torch.Tensor,
        scores: Sequence[torch.Tensor],
        reach: Sequence[torch.Tensor],
        numbers: Sequence[torch.Tensor],
        *,
        features: torch.Tensor,
    ) -> Objects:
        """One picture's objects from what each map says, (p, .), of its places, and `all_places` (P, 3)."""
        size = (features.shape[1] * STRIDES[0], features.shape[2] * STRIDES[0])
        at, label, value = places.candidates(scores, above=self.score, most=self.before)
        boxes = places.boxes(all_places[at], torch.cat([*reach])[at], size)
        kept = places.remaining(boxes, value, label, overlap=self.overlap, most=self.most)
        at = at[kept]
        logits = dynamic_masks.masks(features, torch.cat([*numbers])[at], all_places[at], stride=STRIDES[0], offset=0)
        return {"labels": label[kept], "scores": value[kept], "masks": dynamic_masks.as_shares(logits)}


def build(options: Mapping[str, object], num_classes: int) -> Detector:
    """RTMDet-Ins-s unless the options say otherwise."""
    return detector(options, num_classes, Head, head_name="bbox_head", neck=PAFPN, **VARIANTS["s"])
