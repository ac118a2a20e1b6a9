"""BlendMask (Chen et al., arXiv:2001.00309): FCOS finds the objects; a few bases, drawn once for the whole picture, are
blended within each box, by weights that the object's place gives for 14x14 cells of it (figure 2, equations 3 to 6).

Parameters are called as in AdelaiDet but for encoder and pyramid, which have OpenMMLab's names here; the layout
"adelaidet" renames the files'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets import encoders
from segdesk.nets.blocks import up
from segdesk.nets.instance.boxes import with_picture
from segdesk.nets.instance.fcos import FCOS, FCOSHead, Found
from segdesk.nets.instance.fpn import FPN
from segdesk.nets.instance.roi import aligned
from segdesk.nets.instance.two_stage import Objects, padded

TITLE = "BlendMask"
PAPER = "arXiv:2001.00309"
OUTPUT = "detections"

_CAFFE: dict[str, object] = {"caffe": True}
VARIANTS: dict[str, dict[str, object]] = {
    "r50": {},
    "r101": {"encoder": "resnet101"},
    "550-r50": {"levels": 4, "shared": 3, "depth": 0, "basis_depth": 2},
    "rt-r50": {"levels": 3, "shared": 3, "depth": 0, "basis_depth": 2},
}
SMALL: dict[str, object] = {
    "encoder": "resnet18",
    "encoder_options": {},
    "width": 16,
    "depth": 1,
    "basis_depth": 1,
    "basis_width": 8,
    "groups": 2,
    "threshold": 0.0,
}
ATTENTION = 14  # cells of an object's weights along each side
CELLS = 56  # cells of its mask
BASIS_STRIDE = 4
BASIS_MAPS = 3  # maps of the pyramid that make the bases


class ProtoNet(nn.Module):
    """The bases: the three finest maps of the pyramid at one size, added, through `depth` 3x3 convolutions, doubled in
    size, and `bases` channels of them."""

    def __init__(self, inputs: int, *, width: int = 128, depth: int = 3, bases: int = 4) -> None:
        super().__init__()
        self.refine = nn.ModuleList(_conv(inputs, width) for _ in range(BASIS_MAPS))
        double = nn.Upsample(scale_factor=2, mode="bilinear")
        middle = [_conv(width, width) for _ in range(depth)]
        self.tower = nn.Sequential(*middle, double, _conv(width, width), nn.Conv2d(width, bases, 1))

    def forward(self, maps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Maps (N, C, h, w), fine to coarse, to bases (N, B, 2 * h, 2 * w) of the first one's size."""
        refined = [refine(x) for refine, x in zip(self.refine, maps, strict=False)]
        x = refined[0]
        for other in refined[1:]:
            x = x + up(other, x)
        return self.tower(x)


def _conv(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
    )


def blended(bases: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(n, c, c) logits of the masks of n objects.

    `bases` (n, B, c, c): each object's part of the bases; `weights` (n, B * a * a): its weights for cells of a x a,
    which are enlarged, made to add up to one over the bases, and multiplied with them.
    """
    n, count, cells = bases.shape[:3]
    side = round((weights.shape[1] // count) ** 0.5)
    shaped = weights.reshape(n, count, side, side)
    if n:  # an empty batch cannot be enlarged
        shaped = F.interpolate(shaped, size=(cells, cells), mode="bilinear")
        return (bases * shaped.softmax(1)).sum(1)
    return bases.sum(1)


class BlendMask(nn.Module):
    """`backbone`, `neck`, `proposal_generator` (FCOS), `basis_module`, and `top_layer`, which gives the weights.

    The picture may have any size: it is padded with zeros at the right and bottom to a multiple of 32 pixels.
    """

    output = "detections"

    def __init__(
        self, backbone: nn.Module, neck: FPN, proposal_generator: FCOS, basis_module: ProtoNet, top_layer: nn.Conv2d
    ) -> None:
        super().__init__()
        self.backbone, self.neck = backbone, neck
        self.proposal_generator, self.basis_module, self.top_layer = proposal_generator, basis_module, top_layer

    def forward(self, x: torch.Tensor) -> Objects:
        """(N, 3, h, w), normalised, to one dict a picture, objects best first.

        "boxes" (n, 4) x0, y0, x1, y1 in pixels of `x`, which may reach beyond it as their masks do; "labels" (n,)
        channels; "scores" (n,) 0..1; "masks" (n, 56, 56) probabilities over the box.
        """
        maps = self.neck(self.backbone(padded(x)))
        bases = self.basis_module(maps)
        found = self.proposal_generator(maps, self.top_layer)
        masks = self.masks(bases, found).split([len(one.boxes) for one in found])
        return [
            {"boxes": one.boxes, "scores": one.scores, "labels": one.labels, "masks": own}
            for one, own in zip(found, masks, strict=True)
        ]

    def masks(self, bases: torch.Tensor, found: Sequence[Found]) -> torch.Tensor:
        """(n, 56, 56) probabilities of the objects of all pictures, from the bases (N, B, h, w) of each."""
        regions = with_picture([one.boxes for one in found])
        parts = aligned(bases, BASIS_STRIDE, regions, CELLS, samples=1)
        return blended(parts, torch.cat([one.top for one in found])).sigmoid()


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """BlendMask for `num_classes` kinds of things. Raises ValueError on unknown options.

    Options: `encoder` (ResNet-50) and `encoder_options` (strides as in Caffe, which the published files have); `width`
    of the pyramid, `levels` of it (5: with two behind the encoder's); `depth`, `shared` and `groups` of
    `FCOSHead`; `basis_width`, `basis_depth` and `bases` of `ProtoNet`; `threshold`, `overlap` and `most` of `FCOS`.
    """
    chosen = dict(options)
    encoder, inner = str(chosen.pop("encoder", "resnet50")), chosen.pop("encoder_options", _CAFFE)
    width, levels, bases = (_number(chosen, *pair) for pair in (("width", 256), ("levels", 5), ("bases", 4)))
    head = {key: chosen.pop(key) for key in ("depth", "shared", "groups") if key in chosen}
    basis = {key: chosen.pop(f"basis_{key}") for key in ("width", "depth") if f"basis_{key}" in chosen}
    if not isinstance(inner, Mapping):
        raise ValueError("encoder_options must be a table")
    try:
        backbone = encoders.make(encoder, inner)
        neck = FPN(backbone.channels, width=width, start_level=1, num_outs=levels, extra="output", relu=True)  # type: ignore[arg-type]
        strides = [8 * 2**i for i in range(levels)]
        detector = FCOS(FCOSHead(width, num_classes, **head), strides, **chosen)  # type: ignore[arg-type]
        proto = ProtoNet(width, bases=bases, **basis)  # type: ignore[arg-type]
    except TypeError as error:  # an option that the part's constructor does not know
        raise ValueError(f"an option does not fit: {error}") from error
    top = nn.Conv2d(width, bases * ATTENTION**2, 3, padding=1)
    return BlendMask(backbone, neck, detector, proto, top)


def _number(options: dict[str, object], key: str, default: int) -> int:
    value = options.pop(key, default)
    if not isinstance(value, int):
        raise ValueError(f"{key} must be a number")
    return value
