"""Connected regions of a label map (4-neighbourhood, equal value), by runs instead of pixels."""

from __future__ import annotations

import numpy as np

from segdesk.domain.numbering import run_numbers


def components(ids: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the connected regions of equal value of an (H, W) map, void regions too.

    Returns ((H, W) int32 with 0..n-1 in scan order of each region's first pixel, n).
    """
    height, width = ids.shape
    if ids.size == 0:
        return np.zeros(ids.shape, np.int32), 0
    flat = ids.ravel()
    starts_here = np.empty(flat.size, bool)
    starts_here[0] = True
    np.not_equal(flat[1:], flat[:-1], out=starts_here[1:])
    starts_here[::width] = True
    start = np.flatnonzero(starts_here)
    run_of = run_numbers(starts_here)
    root = joined(_touching(ids, run_of.reshape(height, width)), start.size)
    _, number = np.unique(root, return_inverse=True)
    return number.astype(np.int32)[run_of].reshape(height, width), int(number.max()) + 1


def _touching(ids: np.ndarray, run_of: np.ndarray) -> np.ndarray:
    """(n, 2) pairs of runs of equal value that touch between a row and the next."""
    same = ids[1:] == ids[:-1]
    upper, lower = run_of[:-1][same], run_of[1:][same]
    if upper.size == 0:
        return np.zeros((0, 2), np.int32)
    fresh = np.empty(upper.size, bool)
    fresh[0] = True
    fresh[1:] = (upper[1:] != upper[:-1]) | (lower[1:] != lower[:-1])
    return np.stack([upper[fresh], lower[fresh]], axis=1)


def joined(pairs: np.ndarray, count: int) -> np.ndarray:
    """The smallest member of each run's group: union-find over all pairs at once, by hooking and pointer jumping."""
    root = np.arange(count, dtype=np.int32)
    a, b = pairs[:, 0], pairs[:, 1]
    while a.size:
        ra, rb = root[a], root[b]
        differ = ra != rb
        if not differ.any():
            break
        a, b, ra, rb = a[differ], b[differ], ra[differ], rb[differ]
        np.minimum.at(root, np.maximum(ra, rb), np.minimum(ra, rb))
        while True:
            jumped = root[root]
            if np.array_equal(jumped, root):
                break
            root = jumped
    return root


def absorb_islands(ids: np.ndarray, min_area: int) -> np.ndarray:
    """A copy in which each region under `min_area` pixels takes the value of the neighbour that it shares the longest
    border with. Neighbours that are themselves too small only count where there is no other; nothing happens to a
    map that is one region."""
    regions, count = components(ids)
    area = np.bincount(regions.ravel(), minlength=count)
    small = area < min_area
    if min_area <= 1 or not small.any() or count == 1:
        return ids.copy()
    value = np.zeros(count, ids.dtype)
    value[regions.ravel()] = ids.ravel()
    inner, outer, shared = _borders(regions, small)
    # Sorted so that the best neighbour of each island comes last: large ones before small ones, then by border length.
    order = np.lexsort((-outer, shared, ~small[outer], inner))
    inner, outer = inner[order], outer[order]
    last = np.append(inner[1:] != inner[:-1], True)
    target = np.arange(count)
    target[inner[last]] = outer[last]
    for _ in range(count.bit_length() + 1):  # an island beside an island follows it
        target = np.where(small, target[target], target)
    return value[target][regions]


def _borders(regions: np.ndarray, small: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every small region and each neighbour: (small region, neighbour, shared border in pixels)."""
    across = np.stack([regions[:, :-1].ravel(), regions[:, 1:].ravel()])
    down = np.stack([regions[:-1].ravel(), regions[1:].ravel()])
    pairs = np.concatenate([across, down], axis=1)
    pairs = pairs[:, (pairs[0] != pairs[1]) & (small[pairs[0]] | small[pairs[1]])]
    pairs = np.concatenate([pairs, pairs[::-1]], axis=1)
    pairs = pairs[:, small[pairs[0]]].astype(np.int64)
    keys, shared = np.unique(pairs[0] * small.size + pairs[1], return_counts=True)
    return keys // small.size, keys % small.size, shared
