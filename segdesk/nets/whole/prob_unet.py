"""Probabilistic U-Net (Kohl et al., arXiv:1806.05034, figure 1, equations 1 to 4): a conditional variational
auto-encoder around a U-Net. A point z of a low-dimensional latent space picks one of the segmentations that are
plausible for the picture; the prior net says which points are likely, the posterior net, in training, which point the
given labels come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

from segdesk.nets.blocks import up
from segdesk.nets.encoders.vgg import he_initialised
from segdesk.nets.whole.options import made

TITLE = "Probabilistic U-Net"
PAPER = "arXiv:1806.05034"
WIDTHS = (32, 64, 128, 192, 192, 192, 192)
IGNORED = 255


class Block(nn.Sequential):
    """`count` 3x3 convolutions, each with ReLU."""

    def __init__(self, inputs: int, outputs: int, count: int) -> None:
        steps: list[nn.Module] = []
        for i in range(count):
            steps += [nn.Conv2d(outputs if i else inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
        super().__init__(*steps)


class Down(nn.Module):
    """The contracting path: blocks with 2x2 mean pooling between them."""

    def __init__(self, inputs: int, widths: Sequence[int], count: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(a, b, count) for a, b in zip([inputs, *widths], widths, strict=False))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, inputs, h, w) to one map a block, fine to coarse."""
        maps = []
        for i, block in enumerate(self.blocks):
            x = block(F.avg_pool2d(x, 2, ceil_mode=True) if i else x)
            maps.append(x)
        return maps


class Gaussian(nn.Module):
    """A contracting path, its last map averaged, and a 1x1 convolution to mean and log standard deviation."""

    def __init__(self, inputs: int, widths: Sequence[int], count: int, latent: int) -> None:
        super().__init__()
        self.down = Down(inputs, widths, count)
        self.moments = nn.Conv2d(widths[-1], 2 * latent, 1)

    def forward(self, x: torch.Tensor) -> Independent:
        """(N, inputs, h, w) to N axis-aligned Gaussians over the latent space."""
        pooled = self.down(x)[-1].mean((2, 3), keepdim=True)
        mean, log_deviation = self.moments(pooled)[:, :, 0, 0].chunk(2, 1)
        return Independent(Normal(mean, log_deviation.exp()), 1)


class ProbabilisticUNet(nn.Module):
    """`widths` of the U-Net and of both Gaussians; `convs` a block; `latent` dimensions of z; `mixes` 1x1
    convolutions after z has been put beside the U-Net's features, before the classifier; `beta` weighs the divergence
    in `elbo`. The numbers are those of the authors' Cityscapes configuration."""

    output = "scores"

    def __init__(
        self,
        num_classes: int,
        *,
        widths: Sequence[int] = WIDTHS,
        convs: int = 3,
        latent: int = 6,
        mixes: int = 3,
        beta: float = 1.0,
    ) -> None:
        super().__init__()
        self.num_classes, self.beta = num_classes, beta
        self.down = Down(3, widths, convs)
        self.up = nn.ModuleList(Block(low + skip, skip, convs) for skip, low in pairwise(widths))
        self.prior = Gaussian(3, widths, convs, latent)
        self.posterior = Gaussian(3 + num_classes, widths, convs, latent)
        mixing: list[nn.Module] = []
        for i in range(mixes):
            mixing += [nn.Conv2d(widths[0] + (0 if i else latent), widths[0], 1), nn.ReLU(inplace=True)]
        self.mix = nn.Sequential(*mixing, nn.Conv2d(widths[0], num_classes, 1))
        for part in (self.down, self.up, self.prior.down, self.posterior.down, self.mix):
            he_initialised(part)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to the U-Net's last map (N, C, h, w), which does not depend on z."""
        skips = self.down(x)
        y = skips.pop()
        for block in reversed(self.up):
            skip = skips.pop()
            y = block(torch.cat([up(y, skip, align_corners=True), skip], 1))
        return y

    def decoded(self, features: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Features (N, C, h, w) with z (N, latent) at every pixel, to logits (N, num_classes, h, w)."""
        tiled = z[:, :, None, None].expand(-1, -1, *features.shape[2:])
        return self.mix(torch.cat([features, tiled], 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to the logits (N, num_classes, h, w) at the prior's mean."""
        return self.decoded(self.features(x), self.prior(x).mean)

    def sample(self, x: torch.Tensor, n: int, generator: torch.Generator | None = None) -> torch.Tensor:
        """`n` segmentations drawn from the prior: logits (n, N, num_classes, h, w). The U-Net runs once. All pictures
        get the same noise, so that a seed gives the same answers whichever pictures are beside them."""
        features, prior = self.features(x), self.prior(x)
        shape = (n, 1, prior.mean.shape[1])
        noise = torch.randn(shape, generator=generator, device=x.device, dtype=x.dtype)
        return torch.stack([self.decoded(features, prior.mean + prior.stddev * one) for one in noise])

    def elbo(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The loss of equation 4, for `labels` (N, h, w) int64 with 255 for ignored pixels: cross-entropy of a
        segmentation at a point of the posterior, plus `beta` times the divergence of the posterior from the prior.
        Both are divided by the number of labelled pixels of a picture, over which the paper sums."""
        one_hot = F.one_hot(labels.clamp(max=self.num_classes), self.num_classes + 1)[..., : self.num_classes]
        posterior = self.posterior(torch.cat([x, one_hot.permute(0, 3, 1, 2).to(x.dtype)], 1))
        logits = self.decoded(self.features(x), posterior.rsample())
        total = F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")
        divergence = kl_divergence(posterior, self.prior(x)).sum()
        return (total + self.beta * divergence) / (labels != IGNORED).sum().clamp(min=1)


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card; `options` as `ProbabilisticUNet` explains them."""
    return made(ProbabilisticUNet, options, num_classes)


VARIANTS: dict[str, dict[str, object]] = {"prob_unet": {}}
SMALL: dict[str, object] = {"widths": [8, 16, 16], "convs": 1, "latent": 2}
