"""U-Net (Ronneberger, Fischer and Brox, arXiv:1505.04597, figure 1): four steps down and four up, each step up
concatenating the map of the way down.

`style` "paper" has unpadded convolutions and cropped skips; as in its figure 2 the picture is continued by mirroring,
so that the answer covers all of it. "padded" is the form that most people train: padded convolutions with batch norm
(layer names as in the common PyTorch implementations). "openmmlab" is `unet-s5-d16` with the head `head`: "fcn", "psp"
or "deeplabv3", and all options that `encoder_decoder` knows.
"""

from __future__ import annotations

import importlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from segdesk.nets.encoders.vgg import he_initialised
from segdesk.nets.net import encoder_decoder
from segdesk.nets.whole.options import made

TITLE = "U-Net"
PAPER = "arXiv:1505.04597"


@dataclass(frozen=True)
class Form:
    """How the convolutions are: with batch norm, with a bias, padded by this many pixels."""

    norm: bool = True
    bias: bool = False
    padding: int = 1


class TwoConvs(nn.Module):
    """Two 3x3 convolutions `double_conv`, `middle` channels between them; unpadded ones take 4 pixels away."""

    def __init__(self, inputs: int, outputs: int, form: Form = Form(), *, middle: int = 0) -> None:
        super().__init__()
        self.double_conv = nn.Sequential()
        middle = middle or outputs
        for before, after in ((inputs, middle), (middle, outputs)):
            self.double_conv.append(nn.Conv2d(before, after, 3, padding=form.padding, bias=form.bias))
            if form.norm:
                self.double_conv.append(nn.BatchNorm2d(after))
            self.double_conv.append(nn.ReLU(inplace=True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w), or 4 smaller."""
        return self.double_conv(x)


class StepDown(nn.Module):
    """2x2 pooling, which keeps an odd last row and column, then the two convolutions."""

    def __init__(self, inputs: int, outputs: int, form: Form) -> None:
        super().__init__()
        pool = nn.MaxPool2d(2, ceil_mode=True)
        self.maxpool_conv = nn.Sequential(pool, TwoConvs(inputs, outputs, form))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, ceil(h / 2), ceil(w / 2)), or 4 smaller."""
        return self.maxpool_conv(x)


class StepUp(nn.Module):
    """The 2x2 up-convolution that halves the channels, or bilinear enlarging, which leaves them; the skip beside it;
    then the two convolutions."""

    def __init__(self, inputs: int, skip: int, outputs: int, form: Form, *, bilinear: bool) -> None:
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = TwoConvs(inputs + skip, outputs, form, middle=(inputs + skip) // 2)
        else:
            self.up = nn.ConvTranspose2d(inputs, skip, 2, stride=2)
            self.conv = TwoConvs(2 * skip, outputs, form)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """The coarser map and the skip to (N, outputs, ...): the larger one of the two loses what the other lacks."""
        x = self.up(x)
        rows, columns = min(x.shape[2], skip.shape[2]), min(x.shape[3], skip.shape[3])
        top, left = (skip.shape[2] - rows) // 2, (skip.shape[3] - columns) // 2
        skip = skip[:, :, top : top + rows, left : left + columns]
        return self.conv(torch.cat([skip, x[:, :, :rows, :columns]], 1))


class UNet(nn.Module):
    """`width` channels at full resolution, twice as many at each of `depth` steps down. `valid` is the paper's form:
    unpadded, without batch norm, with dropout at the lowest stage. With `bilinear` there is no up-convolution, and the
    coarser map of each step up has the skip's channels. `bias`: of convolutions with batch norm."""

    output = "scores"

    def __init__(
        self,
        num_classes: int,
        *,
        valid: bool = False,
        bilinear: bool = False,
        bias: bool = False,
        width: int = 64,
        depth: int = 4,
    ) -> None:
        super().__init__()
        form = Form(norm=not valid, bias=bias or valid, padding=0 if valid else 1)
        down = [width * 2**i for i in range(depth)] + [width * 2**depth // (2 if bilinear else 1)]
        self.margin = 6 * 2**depth - 4 if valid else 0  # what each side loses; 92 in the paper
        self.depth = depth
        self.inc = TwoConvs(3, width, form)
        inputs = down[-1]
        for i in range(1, depth + 1):
            self.add_module(f"down{i}", StepDown(down[i - 1], down[i], form))
            outputs = down[max(0, depth - i - 1)] if bilinear else down[depth - i]
            self.add_module(f"up{i}", StepUp(inputs, down[depth - i], outputs, form, bilinear=bilinear))
            inputs = outputs
        self.drop = nn.Dropout(0.5 if valid else 0.0)
        if valid:
            he_initialised(self)  # section 3 of the paper
        self.outc = nn.Sequential(OrderedDict(conv=nn.Conv2d(width, num_classes, 1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, num_classes, h, w)."""
        rows, columns = x.shape[2:]
        if self.margin:
            x = mirrored(x, self._sides(rows), self._sides(columns))
        skips = [self.inc(x)]
        for i in range(1, self.depth + 1):
            skips.append(self.get_submodule(f"down{i}")(skips[-1]))
        x = self.drop(skips.pop())
        for i in range(1, self.depth + 1):
            x = self.get_submodule(f"up{i}")(x, skips.pop())
        return self.outc(x)[:, :, :rows, :columns]

    def _sides(self, length: int) -> tuple[int, int]:
        """What is added before and after a side of `length` so that all poolings meet even sizes."""
        step = 2**self.depth
        return self.margin, self.margin + -(length + 4 * (step - 1)) % step


def mirrored(x: torch.Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> torch.Tensor:
    """`x` (N, C, h, w) continued by mirroring at its outermost pixels, over and over: (before, after) of each axis."""
    for axis, (before, after) in ((2, rows), (3, columns)):
        length = x.shape[axis]
        period = max(1, 2 * length - 2)
        index = torch.arange(-before, length + after, device=x.device) % period
        x = x.index_select(axis, torch.minimum(index, period - index) if length > 1 else torch.zeros_like(index))
    return x


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: `style` "paper", "padded" or "openmmlab"; further options as the classes explain them."""
    rest = {key: value for key, value in options.items() if key not in ("style", "head")}
    style = options.get("style", "openmmlab")
    if style in ("paper", "padded") and "head" not in options:
        return made(UNet, {**rest, "valid": style == "paper"}, num_classes)
    if style != "openmmlab" or options.get("head", "fcn") not in HEADS:
        raise ValueError("style must be paper, padded or openmmlab; head, with openmmlab only, fcn, psp or deeplabv3")
    defaults: dict[str, Any]
    file, defaults = HEADS[str(options.get("head", "fcn"))]
    head = importlib.import_module(f"segdesk.nets.heads.{file}").Head
    auxiliary = {"in_index": 1, "width": 64}
    return encoder_decoder(
        rest, num_classes, head, encoder="unet_s5_d16", in_index=0, auxiliary_options=auxiliary, **defaults
    )


# The file of each published head and its options in the reference's files.
HEADS: dict[str, tuple[str, dict[str, object]]] = {
    "fcn": ("fcn", {"width": 64, "num_convs": 1, "concat_input": False}),
    "psp": ("psp", {"width": 16}),
    "deeplabv3": ("deeplabv3", {"width": 16, "rates": [1, 12, 24, 36]}),
}
VARIANTS: dict[str, dict[str, object]] = {
    "paper": {"style": "paper"},
    "padded": {"style": "padded"},
    "padded-bias": {"style": "padded", "bias": True},
    "padded-bilinear": {"style": "padded", "bilinear": True},
    "padded-bilinear-bias": {"style": "padded", "bilinear": True, "bias": True},
    **{f"unet-s5-d16_{head}": {"style": "openmmlab", "head": head} for head in HEADS},
}
SMALL: dict[str, object] = {"style": "paper", "width": 4, "depth": 3}
