"""GSCNN (Takikawa et al., arXiv:1907.05740, figure 2): beside the regular stream a shape stream, let through by gates,
finds the edges at full resolution; edges and Canny's join the pyramid. Parameter names are the published file's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import resize
from segdesk.nets.canny import canny
from segdesk.nets.encoders.resnet import BasicBlock
from segdesk.nets.encoders.wider_resnet import BLOCKS, WiderResNet

TITLE = "GSCNN"
PAPER = "arXiv:1907.05740"
THRESHOLDS = (10.0, 100.0)


class Gate(nn.Module):
    """The gated convolution (equations 1 and 2): what the regular stream says decides where the shape stream goes on.
    `weight` is the 1x1 convolution's."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, width, 1, 1))
        nn.init.xavier_normal_(self.weight)
        self._gate_conv = nn.Sequential(
            nn.BatchNorm2d(width + 1),
            nn.Conv2d(width + 1, width + 1, 1),
            nn.ReLU(),
            nn.Conv2d(width + 1, 1, 1),
            nn.BatchNorm2d(1),
            nn.Sigmoid(),
        )

    def attention(self, shape: torch.Tensor, regular: torch.Tensor) -> torch.Tensor:
        """The gate (N, 1, h, w), between 0 and 1, of the shape stream (N, C, h, w) and the regular one (N, 1, h, w)."""
        return self._gate_conv(torch.cat([shape, regular], 1))

    def forward(self, shape: torch.Tensor, regular: torch.Tensor) -> torch.Tensor:
        """The shape stream, (N, C, h, w) as before."""
        return F.conv2d(shape * (1 + self.attention(shape, regular)), self.weight)


class Pyramid(nn.Module):
    """Atrous pyramid with one branch more, for the edges."""

    def __init__(self, inputs: int, width: int, rates: Sequence[int] = (12, 24, 36)) -> None:
        super().__init__()
        branches = [_conv(inputs, width)] + [_conv(inputs, width, kernel=3, rate=rate) for rate in rates]
        self.features = nn.ModuleList(branches)
        self.img_conv = _conv(inputs, width)
        self.edge_conv = _conv(1, width)

    def forward(self, x: torch.Tensor, edge: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) and edges (N, 1, H, W) to (N, 6 * width, h, w)."""
        whole = self.img_conv(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        edges = self.edge_conv(resize(edge, x.shape[2:], align_corners=True))
        return torch.cat([whole, edges] + [branch(x) for branch in self.features], 1)


class GSCNN(WiderResNet):
    """The net. `canny` says of what Canny's edges are: "picture", of the picture made 0 to 255 again by `mean` and
    `std` (the paper), or "wrapped", of the normalised numbers cut to whole ones and taken modulo 256, which is what the
    published weights were trained with."""

    output = "scores"

    def __init__(
        self,
        num_classes: int,
        *,
        canny: str = "picture",
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375),
        base: int = 64,
        blocks: Sequence[int] = BLOCKS,
        width: int = 256,
        low_width: int = 48,
    ) -> None:
        super().__init__(base=base, blocks=blocks)
        if canny not in ("picture", "wrapped"):
            raise ValueError("canny must be picture or wrapped")
        self.canny, self.mean, self.std = canny, tuple(mean), tuple(std)
        for i in (1, 3, 4, 7):  # dsn1 is in the published file and has no use
            self.add_module(f"dsn{i}", nn.Conv2d(self.channels[i - 1], 1, 1))
        for i in (1, 2, 3):
            inputs = base >> (i - 1)
            self.add_module(f"res{i}", BasicBlock(inputs, inputs))
            self.add_module(f"d{i}", nn.Conv2d(inputs, inputs // 2, 1))
            self.add_module(f"gate{i}", Gate(inputs // 2))
        self.fuse = nn.Conv2d(base // 8, 1, 1, bias=False)
        self.cw = nn.Conv2d(2, 1, 1, bias=False)
        self.aspp = Pyramid(self.channels[-1], width)
        self.bot_fine = nn.Conv2d(self.channels[1], low_width, 1, bias=False)
        self.bot_aspp = nn.Conv2d(6 * width, width, 1, bias=False)
        self.final_seg = nn.Sequential(
            *_conv(width + low_width, width, kernel=3),
            *_conv(width, width, kernel=3),
            nn.Conv2d(width, num_classes, 1, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(N, 3, h, w), normalised, to logits (N, num_classes, ceil(h / 2), ceil(w / 2))."""
        maps = self.maps(x)
        both = torch.cat([self.shape_stream(maps, x.shape[2:]), self.canny_edges(x)], 1)
        deep = self.bot_aspp(self.aspp(maps[6], self.cw(both).sigmoid()))
        fine = self.bot_fine(maps[1])
        return self.final_seg(torch.cat([fine, resize(deep, fine.shape[2:], align_corners=True)], 1))

    def edges(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to the probability (N, 1, h, w) that a pixel lies on a class's edge: the second
        output, for the edge loss and for display."""
        return self.shape_stream(self.maps(x), x.shape[2:])

    def shape_stream(self, maps: Sequence[torch.Tensor], size: torch.Size) -> torch.Tensor:
        """The trunk's maps to edges (N, 1, *size)."""
        y = resize(maps[0], size, align_corners=True)
        for i, source in enumerate((3, 4, 7), 1):
            regular = resize(getattr(self, f"dsn{source}")(maps[source - 1]), size, align_corners=True)
            y = getattr(self, f"gate{i}")(getattr(self, f"d{i}")(getattr(self, f"res{i}")(y)), regular)
        return self.fuse(y).sigmoid()

    def canny_edges(self, x: torch.Tensor) -> torch.Tensor:
        """Canny's edges of the input (N, 3, h, w): (N, 1, h, w), 0 or 255."""
        if self.canny == "picture":
            mean, std = (x.new_tensor(v)[:, None, None] for v in (self.mean, self.std))
            picture = (x.detach() * std + mean).round().clamp(0, 255)
        else:
            picture = x.detach().trunc().remainder(256)
        return 255 * canny(picture, low=THRESHOLDS[0], high=THRESHOLDS[1]).to(x.dtype)


def _conv(inputs: int, outputs: int, *, kernel: int = 1, rate: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=rate * (kernel // 2), dilation=rate, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `GSCNN` explains them."""
    try:
        return GSCNN(num_classes, **options)  # pyright: ignore[reportArgumentType]
    except TypeError as error:
        raise ValueError(f"an option does not fit: {error}") from error


VARIANTS: dict[str, dict[str, object]] = {"wider_resnet38": {}}
SMALL: dict[str, object] = {"base": 8, "blocks": (1, 1, 1, 1, 1, 1), "width": 8, "low_width": 4}
