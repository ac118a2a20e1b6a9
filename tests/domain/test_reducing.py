"""A halved map against its definition in plain loops, and what a person wants to see of it: lines stay, specks go."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain.edit import Rect
from segdesk.domain.reducing import SPECK, THIN, half_rect, half_size, halved


def whole(ids: np.ndarray, times: int = 1) -> np.ndarray:
    """Halved so many times."""
    for _ in range(times):
        height, width = half_size((ids.shape[0], ids.shape[1]))
        source = ids
        ids = halved(lambda r, s=source: s[r[1] : r[3], r[0] : r[2]], source.shape, (0, 0, width, height))
    return ids


def defined(ids: np.ndarray, row: int, column: int) -> set[int]:
    """The labels that the definition allows for one pixel."""
    block = [int(ids[2 * row + y, 2 * column + x]) for y in (0, 1) for x in (0, 1)]
    around = Counter(np.pad(ids, 2)[2 * row : 2 * row + 6, 2 * column : 2 * column + 6].ravel().tolist())
    thin = [key for key in block if key and SPECK <= around[key] < THIN]
    lasting = [key for key in block if around[key] >= SPECK]
    if not lasting:
        return set(block)
    if thin:
        rank = {key: around[key] for key in thin}
    else:
        rank = {key: (-block.count(key), around[key] if key else 36) for key in lasting}
    return {key for key in rank if rank[key] == min(rank.values())}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 24), st.integers(1, 24), st.integers(1, 5))
def test_each_pixel_follows_the_definition(seed: int, height: int, width: int, grain: int):
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 5, (height // grain + 1, width // grain + 1)).astype(np.uint16)
    ids = np.ascontiguousarray(coarse.repeat(grain, 0).repeat(grain, 1)[:height, :width])
    ids[random.integers(height)] = 9
    made = whole(ids)
    for row in range(height // 2):
        for column in range(width // 2):
            block = ids[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            wanted = {int(block[0, 0])} if (block == block[0, 0]).all() else defined(ids, row, column)
            assert made[row, column] in wanted


def test_a_single_block_leaves_the_map_alone():
    ids = np.random.default_rng(440).integers(0, 3, (23, 31)).astype(np.uint16)
    before = ids.copy()
    made = halved(lambda r: ids[r[1] : r[3], r[0] : r[2]], (23, 31), (9, 9, 10, 10))
    assert np.array_equal(ids, before)
    assert made.tolist() == whole(ids)[9:10, 9:10].tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.data())
def test_a_part_is_made_as_the_whole(seed: int, data: st.DataObject):
    ids = np.random.default_rng(seed).integers(0, 3, (23, 31)).astype(np.uint16)
    x0, x1 = sorted(data.draw(st.lists(st.integers(0, 15), min_size=2, max_size=2, unique=True)))
    y0, y1 = sorted(data.draw(st.lists(st.integers(0, 11), min_size=2, max_size=2, unique=True)))
    before = ids.copy()
    part = halved(lambda r: ids[r[1] : r[3], r[0] : r[2]], (23, 31), (x0, y0, x1, y1))
    assert np.array_equal(ids, before)
    assert np.array_equal(part, whole(ids)[y0:y1, x0:x1])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 22), st.integers(0, 30))
def test_a_change_reaches_no_further_than_is_said(seed: int, y: int, x: int):
    ids = np.random.default_rng(seed).integers(0, 3, (23, 31)).astype(np.uint16)
    before = whole(ids)
    ids[y, x] += 1
    rows, columns = np.nonzero(whole(ids) != before)
    x0, y0, x1, y1 = half_rect((x, y, x + 1, y + 1), (23, 31))
    assert all(y0 <= r < y1 for r in rows)
    assert all(x0 <= c < x1 for c in columns)


def line(size: int, from_: tuple[int, int], to: tuple[int, int]) -> np.ndarray:
    """A mask of a line of one pixel."""
    steps = max(abs(to[0] - from_[0]), abs(to[1] - from_[1]), 1)
    mask = np.zeros((size, size), bool)
    at = np.linspace(0, 1, steps + 1)
    ys = np.rint(from_[1] + at * (to[1] - from_[1])).astype(int)
    xs = np.rint(from_[0] + at * (to[0] - from_[0])).astype(int)
    mask[ys, xs] = True
    return mask


POINTS = st.tuples(st.integers(0, 255), st.integers(0, 255))


@settings(max_examples=200, deadline=None)
@given(POINTS, POINTS, st.booleans())
def test_a_line_of_one_pixel_stays_connected_at_an_eighth(from_: tuple[int, int], to: tuple[int, int], on_void: bool):
    ids = np.zeros((256, 256), np.uint16) if on_void else np.ones((256, 256), np.uint16)
    ids[128:] = 0 if on_void else 2  # over a border of two areas
    ids[line(256, from_, to)] = 7
    length = max(abs(to[0] - from_[0]), abs(to[1] - from_[1]))
    small = whole(ids, 3) == 7
    if length < 48:  # a short one is a speck at that size
        return
    assert cv2.connectedComponents(small.astype(np.uint8), connectivity=8)[0] == 2
    rows, columns = np.nonzero(small)
    reach = max(np.ptp(rows), np.ptp(columns)) + 1
    assert reach >= length / 8 - 4  # it is nearly as long as it was
    assert small.sum() <= 3 * (reach + 1)  # and still a line


def test_specks_go_and_areas_stay():
    random = np.random.default_rng(3)
    ids = np.ones((512, 512), np.uint16)
    ids[:, 256:] = 2
    ids[random.integers(0, 512, 400), random.integers(0, 512, 400)] = 5
    small = whole(ids)
    assert np.count_nonzero(small == 5) < 10
    small = whole(ids, 3)
    assert (small[:, :31] == 1).all()
    assert (small[:, 33:] == 2).all()


@pytest.mark.parametrize("gap", [1, 2])
def test_void_between_objects_does_not_eat_them(gap: int):
    ids = np.full((512, 512), 3, np.uint16)
    ids[:: 24 + gap] = ids[:, :: 24 + gap] = 0
    assert np.count_nonzero(whole(ids, 3)) > 0.9 * 64 * 64


def test_a_rectangle_at_the_border_is_cut() -> None:
    rect: Rect = half_rect((29, 20, 31, 23), (23, 31))
    assert rect[2:] == (15, 11)
