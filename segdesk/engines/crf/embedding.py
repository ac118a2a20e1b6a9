"""Pixels into permutohedral lattices (Adams, Baek and Davis 2010, sections 3 and 4), compiled by numba: the vertices of
each pixel, their numbers and their neighbours. All release the interpreter and give up where `stop[0]` is set."""

from __future__ import annotations

import numba
import numpy as np

MIX = -7046029254386353131  # 2^64 divided by the golden ratio, as a signed number
EMPTY = -1
F32 = np.float32


@numba.njit(inline="always")
def _slot(key, mask):
    mixed = key * np.int64(MIX)
    return (mixed ^ (mixed >> np.int64(32))) & mask


@numba.njit(inline="always")
def _find(table, key, mask):
    """The place of a key in a table, or the free one where it would be."""
    at = _slot(key, mask)
    while table[at, 1] != EMPTY and table[at, 0] != key:
        at = (at + 1) & mask
    return at


@numba.njit(inline="always")
def _dot(base, factors):
    key = np.int64(0)
    for i in range(len(factors)):
        key += base[i] * factors[i]
    return key


@numba.njit(inline="always")
def _next_vertex(key, turn, rank, factors, whole):
    """From vertex `turn` - 1 of a simplex to the next: plus 1 in all coordinates, less d + 1 in the one whose turn it
    is."""
    key += whole
    for i in range(len(factors)):
        if rank[i] == (len(factors) + 1) - turn:
            key -= (len(factors) + 1) * factors[i]
    return key


@numba.njit(cache=True, nogil=True)
def _grown(table, keys, count):
    """A table of twice the slots with the first `count` keys."""
    size = table.shape[0] * 2
    larger = np.full((size, 2), EMPTY, np.int64)
    mask = np.int64(size - 1)
    for i in range(count):
        at = _slot(keys[i], mask)
        while larger[at, 1] != EMPTY:
            at = (at + 1) & mask
        larger[at, 0] = keys[i]
        larger[at, 1] = i
    return larger


@numba.njit(inline="always")
def _place(high, base, rank, bary, rounded_by, d):
    """Which simplex holds the lifted point `high` (d + 1,), which is changed: its vertex 0 in `base`, the order of the
    coordinates in `rank`, the barycentric weights in `bary`."""
    d1 = d + 1
    rounded = 0
    for i in range(d1):
        near = np.int32(np.floor(high[i] * rounded_by + F32(0.5)))
        base[i] = near * d1
        high[i] -= base[i]
        rounded += near
        rank[i] = 0
    for i in range(d):
        for j in range(i + 1, d1):
            less = np.int32(high[i] < high[j])  # no branch: nobody could foresee it
            rank[i] += less
            rank[j] += np.int32(1) - less
    for i in range(d1 + 1):
        bary[i] = 0.0
    for i in range(d1):
        rank[i] += rounded
        turn = d1 if rank[i] < 0 else -d1 if rank[i] > d else 0
        rank[i] += turn
        base[i] += turn
        high[i] -= turn
        v = high[i] * rounded_by
        bary[d - rank[i]] += v
        bary[d1 - rank[i]] -= v
    bary[0] += F32(1.0) + bary[d1]


@numba.njit(inline="always")
def _lift(image, pixel, scale, high):
    """The pixel's position and colour, scaled, in the plane of the lattice: `high` (d + 1,)."""
    y = pixel // image.shape[1]
    x = pixel - y * image.shape[1]
    done = F32(0.0)
    for j in range(len(scale), 0, -1):
        value = x if j == 1 else y if j == 2 else image[y, x, j - 3]
        f = value * scale[j - 1]
        high[j] = done - j * f
        done += f
    high[0] = done


@numba.njit(inline="always")
def _set_row(target, at, row, count):
    for i in range(count):
        target[at, i] = row[i]


@numba.njit(inline="always")
def _same(base, rank, last, count):
    """Whether this is the simplex of the `last` (2, d + 1) pixel; it is the last then."""
    same = True
    for i in range(count):
        same &= base[i] == last[0, i] and rank[i] == last[1, i]
        last[0, i] = base[i]
        last[1, i] = rank[i]
    return same


