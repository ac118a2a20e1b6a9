"""The run lengths of Label Studio's brush: bit-packed bytes of an RGBA picture (the layout of the rle-pack library).

A head of 32 bits (number of values), 5 bits (bits a value - 1) and four times 4 bits (bits of a length - 1), then
blocks: 1 bit whether one value repeats, 2 bits which of the four widths, the length - 1, and one value or all of them.
"""

from __future__ import annotations

import numpy as np

from segdesk.domain import rle
from segdesk.domain.rle import Rle

WIDTHS = (4, 8, 12, 16)  # bits of a length that we write
MOST = 1 << WIDTHS[-1]
HEAD_BITS = 32 + 5 + 4 * 4


def encode(mask: Rle) -> list[int]:
    """The bytes of a mask as an RGBA picture, row by row: 255, 255, 255, 255 where it is set, else zeros."""
    height, width = mask.size
    starts, stops = _row_runs(mask)
    bounds = np.stack([starts, stops], axis=1).ravel() * 4
    lengths = np.diff(np.concatenate(([0], bounds, [height * width * 4])))
    values = np.arange(lengths.size) % 2 * 255
    lengths, values = _split(lengths, values)
    choice = np.searchsorted([1 << w for w in WIDTHS], lengths)
    widths = np.array(WIDTHS)[choice]
    head = [(height * width * 4, 32), (7, 5), *((w - 1, 4) for w in WIDTHS)]
    numbers = np.stack([np.ones_like(lengths), choice, lengths - 1, values], axis=1).ravel()
    sizes = np.stack([np.ones_like(widths), np.full_like(widths, 2), widths, np.full_like(widths, 8)], axis=1).ravel()
    numbers = np.concatenate([[n for n, _ in head], numbers]).astype(np.uint64)
    sizes = np.concatenate([[s for _, s in head], sizes])
    return np.packbits(_bits(numbers, sizes)).tolist()


def _row_runs(mask: Rle) -> tuple[np.ndarray, np.ndarray]:
    """First pixel and the pixel after the last one of each run, counted row by row."""
    x0, y0, x1, y1 = box = rle.bounding_box(mask)
    if x1 <= x0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    padded = np.zeros((y1 - y0, x1 - x0 + 2), np.int8)
    padded[:, 1:-1] = rle.decode_box(mask, box)
    step = np.diff(padded, axis=1)
    row, first = np.nonzero(step == 1)
    _, last = np.nonzero(step == -1)
    base = (row + y0) * mask.size[1] + x0
    return _joined(base + first, base + last)


def _joined(starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Runs that end at the right border go on where the next row begins."""
    touch = np.flatnonzero(starts[1:] == stops[:-1])
    return np.delete(starts, touch + 1), np.delete(stops, touch)


def _split(lengths: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """No run longer than a length can say; empty ones are gone."""
    parts = -(-lengths // MOST)
    pieces = np.repeat(lengths, parts)
    last = np.cumsum(parts) - 1
    full = np.full(pieces.size, MOST)
    full[last[parts > 0]] = (lengths - (parts - 1) * MOST)[parts > 0]
    return full, np.repeat(values, parts)


def _bits(numbers: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(n,) uint8 of 0 and 1: each number with so many bits, high bits first."""
    which = np.repeat(np.arange(numbers.size), sizes)
    ends = np.cumsum(sizes)
    shift = ends[which] - 1 - np.arange(which.size)
    return ((numbers[which] >> shift.astype(np.uint64)) & np.uint64(1)).astype(np.uint8)


def decode(data: object, size: tuple[int, int]) -> np.ndarray:
    """The (H, W) bool mask: where alpha is not 0. Raises ValueError for data that does not fill `size`."""
    if not isinstance(data, list) or not all(isinstance(v, int) and 0 <= v < 256 for v in data):
        raise ValueError("it has no run lengths")
    reader = _Reader(np.array(data, np.uint8).tobytes())
    count, word = reader.take(32), reader.take(5) + 1
    widths = [reader.take(4) + 1 for _ in range(4)]
    if count != size[0] * size[1] * 4:
        raise ValueError("the run lengths do not add up to the picture")
    out, at = np.zeros(count, np.uint8), 0
    while at < count:
        repeats = reader.take(1)
        end = at + 1 + reader.take(widths[reader.take(2)])
        if end > count:
            raise ValueError("the run lengths do not add up to the picture")
        if repeats:
            out[at:end] = min(255, reader.take(word))
        else:
            out[at:end] = [min(255, reader.take(word)) for _ in range(end - at)]
        at = end
    return out.reshape(*size, 4)[..., 3] > 0


class _Reader:
    """Numbers of some bits, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, bits: int) -> int:
        """The next number. Raises ValueError at the end."""
        first, last = self._at // 8, (self._at + bits + 7) // 8
        if last > len(self._data):
            raise ValueError("its run lengths end too early")
        word = int.from_bytes(self._data[first:last], "big")
        self._at += bits
        return (word >> (last * 8 - self._at)) & ((1 << bits) - 1)
