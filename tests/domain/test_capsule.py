"""The exact thick line against testing every pixel of the map."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segdesk.domain.capsule import Line, masks

SIZE = (23, 31)
inner = st.one_of(
    st.floats(-12, 45, allow_nan=False, width=32),
    st.integers(-12, 45).map(float),
    st.integers(-24, 90).map(lambda n: n / 2),
)
radii = st.one_of(st.floats(0.5, 30, width=32), st.integers(1, 60).map(lambda n: n / 2))


def brute(line: Line, size: tuple[int, int]) -> np.ndarray:
    """How far each pixel centre lies inside (below 0) or outside, as squares, one pixel after the other."""
    out = np.zeros(size)
    (ax, ay), (bx, by) = line.start, line.end
    dx, dy = bx - ax, by - ay
    for row in range(size[0]):
        for col in range(size[1]):
            px, py = col + 0.5 - ax, row + 0.5 - ay
            length2 = dx * dx + dy * dy
            t = min(1.0, max(0.0, (px * dx + py * dy) / length2)) if length2 else 0.0
            gx, gy = px - t * dx, py - t * dy
            out[row, col] = gx * gx + gy * gy - line.radius * line.radius
    return out


def drawn(line: Line, size: tuple[int, int]) -> np.ndarray:
    out = np.zeros(size, int)
    for x, y, mask in masks(line, size):
        out[y : y + mask.shape[0], x : x + mask.shape[1]] += mask
    assert out.max(initial=0) <= 1
    return out.astype(bool)


@settings(max_examples=300, deadline=None)
@given(inner, inner, inner, inner, radii)
@example(5.5, 5.5, 5.5, 5.5, 3.0)
@example(2.0, 2.0, 20.0, 2.0, 1.5)
@example(3.5, 1.5, 3.5, 19.5, 2.0)
@example(0.0, 0.0, 31.0, 23.0, 0.5)
@example(100.0, 100.0, 120.0, 130.0, 5.0)
def test_a_line_covers_exactly_the_pixels_within_its_radius(ax: float, ay: float, bx: float, by: float, r: float):
    line = Line((ax, ay), (bx, by), r)
    beyond = brute(line, SIZE)
    clear = np.abs(beyond) > 1e-6  # a centre on the very border may fall to either side by rounding
    assert np.array_equal(drawn(line, SIZE)[clear], (beyond <= 0)[clear])


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 200), st.floats(0, 200), st.floats(0, 200), st.floats(0, 200), st.floats(0.5, 90))
def test_a_line_over_several_bands(ax: float, ay: float, bx: float, by: float, r: float):
    size = (190, 200)
    line = Line((ax, ay), (bx, by), r)
    rows, columns = np.mgrid[: size[0], : size[1]]
    assert np.array_equal(drawn(line, size), line.covers(columns, rows))


def test_a_long_diagonal_costs_what_it_covers():
    pieces = [mask.size for _, _, mask in masks(Line((10, 10), (3990, 3990), 4.0), (4000, 4000))]
    assert sum(pieces) < 4000 * (2 * 64)
