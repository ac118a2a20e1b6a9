"""DANet: attention over positions and, beside it, over channels; their sum decides (Fu et al., arXiv:1809.02983,
figures 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from segdesk.nets.blocks import ATTENTION_NUMBERS, ConvBN, Scale, attend
from segdesk.nets.net import DecodeHead, Outputs, chosen_channels, encoder_decoder
from segdesk.nets.published import variants

TITLE = "DANet"
PAPER = "arXiv:1809.02983"


class PositionAttention(nn.Module):
    """E = alpha sum_i s_ji D_i + A_j (equations 1 and 2); `gamma` is alpha, which starts at zero."""

    def __init__(self, channels: int, inner: int, *, numbers: int = ATTENTION_NUMBERS) -> None:
        super().__init__()
        self.query_project = nn.Conv2d(channels, inner, 1)
        self.key_project = nn.Conv2d(channels, inner, 1)
        self.value_project = nn.Conv2d(channels, channels, 1)
        self.gamma = Scale(0.0)
        self.numbers = numbers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape."""
        maps = (project(x).flatten(2) for project in (self.query_project, self.key_project, self.value_project))
        return self.gamma(attend(*maps, numbers=self.numbers).unflatten(2, x.shape[2:])) + x


class ChannelAttention(nn.Module):
    """E = beta sum_i x_ji A_i + A_j (equations 3 and 4), with the differences to each row's largest as energies."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = Scale(0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, h, w) to the same shape."""
        flat = x.flatten(2)
        energy = flat @ flat.transpose(1, 2)  # (N, C, C)
        weights = torch.softmax(energy.amax(-1, keepdim=True) - energy, dim=-1)
        return self.gamma((weights @ flat).unflatten(2, x.shape[2:])) + x


class Head(DecodeHead):
    """Two branches, `pam` and `cam`, each between two convolutions and with a classifier of its own for training."""

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        *,
        width: int = 512,
        pam_width: int = 64,
        in_index: int | Sequence[int] = -1,
        dropout: float = 0.1,
        align_corners: bool = False,
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout, in_index=in_index, align_corners=align_corners)
        inputs = chosen_channels(channels, in_index)
        self.pam_in_conv = ConvBN(inputs, width, kernel=3)
        self.pam = PositionAttention(width, pam_width)
        self.pam_out_conv = ConvBN(width, width, kernel=3)
        self.pam_conv_seg = nn.Conv2d(width, num_classes, 1)
        self.cam_in_conv = ConvBN(inputs, width, kernel=3)
        self.cam = ChannelAttention()
        self.cam_out_conv = ConvBN(width, width, kernel=3)
        self.cam_conv_seg = nn.Conv2d(width, num_classes, 1)

    def branches(self, features: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The maps of position and of channel attention, each (N, width, h, w)."""
        x = self.chosen(features)
        return (
            self.pam_out_conv(self.pam(self.pam_in_conv(x))),
            self.cam_out_conv(self.cam(self.cam_in_conv(x))),
        )

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits of the sum of both branches, at the size of the chosen map."""
        position, channel = self.branches(features)
        return self.classify(position + channel)

    def training_outputs(self, features: Sequence[torch.Tensor]) -> Outputs:
        """The sum's logits and each branch's, all with weight 1."""
        position, channel = self.branches(features)
        return [
            (self.classify(position + channel), 1.0),
            (self.pam_conv_seg(self.dropout(position)), 1.0),
            (self.cam_conv_seg(self.dropout(channel)), 1.0),
        ]


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "pam_width": 4,
}
