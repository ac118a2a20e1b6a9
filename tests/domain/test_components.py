import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segdesk.domain.components import absorb_islands, components
from tests.domain.maps import flood, label_arrays


@given(label_arrays(top=2))
def test_components_equal_a_flood_fill(ids):
    regions, count = components(ids)
    expected = flood(ids)
    assert count == expected.max() + 1
    assert np.array_equal(regions, expected)


def test_a_spiral_is_one_region():
    size = 41
    ids = np.zeros((size, size), np.uint16)
    y, x, dy, dx = 0, 0, 0, 1
    ids[y, x] = 1
    for run in [size - 1, *[n for k in range(size - 1, 1, -2) for n in (k, k)]]:
        for _ in range(run):
            y, x = y + dy, x + dx
            ids[y, x] = 1
        dy, dx = dx, -dy
    assert components(ids)[1] == flood(ids).max() + 1
    assert len(set(components(ids)[0][ids == 1])) == 1


def test_an_island_takes_the_neighbour_with_the_longest_border():
    ids = np.array([[1, 1, 1, 2], [1, 3, 3, 2], [1, 1, 1, 2]], np.uint16)
    expected = np.array([[1, 1, 1, 2], [1, 1, 1, 2], [1, 1, 1, 2]], np.uint16)
    assert np.array_equal(absorb_islands(ids, 3), expected)


@given(label_arrays(top=3), st.integers(0, 12))
def test_absorbing_only_touches_small_islands(ids, least):
    result = absorb_islands(ids, least)
    regions, count = components(ids)
    area = np.bincount(regions.ravel(), minlength=count)
    assert np.array_equal(result[area[regions] >= least], ids[area[regions] >= least])
    assert set(np.unique(result)) <= set(np.unique(ids))
    if least > 1 and (area >= least).any() and count > 1:
        direct = np.zeros(count, bool)  # every island that touches a large region is gone
        for a, b in ((regions[:, :-1], regions[:, 1:]), (regions[:-1], regions[1:])):
            direct[a[(area[a] < least) & (area[b] >= least)]] = True
            direct[b[(area[b] < least) & (area[a] >= least)]] = True
        assert not (result == ids)[direct[regions]].any()
