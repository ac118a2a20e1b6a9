"""The semantic network that most systems are: an encoder, perhaps a neck, and a decode head over its feature maps."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any

import torch
from torch import nn

from segdesk.nets import encoders
from segdesk.nets.blocks import up

AUXILIARY_WEIGHT = 0.4
Outputs = list[tuple[torch.Tensor, float]]


class DecodeHead(nn.Module):
    """What decode heads share: which maps they take, dropout of whole channels, the 1x1 classifier `conv_seg`.

    A head is made with `Head(channels, num_classes, **options)`, `channels` of the encoder's maps from fine to coarse,
    and its `forward` takes those maps and gives logits (N, num_classes, h, w) at the size of the map it works on.
    `in_index` is the map it takes; a list of indices takes several, brought to the first one's size and concatenated.
    """

    def __init__(
        self,
        width: int,
        num_classes: int,
        *,
        dropout: float = 0.1,
        in_index: int | Sequence[int] = -1,
        align_corners: bool = False,
    ) -> None:
        super().__init__()
        self.in_index = in_index
        self.align_corners = align_corners
        self.conv_seg = nn.Conv2d(width, num_classes, 1)
        self.dropout = nn.Dropout2d(dropout)

    def chosen(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The map or the concatenated maps of `in_index`."""
        if isinstance(self.in_index, int):
            return features[self.in_index]
        maps = [features[i] for i in self.in_index]
        return torch.cat([up(m, maps[0], align_corners=self.align_corners) for m in maps], 1)

    def classify(self, x: torch.Tensor) -> torch.Tensor:
        """Features (N, width, h, w) to logits (N, num_classes, h, w)."""
        return self.conv_seg(self.dropout(x))


def chosen_channels(channels: Sequence[int], in_index: int | Sequence[int]) -> int:
    """Channels of what `DecodeHead.chosen` gives."""
    return channels[in_index] if isinstance(in_index, int) else sum(channels[i] for i in in_index)


class Net(nn.Module):
    """`backbone`, optional `neck`, `decode_head`, and for training an optional `auxiliary_head` (or a list of them)."""

    output = "scores"

    def __init__(
        self,
        backbone: nn.Module,
        decode_head: nn.Module,
        *,
        neck: nn.Module | None = None,
        auxiliary_head: nn.Module | None = None,
        align_corners: bool = False,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        if neck is not None:
            self.neck = neck
        self.decode_head = decode_head
        if auxiliary_head is not None:
            self.auxiliary_head = auxiliary_head
        self.align_corners = align_corners

    def features(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w), normalised, to what the heads take: maps from fine to coarse."""
        maps = self.backbone(x)
        return self.neck(maps) if hasattr(self, "neck") else maps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, h', w') at the decode head's own size."""
        return self.decode_head(self.features(x))

    def training_outputs(self, x: torch.Tensor) -> Outputs:
        """Each output that has a loss, with the loss's weight: the decode head's 1, an auxiliary head's 0.4.

        A decode head with several outputs has a `training_outputs(features)` of its own.
        """
        maps = self.features(x)
        if hasattr(self.decode_head, "training_outputs"):
            outputs: Outputs = self.decode_head.training_outputs(maps)  # pyright: ignore[reportCallIssue]
        else:
            outputs = [(self.decode_head(maps), 1.0)]
        extra = getattr(self, "auxiliary_head", None)
        heads = [] if extra is None else extra if isinstance(extra, nn.ModuleList) else [extra]
        return outputs + [(head(maps), AUXILIARY_WEIGHT) for head in heads]


def encoder_decoder(
    options: Mapping[str, object],
    num_classes: int,
    head: Callable[..., nn.Module],
    /,
    *,
    neck: Callable[..., nn.Module] | None = None,
    auxiliary_head: Callable[..., nn.Module] | None = None,
    **defaults: object,
) -> Net:
    """The net that a card's `options` over a system's `defaults` describe. Raises ValueError on unknown options.

    Common options: `encoder`, a name; `encoder_options`; `neck_options`; `align_corners`, which the net and the head
    get; `auxiliary`, whether the auxiliary head is there; `auxiliary_options`, its options (a list makes a list of
    heads). All others go to `head(channels, num_classes, ...)`. A neck is made with `neck(channels, ...)` and has
    `.channels` too. `encoder_options` are merged with the default ones if the encoder is the default one; left out,
    the default ones hold for any encoder that has such options.
    """
    chosen = {**defaults, **options}
    if options.get("encoder", defaults.get("encoder")) == defaults.get("encoder"):
        for key in ("encoder_options", "neck_options"):
            chosen[key] = {**_mapping(defaults, key), **_mapping(options, key)}
    align = bool(chosen.pop("align_corners", False))
    with_auxiliary = bool(chosen.pop("auxiliary", False))
    auxiliary_options = chosen.pop("auxiliary_options", {})
    try:
        backbone: Any = _backbone(str(chosen.pop("encoder")), _popped(chosen, "encoder_options"), options)
        channels: Any = backbone.channels
        between = neck(channels, **_popped(chosen, "neck_options")) if neck is not None else None
        channels = channels if between is None else between.channels
        chosen.pop("neck_options", None)
        decode = head(channels, num_classes, **_aligned(head, chosen, align))
        extra = _auxiliary(auxiliary_head, channels, num_classes, auxiliary_options, align) if with_auxiliary else None
    except TypeError as error:  # an option that the part's constructor does not know
        raise ValueError(f"an option does not fit: {error}") from error
    return Net(backbone, decode, neck=between, auxiliary_head=extra, align_corners=align)


def _backbone(encoder: str, inner: Mapping[str, object], options: Mapping[str, object]) -> nn.Module:
    """The encoder; default options that it does not have, as one of another family may not, are left out."""
    try:
        return encoders.make(encoder, inner)
    except (TypeError, ValueError):
        if "encoder" not in options or "encoder_options" in options:
            raise
        return encoders.make(encoder, {})


def _auxiliary(
    head: Callable[..., nn.Module] | None, channels: Sequence[int], num_classes: int, options: object, align: bool
) -> nn.Module:
    """FCN's head unless another is given; one for each entry of a list of options."""
    if isinstance(options, Sequence):
        return nn.ModuleList(_auxiliary(head, channels, num_classes, entry, align) for entry in options)
    make = (
        head or importlib.import_module("segdesk.nets.heads.fcn").AuxiliaryHead
    )  # imported late: it imports this file
    return make(channels, num_classes, **_aligned(make, _mapping({"": options}, ""), align))


def _aligned(head: Callable[..., nn.Module], options: Mapping[str, object], align: bool) -> dict[str, object]:
    """The options with `align_corners`, if the head has such an option."""
    return {**options, "align_corners": align} if "align_corners" in signature(head).parameters else dict(options)


def _mapping(options: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = options.get(key, {})
    if not isinstance(value, Mapping):
        raise ValueError(f"{key or 'auxiliary_options'} must be a table of options")
    return value


def _popped(options: dict[str, object], key: str) -> Mapping[str, object]:
    value = _mapping(options, key)
    options.pop(key, None)
    return value
