"""Hypothesis strategies for label maps, and slow oracles that are plainly right."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segdesk.domain.segmentation import Segment, Segmentation


def label_arrays(max_side: int = 24, top: int = 4) -> st.SearchStrategy[np.ndarray]:
    """(H, W) uint16 arrays of 1..max_side pixels a side, values 0..top."""
    shape = st.tuples(st.integers(1, max_side), st.integers(1, max_side))
    return shape.flatmap(lambda s: hnp.arrays(np.uint16, s, elements=st.integers(0, top)))


def masks(max_side: int = 24) -> st.SearchStrategy[np.ndarray]:
    """(H, W) bool arrays."""
    shape = st.tuples(st.integers(1, max_side), st.integers(1, max_side))
    return shape.flatmap(lambda s: hnp.arrays(np.bool_, s))


def segmentation(ids: np.ndarray) -> Segmentation:
    """A segmentation with one segment of class = id for each value."""
    return Segmentation(ids.copy(), {int(i): Segment(int(i)) for i in np.unique(ids) if i})


def flood(ids: np.ndarray) -> np.ndarray:
    """4-connected regions of equal value by a plain flood fill, numbered in scan order."""
    result = np.full(ids.shape, -1)
    number = 0
    for y, x in np.ndindex(*ids.shape):
        if result[y, x] >= 0:
            continue
        stack = [(y, x)]
        while stack:
            a, b = stack.pop()
            inside = 0 <= a < ids.shape[0] and 0 <= b < ids.shape[1]
            if inside and result[a, b] < 0 and ids[a, b] == ids[y, x]:
                result[a, b] = number
                stack += [(a + 1, b), (a - 1, b), (a, b + 1), (a, b - 1)]
        number += 1
    return result
