"""Numbers for the values and the runs of a large map, a piece of it at a time.

numpy does either at once, too. But to add up, it keeps the interpreter from all other threads, and in the first use of
tens of megabytes the system may take 100 ms to find them: the window stood still for as long.
"""

from __future__ import annotations

import numpy as np

PIECE = 1 << 18  # values


def numbered(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the sorted different values, an intp array of the shape of `values` with the place of each among them): as
    `np.unique` gives with `return_inverse`."""
    flat = values.reshape(-1)
    pieces = [flat[at : at + PIECE] for at in range(0, flat.size, PIECE)]
    known = np.unique(np.concatenate([np.unique(piece) for piece in pieces])) if pieces else flat[:0]
    places = np.empty(flat.size, np.intp)
    for n, piece in enumerate(pieces):
        places[n * PIECE : n * PIECE + piece.size] = np.searchsorted(known, piece)
    return known, places.reshape(values.shape)


def run_numbers(starts: np.ndarray) -> np.ndarray:
    """(n,) int32: the number of the run that each of (n,) bool belongs to, from 0; the first starts one."""
    result, last = np.empty(starts.size, np.int32), -1
    for at in range(0, starts.size, PIECE):
        part = result[at : at + PIECE]
        np.cumsum(starts[at : at + PIECE], dtype=np.int32, out=part)
        part += last
        last = int(part[-1])
    return result
