"""Polygon, lasso and rectangle by the pointer: what they paint, add, subtract, close and take back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app import laying
from segdesk.app.shapes import Polygon, box
from segdesk.app.tools import lasso, polygon, rectangle
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation
from tests.app.documents import CELL, SKY, check, halves, make
from tests.app.tools.driving import CTRL, RIGHT, Later, Point, click, drag

points = st.tuples(st.floats(-30, 190, width=32), st.floats(-30, 150, width=32))
TRIANGLE: list[Point] = [(20.3, 10.2), (100.7, 30.1), (50.5, 90.9)]


def pixels(shape: Polygon, size: tuple[int, int] = (120, 160)) -> np.ndarray:
    result = np.zeros(size, bool)
    for x, y, mask in shape.masks(size):
        result[y : y + mask.shape[0], x : x + mask.shape[1]] |= mask
    return result


@pytest.mark.parametrize("at_once", [1 << 18, 1])
@settings(max_examples=30, deadline=None)
@given(path=st.lists(points, min_size=2, max_size=8))
def test_the_lasso_takes_what_it_goes_around(at_once: int, path: list[Point]):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(laying, "AT_ONCE", at_once)
        doc = make(segmentation=halves())
        doc.active_class = SKY
        drag(lasso.Tool(), doc, *path)
    kept = [
        p for p, q in zip(path, [(1e9, 1e9), *path], strict=False) if max(abs(p[0] - q[0]), abs(p[1] - q[1])) >= 0.25
    ]
    if len(kept) == len(path):
        want = np.where(pixels(Polygon(tuple(path))), SKY, halves().ids)
        assert np.array_equal(doc.segmentation.ids, want)
    check(doc)


@settings(max_examples=30, deadline=None)
@given(points, points)
def test_the_rectangle_takes_its_box(start: Point, end: Point):
    doc = make(segmentation=halves())
    doc.active_class = SKY
    drag(rectangle.Tool(), doc, start, (3, 3), end)
    assert np.array_equal(doc.segmentation.ids, np.where(pixels(box(start, end)), SKY, halves().ids))
    check(doc)


@pytest.mark.parametrize("modifiers", [CTRL, RIGHT])
@pytest.mark.parametrize("module", [lasso, rectangle])
def test_ctrl_or_the_right_button_subtracts(module, modifiers: Modifiers):
    doc = make(segmentation=halves())
    drag(module.Tool(), doc, (10, 10), (60, 12), (50, 70), modifiers=modifiers)
    ids = doc.segmentation.ids
    assert set(halves().ids[ids != halves().ids].tolist()) >= {SKY}
    assert not ids[ids != halves().ids].any()
    assert (ids != halves().ids).sum() > 500
    assert doc.history.done[-1].name == module.INFO.title


def test_with_a_thing_class_an_area_is_a_new_object_or_extends_the_one_it_begins_in():
    doc = make()
    doc.active_class = CELL
    drag(rectangle.Tool(), doc, (10, 10), (30, 30))
    drag(rectangle.Tool(), doc, (60, 10), (80, 30))
    assert len(doc.segmentation.segments) == 2
    drag(rectangle.Tool(), doc, (25, 25), (50, 50))
    assert len(doc.segmentation.segments) == 2
    assert doc.segment_at(45, 45) == doc.segment_at(12, 12)


def test_shift_protects_other_labels():
    doc = make(segmentation=halves())
    doc.segmentation.ids[:20, :20] = 0
    doc.active_class = CELL
    drag(rectangle.Tool(), doc, (-5, -5), (60, 60), modifiers=Modifiers(shift=True))
    assert np.array_equal(doc.segmentation.ids != halves().ids, pixels(box((0, 0), (20, 20))))


@pytest.mark.parametrize("module", [lasso, rectangle])
def test_a_drag_shows_its_line_and_escape_drops_it(module):
    doc = make()
    doc.active_class = SKY
    tool = module.Tool()
    tool.press(doc, 10, 10)
    tool.move(doc, 50, 60)
    assert tool.sketches(doc)
    tool.cancel(doc)
    assert not tool.sketches(doc)
    tool.release(doc, 50, 60)
    assert not doc.can_undo


def test_painting_an_area_without_a_class_says_so():
    doc = make()
    doc.set_classes(type(doc.classes)())
    with pytest.raises(SegDeskError, match="no class"):
        drag(rectangle.Tool(), doc, (10, 10), (30, 30))
    check(doc)


def test_a_large_area_is_painted_in_the_background():
    doc = make(segmentation=Segmentation.empty(600, 700))
    doc.active_class = SKY
    later = Later(doc)
    drag(rectangle.Tool(), doc, (0, 0), (650, 590))
    assert doc.busy
    later.run()
    assert (doc.segmentation.ids != 0).sum() == 650 * 590
    check(doc)


def test_an_area_that_is_drawn_while_something_is_under_way_comes_after_it():
    doc = make(segmentation=Segmentation.empty(120, 160))
    later = Later(doc)
    doc.active_class = SKY
    doc.apply_result(halves(), "answer")
    doc.changes.edit("another", lambda target, stroke, tick: None)
    assert later.waiting
    doc.active_class = CELL
    drag(rectangle.Tool(), doc, (1, 1), (20, 20))
    while later.waiting:
        later.run()
    assert doc.segmentation.segments[doc.segment_at(5, 5)].class_id == CELL
    check(doc)


# ---- polygon


def closed_by_enter(tool: BaseTool, doc) -> None:
    assert tool.key(doc, "Return")


def closed_by_first_point(tool: BaseTool, doc) -> None:
    click(tool, doc, TRIANGLE[0][0] + 3, TRIANGLE[0][1] - 3)


def closed_by_double_click(tool: BaseTool, doc) -> None:
    click(tool, doc, *TRIANGLE[-1])


@pytest.mark.parametrize("close", [closed_by_enter, closed_by_first_point, closed_by_double_click])
@pytest.mark.parametrize("first", [PLAIN, CTRL, RIGHT])
def test_a_polygon_is_closed_in_three_ways(close, first: Modifiers):
    doc = make(segmentation=halves())
    doc.active_class = SKY
    tool = polygon.Tool()
    for i, point in enumerate(TRIANGLE):
        click(tool, doc, *point, PLAIN if i else first)
    assert not doc.can_undo
    close(tool, doc)
    want = np.where(pixels(Polygon(tuple(TRIANGLE))), SKY if first is PLAIN else 0, halves().ids)
    assert np.array_equal(doc.segmentation.ids, want)
    assert len(doc.history.done) == 1
    assert not tool.sketches(doc)
    check(doc)


def test_backspace_takes_points_back_and_escape_all():
    doc = make()
    doc.active_class = SKY
    tool = polygon.Tool()
    for point in [*TRIANGLE, (5.0, 5.0)]:
        click(tool, doc, *point)
    assert tool.key(doc, "Backspace")
    tool.key(doc, "Enter")
    assert np.array_equal(doc.segmentation.ids > 0, pixels(Polygon(tuple(TRIANGLE))))
    for point in TRIANGLE:
        click(tool, doc, *point)
    tool.cancel(doc)
    assert not tool.key(doc, "Return")
    assert not tool.key(doc, "Backspace")
    assert len(doc.history.done) == 1


def test_a_point_follows_the_pointer_until_the_button_goes_up():
    doc = make()
    doc.active_class = SKY
    tool = polygon.Tool()
    drag(tool, doc, (1, 1), (30, 40), TRIANGLE[0])
    for point in TRIANGLE[1:]:
        click(tool, doc, *point)
    tool.key(doc, "Return")
    assert np.array_equal(doc.segmentation.ids > 0, pixels(Polygon(tuple(TRIANGLE))))


def test_less_than_three_points_paint_nothing():
    doc = make()
    tool = polygon.Tool()
    for point in TRIANGLE[:2]:
        click(tool, doc, *point)
    assert tool.key(doc, "Return")
    assert not doc.can_undo
    assert tool.anchors == []


def test_a_polygon_does_not_go_on_in_another_picture():
    first, second = make(), make()
    second.active_class = SKY
    tool = polygon.Tool()
    for point in TRIANGLE:
        click(tool, first, *point)
    assert not tool.sketches(second)
    assert not tool.key(second, "Return")
    click(tool, second, 10, 10)
    assert tool.anchors == [(10, 10)]


def test_how_near_the_first_point_is_depends_on_the_zoom():
    doc = make()
    doc.active_class = SKY
    tool = polygon.Tool()
    near = Modifiers(scale=0.1)
    for point in TRIANGLE:
        click(tool, doc, *point, near)
    click(tool, doc, TRIANGLE[0][0] + 3, TRIANGLE[0][1], near)
    assert len(tool.anchors) == 4
    click(tool, doc, TRIANGLE[0][0] + 0.5, TRIANGLE[0][1], near)
    assert doc.can_undo
