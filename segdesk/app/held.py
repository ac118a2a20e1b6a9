"""What an operation has worked out and must not write yet, compressed: a map may be changed only when all is known."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from segdesk.app.watch import part_of
from segdesk.domain.edit import Tick, pack_tile, unpack_tile

THINKING, THINKING_DONE = (9, 10), (9, 1, 10)  # parts of the whole work
Window = tuple[int, int, np.ndarray]
Patch = tuple[int, int, np.ndarray, int]


def windows(work_out: Callable[[Tick], Iterable[Window]], tick: Tick) -> Iterator[Window]:
    """(x, y, (h, w) uint16), all of them worked out first and then given one after another."""
    kept = [(x, y, new.shape, pack_tile(new)) for x, y, new in work_out(part_of(tick, 0, *THINKING))]
    writing = part_of(tick, *THINKING_DONE)
    for n, (x, y, shape, data) in enumerate(kept):
        writing(n, len(kept))
        yield x, y, unpack_tile(data, (shape[0], shape[1]))


def patches(work_out: Callable[[Tick], Iterable[Patch]], tick: Tick) -> Iterator[Patch]:
    """(x, y, (h, w) bool, id), all of them worked out first and then given one after another."""
    kept = [(x, y, mask.shape, _packed(mask), key) for x, y, mask, key in work_out(part_of(tick, 0, *THINKING))]
    writing = part_of(tick, *THINKING_DONE)
    for n, (x, y, shape, data, key) in enumerate(kept):
        writing(n, len(kept))
        bits = np.frombuffer(zlib.decompress(data), np.uint8)
        yield x, y, np.unpackbits(bits, count=shape[0] * shape[1]).astype(bool).reshape(shape), key


def _packed(mask: np.ndarray) -> bytes:
    return zlib.compress(np.packbits(mask).tobytes(), 1)
