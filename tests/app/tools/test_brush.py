"""What the brush can do beyond thick round lines: squares, straight strokes, pen pressure; the tools' options."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app.shapes import swept_square
from segdesk.app.tools import brush, eraser
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Option
from segdesk.domain.capsule import Line
from tests.app.documents import CAR, SKY, check, halves, make
from tests.app.test_tool_contract import NAMES
from tests.app.tools.driving import SHIFT, Point, click, drag

points = st.tuples(st.floats(-30, 190, width=32), st.floats(-30, 150, width=32))


def line(start: Point, end: Point, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:120, :160]
    return Line(start, end, radius).covers(columns, rows)


@settings(max_examples=40, deadline=None)
@given(st.lists(points, min_size=1, max_size=5), st.integers(2, 80))
def test_a_square_brush_paints_what_its_square_goes_over(path: list[Point], size: int):
    doc = make(segmentation=halves())
    doc.active_class, doc.brush_size = SKY, size
    tool = brush.Tool()
    tool.set_option(doc, "shape", "square")
    drag(tool, doc, *path)
    want = halves().ids
    for start, end in zip([path[0], *path], path, strict=False):
        for x, y, mask in swept_square(start, end, size).masks(want.shape):
            want[y : y + mask.shape[0], x : x + mask.shape[1]][mask] = SKY
    assert np.array_equal(doc.segmentation.ids, want)
    assert (tool.cursor(doc).shape, tool.cursor(doc).diameter) == ("square", size)
    check(doc)


@given(st.floats(0, 159.75, width=32), st.floats(0, 119.75, width=32), st.sampled_from(["circle", "square"]))
@settings(max_examples=40, deadline=None)
def test_the_smallest_brush_of_either_shape_paints_one_pixel(x: float, y: float, shape: str):
    doc = make()
    doc.active_class, doc.brush_size = SKY, 1
    tool = brush.Tool()
    tool.set_option(doc, "shape", shape)
    click(tool, doc, x, y)
    assert np.argwhere(doc.segmentation.ids).tolist() == [[int(y), int(x)]]


def test_a_click_with_shift_draws_a_straight_line_from_the_last_end():
    doc = make()
    doc.active_class, doc.brush_size = SKY, 10
    tool = brush.Tool()
    drag(tool, doc, (20, 20), (40, 90))
    tool.hover(doc, 130, 30, SHIFT)
    assert tool.sketches(doc)[0].points == ((40, 90), (130, 30))
    click(tool, doc, 130, 30, SHIFT)
    click(tool, doc, 130, 100, SHIFT)
    want = line((20, 20), (40, 90), 5) | line((40, 90), (130, 30), 5) | line((130, 30), (130, 100), 5)
    assert np.array_equal(doc.segmentation.ids > 0, want)
    assert len(doc.history.done) == 3
    tool.hover(doc, 130, 30)
    assert tool.sketches(doc) == ()
    check(doc)


def test_a_hand_that_trembles_still_clicks_and_a_drag_with_shift_paints_freely():
    doc = make()
    doc.active_class, doc.brush_size = SKY, 10
    tool = brush.Tool()
    click(tool, doc, 20, 20)
    drag(tool, doc, (100, 20), (102, 21), (101, 20), modifiers=SHIFT)
    assert np.array_equal(doc.segmentation.ids > 0, line((20, 20), (100, 20), 5))
    doc.undo()
    drag(tool, doc, (100, 20), (130, 60), modifiers=SHIFT)
    assert np.array_equal(doc.segmentation.ids > 0, line((20, 20), (20, 20), 5) | line((100, 20), (130, 60), 5))


def test_a_straight_line_is_protected_too_and_does_not_come_from_another_picture():
    doc, other = make(segmentation=halves()), make()
    tool = brush.Tool()
    doc.active_class, doc.brush_size = CAR, 12
    click(tool, other, 10, 10)
    click(tool, doc, 40, 60, SHIFT)
    click(tool, doc, 120, 60, SHIFT)
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    assert not doc.can_undo


def test_a_lifted_pen_keeps_the_width_of_its_straight_line():
    doc = make()
    doc.active_class, doc.brush_size = SKY, 40
    tool = brush.Tool()
    click(tool, doc, 30, 60)
    doc.undo()
    pen = Modifiers(shift=True, pressure=0.5)
    tool.press(doc, 120, 60, pen)
    tool.release(doc, 120, 60, Modifiers(shift=True, pressure=0.0))
    assert np.array_equal(doc.segmentation.ids > 0, line((30, 60), (120, 60), 10))


def test_pressure_can_be_switched_off():
    doc = make()
    doc.active_class, doc.brush_size = SKY, 40
    tool = brush.Tool()
    tool.set_option(doc, "pressure", False)
    click(tool, doc, 80, 60, Modifiers(pressure=0.2))
    assert np.array_equal(doc.segmentation.ids > 0, line((80, 60), (80, 60), 20))


def test_brush_and_eraser_have_shapes_of_their_own():
    a, b = brush.Tool(), eraser.Tool()
    a.set_option(None, "shape", "square")
    assert b.values["shape"] == "circle"
    assert brush.Tool().values["shape"] == "circle"


# ---- options of all tools


def tool_of(name: str) -> tuple[tuple[Option, ...], BaseTool]:
    module = importlib.import_module(f"segdesk.app.tools.{name}")
    return module.INFO.options, module.Tool()


@pytest.mark.parametrize("name", NAMES)
def test_the_options_of_a_tool_are_those_that_it_shows(name: str):
    shown, tool = tool_of(name)
    assert shown == tool.options
    assert tool.values == {o.id: o.default for o in shown}
    for option in shown:
        assert option.kind in ("int", "float", "bool", "choice")
        assert option.accepted(option.default) == option.default
        assert bool(option.choices) == (option.kind == "choice")
        assert option.title


@pytest.mark.parametrize("name", NAMES)
def test_an_option_is_kept_within_its_limits(name: str):
    shown, tool = tool_of(name)
    with pytest.raises(KeyError):
        tool.set_option(None, "nonsense", 1)
    for option in shown:
        if option.kind == "choice":
            with pytest.raises(ValueError):
                tool.set_option(None, option.id, "nonsense")
        elif option.kind in ("int", "float"):
            tool.set_option(None, option.id, option.maximum + 5)
            assert tool.values[option.id] == option.maximum
            tool.set_option(None, option.id, option.minimum - 5)
            assert tool.values[option.id] == option.minimum
    assert PLAIN.scale == 1.0
