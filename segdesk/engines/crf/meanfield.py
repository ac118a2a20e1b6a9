"""Mean field inference (Kraehenbuehl and Koltun 2011, algorithm 1) over some pixels of a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segdesk.domain.options import CrfOptions
from segdesk.engines.crf import kernels
from segdesk.engines.crf.lattice import Lattice, Places
from segdesk.engines.crf.team import Team

NOTHING = np.empty(0, np.float32)
ROWS = 1 << 11  # of results are written at a time

Write = Callable[[int, int, np.ndarray], None]  # first, last, (last - first, width) probabilities of these pixels


@dataclass(frozen=True)
class Kernels:
    """Both kernels over the same pixels of a picture; they serve any unaries, weights and iterations."""

    places: Places
    near: Lattice
    far: Lattice

    @staticmethod
    def over(places: Places, options: CrfOptions, team: Team, *, rough: bool = False) -> Kernels:
        """With the widths of `options`."""
        near = Lattice(places, options.sigma_gamma, 0.0, team, rough=rough)
        return Kernels(places, near, Lattice(places, options.sigma_alpha, options.sigma_beta, team, rough=rough))

    @property
    def nbytes(self) -> int:
        """Memory that it holds, without the picture."""
        return self.near.nbytes + self.far.nbytes + self.places.pixels.nbytes + self.places.mass.nbytes


class Field:
    """The values of a lattice during inference: what is sliced (nothing at the start) and what is added up."""

    def __init__(self, lattice: Lattice, weight: float, width: int, team: Team) -> None:
        self._lattice, self._width, self._team = lattice, width, team
        self.weight = np.float32(weight * lattice.alpha)
        self.values = NOTHING
        self.added = np.empty(lattice.rows * width, np.float32)
        # Piece by piece: as zeros that the system finds when they are first needed, all of it would be needed by the
        # first pixels, and for 60 ms no thread would hear that it is to stop.
        self._clear_all()

    def blur(self, *, last: bool) -> None:
        """What was added becomes the values; nothing is added then. The last time the receivers get values as well."""
        other = self.values if self.values.size else np.zeros(self.added.size, np.float32)  # not touched yet
        self.values, other = self._lattice.blur(self.added, other, self._width, self._team, all_=last)
        self.added = NOTHING if last else other
        self._clear_all()

    def _clear_all(self) -> None:
        self._team.share(self.added.size, self._clear, chunk=1 << 18)

    def _clear(self, first: int, last: int) -> None:
        self.added[first:last] = 0


def infer(unary: np.ndarray, send: np.ndarray, both: Kernels, options: CrfOptions, team: Team, write: Write) -> None:
    """Inference over the pixels of the kernels, whose results go to `write`, on several threads and in any order.

    `unary`: (n, width) uint16, see `vec.decoded`. `send`: (n,) float32, the mass of each pixel, less what takes no
    part. Raises `Cancelled`.
    """
    width = unary.shape[1]
    near, far = Field(both.near, options.w2, width, team), Field(both.far, options.w1, width, team)
    flat = unary.reshape(-1)

    def step(first: int, last: int, out: np.ndarray = NOTHING) -> None:
        kernels.step(
            flat,
            width,
            send,
            both.near.vertices,
            both.near.weights,
            near.values,
            near.added,
            both.far.vertices,
            both.far.weights,
            far.values,
            far.added,
            near.weight,
            far.weight,
            first,
            last,
            out,
        )

    def results(first: int, last: int) -> None:
        rows = np.empty((last - first) * width, np.float32)
        step(first, last, rows)
        write(first, last, rows.reshape(-1, width))

    team.own(both.places.senders, step)
    for left in range(options.iterations, 0, -1):
        near.blur(last=left == 1)
        far.blur(last=left == 1)
        if left > 1:
            team.own(both.places.senders, step)
        else:
            team.share(len(unary), results, chunk=ROWS)
        team.advance(1 / (options.iterations + 1))
