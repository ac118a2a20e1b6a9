"""What nets that find objects without regions share: the net itself, convolutions with group norm, coordinates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import gcd
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets import encoders
from segdesk.nets.blocks import Activation, relu
from segdesk.nets.deformable import DeformableConv
from segdesk.nets.instance.fpn import FPN

Objects = dict[str, torch.Tensor]  # "labels" (n,), "scores" (n,), "masks" (n, h, w): the answer of "instances"

Made = TypeVar("Made")


class Detector(nn.Module):
    """`backbone`, `neck`, and a head over the neck's maps, called `head_name` as in the published files."""

    output = "instances"

    def __init__(self, backbone: nn.Module, neck: nn.Module, head: nn.Module, head_name: str) -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = neck
        self.head_name = head_name
        self.objective = str(getattr(head, "objective", ""))  # the loss that it trains with
        self.add_module(head_name, head)

    def forward(self, x: torch.Tensor) -> list[Objects]:
        """(N, 3, h, w), normalised, to the objects of each picture, best first: "labels" (n,) channels, "scores"
        (n,) 0..1, "masks" (n, h', w') probabilities over the whole of `x`. They may overlap."""
        return getattr(self, self.head_name)(self.neck(self.backbone(x)))


def made(
    options: Mapping[str, object],
    net: Callable[..., Made],
    neck: Callable[..., nn.Module] = FPN,
    neck_options: Mapping[str, object] | None = None,
    /,
    **defaults: object,
) -> Made:
    """`net(backbone, neck, ...)` as a card's `options` over a system's `defaults` describe it. Raises ValueError on
    unknown options.

    Common options: `encoder`, a name, a ResNet-50 by default; `encoder_options`; `neck_options`, which are merged with
    the given ones. All others go to `net`.
    """
    chosen: dict[str, object] = {"encoder": "resnet50", **defaults, **options}
    parts = {key: chosen.pop(key, {}) for key in ("encoder_options", "neck_options")}
    if not all(isinstance(part, Mapping) for part in parts.values()):
        raise ValueError("encoder_options and neck_options must be tables of options")
    try:
        backbone = encoders.make(str(chosen.pop("encoder")), parts["encoder_options"])  # pyright: ignore[reportArgumentType]
        between = neck(backbone.channels, **{**(neck_options or {}), **parts["neck_options"]})  # pyright: ignore[reportGeneralTypeIssues]
        return net(backbone, between, **chosen)
    except TypeError as error:  # an option that the part's constructor does not know
        raise ValueError(f"an option does not fit: {error}") from error


def detector(
    options: Mapping[str, object],
    num_classes: int,
    head: Callable[..., nn.Module],
    /,
    *,
    head_name: str,
    neck: Callable[..., nn.Module] = FPN,
    **defaults: object,
) -> Detector:
    """As `made`, of one head over the neck's maps; the other options go to `head(channels, num_classes, ...)`."""

    def net(backbone: nn.Module, between: nn.Module, **more: object) -> Detector:
        return Detector(backbone, between, head(between.channels, num_classes, **more), head_name)

    return made(options, net, neck, **defaults)


class ConvGN(nn.Sequential):
    """Convolution `conv`, group norm `gn` with 32 groups of two channels or more, activation; the size is
    kept.

    With `deformable` the convolution is a modulated deformable one.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        kernel: int = 3,
        act: Activation | None = relu,
        deformable: bool = False,
        bias: bool = False,
    ) -> None:
        super().__init__()
        make = DeformableConv if deformable else nn.Conv2d
        self.conv = make(inputs, outputs, kernel, padding=kernel // 2, bias=bias)
        self.gn = nn.GroupNorm(gcd(32, outputs // 2), outputs)
        self.activate = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        x = self.gn(self.conv(x))
        return x if self.activate is None else self.activate(x)


def chain(inputs: int, width: int, count: int, *, deformable: bool = False, bias: bool = False) -> nn.Sequential:
    """`count` 3x3 convolutions with group norm."""
    steps = (ConvGN(width if i else inputs, width, deformable=deformable, bias=bias) for i in range(count))
    return nn.Sequential(*steps)


def coordinates(x: torch.Tensor) -> torch.Tensor:
    """(N, 2, h, w): of each pixel of `x` (N, C, h, w) how far right and how far down it lies, -1..1."""
    n, _, height, width = x.shape
    across = torch.linspace(-1, 1, width, device=x.device, dtype=x.dtype)
    down = torch.linspace(-1, 1, height, device=x.device, dtype=x.dtype)
    return torch.stack([across.expand(height, width), down[:, None].expand(height, width)]).expand(n, 2, -1, -1)


def local_maxima(scores: torch.Tensor) -> torch.Tensor:
    """(N, K, h, w) scores, 0 where one of the neighbours left, above or both is higher: max pooling as NMS of points
    (SOLOv2, section 3.4)."""
    highest = F.max_pool2d(scores, 2, stride=1, padding=1)[:, :, :-1, :-1]
    return scores * (highest == scores)


def as_points(scores: torch.Tensor) -> torch.Tensor:
    """(N, K, h, w) to (N, h * w, K), row by row."""
    return scores.flatten(2).transpose(1, 2)


def starts(counts: Sequence[int]) -> list[int]:
    """Where each level's points begin, and the end."""
    found = [0]
    for count in counts:
        found.append(found[-1] + count)
    return found
