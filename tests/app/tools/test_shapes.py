"""Polygons as pixels, against a test of every pixel with exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app.region import Region
from segdesk.app.shapes import Polygon, box, inside, outline, swept_square
from tests.app.tools.driving import disc

quarters = st.integers(-40, 120).map(lambda n: n / 4)
anywhere = st.floats(-15, 40, width=32)
SIZE = (24, 28)


def crosses(a: tuple[float, float], b: tuple[float, float], x: Fraction, y: Fraction) -> bool:
    """Whether the edge crosses the ray from (x, y) to the left."""
    (ax, ay), (bx, by) = (tuple(map(Fraction, p)) for p in (a, b))
    if (ay <= y) == (by <= y):
        return False
    return ax + (y - ay) * (bx - ax) / (by - ay) <= x


def brute(points: list[tuple[float, float]]) -> np.ndarray:
    """Even-odd, pixel by pixel."""
    result = np.zeros(SIZE, bool)
    for row in range(SIZE[0]):
        for column in range(SIZE[1]):
            x, y = Fraction(2 * column + 1, 2), Fraction(2 * row + 1, 2)
            edges = zip(points, points[1:] + points[:1], strict=True)
            result[row, column] = sum(crosses(a, b, x, y) for a, b in edges) % 2
    return result


def filled(polygon: Polygon, size: tuple[int, int] = SIZE) -> np.ndarray:
    result = np.zeros(size, bool)
    for x, y, mask in polygon.masks(size):
        part = result[y : y + mask.shape[0], x : x + mask.shape[1]]
        assert part.shape == mask.shape
        assert not (part & mask).any()
        part |= mask
    return result


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(quarters, quarters) | st.tuples(anywhere, anywhere), min_size=1, max_size=7))
def test_a_polygon_is_the_pixels_whose_centre_is_inside(points: list[tuple[float, float]]):
    polygon = Polygon(tuple(points))
    assert np.array_equal(filled(polygon), brute(points))
    x0, y0, x1, y1 = polygon.rect
    outside = filled(polygon).copy()
    outside[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = False
    assert not outside.any()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(quarters, quarters), min_size=3, max_size=6), st.integers(0, 5))
def test_where_a_polygon_begins_and_its_direction_do_not_matter(points: list[tuple[float, float]], turn: int):
    turned = points[turn % len(points) :] + points[: turn % len(points)]
    assert np.array_equal(filled(Polygon(tuple(points))), filled(Polygon(tuple(turned))))
    assert np.array_equal(filled(Polygon(tuple(points))), filled(Polygon(tuple(points[::-1]))))


def test_polygons_with_a_common_edge_share_no_pixel_and_leave_no_gap():
    random = np.random.default_rng(5)
    for _ in range(50):
        a, b, c, d = (tuple(p) for p in random.uniform(-5, 30, (4, 2)))
        whole, left, right = filled(Polygon((a, b, c, d))), filled(Polygon((a, b, c))), filled(Polygon((a, c, d)))
        assert np.array_equal(left ^ right, whole)


def test_tall_polygons_come_in_bands():
    polygon = Polygon(((10.0, 3.0), (200.0, 500.0), (30.0, 700.0)))
    bands = list(polygon.masks((800, 300)))
    assert len(bands) == 11
    assert all(y // 64 == (y + mask.shape[0] - 1) // 64 for _, y, mask in bands)
    area = abs(np.linalg.det(np.array([[190.0, 497.0], [20.0, 697.0]]))) / 2
    assert abs(filled(polygon, (800, 300)).sum() - area) < 700


def test_a_box_is_its_pixels():
    got = filled(box((3.2, 10.9), (9.5, 4.0)))
    want = np.zeros(SIZE, bool)
    want[4:10, 3:9] = True  # the centre 10.5 lies inside 10.9, and 9.5 on the right border belongs outside
    want[10, 3:9] = True
    assert np.array_equal(got, want)


@settings(max_examples=60, deadline=None)
@given(st.tuples(quarters, quarters), st.tuples(quarters, quarters), st.integers(1, 12))
def test_a_swept_square_is_all_squares_on_the_way(start: tuple[float, float], end: tuple[float, float], side: int):
    got = filled(swept_square(start, end, side))
    some = np.zeros(SIZE, bool)
    for t in np.linspace(0, 1, 33):
        x, y = (a + (b - a) * t for a, b in zip(start, end, strict=True))
        some |= filled(box((x - side / 2, y - side / 2), (x + side / 2, y + side / 2)))
        if t in (0.0, 1.0):
            assert got[some].all()
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    t = np.linspace(0, 1, 400)[:, None, None]
    x, y = (a + (b - a) * t for a, b in zip(start, end, strict=True))
    gap = np.maximum(np.abs(columns - x), np.abs(rows - y)).min(axis=0)
    assert not got[gap > side / 2 + 0.1].any()
    assert got[gap < side / 2 - 1e-9].all()


def test_an_outline_surrounds_the_region_and_its_holes():
    mask = disc(60, 60, 30, 30, 20) & ~disc(60, 60, 30, 30, 8)
    lines = outline(Region(100, 200, mask))
    assert len(lines) == 2
    assert all(line.closed and line.role == "area" for line in lines)
    points = np.array(lines[0].points + lines[1].points)
    assert (points.min(axis=0) >= (110, 210)).all()
    assert (points.max(axis=0) <= (150, 250)).all()
    x, y = inside(Region(100, 200, mask))
    assert mask[int(y) - 200, int(x) - 100]
