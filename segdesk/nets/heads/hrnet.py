"""HRNet's own head: all maps enlarged to the finest, concatenated, one 1x1 convolution, the classifier (Wang et al.,
arXiv:1908.07919, figure 4b, section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from segdesk.nets.heads import fcn
from segdesk.nets.net import encoder_decoder

TITLE = "HRNet"
PAPER = "arXiv:1908.07919"


class Head(fcn.Head):
    """FCN's head over all maps; `width` is that of the concatenated maps unless given."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int | None = None,
        dropout: float = 0.0,
        align_corners: bool = False,
    ) -> None:
        super().__init__(
            channels,
            num_classes,
            width=sum(channels) if width is None else width,
            num_convs=1,
            kernel=1,
            concat_input=False,
            in_index=list(range(len(channels))),
            dropout=dropout,
            align_corners=align_corners,
        )


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="hrnet_w18")


VARIANTS: dict[str, dict[str, object]] = {
    name: {"encoder": name} for name in ("hrnet_w18_small", "hrnet_w18", "hrnet_w32", "hrnet_w48")
}
SMALL: dict[str, object] = {
    "encoder": "hrnet_w18_small",
    "encoder_options": {"width": 4, "modules": (1, 1, 1), "blocks": 1},
}
