"""HRNetV2 (Wang et al., arXiv:1908.07919, figures 2 and 3): branches at strides 4, 8, 16 and 32 side by side, which
exchange their maps after each module. Parameter names are OpenMMLab's; maps are enlarged bilinear, as there."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import resize
from segdesk.nets.encoders.resnet import BasicBlock, Bottleneck

WIDTHS = {"hrnet_w18_small": 18, "hrnet_w18": 18, "hrnet_w32": 32, "hrnet_w40": 40, "hrnet_w48": 48}
NAMES = tuple(WIDTHS)

# Modules of stages 2 to 4, and blocks of a branch.
FULL = ((1, 4, 3), 4)
SMALL = ((1, 3, 2), 2)


class Exchange(nn.Module):
    """A module of a stage: `blocks` basic blocks on each branch, then each map plus all others at its size."""

    def __init__(self, widths: Sequence[int], blocks: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(w, w) for _ in range(blocks))) for w in widths)
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_exchange(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths))
        )

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """A map a branch, fine to coarse, to maps of the same shapes."""
        maps = [branch(x) for branch, x in zip(self.branches, maps, strict=True)]
        return [self._fused(layers, maps, target) for target, layers in enumerate(self.fuse_layers)]

    def _fused(self, layers: nn.Module, maps: Sequence[torch.Tensor], target: int) -> torch.Tensor:
        parts = []
        for source, layer in enumerate(layers.children()):
            x = layer(maps[source])
            if source > target:
                # First by the whole factor, then to the very size: at odd sizes the reference samples twice.
                x = F.interpolate(x, scale_factor=2.0 ** (source - target), mode="bilinear", align_corners=False)
                x = resize(x, maps[target].shape[-2:])
            parts.append(x)
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return F.relu(total)


class HRNet(nn.Module):
    """Stem with stride 4, `layer1`, then stages of two, three and four branches.

    With `concat` the maps are those that DeepLab needs: `layer1`'s (256 channels) and all branches enlarged to the
    finest and concatenated, both at stride 4. `modules`, `blocks` and `width` make other sizes.
    """

    def __init__(
        self, width: int, *, modules: Sequence[int] = FULL[0], blocks: int = FULL[1], concat: bool = False
    ) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(4)]
        self.concat = concat
        self.channels = [256, sum(widths)] if concat else widths
        self.strides = [4, 4] if concat else [4, 8, 16, 32]
        self.conv1 = nn.Conv2d(3, 64, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = nn.Conv2d(64, 64, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        shortcut = nn.Sequential(nn.Conv2d(64, 256, 1, bias=False), nn.BatchNorm2d(256))
        rest = (Bottleneck(256, 64) for _ in range(blocks - 1))
        self.layer1 = nn.Sequential(Bottleneck(64, 64, downsample=shortcut), *rest)
        before = [256]
        for i, count in enumerate(modules):
            now = widths[: i + 2]
            self.add_module(f"transition{i + 1}", _transition(before, now))
            self.add_module(f"stage{i + 2}", nn.Sequential(*(Exchange(now, blocks) for _ in range(count))))
            before = now

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w) to maps with `channels` at `strides`."""
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.relu(self.bn2(self.conv2(x)), inplace=True)
        low = self.layer1(x)
        maps = [low]
        for i in range(1, 4):
            layers = list(getattr(self, f"transition{i}"))
            maps = [layer(maps[min(j, len(maps) - 1)]) for j, layer in enumerate(layers)]
            maps = getattr(self, f"stage{i + 1}")(maps)
        if self.concat:
            return [low, torch.cat([resize(m, maps[0].shape[-2:]) for m in maps], 1)]
        return maps


def _transition(before: Sequence[int], now: Sequence[int]) -> nn.ModuleList:
    """What makes the next stage's inputs: a new width for the first stage's map, a new branch from the coarsest."""
    layers: list[nn.Module] = []
    for i, width in enumerate(now):
        if i >= len(before):
            layers.append(nn.Sequential(_conv_bn_relu(before[-1], width, stride=2)))
        elif before[i] != width:
            layers.append(_conv_bn_relu(before[i], width, stride=1))
        else:
            layers.append(nn.Identity())
    return nn.ModuleList(layers)


def _exchange(widths: Sequence[int], source: int, target: int) -> nn.Module:
    """Branch `source`'s map with `target`'s channels; coarser by 3x3 convolutions of stride 2, finer by a 1x1."""
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(nn.Conv2d(widths[source], widths[target], 1, bias=False), nn.BatchNorm2d(widths[target]))
    steps = [_conv_bn_relu(widths[source], widths[source], stride=2) for _ in range(target - source - 1)]
    return nn.Sequential(*steps, _conv_bn_relu(widths[source], widths[target], stride=2)[:2])


def _conv_bn_relu(inputs: int, outputs: int, *, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def make(name: str, **options: object) -> nn.Module:
    """ "hrnet_w48" or another of `NAMES`; `options` as `HRNet` explains them."""
    modules, blocks = SMALL if name.endswith("small") else FULL
    chosen = {"width": WIDTHS[name], "modules": modules, "blocks": blocks, **options}
    return HRNet(**chosen)  # pyright: ignore[reportArgumentType]
