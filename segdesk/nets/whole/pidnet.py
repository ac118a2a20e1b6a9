"""PIDNet (Xu et al., arXiv:2206.02066, figure 4): a detail branch at stride 8 (P), a context branch (I) and a branch
of borders (D), which decides where the other two are believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, up
from segdesk.nets.net import DecodeHead, Net, Outputs
from segdesk.nets.whole._parts import Basic, Bottle, NormConv, PoolPyramid, chosen, dual_stem, one_block, stage
from segdesk.nets.whole._parts import named_shortcut as cut

TITLE = "PIDNet"
PAPER = "arXiv:2206.02066"


class Guided(nn.Module):
    """Pag (figure 4 of the paper): detail and context are mixed by how much their projections agree, cell by cell."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.f_i = ConvBN(channels, width, act=None)
        self.f_p = ConvBN(channels, width, act=None)

    def forward(self, detail: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) and (N, C, h, w) to (N, C, H, W), between the two values everywhere."""
        agreement = (self.f_p(detail) * up(self.f_i(context), detail)).sum(1, keepdim=True)
        return torch.lerp(detail, up(context, detail), torch.sigmoid(agreement))


class Bag(nn.Module):
    """Borders take the detail, the inside takes the context (figure 7, left)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = NormConv(channels, channels, kernel=3)

    def forward(self, p: torch.Tensor, i: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
        """Three maps (N, C, h, w) to one."""
        return self.conv(torch.lerp(i, p, torch.sigmoid(d)))


class LightBag(nn.Module):
    """The same with 1x1 convolutions, for the small nets (figure 7, right)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.f_p = ConvBN(channels, channels, act=None)
        self.f_i = ConvBN(channels, channels, act=None)

    def forward(self, p: torch.Tensor, i: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
        """Three maps (N, C, h, w) to one."""
        border = torch.sigmoid(d)
        return self.f_p((1 - border) * i + p) + self.f_i(i + border * p)


class Backbone(nn.Module):
    """The three branches. `channels` C of the stem; the answer has 4 C. Large nets have `stem_blocks` 3, not 2."""

    def __init__(self, channels: int, ppm_channels: int, stem_blocks: int, branch_blocks: int) -> None:
        super().__init__()
        c, large = channels, stem_blocks > 2
        self.channels, self.strides = [2 * c, 4 * c, 2 * c], [8, 8, 8]
        self.stem = dual_stem(c, stem_blocks, cut)
        self.i_branch_layers = nn.ModuleList(
            [
                stage(Basic, 2 * c, 4 * c, branch_blocks, stride=2, shortcut=cut),
                stage(Basic, 4 * c, 8 * c, branch_blocks, stride=2, shortcut=cut),
                stage(Bottle, 8 * c, 8 * c, 2, stride=2, shortcut=cut),
            ]
        )
        self.p_branch_layers = nn.ModuleList(
            [stage(Basic, 2 * c, 2 * c, stem_blocks, shortcut=cut) for _ in range(2)]
            + [stage(Bottle, 2 * c, 2 * c, 1, shortcut=cut)]
        )
        self.compression_1 = ConvBN(4 * c, 2 * c, act=None)
        self.compression_2 = ConvBN(8 * c, 2 * c, act=None)
        self.pag_1 = Guided(2 * c, c)
        self.pag_2 = Guided(2 * c, c)
        edge = 2 * c if large else c
        self.d_branch_layers = nn.ModuleList(
            [
                one_block(Basic, 2 * c, edge, stride=1, act=False, shortcut=cut),
                one_block(Basic, edge, edge, stride=1, act=False, shortcut=cut)
                if large
                else stage(Bottle, c, c, 1, shortcut=cut),
                stage(Bottle, 2 * c, 2 * c, 1, shortcut=cut),
            ]
        )
        self.diff_1 = ConvBN(4 * c, edge, kernel=3, act=None)
        self.diff_2 = ConvBN(8 * c, 2 * c, kernel=3, act=None)
        self.spp = PoolPyramid(16 * c, ppm_channels, 4 * c, parallel=not large)
        self.dfm = Bag(4 * c) if large else LightBag(4 * c)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to three maps at stride 8: detail, the fused answer, borders."""
        x = self.stem(x)
        i = F.relu(self.i_branch_layers[0](x))
        p = self.pag_1(self.p_branch_layers[0](x), self.compression_1(i))
        d = self.d_branch_layers[0](x)
        d = d + up(self.diff_1(i), d)
        detail = p
        i = F.relu(self.i_branch_layers[1](i))
        p = self.pag_2(self.p_branch_layers[1](F.relu(p)), self.compression_2(i))
        d = self.d_branch_layers[1](F.relu(d))
        d = d + up(self.diff_2(i), d)
        borders = d
        p = self.p_branch_layers[2](F.relu(p))
        d = self.d_branch_layers[2](F.relu(d))
        i = up(self.spp(self.i_branch_layers[2](i)), p)
        return [detail, self.dfm(p, i, d), borders]


class Branch(nn.Module):
    """Norm, ReLU, 3x3 convolution, norm, ReLU."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv = NormConv(inputs, width, kernel=3)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, width, h, w)."""
        return F.relu(self.norm(self.conv(x)), inplace=True)


class Head(DecodeHead):
    """The classifier of the fused map; those of detail (classes) and of borders (one channel) serve training."""

    def __init__(self, channels: Sequence[int], num_classes: int, *, width: int) -> None:
        super().__init__(width, num_classes)
        detail, fused, borders = channels
        self.i_head = Branch(fused, width)
        self.p_head = Branch(detail, width)
        self.d_head = Branch(borders, borders // 2)
        self.p_cls_seg = nn.Conv2d(width, num_classes, 1)
        self.d_cls_seg = nn.Conv2d(borders // 2, 1, 1)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The branches' maps to logits at stride 8."""
        return self.classify(self.i_head(features[1]))

    def borders(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The logit (N, 1, h, w) that a border between classes is there."""
        return self.d_cls_seg(self.d_head(features[2]))

    def training_outputs(self, features: Sequence[torch.Tensor]) -> Outputs:
        """The fused map's logits and, with the paper's weight, the detail branch's."""
        return [(self(features), 1.0), (self.p_cls_seg(self.p_head(features[0])), 0.4)]


SIZES: dict[str, dict[str, object]] = {
    "s": {"channels": 32, "ppm_channels": 96, "stem_blocks": 2, "branch_blocks": 3, "width": 128},
    "m": {"channels": 64, "ppm_channels": 96, "stem_blocks": 2, "branch_blocks": 3, "width": 128},
    "l": {"channels": 64, "ppm_channels": 112, "stem_blocks": 3, "branch_blocks": 4, "width": 256},
}


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`size` "s", "m" or "l" (table 1); `channels`, `ppm_channels`, `stem_blocks`, `branch_blocks`, `width` instead.

    The heads that serve training only are always there, as in the published files; `auxiliary` changes nothing.
    """
    size = str(options.get("size", "s"))
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}, not {size!r}")
    made = chosen(options, size=size, auxiliary=False, **SIZES[size])
    backbone = Backbone(made["channels"], made["ppm_channels"], made["stem_blocks"], made["branch_blocks"])
    return Net(backbone, Head(backbone.channels, num_classes, width=made["width"]), align_corners=True)


VARIANTS: dict[str, dict[str, object]] = {f"pidnet-{size}": {"size": size} for size in SIZES}
SMALL: dict[str, object] = {"channels": 4, "ppm_channels": 8, "width": 16, "branch_blocks": 2}
