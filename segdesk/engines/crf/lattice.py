"""A permutohedral lattice over some pixels of a picture: one Gaussian kernel of the CRF, normalised symmetrically, for
any number of classes and iterations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from segdesk.engines.crf import kernels
from segdesk.engines.crf.team import Team

# Keys are sums of coordinates times these; that two of some million vertices get one key has a chance of 2^-20.
FACTORS = np.array(
    [0x2545F4914F6CDD1D, 0x369DEA0F31A53F85, 0x27BB2EE687B0B0FD, 0x106689D45497FDB5, 0x3C79AC492BA7B653], np.int64
)


@dataclass(frozen=True)
class Places:
    """Some pixels of a picture. `image`: (H, W, 3) uint8, contiguous; `pixels`: (n,) int32, y * W + x; `mass`: (n,)
    float32, how many pixels each stands for."""

    image: np.ndarray
    pixels: np.ndarray
    mass: np.ndarray

    @staticmethod
    def alike(image: np.ndarray, pixels: np.ndarray) -> Places:
        """Pixels that all count the same."""
        return Places(image, pixels, np.ones(pixels.size, np.float32))


class Lattice:
    """`sigma`: in pixels; `sigma_color`: in 0..255, 0 for a kernel of the position alone.

    Attributes: `count` vertices and the row of zeros before them; `vertices` (n, d + 1) int32 and `weights`
    (n, d + 1) float32 of each pixel, weights with the normalisation; `alpha`: what the filter must be multiplied with.
    """

    def __init__(self, places: Places, sigma: float, sigma_color: float, team: Team) -> None:
        self._dims = d = 5 if sigma_color else 2
        self._scale = _scale(d, sigma, sigma_color)
        self.alpha = np.float32(1 / (1 + 2.0**-d))
        self.vertices = np.empty((places.pixels.size, d + 1), np.int32)
        self.weights = np.empty((places.pixels.size, d + 1), np.float32)
        self._number(places, team)
        self._normalise(places.mass, team)

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return self.vertices.nbytes + self.weights.nbytes + self._pairs.nbytes

    def _number(self, places: Places, team: Team) -> None:
        """Find the vertices, each thread those of its pixels, then all together, and their neighbours."""
        size = places.pixels.size
        parts = [slice(a, b) for a, b in pairwise(size * i // team.size for i in range(team.size + 1))]
        factors = FACTORS[: self._dims]

        def embed(part: slice) -> np.ndarray:
            vertices, weights = self.vertices[part], self.weights[part]
            pixels = places.pixels[part]
            return kernels.embed(places.image, pixels, tuple(self._scale), tuple(factors), vertices, weights, team.stop)

        keys = team.all([lambda part=part: embed(part) for part in parts])
        table, numbers, unique = team.all([lambda: kernels.index(np.concatenate(keys))])[0]
        self.count = unique.size
        ends = np.cumsum([0] + [k.size for k in keys])
        self._pairs = np.zeros((self._dims + 1, unique.size, 2), np.int32)

        def renumber(i: int) -> None:
            kernels.renumber(self.vertices[parts[i]], numbers[ends[i] : ends[i + 1]])

        team.all([lambda i=i: renumber(i) for i in range(team.size)])
        steps = _steps(factors)
        team.all([lambda j=j: kernels.link(table, unique, steps[j], self._pairs[j]) for j in range(steps.size)])

    def _normalise(self, mass: np.ndarray, team: Team) -> None:
        """Take the normalisation into the weights: one over the root of what the filter makes of ones."""
        ones, other = np.zeros(self.count, np.float32), np.zeros(self.count, np.float32)
        kernels.splat_ones(self.vertices, self.weights, mass, ones)
        for pairs in self._pairs:
            kernels.blur_ones(ones, other, pairs, 1, self.count)
            ones, other = other, ones

        def part(_: int, first: int, last: int) -> None:
            kernels.normalise(self.vertices, self.weights, ones, self.alpha, first, last)

        team.share(len(self.weights), part)

    def blur(self, values: np.ndarray, other: np.ndarray, width: int, team: Team) -> tuple[np.ndarray, np.ndarray]:
        """Blur flat (count, width) `values`; `other` is scratch. Returns (result, the other of the two)."""
        for pairs in self._pairs:
            source, target = values, other

            def part(_: int, a: int, b: int, s: np.ndarray = source, t: np.ndarray = target, p=pairs) -> None:
                kernels.blur(s, t, width, p, a + 1, b + 1)

            team.share(self.count - 1, part)
            values, other = other, values
        return values, other


def _scale(dims: int, sigma: float, sigma_color: float) -> np.ndarray:
    """What coordinates are multiplied with, so that the lattice's blur has the wished width (Adams et al., 3.1)."""
    i = np.arange(dims)
    widths = np.where(i < 2, sigma, sigma_color or 1.0)
    return (np.sqrt(2 / 3) * (dims + 1) / np.sqrt((i + 1) * (i + 2)) / widths).astype(np.float32)


def _steps(factors: np.ndarray) -> np.ndarray:
    """(d + 1,) int64: what the key of a vertex and that of its neighbour along each axis differ by; wraps around."""
    steps = np.append(factors * np.int64(factors.size + 1), np.int64(0))
    return steps - factors.sum()
