"""Decoding of "cells" output: perfect maps give back their cells, touching cells come apart, nothing overlaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from segdesk.domain import rle
from segdesk.engines.cells import instances


def discs(size: tuple[int, int], places: list[tuple[float, float, float]]) -> np.ndarray:
    """(H, W) int32 map of discs (row, column, radius); a pixel in two goes to the nearer centre by radii."""
    y, x = np.indices(size)
    away = np.array([np.hypot(y - cy, x - cx) / r for cy, cx, r in places])
    return np.where(away.min(axis=0) <= 1.0, away.argmin(axis=0) + 1, 0).astype(np.int32)


def perfect(ids: np.ndarray) -> np.ndarray:
    """What a faultless net would answer for a label map: a slow, plain oracle, one cell at a time."""
    depth = np.zeros(ids.shape)
    ways = np.zeros((2, *ids.shape))
    for index in range(1, int(ids.max()) + 1):
        cell = ids == index
        if cell.any():
            inner = ndimage.distance_transform_edt(np.pad(cell, 1))[1:-1, 1:-1]
            depth[cell] = inner[cell] / inner.max()
            for axis in (0, 1):
                at = np.indices(ids.shape)[axis]
                ways[axis][cell] = at[cell].mean() - at[cell]
    foreground = np.where(ids > 0, 8.0, -8.0)
    clipped = np.clip(depth, 1e-4, 1 - 1e-4)
    return np.concatenate([[foreground, np.log(clipped / (1 - clipped))], ways]).astype(np.float32)


def best_overlaps(ids: np.ndarray, found: list[tuple[float, rle.Rle]]) -> list[float]:
    """The best IoU with any found mask, for each cell of the map."""
    masks = [rle.decode(m) for _, m in found]
    cells = [ids == i for i in range(1, int(ids.max()) + 1)]
    return [max((c & m).sum() / (c | m).sum() for m in masks) for c in cells]


def test_separate_cells_come_back_exactly():
    ids = discs((70, 90), [(12, 12, 9), (40, 20, 5), (45, 60, 20), (10, 80, 3)])
    found = instances(perfect(ids), ids.shape)
    assert sorted(m.area for _, m in found) == sorted(np.bincount(ids.ravel())[1:])
    assert best_overlaps(ids, found) == [1.0] * 4


@pytest.mark.parametrize("radii", [(10, 10), (6, 16), (20, 20), (4, 5)])
def test_touching_cells_come_apart(radii: tuple[int, int]):
    a, b = radii
    ids = discs((60, 100), [(30, 30, a), (30, 30 + (a + b) * 0.85, b)])
    found = instances(perfect(ids), ids.shape)
    assert len(found) == 2
    assert min(best_overlaps(ids, found)) > 0.85


def test_a_row_of_touching_cells_of_one_body():
    ids = discs((40, 200), [(20, 15 + 17 * i, 10) for i in range(11)])
    assert ndimage.label(ids > 0)[1] == 1
    found = instances(perfect(ids), ids.shape)
    assert len(found) == 11
    assert min(best_overlaps(ids, found)) > 0.85


def test_cells_cut_by_the_rim_are_kept():
    ids = discs((40, 40), [(0, 0, 12), (39, 20, 10)])
    found = instances(perfect(ids), ids.shape)
    assert best_overlaps(ids, found) == [1.0, 1.0]


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (31, 17), (64, 64)])
def test_an_empty_picture_has_no_cells(size: tuple[int, int]):
    assert instances(np.full((4, *size), -5.0, np.float32), size) == []


@pytest.mark.parametrize("size", [(5, 5), (1, 40), (33, 7)])
def test_a_picture_full_of_one_cell(size: tuple[int, int]):
    found = instances(np.full((4, *size), 4.0, np.float32), size, min_area=1)
    assert [m.area for _, m in found] == [size[0] * size[1]]


def test_output_of_another_resolution_is_brought_to_the_picture():
    ids = discs((64, 64), [(20, 20, 12), (45, 44, 14)])
    found = instances(perfect(ids)[:, ::2, ::2], ids.shape)
    assert {m.size for _, m in found} == {(64, 64)}
    assert min(best_overlaps(ids, found)) > 0.8


def test_the_doubtful_cell_comes_last():
    ids = discs((40, 90), [(20, 15, 9), (20, 45, 9), (20, 75, 9)])
    output = perfect(ids)
    output[0][ids == 2] = 0.6
    found = instances(output, ids.shape)
    assert len(found) == 3
    assert rle.decode(found[-1][1])[20, 45]
    assert found[-1][0] < 0.85 < found[1][0]


def test_a_hole_is_filled_but_not_over_another_cell():
    ids = np.zeros((50, 50), np.int32)
    y, x = np.indices(ids.shape)
    away = np.hypot(y - 25, x - 25)
    ids[(away < 20) & (away > 10)] = 1
    ids[away < 5] = 2
    found = instances(perfect(ids), ids.shape)
    total = sum(rle.decode(m).astype(int) for _, m in found)
    assert total.max() == 1
    assert total[25, 17] == 1, "the gap between ring and kernel is part of the ring"


def test_small_objects_are_left_out():
    ids = discs((30, 60), [(15, 15, 9), (15, 45, 2)])
    assert len(instances(perfect(ids), ids.shape, min_area=1)) == 2
    assert len(instances(perfect(ids), ids.shape, min_area=40)) == 1


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.just(4), st.integers(1, 24), st.integers(1, 24)),
        elements=st.floats(-40, 40, width=32),
    )
)
def test_any_output_gives_disjoint_connected_ranked_masks(output: np.ndarray):
    size = output.shape[1:]
    found = instances(output, size, foreground=0.5, min_area=1)
    scores = [s for s, _ in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= s <= 1.0 for s in scores)
    masks = [rle.decode(m) for _, m in found]
    assert all(m.shape == size and m.any() and ndimage.label(m, np.ones((3, 3)))[1] == 1 for m in masks)
    total = sum((m.astype(int) for m in masks), np.zeros(size, int))
    assert total.max(initial=0) <= 1
    assert (total[output[0] > 0.01] == 1).all(), "every sure pixel of foreground belongs to a cell"
