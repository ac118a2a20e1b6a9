"""Bootstrap over pictures: how far a figure would differ had other pictures of the same kind been judged.

Pictures are drawn anew B times, each a Poisson(1) number of times in each draw (Hanley and MacGibbon 2006; Chamandy et
al. 2012), which for many pictures is drawing with replacement, needs no picture twice, and keeps memory independent of
their number. Draws follow from the seed and a picture's number alone, so the same pictures judged by two models are
drawn alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DRAWS = 1000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval of a figure: in `level` of the draws it lies from `low` to `high`.

    `pictures`: how many were judged; `draws`: in how many draws the figure exists.
    """

    low: float
    high: float
    pictures: int
    draws: int
    level: float = LEVEL


def weights(picture: int, *, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """(draws,) uint8: how often each draw has the picture of this number (0, 1 ...)."""
    return np.random.default_rng((seed, picture)).poisson(1.0, draws).astype(np.uint8)


def interval(values: np.ndarray, pictures: int, *, level: float = LEVEL) -> Interval | None:
    """The interval of a figure that came to `values` (B,) float64 in the draws, NaN where it does not exist.

    None if there are fewer than two pictures, or if most draws lack the figure.
    """
    known = values[~np.isnan(values)]
    if pictures < 2 or 2 * known.size <= values.size:
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), pictures, known.size, level)


class Resamples:
    """Sums of the pictures' counts in each draw: a row of `columns` numbers for each kind (class) that occurs."""

    def __init__(self, columns: int, *, draws: int = DRAWS, seed: int = 0) -> None:
        self.columns, self.draws, self.seed, self.pictures = columns, draws, seed, 0
        self._sums: dict[int, np.ndarray] = {}

    def add(self, values: np.ndarray) -> None:
        """Count the next picture in: (kinds, columns) numbers, the kinds always in the same order."""
        drawn = weights(self.pictures, draws=self.draws, seed=self.seed).astype(np.float64)
        self.pictures += 1
        for kind in np.flatnonzero(values.any(axis=1)).tolist():
            if kind not in self._sums:
                self._sums[kind] = np.zeros((self.columns, self.draws))
            self._sums[kind] += values[kind][:, None] * drawn

    @property
    def kinds(self) -> list[int]:
        """The kinds that occur, rising."""
        return sorted(self._sums)

    @property
    def sums(self) -> np.ndarray:
        """(kinds that occur, columns, draws) float64, by kind."""
        if not self._sums:
            return np.zeros((0, self.columns, self.draws))
        return np.stack([self._sums[kind] for kind in self.kinds])


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where there is nothing to divide by."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


def mean_known(values: np.ndarray) -> np.ndarray:
    """(B,) mean over the rows of (K, B) that are not NaN, NaN where all are."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0))
