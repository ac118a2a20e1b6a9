"""DeepLabV3+ on MobileNetV2, small: the coarse answer of `deeplabv3_mobilenetv2` and a decoder over the finer maps
(Chen et al., arXiv:1802.02611, figure 2) that draws the borders. With the coarse part's weights taken over, it begins
as exactly that answer, enlarged."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import resize
from segdesk.nets.deeplabv3_mobilenetv2 import WIDTH, DeepLabV3MobileNetV2

TITLE = "DeepLabV3+ MobileNetV2"
PAPER = "arXiv:1802.02611"
LOW_MAP, LOW_CHANNELS = 3, 24  # of MobileNetV2's features: the last at stride 4
REACH, SPREAD = 2, 2  # a cell of the decoder looks so many cells either way, so many apart
STRIDE = 16  # of the coarse maps
CENTRE = 4.0  # the score of a cell's own answer against its neighbours', before training


class Separable(nn.Sequential):
    """Depthwise 3x3 and pointwise convolution, then ReLU; no norm, for batches of a few crops."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1),
            nn.ReLU(inplace=True),
        )


class Decoder(nn.Module):
    """Sharpens a coarse answer at the stride of the finest map.

    Each cell becomes a weighted mean of the coarse answers around it, with weights that it reads off the features (no
    class is treated in another way, so few pictures teach it much), plus a correction of each class's score. Both are
    nothing at the beginning.
    """

    def __init__(self, num_classes: int, *, low: int, high: int, width: int) -> None:
        super().__init__()
        self.low = nn.Conv2d(LOW_CHANNELS, low, 1)
        self.high = nn.Conv2d(WIDTH, high, 1)
        self.mix = nn.Sequential(Separable(low + high + num_classes, width), Separable(width, width))
        self.places = nn.Conv2d(width, (2 * REACH + 1) ** 2, 1)
        self.correction = nn.Conv2d(width, num_classes, 1)
        for last in (self.places, self.correction):
            nn.init.zeros_(last.weight)
            assert last.bias is not None
            nn.init.zeros_(last.bias)

    def forward(self, finest: torch.Tensor, features: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """`finest` (N, 24, h, w), `features` (N, 256, h', w') and logits `coarse` (N, K, h', w') to logits
        (N, K, h, w)."""
        size = finest.shape[2:]
        enlarged = resize(coarse, size, align_corners=True)
        high = resize(F.relu(self.high(features)), size, align_corners=True)
        mixed = self.mix(torch.cat([F.relu(self.low(finest)), high, torch.softmax(enlarged, 1)], 1))
        return self._moved(enlarged, self.places(mixed)) + self.correction(mixed)

    def _moved(self, coarse: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Beside the cell's own answer, whose weight is the centre's share of the softmax at the start as well as the
        end, the answers of its neighbours as far as their shares have grown since."""
        middle = scores.shape[1] // 2
        bias = torch.zeros(scores.shape[1], device=scores.device, dtype=scores.dtype)
        bias[middle] = CENTRE
        gains = torch.softmax(scores + bias[:, None, None], 1) - torch.softmax(bias, 0)[:, None, None]
        border, (h, w) = REACH * SPREAD, coarse.shape[2:]
        padded = F.pad(coarse, [border] * 4, mode="replicate")
        result = coarse
        for place in range(scores.shape[1]):
            row, column = (SPREAD * i for i in divmod(place, 2 * REACH + 1))
            result = result + gains[:, place : place + 1] * padded[:, :, row : row + h, column : column + w]
        return result


class DeepLabV3PlusMobileNetV2(DeepLabV3MobileNetV2):
    """The net. `low`, `high`: channels of the finest map and of the pyramid that the decoder sees; `width`: its own."""

    def __init__(self, num_classes: int, *, low: int = 48, high: int = 64, width: int = 128) -> None:
        super().__init__(num_classes)
        self.decoder = Decoder(num_classes, low=low, high=high, width=width)

    def training_outputs(self, x: torch.Tensor) -> list[tuple[torch.Tensor, float]]:
        """(N, 3, h, w) to the answer and the coarse one, which must stay good, with their weights in the loss."""
        fine, coarse = self._both(x)
        return [(fine, 1.0), (coarse, 0.4)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), RGB in -1..1, to logits (N, num_classes, h', w'): of stride 4 if h and w are one more than a
        multiple of 16, else at the size of `x`."""
        return self._both(x)[0]

    def _both(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The maps' cells lie 4 and 16 pixels apart, from the first pixel on. So that their corners are the picture's,
        it is continued to one more than a multiple of 16, and what is too much is cut off the answer."""
        rows, columns = x.shape[2:]
        below, beside = (1 - rows) % STRIDE, (1 - columns) % STRIDE
        if below or beside:
            x = F.pad(x, (0, beside, 0, below), mode="replicate")
        finest = self.backbone[: LOW_MAP + 1](x)
        features = self.pyramid(self.backbone[LOW_MAP + 1 :](finest))
        coarse = self.logits(features)
        fine = self.decoder(finest, features, coarse)
        if below or beside:
            fine, coarse = (resize(m, x.shape[2:], align_corners=True)[:, :, :rows, :columns] for m in (fine, coarse))
        return fine, coarse


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net for a card; `options` as `DeepLabV3PlusMobileNetV2` explains them."""
    try:
        return DeepLabV3PlusMobileNetV2(num_classes, **options)  # pyright: ignore[reportArgumentType]
    except TypeError as error:
        raise ValueError(f"an option does not fit: {error}") from error
