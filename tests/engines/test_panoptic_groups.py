import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segdesk.domain import rle
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.decide import DecideOptions, best_class, decide
from segdesk.domain.prediction import Prediction
from segdesk.engines.panoptic_groups import instances, nearest, peaks

CLASSES = ClassSet([ClassInfo(i, f"class {i}", (i, i, i), is_thing=i > 2) for i in range(1, 5)])
CHANNELS = (1, 2, 3, 4)


def highest_places(heat, threshold, window, most):
    """Every pixel against each of its neighbours; of a plateau the first one."""
    reach, found, covered = window // 2, [], set()
    for y, x in np.ndindex(*heat.shape):
        around = heat[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        if heat[y, x] > threshold and heat[y, x] == around.max() and (y, x) not in covered:
            found.append((-heat[y, x], y, x))
            stack = [(y, x)]
            while stack:
                a, b = stack.pop()
                inside = 0 <= a < heat.shape[0] and 0 <= b < heat.shape[1]
                if inside and (a, b) not in covered and heat[a, b] == heat[y, x]:
                    covered.add((a, b))
                    stack += [(a + i, b + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return [(y, x) for _, y, x in sorted(found)[:most]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 20), st.sampled_from([3, 5, 7]), st.integers(1, 9))
def test_peaks_are_the_highest_of_their_surroundings(seed, height, width, window, most):
    order = np.random.default_rng(seed).permutation(height * width)  # no two alike
    heat = (order.reshape(height, width) / order.size).astype(np.float32)
    points, heights = peaks(heat, threshold=0.1, window=window, most=most)
    assert list(zip(*points, strict=True)) == highest_places(heat, np.float32(0.1), window, most)
    assert [heat[int(y), int(x)] for y, x in zip(*points, strict=True)] == heights.tolist()


def test_a_plateau_is_one_place():
    heat = np.zeros((12, 20), np.float32)
    heat[0:2, 0:2] = 0.8
    heat[5, 9:12] = 0.5
    (y, x), heights = peaks(heat, threshold=0.1, window=7, most=200)
    assert list(zip(y, x, strict=True)) == [(0, 0), (5, 9)]
    assert heights.tolist() == [np.float32(0.8), np.float32(0.5)]


def test_nothing_over_the_threshold_is_no_object():
    assert peaks(np.full((5, 5), 0.1, np.float32), threshold=0.1, window=7, most=9)[1].size == 0
    semantic = Prediction("panoptic", (8, 8), CLASSES, np.full((4, 2, 2), 0.25, np.float16), CHANNELS)
    assert instances(semantic, np.zeros((2, 2), np.float32), np.zeros((2, 2, 2), np.float32), (8, 8)) == ()


def test_an_even_window_has_no_middle():
    with pytest.raises(ValueError, match="odd"):
        peaks(np.zeros((4, 4), np.float32), threshold=0.1, window=4, most=9)


@given(
    hnp.arrays(np.float32, st.tuples(st.just(2), st.integers(1, 7)), elements=st.integers(-50, 50), unique=True),
    hnp.arrays(np.float32, st.tuples(st.just(2), st.integers(0, 50)), elements=st.integers(-60, 60)),
)
def test_the_nearest_point_is_that_of_all_distances(points, places):
    distance = ((points[:, None, :] - places[:, :, None]) ** 2).sum(axis=0)
    assert np.array_equal(nearest((points[0], points[1]), places[0], places[1]), distance.argmin(axis=1))


def test_very_many_places_are_taken_in_blocks():
    rng = np.random.default_rng(3)
    y, x = rng.uniform(0, 500, (2, 50_000)).astype(np.float32)
    points = tuple(rng.uniform(0, 500, (2, 200)).astype(np.float32))
    distance = (points[0] - y[:, None]) ** 2 + (points[1] - x[:, None]) ** 2
    assert np.array_equal(nearest(points, y, x), distance.argmin(axis=1))


def bilinear(plane, size):
    """`plane` (h, w) at `size`, one pixel at a time."""
    out = np.zeros(size, np.float32)
    for y, x in np.ndindex(*size):
        sy = min(max((y + 0.5) * (plane.shape[0] / size[0]) - 0.5, 0), plane.shape[0] - 1)
        sx = min(max((x + 0.5) * (plane.shape[1] / size[1]) - 0.5, 0), plane.shape[1] - 1)
        a, c = int(sy), int(sx)
        b, d = min(a + 1, plane.shape[0] - 1), min(c + 1, plane.shape[1] - 1)
        fy, fx = np.float32(sy - a), np.float32(sx - c)
        top = plane[a, c] + (plane[a, d] - plane[a, c]) * fx
        low = plane[b, c] + (plane[b, d] - plane[b, c]) * fx
        out[y, x] = top + (low - top) * fy
    return out


def grouped_by_hand(semantic, centres, offsets, input_size):
    """{(class, pixels): score}, every pixel against every centre."""
    size, heat = semantic.size, cv2.resize(centres, input_size[::-1], interpolation=cv2.INTER_LINEAR)
    assert np.allclose(heat, bilinear(centres, input_size), atol=1e-6)  # but the last bit tells what a plateau is
    way = [bilinear(plane, size) for plane in offsets]
    probability = np.stack([bilinear(plane.astype(np.float32), size) for plane in semantic.scores])
    places = highest_places(heat, 0.1, 7, 200)
    members = {}
    class_map = best_class(semantic)
    for y, x in np.argwhere(class_map > 2):
        at = np.float32((y + 0.5) * input_size[0] / size[0] - 0.5) + way[0][y, x]
        along = np.float32((x + 0.5) * input_size[1] / size[1] - 0.5) + way[1][y, x]
        far = [(at - py) ** 2 + (along - px) ** 2 for py, px in places]
        if far:
            members.setdefault(int(np.argmin(far)), []).append((int(y), int(x)))
    result = {}
    for number, pixels in members.items():
        votes = np.bincount([class_map[p] for p in pixels])
        class_id = int(votes.argmax())
        mean = np.mean([probability[class_id - 1][p] for p in pixels], dtype=np.float64)
        result[class_id, frozenset(pixels)] = min(1.0, mean * heat[places[number]])
    return result


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([((24, 32), (24, 32)), ((24, 32), (12, 16)), ((9, 13), (20, 28)), ((1, 1), (4, 4))]),
)
def test_grouping_equals_every_pixel_against_every_centre(seed, sizes):
    rng = np.random.default_rng(seed)
    size, input_size = sizes
    h, w = -(-input_size[0] // 4), -(-input_size[1] // 4)
    scores = rng.dirichlet(np.ones(4), (h, w)).transpose(2, 0, 1).astype(np.float16)
    semantic = Prediction("panoptic", size, CLASSES, scores, CHANNELS)
    centres = rng.uniform(0, 1.2, (h, w)).astype(np.float32)
    offsets = rng.normal(0, 5, (2, h, w)).astype(np.float32)
    expected = grouped_by_hand(semantic, centres, offsets, input_size)
    found = instances(semantic, centres, offsets, input_size)
    masks = {(i.class_id, frozenset(map(tuple, np.argwhere(rle.decode(i.mask)).tolist()))): i.score for i in found}
    assert masks.keys() == expected.keys()
    assert all(abs(masks[key] - expected[key]) < 1e-4 for key in masks)
    assert [i.score for i in found] == sorted((i.score for i in found), reverse=True)


def test_two_halves_with_one_class_each_and_a_majority():
    """Left and right of a street, an object each; a few pixels of the left one look like the other class."""
    scores = np.zeros((4, 8, 16), np.float16)
    scores[0] = 1.0
    scores[:, 2:6, 1:6] = np.array([0, 0, 0.9, 0.1], np.float16)[:, None, None]
    scores[:, 2:6, 10:15] = np.array([0, 0, 0.2, 0.8], np.float16)[:, None, None]
    scores[:, 3, 2] = np.array([0, 0, 0.1, 0.9], np.float16)
    rows, cols = np.mgrid[0:8, 0:16].astype(np.float32)
    centres = np.maximum(0.9 - 0.2 * np.hypot(rows - 3, cols - 3), 0.5 - 0.2 * np.hypot(rows - 3, cols - 12))
    centres = np.maximum(centres, 0).astype(np.float32)
    offsets = np.stack([3 - rows, np.where(cols < 8, 3 - cols, 12 - cols)]).astype(np.float32)
    semantic = Prediction("panoptic", (8, 16), CLASSES, scores, CHANNELS)
    left, right = instances(semantic, centres, offsets, (8, 16))
    assert (left.class_id, left.mask.area, right.class_id, right.mask.area) == (3, 20, 4, 20)
    assert left.score == pytest.approx((19 * 0.9 + 0.1) / 20 * 0.9, abs=1e-3)
    assert right.score == pytest.approx(0.8 * 0.5, abs=1e-3)
    answer = decide(
        Prediction("panoptic", (8, 16), CLASSES, scores, CHANNELS, (left, right)), DecideOptions(confidence=0.0)
    )
    assert sorted((s.class_id, answer.areas()[k]) for k, s in answer.segments.items()) == [(1, 88), (3, 20), (4, 20)]


def test_the_class_that_only_the_background_has_is_no_object():
    scores = np.zeros((2, 4, 4), np.float16)
    scores[1] = 1.0
    semantic = Prediction("panoptic", (4, 4), CLASSES, scores, (3, 0))  # background everywhere
    assert instances(semantic, np.ones((4, 4), np.float32), np.zeros((2, 4, 4), np.float32), (4, 4)) == ()
