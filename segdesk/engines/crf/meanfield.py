"""Mean field inference (Kraehenbuehl and Koltun 2011, algorithm 1) over some pixels of a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.options import CrfOptions
from segdesk.engines.crf import kernels
from segdesk.engines.crf.lattice import Lattice, Places
from segdesk.engines.crf.team import Team

LANES = 8  # classes are filled up to a multiple of it
LEAST = 1e-5  # probabilities below it count as it
NEVER = np.float32(-1e30)  # the logit of a class that only fills up
START, AGAIN, LAST = 0, 1, 2  # see kernels.step


def padded(count: int) -> int:
    """The width of a row of `count` classes."""
    return -(-count // LANES) * LANES


@dataclass(frozen=True)
class Kernels:
    """Both kernels over the same pixels of a picture; they serve any unaries, weights and iterations."""

    places: Places
    near: Lattice
    far: Lattice

    @staticmethod
    def over(places: Places, options: CrfOptions, team: Team) -> Kernels:
        """With the widths of `options`."""
        near = Lattice(places, options.sigma_gamma, 0.0, team)
        return Kernels(places, near, Lattice(places, options.sigma_alpha, options.sigma_beta, team))

    @property
    def nbytes(self) -> int:
        """Memory that it holds, without the picture."""
        return self.near.nbytes + self.far.nbytes + self.places.pixels.nbytes + self.places.mass.nbytes


class Field:
    """The lattices' values during inference: one set of all, and for each thread one to add to."""

    def __init__(self, lattice: Lattice, weight: float, width: int, team: Team) -> None:
        self._lattice, self._width, self._team = lattice, width, team
        self.weight = np.float32(weight * lattice.alpha)
        self.values = np.zeros(lattice.count * width, np.float32)
        self.added = [np.zeros(lattice.count * width, np.float32) for _ in range(team.size)]

    def blur(self) -> None:
        """What was added becomes the values; nothing is added then."""
        first = self.added[0]
        for other in self.added[1:]:
            self._team.share(first.size, lambda _, a, b, o=other: kernels.add(first, o, a, b), chunk=1 << 18)
        self.values, self.added[0] = self._lattice.blur(first, self.values, self._width, self._team)
        self._team.share(first.size, self._clear, chunk=1 << 18)

    def _clear(self, _: int, first: int, last: int) -> None:
        for added in self.added:
            added[first:last] = 0


def infer(logits: np.ndarray, both: Kernels, options: CrfOptions, team: Team) -> None:
    """Turn (n, width) float32 `logits` of the kernels' pixels into probabilities, in place. Raises `Cancelled`."""
    width = logits.shape[1]
    near, far = Field(both.near, options.w2, width, team), Field(both.far, options.w1, width, team)
    flat, mass = logits.reshape(-1), both.places.mass

    def step(mode: int) -> None:
        def part(thread: int, first: int, last: int) -> None:
            kernels.step(
                flat,
                width,
                mass,
                both.near.vertices,
                both.near.weights,
                near.values,
                near.added[thread],
                both.far.vertices,
                both.far.weights,
                far.values,
                far.added[thread],
                near.weight,
                far.weight,
                first,
                last,
                mode,
            )

        team.share(len(logits), part)

    step(START)
    for left in range(options.iterations, 0, -1):
        near.blur()
        far.blur()
        step(AGAIN if left > 1 else LAST)


def logits_of(probabilities: np.ndarray, classes: int) -> None:
    """Probabilities (n, width) float32 become logits in place; what lies beyond `classes` never wins."""
    np.clip(probabilities, LEAST, 1.0, out=probabilities)
    np.log(probabilities, out=probabilities)
    probabilities[:, classes:] = NEVER
