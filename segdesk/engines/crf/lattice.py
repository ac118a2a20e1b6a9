"""A permutohedral lattice over some pixels of a picture: one Gaussian kernel of the CRF, normalised symmetrically, for
any number of classes and iterations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segdesk.engines.crf import embedding, kernels
from segdesk.engines.crf.team import Team

# Keys are sums of coordinates times these; that two of some million vertices get one key has a chance of 2^-20.
FACTORS = np.array(
    [0x2545F4914F6CDD1D, 0x369DEA0F31A53F85, 0x27BB2EE687B0B0FD, 0x106689D45497FDB5, 0x3C79AC492BA7B653], np.int64
)

Kernel = Callable[[np.ndarray, int, np.ndarray, int, int, int], object]


@dataclass(frozen=True)
class Places:
    """Some pixels of a picture. `image`: (H, W, 3) uint8, contiguous; `pixels`: (n,) int32, y * W + x; `mass`: (n,)
    float32, how many pixels each stands for. The first `senders` send messages, the others only receive some. The last
    `alone` of the senders are further from all others than the narrow kernel reaches: they have no part in it."""

    image: np.ndarray
    pixels: np.ndarray
    mass: np.ndarray
    senders: int
    alone: int = 0

    @staticmethod
    def alike(image: np.ndarray, pixels: np.ndarray) -> Places:
        """Pixels that all send and count the same."""
        return Places(image, pixels, np.ones(pixels.size, np.float32), pixels.size)


class Lattice:
    """`sigma`: in pixels; `sigma_color`: in 0..255, 0 for a kernel of the position alone. `rough`: of vertices twice as
    far apart, which are not blurred. Splatting and slicing have a quarter of the variance of all three steps (Adams et
    al., 3.1), so twice as far apart they have all of it: a filter in blocks, but without neighbours and, on a grid of
    every fourth pixel, with a third of the vertices.

    Attributes: `vertices` (n, d + 1) int32 and `weights` (n, d + 1) float32 of each pixel, weights with the
    normalisation; `alpha`: what the filter must be multiplied with. Vertices are numbered from 1, row 0 of the values
    is of zeros: first those of the senders, `sending` with row 0, then those that only receivers have, `count` in all.
    Each thread has a row of its own for every vertex of its senders. So all can add at once: a vertex that more than
    one thread has is owned by the first, the others have doubles, from `count` up to `rows`.
    """

    def __init__(self, places: Places, sigma: float, sigma_color: float, team: Team, *, rough: bool = False) -> None:
        self._dims = d = 5 if sigma_color else 2
        self._axes = 0 if rough else d + 1  # along which it is blurred
        self._scale = _scale(d, sigma, sigma_color) * np.float32(0.5 if rough else 1)
        self.alpha = np.float32(1 if rough else 1 / (1 + 2.0**-d))
        self.vertices = np.empty((places.pixels.size, d + 1), np.int32)
        self.weights = np.empty((places.pixels.size, d + 1), np.float32)
        self._out = places.senders - (0 if sigma_color else places.alone)  # from here on senders have no part
        self.vertices[self._out : places.senders] = 0  # the row of zeros, to which they add zeros
        self.weights[self._out : places.senders] = 0
        self._number(places, team)
        self._normalise(places, team)

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return self.vertices.nbytes + self.weights.nbytes + self._pairs.nbytes

    def _number(self, places: Places, team: Team) -> None:
        """Find the vertices, each thread those of its pixels, then all together, and their neighbours."""
        parts = [slice(min(a, self._out), min(b, self._out)) for a, b in team.stretches(0, places.senders)]
        sending = len(parts)
        if places.senders < places.pixels.size:
            parts += [slice(a, b) for a, b in team.stretches(places.senders, places.pixels.size)]
        factors = FACTORS[: self._dims]

        def embed(part: slice) -> np.ndarray:
            vertices, weights = self.vertices[part], self.weights[part]
            pixels, scale = places.pixels[part], tuple(self._scale)
            return embedding.embed(places.image, pixels, scale, tuple(factors), vertices, weights, team.stop)

        keys = team.all([lambda part=part: embed(part) for part in parts])
        ends = np.cumsum([0] + [k.size for k in keys])
        again = np.zeros(ends[-1], bool)
        table, numbers, unique = team.all([lambda: embedding.index(np.concatenate(keys), again, team.stop)])[0]
        self.count = unique.size
        self.sending = int(numbers[: ends[sending]].max(initial=0)) + 1
        doubles = np.flatnonzero(again[: ends[sending]])
        self._owners = numbers[doubles]
        self._double_ends = np.searchsorted(doubles, ends[1 : sending + 1])
        numbers[doubles] = self.count + np.arange(doubles.size)
        self.rows = self.count + doubles.size
        self._pairs = np.zeros((self._axes, unique.size, 2), np.int32)

        def renumber(i: int) -> None:
            embedding.renumber(self.vertices[parts[i]], numbers[ends[i] : ends[i + 1]], team.stop)

        team.all([lambda i=i: renumber(i) for i in range(len(parts))])
        steps = _steps(factors)
        team.all(
            [lambda j=j: embedding.link(table, unique, steps[j], self._pairs[j], team.stop) for j in range(self._axes)]
        )

    def _normalise(self, places: Places, team: Team) -> None:
        """Take the normalisation into the weights: one over the root of what the filter makes of ones."""
        ones, other = np.zeros(self.rows, np.float32), np.zeros(self.rows, np.float32)
        team.own(
            places.senders,
            lambda a, b: kernels.splat_ones(self.vertices, self.weights, places.mass, ones, a, b),
        )
        np.add.at(ones, self._owners, ones[self.count :])
        for pairs in self._pairs:
            source, target = ones, other
            team.share(
                self.count - 1,
                lambda a, b, s=source, t=target, p=pairs: kernels.blur_ones(s, t, p, a + 1, b + 1),
            )
            ones, other = other, ones
        ones[self.count :] = ones[self._owners]

        def part(first: int, last: int) -> None:
            kernels.normalise(self.vertices, self.weights, ones, self.alpha, first, last)

        team.share(len(self.weights), part)

    def blur(
        self, values: np.ndarray, other: np.ndarray, width: int, team: Team, *, all_: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Blur flat (rows, width) `values`; `other` is scratch. Returns (result, the other of the two).

        Not `all_`: only the vertices of the senders, both arrays being zero at the others.
        """
        at, count = 0, self.count if all_ else self.sending
        for end in self._double_ends.tolist():  # one thread's at a time: two may have doubles of one vertex
            self._doubles(kernels.join, values, width, at, end, team)
            at = end
        for pairs in self._pairs:
            source, target = values, other

            def part(a: int, b: int, s: np.ndarray = source, t: np.ndarray = target, p=pairs) -> None:
                kernels.blur(s, t, width, p, a + 1, b + 1)

            team.share(count - 1, part)
            values, other = other, values
        self._doubles(kernels.split, values, width, 0, self._owners.size, team)
        return values, other

    def _doubles(self, kernel: Kernel, values: np.ndarray, width: int, start: int, end: int, team: Team) -> None:
        if end > start:
            team.share(
                end - start,
                lambda a, b: kernel(values, width, self._owners, self.count, start + a, start + b),
            )


def _scale(dims: int, sigma: float, sigma_color: float) -> np.ndarray:
    """What coordinates are multiplied with, so that the lattice's blur has the wished width (Adams et al., 3.1)."""
    i = np.arange(dims)
    widths = np.where(i < 2, sigma, sigma_color or 1.0)
    return (np.sqrt(2 / 3) * (dims + 1) / np.sqrt((i + 1) * (i + 2)) / widths).astype(np.float32)


def _steps(factors: np.ndarray) -> np.ndarray:
    """(d + 1,) int64: what the key of a vertex and that of its neighbour along each axis differ by; wraps around."""
    steps = np.append(factors * np.int64(factors.size + 1), np.int64(0))
    return steps - factors.sum()