@numba.njit(cache=True, nogil=True)
def embed(image, pixels, scale, factors, vertices, weights, stop):
    """Put pixels into the lattice.

    `image`: (H, W, 3) uint8. `pixels`: (n,) int32, y * W + x. `scale`: d float32 by which x, y (and r, g, b) are
    multiplied; `factors`: d int64 that make a key of a vertex. Fills `vertices` (n, d + 1) int32 with
    numbers from 0 on and `weights` (n, d + 1) float32, barycentric. Returns the keys of the vertices.
    """
    d = len(factors)  # a constant to the compiler
    d1 = d + 1
    high = np.empty(d1, np.float32)
    base = np.empty(d1, np.int32)
    rank = np.empty(d1, np.int32)
    bary = np.empty(d1 + 1, np.float32)
    down = F32(1.0 / d1)
    table = np.full((1 << 14, 2), EMPTY, np.int64)
    mask = np.int64(table.shape[0] - 1)
    keys = np.empty(table.shape[0] // 2, np.int64)
    count = 0
    whole = _dot(np.ones(d, np.int64), factors)
    last = np.full((2, d1), -1, np.int32)
    for p in range(pixels.shape[0]):
        if p % 1024 == 0 and stop[0]:
            break
        _lift(image, np.int64(pixels[p]), scale, high)
        _place(high, base, rank, bary, down, d)
        _set_row(weights, p, bary, d1)
        if _same(base, rank, last, d1):  # often, and then nothing needs to be looked up
            _set_row(vertices, p, vertices[p - 1], d1)
            continue
        key = _dot(base, factors)
        for r in range(d1):
            if r > 0:
                key = _next_vertex(key, r, rank, factors, whole)
            at = _find(table, key, mask)
            number = table[at, 1]
            if number == EMPTY:
                number = count
                table[at, 0] = key
                table[at, 1] = number
                keys[count] = key
                count += 1
                if count == keys.shape[0]:
                    table = _grown(table, keys, count)
                    mask = np.int64(table.shape[0] - 1)
                    keys = np.concatenate((keys, keys))
            vertices[p, r] = number
    return keys[:count].copy()


@numba.njit(cache=True, nogil=True)
def index(keys, again, stop):
    """Number the different keys from 1 in order.

    `keys`: int64. `again`: (n,) bool, zeros, set where a key was there before. Returns (table, (n,) int32 number of
    each key, the different keys after a 0).
    """
    size = 1 << 14
    while size < 2 * keys.shape[0]:
        size *= 2
    table = np.full((size, 2), EMPTY, np.int64)
    mask = np.int64(size - 1)
    numbers = np.empty(keys.shape[0], np.int32)
    unique = np.zeros(keys.shape[0] + 1, np.int64)
    count = 1
    for i in range(keys.shape[0]):
        if i % 1024 == 0 and stop[0]:
            break
        at = _find(table, keys[i], mask)
        if table[at, 1] == EMPTY:
            table[at, 0] = keys[i]
            table[at, 1] = count
            unique[count] = keys[i]
            count += 1
        else:
            again[i] = True
        numbers[i] = table[at, 1]
    return table, numbers, unique[:count].copy()


@numba.njit(cache=True, nogil=True)
def renumber(vertices, numbers, stop):
    """Set other numbers, in place."""
    for p in range(vertices.shape[0]):
        if p % 1024 == 0 and stop[0]:
            break
        for r in range(vertices.shape[1]):
            vertices[p, r] = numbers[vertices[p, r]]


@numba.njit(cache=True, nogil=True)
def link(table, keys, step, pairs, stop):
    """Fill `pairs` (M + 1, 2) int32, zeros, with the neighbours of each vertex along one axis; 0 = none."""
    mask = np.int64(table.shape[0] - 1)
    for v in range(1, keys.shape[0]):
        if v % 1024 == 0 and stop[0]:
            break
        key = keys[v] + step
        u = table[_find(table, key, mask), 1]
        if u != EMPTY:
            pairs[v, 0] = u
            pairs[u, 1] = v
