"""`Runs`: a mask as its horizontal runs, so that the connected parts of a huge region cost what its borders do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from segdesk.domain.components import joined
from segdesk.domain.edit import Tick, no_tick

BAND_PIXELS = 1 << 20


@dataclass(frozen=True, eq=False)
class Runs:
    """(n,) int64 `row`, `first` and `stop` (exclusive) column of each run, in scan order. Any thread."""

    row: np.ndarray
    first: np.ndarray
    stop: np.ndarray

    @classmethod
    def where(cls, ids: np.ndarray, test: Callable[[np.ndarray], np.ndarray], tick: Tick = no_tick) -> Runs:
        """Where `test` of the bands of an (H, W) map is true."""
        height, width = ids.shape
        rows = max(1, BAND_PIXELS // max(1, width))
        found = []
        for top in range(0, height, rows):
            tick(top, height)
            mask = test(ids[top : top + rows])
            padded = np.zeros((mask.shape[0], width + 1), np.int8)
            padded[:, :-1] = mask
            steps = np.diff(padded.ravel(), prepend=np.int8(0))
            begin, end = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
            row = begin // (width + 1)
            found.append((row + top, begin - row * (width + 1), end - row * (width + 1)))
        if not found:
            return cls(*(np.zeros(0, np.int64) for _ in range(3)))
        return cls(*(np.concatenate(part) for part in zip(*found, strict=True)))

    def connected(self, *, corners: bool) -> tuple[np.ndarray, int]:
        """((n,) number of the connected part of each run, how many parts); numbered in scan order. `corners`: pixels
        that touch at a corner hang together."""
        if self.row.size == 0:
            return np.zeros(0, np.int64), 0
        across = int(self.stop.max()) + 2
        begin, end = self.row * across + self.first, self.row * across + self.stop
        low = np.searchsorted(end, begin - across, side="left" if corners else "right")
        high = np.searchsorted(begin, end - across, side="right" if corners else "left")
        counts = np.maximum(high - low, 0)
        below = np.repeat(np.arange(self.row.size), counts)
        above = np.arange(below.size) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
        root = joined(np.stack([above, below], axis=1), self.row.size)
        _, number = np.unique(root, return_inverse=True)
        return number, int(number.max()) + 1

    def areas(self, part_of_run: np.ndarray, count: int) -> np.ndarray:
        """(count,) pixels of each part."""
        return np.bincount(part_of_run, weights=self.stop - self.first, minlength=count)

    def at_border(self, shape: tuple[int, ...]) -> np.ndarray:
        """(n,) bool: the runs with a pixel at the border of a map of (H, W)."""
        return (self.row == 0) | (self.row == shape[0] - 1) | (self.first == 0) | (self.stop == shape[1])

    def chosen(self, which: np.ndarray) -> Runs:
        """The runs for which (n,) bool `which` is set."""
        return Runs(self.row[which], self.first[which], self.stop[which])

    def masks(self, width: int) -> Iterator[tuple[int, np.ndarray]]:
        """(y, (h, `width`) bool) bands with all runs; bands without any are left out."""
        rows = max(1, BAND_PIXELS // max(1, width))
        for top in np.unique(self.row // rows).tolist():
            low, high = np.searchsorted(self.row, (top * rows, (top + 1) * rows))
            first = int(self.row[low])
            yield first, self._mask(slice(low, high), first, 0, width)

    def one_by_one(self, part_of_run: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """(x, y, (h, w) bool) of each part, in scan order, in its own box."""
        order = np.argsort(part_of_run, kind="stable")
        bounds = np.flatnonzero(np.diff(part_of_run[order], prepend=-1, append=-1))
        for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            which = order[low:high]
            x, y = int(self.first[which].min()), int(self.row[which[0]])
            yield x, y, self._mask(which, y, x, int(self.stop[which].max()) - x)

    def _mask(self, which: slice | np.ndarray, y: int, x: int, width: int) -> np.ndarray:
        row, first, stop = self.row[which] - y, self.first[which] - x, self.stop[which] - x
        flips = np.zeros((int(row[-1]) + 1, width + 1), np.int8)
        flips[row, first] += 1
        flips[row, stop] -= 1
        return np.cumsum(flips, axis=1, dtype=np.int8)[:, :-1].astype(bool)
