"""How many pixels each segment has, kept while the map changes instead of counted anew."""

from __future__ import annotations

import time
from collections.abc import Iterable

import cv2
import numpy as np

from segdesk.domain.classes import MAX_ID
from segdesk.domain.edit import TileKey, tile_runs

SLICE_PIXELS = 1 << 20  # counted at once: under a millisecond, and far below the 2**24 that a float32 bin can hold


def histogram(ids: np.ndarray) -> np.ndarray:
    """(65536,) int64: the pixels of each id of an (H, W) uint16 map. Any thread."""
    counts = np.zeros(MAX_ID + 1, np.int64)
    rows = max(1, SLICE_PIXELS // max(1, ids.shape[1]))
    for top in range(0, ids.shape[0], rows):
        counts += _count(ids[top : top + rows])
    return counts


def _count(band: np.ndarray) -> np.ndarray:
    if band.size == 0:
        return np.zeros(MAX_ID + 1, np.int64)
    counts, end = np.zeros(MAX_ID + 1, np.int64), int(band.max()) + 1  # few bins stay in the processor's cache
    counts[:end] = cv2.calcHist([np.ascontiguousarray(band)], [0], None, [end], [0, end]).ravel()
    return counts


def tiles_histogram(ids: np.ndarray, keys: Iterable[TileKey]) -> np.ndarray:
    """(65536,) int64: the pixels of each id inside some 64x64 tiles."""
    parts = [ids[y0:y1, x0:x1].ravel() for x0, y0, x1, y1 in tile_runs(keys, (ids.shape[0], ids.shape[1]))]
    return histogram(np.concatenate(parts)[:, None] if parts else ids[:0])


class Areas:
    """The counts of one map: taken in slices when the picture opens, then changed along with the map.

    While `ready` is false the counts cover the rows counted so far, and the map must not change: call `finish` first.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(MAX_ID + 1, np.int64)
        self.ready = False
        self._rows = 0

    def count_some(self, ids: np.ndarray, seconds: float) -> bool:
        """Go on counting for about `seconds`; returns `ready`."""
        end = time.perf_counter() + seconds
        step = max(1, SLICE_PIXELS // max(1, ids.shape[1]))
        while not self.ready:
            self.counts += _count(ids[self._rows : self._rows + step])
            self._rows += step
            self.ready = self._rows >= ids.shape[0]
            if time.perf_counter() > end:
                break
        return self.ready

    def finish(self, ids: np.ndarray) -> None:
        """Count what is left, now."""
        self.count_some(ids, float("inf"))

    def replaced(self, old: np.ndarray, value: int) -> list[int]:
        """Pixels that had the (n,) ids `old` now have `value`. Returns the ids that lost their last pixel."""
        lost = np.bincount(old)
        self.counts[: lost.size] -= lost
        self.counts[value] += old.size
        changed = np.flatnonzero(lost)
        return [int(i) for i in changed if self.counts[i] == 0]

    def set_all(self, counts: np.ndarray) -> None:
        """Take over counts of the whole map."""
        self.counts, self.ready = counts, True
