"""What the layers over the picture say of each device pixel, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app.reduced import Reduced
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.ui import overlay, overlay_layers
from segdesk.ui.canvas_view import View
from segdesk.ui.overlay_layers import (
    ADDED,
    DIFFERENCE_COLORS,
    RELABELLED,
    REMOVED,
    SAME,
    DifferenceLayer,
    HeatLayer,
    heat_colors,
    numbered_alike,
)
from tests.app.documents import CAR, CELL, CLASSES, ROAD, SKY, halves
from tests.domain.test_packed import blobs

ONE_TO_ONE = View(1.0, 0.0, 0.0)


def codes(now: Segmentation, answer: Segmentation) -> np.ndarray:
    layer = DifferenceLayer(now, PackedMap.of(answer), CLASSES, 0.5)
    return layer.codes(ONE_TO_ONE, (0, 0, now.size[1], now.size[0]))


def code(now: int, answer: int, same_object: bool) -> int:
    """The definition, for one pixel."""
    if now == answer:
        return SAME if same_object else RELABELLED
    if answer == 0:
        return ADDED
    return REMOVED if now == 0 else RELABELLED


maps = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).integers(0, 6, (7, 9)).astype(np.uint16))
tables = st.lists(st.sampled_from([SKY, ROAD, CAR, CELL]), min_size=5, max_size=5)


@settings(max_examples=60, deadline=None)
@given(maps, maps, tables, tables)
def test_each_pixel_follows_the_definition(now: np.ndarray, answer: np.ndarray, first: list[int], second: list[int]):
    mine = Segmentation(now, {i + 1: Segment(c) for i, c in enumerate(first)})
    models = Segmentation(answer, {i + 1: Segment(c) for i, c in enumerate(second)})
    thing = np.isin(mine.class_table(), (CAR, CELL))
    by_object = numbered_alike(now, PackedMap.of(models), thing)
    seen = codes(mine, models)
    for y in range(7):
        for x in range(9):
            class_id = mine.class_map()[y, x]
            same = not by_object or class_id not in (CAR, CELL) or now[y, x] == answer[y, x]
            assert seen[y, x] == code(class_id, models.class_map()[y, x], bool(same))


def test_a_split_object_is_a_difference():
    answer, now = halves(), halves()
    now.ids[60:75, 25:55][now.ids[60:75, 25:55] == 10] = 12
    now.segments[12] = Segment(CAR, by_human=True)
    seen = codes(now, answer)
    assert np.array_equal(seen == RELABELLED, now.ids == 12)
    assert seen.sum() == RELABELLED * (now.ids == 12).sum()


def test_objects_of_another_run_are_compared_by_class_alone():
    answer, now = halves(), halves()
    now.ids[now.ids == 10], now.ids[now.ids == 11] = 40, 50
    now.segments |= {40: Segment(CAR), 50: Segment(CAR)}
    now.ids[0, 0] = 0
    seen = codes(now, answer)
    assert seen[0, 0] == REMOVED
    assert np.count_nonzero(seen) == 1


def test_a_renamed_segment_is_a_difference_although_no_pixel_changed():
    answer, now = halves(), halves()
    now.segments[10] = Segment(CELL)
    assert np.array_equal(codes(now, answer) == RELABELLED, now.ids == 10)


def test_differences_are_drawn_in_their_colours():
    answer, now = halves(), halves()
    now.ids[:10], answer.ids[20:30], now.ids[100:110] = 0, 0, SKY
    layer = DifferenceLayer(now, PackedMap.of(answer), CLASSES, 1.0)
    drawn = layer.render(ONE_TO_ONE, (0, 0, 160, 120), 0)
    for row, kind in ((5, REMOVED), (25, ADDED), (105, RELABELLED)):
        red, green, blue = DIFFERENCE_COLORS[kind]
        assert drawn[row, 3] == 0xFF000000 | red << 16 | green << 8 | blue
    assert drawn[50, 3] == 0


def test_only_classes_that_changed_ask_for_a_new_drawing():
    answer, now = PackedMap.of(halves()), halves()
    first = DifferenceLayer(now, answer, CLASSES, 0.5)
    now.segments[10] = Segment(CELL)
    assert DifferenceLayer(now, answer, CLASSES, 0.5).changed_from(first).tolist() == [10]
    assert DifferenceLayer(now.copy(), answer, CLASSES, 0.5).changed_from(first) is None


@pytest.mark.parametrize("zoom", [0.7, 1.0, 3.0])
def test_heat_is_blended_as_predictions_are(zoom: float):
    doubt = np.random.default_rng(1).random((5, 8)).astype(np.float16)
    height, width = 60, 96
    drawn = HeatLayer(doubt, (height, width)).render(View(zoom, 2.0, 3.0), (0, 0, 70, 60), 1)
    values = doubt.astype(float)
    colors = heat_colors()
    for device_y in range(0, 60, 7):
        for device_x in range(0, 70, 7):
            x, y = (device_x + 0.5 - 2) / zoom, (device_y + 0.5 - 3) / zoom
            if not (0 <= x < width and 0 <= y < height):
                assert drawn[device_y, device_x] == 0
                continue
            u, v = np.clip(x * 8 / width - 0.5, 0, 7), np.clip(y * 5 / height - 0.5, 0, 4)
            i, j = int(u), int(v)
            right, below = min(i + 1, 7), min(j + 1, 4)
            top = values[j, i] * (1 - (u - i)) + values[j, right] * (u - i)
            bottom = values[below, i] * (1 - (u - i)) + values[below, right] * (u - i)
            want = (top * (1 - (v - j)) + bottom * (v - j)) * 255
            near = colors[max(0, int(want) - 8) : int(want) + 10]
            assert drawn[device_y, device_x] in near


def test_a_sure_model_leaves_the_picture_clear_and_a_broken_value_counts_as_sure():
    doubt = np.array([[0.0, np.nan], [1.0, 2.0]], np.float32)
    drawn = HeatLayer(doubt, (20, 20)).render(ONE_TO_ONE, (0, 0, 20, 20), 1)
    assert drawn[0, 0] >> 24 == 0
    assert drawn[0, 19] >> 24 == 0
    assert drawn[19, 19] >> 24 == round(overlay_layers.HEAT_STOPS[-1][2] * 255)


SEEN = [(seed, blobs((1_700, 2_101), seed)) for seed in range(3)]
PACKED = [PackedMap.of(map_) for _, map_ in SEEN]


@settings(max_examples=25, deadline=None)
@given(st.floats(0.02, 3.0), st.integers(-900, 200), st.integers(-900, 200), st.sampled_from(range(3)))
def test_a_packed_map_is_seen_as_the_plain_one(zoom: float, x: int, y: int, n: int):
    """To the pixel from 100 % on; else each pixel of the screen shows its square's in the reduced copy."""
    map_, packed = SEEN[n][1], PACKED[n]
    view, rect = View(zoom, float(x), float(y)), (0, 0, 300, 200)
    level, stride = overlay.level_for(packed, zoom)
    assert zoom * stride >= 1.0 or level.half() is None
    assert stride == 1 or stride * zoom < 2.0
    seen = overlay.sample_packed(packed, view, rect)
    assert np.array_equal(seen, overlay.sample_reduced(map_.ids, Reduced(map_.ids), view, rect))
    small = level.unpacked().ids
    columns, rows = np.floor(view.columns(0, 300)).astype(int), np.floor(view.rows(0, 200)).astype(int)
    for row in range(0, 200, 23):
        for column in range(0, 300, 29):
            r, c = rows[row], columns[column]
            if not (0 <= r < 1_700 and 0 <= c < 2_101):
                assert seen[row, column] == 0
                continue
            r, c = min(r // stride, 1_700 // stride - 1), min(c // stride, 2_101 // stride - 1)
            assert seen[row, column] == small[r, c]


@pytest.mark.parametrize("zoom", [0.1, 0.3, 1.0])
def test_no_difference_is_seen_where_there_is_none(zoom: float):
    map_ = blobs((1_700, 2_101), 3)
    layer = DifferenceLayer(map_, PackedMap.of(map_), CLASSES, 0.5)
    assert not layer.codes(View(zoom, 5.0, 3.0), (0, 0, 400, 300)).any()
