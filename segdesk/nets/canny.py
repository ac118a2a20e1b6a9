"""Canny's edges (A Computational Approach to Edge Detection, 1986) as OpenCV draws them, computed by torch."""

from __future__ import annotations

import torch
import torch.nn.functional as F

# tan 22.5 degrees as OpenCV rounds it, in parts of 2 to the power of 15.
TAN = 13573


@torch.no_grad()
def canny(x: torch.Tensor, *, low: float, high: float) -> torch.Tensor:
    """Edges of pictures (N, C, h, w) of whole numbers 0 to 255, as bool (N, 1, h, w).

    Sobel gradients of the channel with the largest one (sum of both directions' sizes), thinned across the edge; kept
    where above `high`, or above `low` and connected to such a pixel.
    """
    dx, dy = _gradient(x)
    size = dx.abs() + dy.abs()
    ridge = _is_ridge(size, dx, dy) & (size > low)
    return _connected((ridge & (size > high)).float(), ridge.float()) > 0


def _gradient(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Sobel's differences to the right and downwards, (N, 1, h, w) each, of the channel where they are largest."""
    n, c, h, w = x.shape
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], device=x.device)
    kernels = torch.stack([sobel, sobel.T]).unsqueeze(1)
    padded = F.pad(x.reshape(n * c, 1, h, w).float(), (1, 1, 1, 1), mode="replicate")
    both = F.conv2d(padded, kernels).view(n, c, 2, h, w).round().long()
    best = both.abs().sum(2).argmax(1)[:, None, None].expand(n, 1, 2, h, w)
    dx, dy = both.gather(1, best)[:, 0].split(1, 1)
    return dx, dy


def _is_ridge(size: torch.Tensor, dx: torch.Tensor, dy: torch.Tensor) -> torch.Tensor:
    """Where the gradient is the largest of three pixels along its own direction, in steps of 45 degrees."""
    h, w = size.shape[-2:]
    around = F.pad(size, (1, 1, 1, 1))

    def at(row: int, column: int) -> torch.Tensor:
        return around[:, :, 1 + row : 1 + row + h, 1 + column : 1 + column + w]

    flat = dx.abs() * TAN
    steep = flat + (dx.abs() << 16)
    y = dy.abs() << 15
    along_row = (size > at(0, -1)) & (size >= at(0, 1))
    along_column = (size > at(-1, 0)) & (size >= at(1, 0))
    falling = (size > at(-1, -1)) & (size > at(1, 1))
    rising = (size > at(-1, 1)) & (size > at(1, -1))
    diagonal = torch.where((dx < 0) != (dy < 0), rising, falling)
    return torch.where(y < flat, along_row, torch.where(y > steep, along_column, diagonal))


def _connected(seeds: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The parts of `mask` (0 or 1) that the seeds reach over all eight neighbours."""
    while True:
        grown = F.max_pool2d(seeds, 3, 1, 1) * mask
        if torch.equal(grown, seeds):
            return seeds
        seeds = grown
