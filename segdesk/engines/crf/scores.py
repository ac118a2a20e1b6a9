"""The probabilities that come in, of any resolution and layout, as the unary terms of some pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segdesk.engines.crf import kernels, vec
from segdesk.engines.crf.team import Team

LEAST = 1.01e-5  # probabilities below it count as it
BLOCK = 1 << 11  # pixels that are converted at a time: small arrays are reused, not mapped anew


def padded(count: int) -> int:
    """The width of a row of `count` classes."""
    return -(-count // vec.LANES) * vec.LANES


@dataclass
class Scores:
    """`values`: either planes (K, H * W) of any float type at the picture's size, or flat (height, width, lanes)
    float32 of a `coarse` grid: pixel (y, x) of the picture lies at row grid[0] y + grid[1] and column
    grid[2] x + grid[3] of it. `channels`: which of them take part, with the highest value of each, `peaks`; `held`:
    which keep what they have.
    """

    values: np.ndarray
    coarse: tuple[int, int, np.ndarray] | None
    channels: np.ndarray
    peaks: np.ndarray
    held: np.ndarray

    @staticmethod
    def of(
        scores: np.ndarray,
        size: tuple[int, int],
        team: Team,
        *,
        channels: np.ndarray,
        peaks: np.ndarray,
        held: np.ndarray,
    ) -> Scores:
        """From (K, h, w) of any float type that cover a picture of `size`."""
        _, height, width = scores.shape
        if (height, width) == size and scores.flags.c_contiguous:
            return Scores(scores.reshape(len(scores), -1), None, channels, peaks, held)
        used = np.concatenate([channels, held])
        values = np.zeros((height, width, padded(used.size)), np.float32)

        def part(first: int, last: int) -> None:
            values[first:last, :, : used.size] = np.moveaxis(scores[used, first:last], 0, 2)

        team.share(height, part, chunk=16)
        a, c = height / size[0], width / size[1]
        grid = np.array([a, a / 2 - 0.5, c, c / 2 - 0.5])
        at = np.arange(used.size)
        return Scores(values.reshape(-1), (height, width, grid), at[: channels.size], peaks, at[channels.size :])

    def only(self, some: np.ndarray) -> Scores:
        """Of these of the channels."""
        return replace(self, channels=self.channels[some], peaks=self.peaks[some])

    def rows(self, pixels: np.ndarray, image_width: int) -> np.ndarray:
        """(n, channels and held) float32 at (n,) int32 pixels y * image_width + x; may be wider."""
        used = np.concatenate([self.channels, self.held])
        if self.coarse is None:
            planes = np.empty((used.size, pixels.size), self.values.dtype)
            bits = np.dtype(f"u{planes.itemsize}")  # as whole numbers: numba knows no half floats
            kernels.gather(self.values.view(bits), used, pixels, planes.view(bits))
            return planes.astype(np.float32, copy=False).T
        height, width, grid = self.coarse
        lanes = self.values.size // (height * width)
        out = np.empty((pixels.size, lanes), np.float32)
        kernels.sample(self.values, height, width, lanes, grid, image_width, pixels, out.reshape(-1))
        return out if used.size == lanes else out[:, used]

    def free(self, pixels: np.ndarray, image_width: int) -> np.ndarray:
        """(n,) float32: what the held channels leave to the others."""
        return self._free(self.rows(pixels, image_width))

    def _free(self, rows: np.ndarray) -> np.ndarray:
        count = self.channels.size
        return np.clip(1 - rows[:, count : count + self.held.size].sum(1), 0, 1)

    def unary(self, pixels: np.ndarray, image_width: int, team: Team) -> tuple[np.ndarray, np.ndarray]:
        """((n, width) uint16 codes of logits, see `vec.decoded`; (n,) float32: what the held channels leave)."""
        count = self.channels.size
        width = padded(count)
        codes = np.empty((pixels.size, width), np.uint16)
        flat = codes.reshape(-1)
        free = np.empty(pixels.size, np.float32)

        def part(first: int, last: int) -> None:
            rows = self.rows(pixels[first:last], image_width)
            chosen = rows[:, :count]
            free[first:last] = 1
            if self.held.size:
                free[first:last] = self._free(rows)
                chosen = chosen / np.maximum(free[first:last, None], LEAST)
            kernels.encode(chosen, np.float32(LEAST), np.uint16(vec.NEVER), width, flat[first * width : last * width])

        team.share(pixels.size, part, chunk=BLOCK)
        return codes, free
