"""The frame of detectors in two stages: encoder, feature pyramid, proposals, and a head that looks at each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets import encoders
from segdesk.nets.instance.fpn import FPN
from segdesk.nets.instance.rpn import RPNHead

Objects = list[dict[str, torch.Tensor]]
DIVISOR = 32


class TwoStage(nn.Module):
    """`backbone`, `neck`, `rpn_head`, `roi_head`. The picture may have any size: it is padded with zeros at the right
    and bottom to a multiple of 32 pixels, and boxes are cut to what it was before."""

    output = "detections"

    def __init__(self, backbone: nn.Module, neck: FPN, rpn_head: RPNHead, roi_head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.neck, self.rpn_head, self.roi_head = backbone, neck, rpn_head, roi_head
        strides: list[int] = list(backbone.strides)  # type: ignore[arg-type]  # encoders have them
        self.strides = strides + [strides[-1] * 2 ** (i + 1) for i in range(len(neck.channels) - len(strides))]

    def found(self, x: torch.Tensor) -> tuple[Objects, list[torch.Tensor]]:
        """What `forward` answers, and the pyramid's maps of the padded picture."""
        size = (x.shape[2], x.shape[3])
        maps = self.neck(self.backbone(padded(x)))
        proposals = self.rpn_head.proposals(maps, self.strides, size)
        return self.roi_head(maps, self.strides, proposals, size), maps

    def forward(self, x: torch.Tensor) -> Objects:
        """(N, 3, h, w), normalised, to one dict a picture, objects best first.

        "boxes" (n, 4) x0, y0, x1, y1 in pixels of `x`; "labels" (n,) channels; "scores" (n,) 0..1; "masks" (n, 28, 28)
        probabilities over the box.
        """
        return self.found(x)[0]


def padded(x: torch.Tensor, divisor: int = DIVISOR) -> torch.Tensor:
    """(N, 3, h, w) with zeros at the right and bottom, so that both sides are multiples of `divisor`."""
    return F.pad(x, (0, -x.shape[3] % divisor, 0, -x.shape[2] % divisor))


def parts(options: Mapping[str, object], head: Callable[..., nn.Module], num_classes: int) -> tuple[nn.Module, ...]:
    """Backbone, neck, RPN head and RoI head of a two-stage detector. Raises ValueError on unknown options.

    `encoder` (ResNet-50 unless said otherwise) and `encoder_options`; `width`: channels of the pyramid and of the
    heads on it; all others are the RoI head's: `head(num_classes, inputs=width, **others)`.
    """
    others = dict(options)
    encoder = str(others.pop("encoder", "resnet50"))
    inner, width = others.pop("encoder_options", {}), others.pop("width", 256)
    if not isinstance(inner, Mapping) or not isinstance(width, int):
        raise ValueError("encoder_options must be a table, and width a number")
    try:
        backbone = encoders.make(encoder, inner)
        roi_head = head(num_classes, inputs=width, **others)
    except TypeError as error:  # an option that the part's constructor does not know
        raise ValueError(f"an option does not fit: {error}") from error
    neck = FPN(backbone.channels, width=width, num_outs=len(backbone.channels) + 1)  # type: ignore[arg-type]
    return backbone, neck, RPNHead(width, width), roi_head
