"""The tools, driven in image coordinates, against brute force on the whole map."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app import changes
from segdesk.app.document import Document
from segdesk.app.region import connected
from segdesk.app.tools import brush, eraser, fill, pick
from segdesk.app.tools.base import PLAIN, Modifiers
from segdesk.domain.capsule import Line
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.documents import CAR, CELL, ROAD, SKY, check, halves, make

Point = tuple[float, float]
points = st.tuples(st.floats(-30, 190, width=32), st.floats(-30, 150, width=32))


def stroke(tool: brush.Tool | eraser.Tool, doc: Document, path: list[Point], modifiers: Modifiers = PLAIN) -> None:
    tool.press(doc, *path[0], modifiers)
    for point in path[1:]:
        tool.move(doc, *point, modifiers)
    tool.release(doc, *path[-1], modifiers)


def covered(path: list[Point], radius: float, size: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: pixels within the radius of the path, by testing all of them."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    mask = np.zeros(size, bool)
    for start, end in zip(path, path[1:] or path, strict=False):
        mask |= Line(start, end, radius).covers(columns, rows)
    return mask


@settings(max_examples=80, deadline=None)
@given(st.lists(points, min_size=1, max_size=6), st.integers(2, 120))
def test_the_brush_paints_exactly_what_it_covers(path: list[Point], size: int):
    doc = make(segmentation=halves())
    doc.active_class, doc.brush_size = SKY, size
    want = doc.segmentation.ids.copy()
    want[covered(path, size / 2, want.shape)] = SKY
    stroke(brush.Tool(), doc, path)
    assert np.array_equal(doc.segmentation.ids, want)
    check(doc)


@settings(max_examples=40, deadline=None)
@given(st.lists(points, min_size=1, max_size=4), st.integers(2, 80))
def test_the_eraser_makes_void_exactly_what_it_covers(path: list[Point], size: int):
    doc = make(segmentation=halves())
    doc.brush_size = size
    want = np.where(covered(path, size / 2, (120, 160)), 0, doc.segmentation.ids)
    stroke(eraser.Tool(), doc, path)
    assert np.array_equal(doc.segmentation.ids, want)


@settings(max_examples=40, deadline=None)
@given(st.lists(points, min_size=1, max_size=4), st.integers(1, 200), st.booleans())
def test_cancel_restores_exactly(path: list[Point], size: int, erase: bool):
    doc = make(segmentation=halves())
    doc.active_class, doc.brush_size = CELL, size
    tool = eraser.Tool() if erase else brush.Tool()
    before = doc.segmentation.copy()
    tool.press(doc, *path[0])
    for point in path[1:]:
        tool.move(doc, *point)
    tool.cancel(doc)
    tool.release(doc, *path[-1])
    assert np.array_equal(doc.segmentation.ids, before.ids)
    assert doc.segmentation.segments == before.segments
    assert not doc.can_undo
    check(doc)


@given(st.floats(0, 159.75, width=32), st.floats(0, 119.75, width=32))
@settings(max_examples=60, deadline=None)
def test_the_smallest_brush_paints_the_pixel_under_the_pointer(x: float, y: float):
    doc = make()
    doc.active_class, doc.brush_size = SKY, 1
    stroke(brush.Tool(), doc, [(x, y)])
    assert np.argwhere(doc.segmentation.ids).tolist() == [[int(y), int(x)]]


@pytest.mark.parametrize("modifiers", [Modifiers(ctrl=True), Modifiers(right=True)])
def test_ctrl_or_the_right_button_is_the_other_tool(modifiers: Modifiers):
    doc = make(segmentation=halves())
    doc.active_class = CELL
    stroke(brush.Tool(), doc, [(40, 60)], modifiers)
    assert doc.segment_at(40, 60) == 0
    stroke(eraser.Tool(), doc, [(40, 60)], modifiers)
    assert doc.segmentation.segments[doc.segment_at(40, 60)].class_id == CELL
    assert [edit.name for edit in doc.history.done] == ["Eraser", "Brush"]


def test_shift_protects_other_labels():
    doc = make(segmentation=halves())
    doc.active_class, doc.brush_size = CELL, 60
    before = doc.segmentation.ids.copy()
    stroke(brush.Tool(), doc, [(40, 60)], Modifiers(shift=True))
    assert np.array_equal(doc.segmentation.ids, before)


def test_pressure_sets_the_width():
    doc = make()
    doc.active_class, doc.brush_size = SKY, 40
    stroke(brush.Tool(), doc, [(80, 60)], Modifiers(pressure=0.25))
    assert doc.area(doc.segment_at(80, 60)) == covered([(80, 60)], 5, (120, 160)).sum()


def test_painting_without_any_class_says_so():
    doc = make()
    doc.set_classes(type(doc.classes)())
    with pytest.raises(SegDeskError, match="no class"):
        brush.Tool().press(doc, 5, 5)
    assert not doc.painting
    with pytest.raises(SegDeskError, match="no class"):
        fill.Tool().press(doc, 5, 5)


def test_a_full_map_says_so_and_takes_the_stroke_back():
    doc = make()
    doc.segmentation.segments = {k: Segment(CELL) for k in range(1, 65536)}
    doc.active_class = CAR
    with pytest.raises(SegDeskError, match="65535"):
        brush.Tool().press(doc, 5, 5)
    assert not doc.painting
    assert not doc.can_undo


def test_the_cursor_is_a_circle_of_true_size():
    doc = make()
    doc.brush_size = 33
    assert (brush.Tool().cursor(doc).shape, brush.Tool().cursor(doc).diameter) == ("circle", 33)


def test_pick_takes_class_and_object():
    doc = make(segmentation=halves())
    pick.Tool().press(doc, 120, 60)
    assert (doc.active_class, doc.active_segment) == (CAR, 11)


# ---- fill


def flood(ids: np.ndarray, column: int, row: int) -> np.ndarray:
    """The region of equal value over pixel sides, one pixel after the other."""
    found = np.zeros(ids.shape, bool)
    queue = deque([(row, column)])
    while queue:
        y, x = queue.popleft()
        inside = 0 <= y < ids.shape[0] and 0 <= x < ids.shape[1]
        if inside and not found[y, x] and ids[y, x] == ids[row, column]:
            found[y, x] = True
            queue.extend(((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)))
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 60), st.integers(1, 60), st.sampled_from((1, 2, 7, 128)))
def test_a_region_is_what_hangs_together(seed: int, height: int, width: int, reach: int):
    random = np.random.default_rng(seed)
    ids = random.choice(np.array([0, 3, 300], np.uint16), (height, width), p=(0.3, 0.6, 0.1))
    column, row = int(random.integers(width)), int(random.integers(height))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segdesk.app.region.FIRST_REACH", reach)
        region = connected(ids, column, row)
    assert region is not None
    out = np.zeros(ids.shape, bool)
    out[region.y : region.y + region.mask.shape[0], region.x : region.x + region.mask.shape[1]] = region.mask
    assert np.array_equal(out, flood(ids, column, row))


def test_a_region_in_a_large_map_costs_its_own_box():
    ids = np.zeros((3000, 3000), np.uint16)
    ids[1500:1520, 1500:1540] = 5
    region = connected(ids, 1510, 1510, most_pixels=300 * 300)
    assert region is not None
    assert region.mask.sum() == 800
    assert connected(ids, 10, 10, most_pixels=1 << 20) is None


@pytest.mark.parametrize("at_once", [1 << 20, 16])
def test_fill_gives_the_region_to_the_active_class(monkeypatch: pytest.MonkeyPatch, at_once: int):
    monkeypatch.setattr(fill, "AT_ONCE", at_once)
    doc = make(segmentation=halves())
    doc.active_class = SKY
    want = np.where(flood(doc.segmentation.ids, 40, 60), SKY, doc.segmentation.ids)
    fill.Tool().press(doc, 40, 60)
    assert np.array_equal(doc.segmentation.ids, want)
    assert 10 not in doc.segmentation.segments
    check(doc)
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    assert doc.segmentation.segments == halves().segments


def test_filling_with_a_thing_class_makes_a_new_object():
    doc = make(segmentation=halves())
    doc.active_class = CELL
    fill.Tool().press(doc, 40, 60)
    key = doc.segment_at(40, 60)
    assert key not in (10, 11, SKY, ROAD)
    assert doc.segmentation.segments[key].class_id == CELL
    check(doc)


def test_filling_with_the_right_button_makes_void():
    doc = make(segmentation=halves())
    fill.Tool().press(doc, 40, 60, Modifiers(right=True))
    assert doc.segment_at(40, 60) == 0
    assert 10 not in doc.segmentation.segments
    check(doc)


def test_fill_does_nothing_outside_on_its_own_label_and_where_protected():
    doc = make(segmentation=halves())
    doc.active_class = SKY
    fill.Tool().press(doc, -1, 5)
    fill.Tool().press(doc, 5, 5)
    fill.Tool().press(doc, 40, 60, Modifiers(shift=True))
    assert not doc.can_undo


def test_a_large_fill_runs_in_the_background(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fill, "AT_ONCE", 16)
    monkeypatch.setattr(changes, "HEAVY_PIXELS", 100)
    doc = make(segmentation=Segmentation.empty(200, 300))
    doc.active_class = SKY
    waiting = []
    doc.background = lambda work, then: waiting.append((work, then))
    fill.Tool().press(doc, 5, 5)
    assert doc.busy
    assert not doc.segmentation.ids.any()
    work, then = waiting.pop()
    then(work())
    assert (doc.segmentation.class_map() == SKY).all()
    check(doc)
