"""pix2pix's U-Net-256 generator (Isola et al., arXiv:1611.07004, section 6.1.1), as a net for pictures to labels.

Parameter names are those of the authors' PyTorch code (`model.model. ...`), so that its files load. Those generators
draw a picture (3 channels, through a tanh): with a `palette` its colours become class scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.whole.options import made

TITLE = "pix2pix"
PAPER = "arXiv:1611.07004"


class Norm(nn.BatchNorm2d):
    """Batch norm that, with `own` set, takes each picture's own statistics when answering: the authors answer one
    picture at a time in training mode."""

    def __init__(self, channels: int, *, own: bool) -> None:
        super().__init__(channels)
        self.own = own

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to the same shape."""
        if self.own and not self.training:
            return F.instance_norm(input, weight=self.weight, bias=self.bias, eps=self.eps)
        return super().forward(input)


class Level(nn.Module):
    """One step down, the levels below it, one step up, and beside that the input: (N, C, 2h, 2w) to twice as many
    channels. The outermost level has no such skip, the innermost nothing below."""

    def __init__(
        self, outer: int, inner: int, below: nn.Module | None, *, inputs: int = 0, drop: bool = False, own: bool
    ) -> None:
        super().__init__()
        self.outermost = inputs > 0
        innermost = below is None
        steps: list[nn.Module] = [] if self.outermost else [nn.LeakyReLU(0.2)]
        steps.append(nn.Conv2d(inputs or outer, inner, 4, stride=2, padding=1, bias=False))
        if below is not None:
            steps += [below] if self.outermost else [Norm(inner, own=own), below]
        doubled = inner if innermost else 2 * inner
        steps += [nn.ReLU(), nn.ConvTranspose2d(doubled, outer, 4, stride=2, padding=1, bias=self.outermost)]
        if not self.outermost:
            steps.append(Norm(outer, own=own))
        if drop:
            steps.append(nn.Dropout(0.5))
        self.model = nn.Sequential(*steps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, 2h, 2w) to (N, 2 * outer, 2h, 2w), or (N, outer, 2h, 2w) outermost."""
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class Pix2Pix(nn.Module):
    """`downs` steps down, `width` channels after the first. `own_statistics`: see `Norm`.

    `palette`, one 0..255 RGB colour a class: the net draws a picture, and a class's score is the negative squared
    distance of its colour, so that the nearest colour wins. Sides are continued to a multiple of 2 ** `downs`.
    """

    output = "scores"

    def __init__(
        self,
        num_classes: int,
        *,
        downs: int = 8,
        width: int = 64,
        palette: Sequence[Sequence[int]] = (),
        own_statistics: bool = True,
    ) -> None:
        super().__init__()
        if downs < 5 or len(palette) not in (0, num_classes):
            raise ValueError("downs must be at least 5, and a palette has one colour a class")
        self.multiple = 2**downs
        self.palette = palette
        widths = [width, 2 * width, 4 * width] + [8 * width] * (downs - 3)
        level = Level(widths[-2], widths[-1], None, own=own_statistics)
        for i in range(downs - 2, 0, -1):
            level = Level(widths[i - 1], widths[i], level, drop=i >= 4, own=own_statistics)
        channels = 3 if palette else num_classes
        self.model = Level(channels, width, level, inputs=3, own=own_statistics)

    def picture(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), RGB in -1..1, to what the generator draws, (N, channels, h, w), before the tanh."""
        rows, columns = x.shape[2:]
        x = F.pad(x, (0, -columns % self.multiple, 0, -rows % self.multiple), mode="replicate")
        return self.model(x)[:, :, :rows, :columns]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), RGB in -1..1, to logits (N, num_classes, h, w)."""
        y = self.picture(x)
        if not self.palette:
            return y
        colours = torch.tensor(self.palette, dtype=y.dtype, device=y.device) / 127.5 - 1
        return torch.stack([-(torch.tanh(y) - c[:, None, None]).square().sum(1) for c in colours], 1)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `Pix2Pix` explains them."""
    return made(Pix2Pix, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {"unet_256": {}, "unet_128": {"downs": 7}}
SMALL: dict[str, object] = {"downs": 5, "width": 4}
