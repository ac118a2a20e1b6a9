"""FCN-32s, FCN-16s and FCN-8s on VGG16 (Long, Shelhamer and Darrell, arXiv:1411.4038, figure 3 and section 4.1).

Parameter names are pytorch-fcn's, so that its files (converted from the authors') load: input BGR in 0..255 without
the mean. As in the authors' code the picture is padded by 100 pixels on each side, so that the 7x7 layer fits at any
size, and each map is cropped to where it lies on the picture; enlarging is fixed bilinear deconvolution.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.encoders.vgg import DEPTHS, he_initialised
from segdesk.nets.whole.options import made

TITLE = "FCN on VGG16"
PAPER = "arXiv:1411.4038"
PADDING = 100
# Where the picture begins on the enlarged map, by the stride from which it is enlarged. All three follow from the
# padding: a map of stride s begins 100 / s cells early, less what the 7x7 layer and the deconvolutions take away.
OFFSETS = {32: 19, 16: 27, 8: 31}
POOL4_OFFSET, POOL3_OFFSET = 5, 9
POOLS = {32: (), 16: (4,), 8: (3, 4)}
# The factors of the variant that is trained in one go (Shelhamer et al., arXiv:1605.06211, section 4.3).
AT_ONCE = {3: 1e-4, 4: 1e-2}


class Bilinear(nn.ConvTranspose2d):
    """Fixed enlarging by `stride`, kernel 2 * stride, each channel by itself: (N, C, h, w) to
    (N, C, (h + 1) * stride, (w + 1) * stride). Inside, a constant stays that constant."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__(channels, channels, 2 * stride, stride=stride, bias=False)
        ramp = 1 - (torch.arange(2 * stride) - (stride - 0.5)).abs() / stride
        with torch.no_grad():
            self.weight.zero_()
            self.weight[range(channels), range(channels)] = torch.outer(ramp, ramp)
        self.weight.requires_grad_(False)


class FCN(nn.Module):
    """`stride` 32, 16 or 8; `at_once` scales the skipped maps; `width` and `fc` are for small versions."""

    output = "scores"

    def __init__(
        self, num_classes: int, *, stride: int = 8, at_once: bool = False, width: int = 64, fc: int = 4096
    ) -> None:
        super().__init__()
        if stride not in OFFSETS:
            raise ValueError("stride must be 8, 16 or 32")
        self.stride = stride
        self.scales = AT_ONCE if at_once else {3: 1.0, 4: 1.0}
        self.widths = [width * n for n in (1, 2, 4, 8, 8)]
        inputs = 3
        for stage, depth in enumerate(DEPTHS["vgg16"], start=1):
            for i in range(1, depth + 1):
                padding = PADDING if (stage, i) == (1, 1) else 1
                self.add_module(f"conv{stage}_{i}", nn.Conv2d(inputs, self.widths[stage - 1], 3, padding=padding))
                inputs = self.widths[stage - 1]
        self.fc6 = nn.Conv2d(inputs, fc, 7)
        self.fc7 = nn.Conv2d(fc, fc, 1)
        self.drop = nn.Dropout2d()
        he_initialised(self)
        self.score_fr = zeroed(nn.Conv2d(fc, num_classes, 1))
        for pool in POOLS[stride]:
            self.add_module(f"score_pool{pool}", zeroed(nn.Conv2d(self.widths[pool - 1], num_classes, 1)))
        if stride < 32:
            self.upscore2 = Bilinear(num_classes, 2)
        if stride == 8:
            self.upscore_pool4 = Bilinear(num_classes, 2)
        self.add_module("upscore" if stride == 32 else f"upscore{stride}", Bilinear(num_classes, stride))

    def pools(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to the five pooled maps at strides 2 to 32 of the padded picture."""
        maps = []
        for stage, depth in enumerate(DEPTHS["vgg16"], start=1):
            for i in range(1, depth + 1):
                x = F.relu(getattr(self, f"conv{stage}_{i}")(x), inplace=True)
            x = F.max_pool2d(x, 2, ceil_mode=True)
            maps.append(x)
        return maps

    def scores(self, pools: list[torch.Tensor]) -> torch.Tensor:
        """The summed class scores at `stride`, before the last enlarging."""
        x = self.drop(F.relu(self.fc6(pools[4]), inplace=True))
        x = self.score_fr(self.drop(F.relu(self.fc7(x), inplace=True)))
        if self.stride < 32:
            x = self.upscore2(x)
            x = x + crop(self.get_submodule("score_pool4")(pools[3] * self.scales[4]), POOL4_OFFSET, x)
        if self.stride == 8:
            x = self.upscore_pool4(x)
            x = x + crop(self.get_submodule("score_pool3")(pools[2] * self.scales[3]), POOL3_OFFSET, x)
        return x

    def enlarged(self, scores: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """Scores at `stride` to the picture `like`: the last deconvolution and crop."""
        name = "upscore" if self.stride == 32 else f"upscore{self.stride}"
        return crop(self.get_submodule(name)(scores), OFFSETS[self.stride], like)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to logits (N, num_classes, h, w)."""
        return self.enlarged(self.scores(self.pools(x)), x)


def crop(x: torch.Tensor, offset: int, like: torch.Tensor) -> torch.Tensor:
    """The part of `x` from (`offset`, `offset`) on that is as large as `like`."""
    return x[:, :, offset : offset + like.shape[2], offset : offset + like.shape[3]]


def zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer with zero weights: scoring layers begin without an opinion (section 4.1)."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `FCN` explains them."""
    return made(FCN, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {
    "fcn32s": {"stride": 32},
    "fcn16s": {"stride": 16},
    "fcn8s": {"stride": 8},
    "fcn8s_at_once": {"stride": 8, "at_once": True},
}
SMALL: dict[str, object] = {"stride": 8, "width": 4, "fc": 16}
