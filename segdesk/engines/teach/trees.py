"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006), compiled by numba: grown from a few thousand samples in
a fraction of a second, and fast enough to be asked about each pixel of a picture.

A node holds the samples whose feature lies below its threshold on the left. Trees lie one behind the other in flat
arrays: `feature` (-1 in a leaf), `threshold`, `child` (the left one; the right one follows it; in a leaf the row of its
`leaves`), and `roots` says where each begins.
"""

# pyright: reportCallIssue=false, reportIndexIssue=false, reportArgumentType=false

from __future__ import annotations

import numba
import numpy as np

LEAF = -1
TRIES = 3  # random thresholds for each feature that is tried
BLOCK = 64  # pixels that go through a tree together


@numba.njit(inline="always")
def _random(state):
    """0 <= number < 1; `state` (1,) uint64 goes on (xorshift64*)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@numba.njit(inline="always")
def _purity(sums):
    """Sum of squares through sum: the larger, the purer (Gini); 0 of nothing."""
    total, squares = 0.0, 0.0
    for k in range(len(sums)):
        total += sums[k]
        squares += sums[k] * sums[k]
    return squares / total if total > 0 else 0.0


@numba.njit(cache=True, nogil=True)
def _sums(labels, weights, own, out):
    """The weights of each class among the samples `own`."""
    out[:] = 0
    for i in own:
        out[labels[i]] += weights[i]


@numba.njit(cache=True, nogil=True)
def _range(samples, own, f):
    low = high = samples[own[0], f]
    for i in own:
        low, high = min(low, samples[i, f]), max(high, samples[i, f])
    return low, high


@numba.njit(cache=True, nogil=True)
def _left(samples, labels, weights, own, f, cut, out):
    """How many samples lie below the cut; their weights by class go into `out`."""
    out[:] = 0
    below = 0
    for i in own:
        if samples[i, f] < cut:
            out[labels[i]] += weights[i]
            below += 1
    return below


@numba.njit(cache=True, nogil=True)
def _split(samples, labels, weights, own, sums, picks, tries, least, state):
    """(feature, cut) of the best of some random splits, (LEAF, 0) if there is none."""
    best, best_feature, best_cut = -1.0, LEAF, np.float32(0)
    left = np.zeros(len(sums))
    for _ in range(tries):
        f = picks[int(_random(state) * len(picks))]
        low, high = _range(samples, own, f)
        if not low < high:
            continue
        for _ in range(TRIES):
            cut = np.float32(low + _random(state) * (high - low))
            below = _left(samples, labels, weights, own, f, cut, left)
            if below < least or len(own) - below < least:
                continue
            score = _purity(left) + _purity(sums - left)
            if score > best:
                best, best_feature, best_cut = score, f, cut
    return best_feature, best_cut


@numba.njit(cache=True, nogil=True)
def _part(samples, own, f, cut):
    """Put the samples below the cut first, in place; returns how many they are."""
    low, high = 0, len(own) - 1
    while low <= high:
        if samples[own[low], f] < cut:
            low += 1
        else:
            own[low], own[high] = own[high], own[low]
            high -= 1
    return low


@numba.njit(cache=True, nogil=True)
def grow(samples, labels, weights, classes, picks, tries, least, deepest, seed):
    """One tree. `samples` (N, F) float32, `labels` (N,) of 0..`classes` - 1, `weights` (N,) float64; `tries` features
    out of `picks` are looked at for each node, a leaf holds at least `least` samples, and no path is longer than
    `deepest`.

    Returns feature (n,) int16, threshold (n,) float32, child (n,) int32, leaves (m, classes) float32 that sum to 1.
    """
    count = len(samples)
    feature = np.full(2 * count + 1, LEAF, np.int16)
    threshold, child = np.zeros(2 * count + 1, np.float32), np.zeros(2 * count + 1, np.int32)
    leaves = np.zeros((count + 1, classes), np.float32)
    order, sums = np.arange(count), np.zeros(classes)
    state = np.array([np.uint64(seed) * np.uint64(2) + np.uint64(0x9E3779B97F4A7C15)], np.uint64)
    stack = [(0, 0, count, 0)]  # node, first and last sample, depth
    nodes, ends = 1, 0
    while len(stack):
        node, first, last, depth = stack.pop()
        own = order[first:last]
        _sums(labels, weights, own, sums)
        f, cut = LEAF, np.float32(0)
        if sums.max() < sums.sum() and depth < deepest:
            f, cut = _split(samples, labels, weights, own, sums, picks, tries, least, state)
        if f == LEAF:
            leaves[ends] = sums / sums.sum()
            child[node] = ends
            ends += 1
        else:
            middle = first + _part(samples, own, f, cut)
            feature[node], threshold[node], child[node] = f, cut, nodes
            stack.append((nodes, first, middle, depth + 1))
            stack.append((nodes + 1, middle, last, depth + 1))
            nodes += 2
    return feature[:nodes], threshold[:nodes], child[:nodes], leaves[:ends]


@numba.njit(cache=True, nogil=True)
def ask(maps, feature, threshold, child, leaves, roots, out):
    """Write the mean leaf of all trees for the pixels of `maps` (F, P) float32 into `out` (K, P) float32."""
    width, classes = maps.shape[0], leaves.shape[1]
    block = np.empty((BLOCK, width), np.float32)
    sums = np.empty((BLOCK, classes), np.float32)
    share = np.float32(1.0 / len(roots))
    pixels = maps.shape[1]
    for start in range(0, pixels, BLOCK):
        size = min(BLOCK, pixels - start)
        for f in range(width):
            for p in range(size):
                block[p, f] = maps[f, start + p]
        sums[:] = 0
        for root in roots:
            for p in range(size):
                node = root
                while feature[node] >= 0:
                    node = child[node] + (block[p, feature[node]] >= threshold[node])
                leaf = child[node]
                for k in range(classes):
                    sums[p, k] += leaves[leaf, k]
        for k in range(classes):
            for p in range(size):
                out[k, start + p] = sums[p, k] * share
