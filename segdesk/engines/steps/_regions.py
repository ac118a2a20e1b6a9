"""Connected regions of a label map by their horizontal runs: numbers, areas, borders, at the cost of the borders
and not of the pixels. Any thread."""

from __future__ import annotations

import numpy as np

from segdesk.domain.components import joined


class Regions:
    """Connected regions (pixel sides) of equal value of an (H, W) map.

    Attributes, for the n runs in scan order: `start`, `stop` (exclusive) flat index and `number` of the region; for the
    `count` regions: `label` (the value), `area` in pixels, `at_border` (touches the map's border).
    """

    def __init__(self, values: np.ndarray) -> None:
        height, width = values.shape
        flat = values.ravel()
        begins = np.empty(flat.size, bool)
        begins[:1] = True
        np.not_equal(flat[1:], flat[:-1], out=begins[1:])
        begins[::width] = True
        self.shape = (height, width)
        self.start = np.flatnonzero(begins)
        self.stop = np.append(self.start[1:], flat.size)
        value = flat[self.start]
        self._upper, self._lower, self._shared = self._below()
        same = value[self._upper] == value[self._lower]
        pairs = np.stack([self._upper[same], self._lower[same]], axis=1).astype(np.int32)
        _, self.number = np.unique(joined(pairs, self.start.size), return_inverse=True)
        self.count = int(self.number.max()) + 1
        self.label = np.zeros(self.count, values.dtype)
        self.label[self.number] = value
        self.area = np.bincount(self.number, weights=self.stop - self.start, minlength=self.count).astype(np.int64)
        self.at_border = np.zeros(self.count, bool)
        edge = (self.start % width == 0) | (self.stop % width == 0)
        edge |= (self.start < width) | (self.start >= flat.size - width)
        self.at_border[self.number[edge]] = True

    def _below(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each run with each run of the next row that lies under it, and how many pixels they share."""
        width = self.shape[1]
        low = np.searchsorted(self.stop, self.start + width, side="right")
        high = np.searchsorted(self.start, self.stop + width, side="left")
        counts = np.maximum(high - low, 0)
        upper = np.repeat(np.arange(self.start.size), counts)
        lower = np.arange(upper.size) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
        shared = np.minimum(self.stop[upper] + width, self.stop[lower]) - np.maximum(
            self.start[upper] + width, self.start[lower]
        )
        return upper, lower, shared

    def borders(self, of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(region, its neighbour, pixel sides that they share) for the regions that (count,) bool `of` chooses."""
        beside = np.flatnonzero(self.start[1:] % self.shape[1] != 0)
        upper = np.concatenate([self._upper, beside])
        lower = np.concatenate([self._lower, beside + 1])
        shared = np.concatenate([self._shared, np.ones(beside.size, np.int64)])
        a, b = self.number[upper], self.number[lower]
        own = np.concatenate([a, b])
        other = np.concatenate([b, a])
        use = of[own] & (own != other)
        keys, place = np.unique(own[use].astype(np.int64) * self.count + other[use], return_inverse=True)
        total = np.bincount(place, weights=np.concatenate([shared, shared])[use], minlength=keys.size)
        return keys // self.count, keys % self.count, total.astype(np.int64)

    def painted(self, ids: np.ndarray, which: np.ndarray, label: np.ndarray) -> np.ndarray:
        """A copy of (H, W) `ids` in which the pixels of the regions chosen by (count,) bool `which` have (count,)
        `label`."""
        result = ids.copy()
        runs = np.flatnonzero(which[self.number])
        length = self.stop[runs] - self.start[runs]
        at = np.arange(int(length.sum())) + np.repeat(self.start[runs] - (np.cumsum(length) - length), length)
        result.ravel()[at] = np.repeat(label[self.number[runs]], length)
        return result
