"""What the canvas shows over the picture, and that it says so: one class, differences, doubt, the model's answer."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from segdesk.app.document import Document
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Sketch
from segdesk.app.tools.brush import Tool as Brush
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.ui.canvas import Canvas
from segdesk.ui.overlay_layers import ADDED, DIFFERENCE_COLORS, REMOVED
from tests.app.documents import CAR, CELL, ROAD, SKY, halves, make
from tests.ui.canvases import Left, Right, at, drag, key, move, opened, shot, shown


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    widget = shown(qtbot)
    widget.badge.setStyleSheet("margin-left: 2000px")  # the words must not lie over what is compared
    return widget


def grey(doc: Document) -> Document:
    """The document over a plain picture, so that colours can be read off."""
    doc.take_pixels(np.full_like(doc.pixels, 128))
    return doc


def color_at(canvas: Canvas, x: float, y: float) -> tuple[int, ...]:
    point = at(canvas, x, y)
    return tuple(int(v) for v in shot(canvas)[point.y(), point.x()])


def words(canvas: Canvas) -> str:
    return canvas.badge.accessibleName() if canvas.badge.isVisible() else ""


# ---- only this class


def test_only_one_class_is_shown(canvas: Canvas):
    doc = opened(canvas, grey(make(segmentation=halves())))
    canvas.set_overlay(0.5, "class", outline=True)
    car, sky = color_at(canvas, 40, 60), color_at(canvas, 80, 20)
    assert words(canvas) == ""
    canvas.show_only(CAR)
    assert color_at(canvas, 40, 60) == car
    assert color_at(canvas, 80, 20) == (128, 128, 128)
    assert words(canvas) == "Only car"
    canvas.show_only(CAR, others=0.3)
    dim = color_at(canvas, 80, 20)
    assert dim != sky
    assert dim != (128, 128, 128)
    canvas.show_only(None)
    assert color_at(canvas, 80, 20) == sky
    assert words(canvas) == ""
    assert doc.segmentation.segments == halves().segments


def test_a_class_that_is_gone_hides_nothing(canvas: Canvas):
    opened(canvas, grey(make(segmentation=halves())))
    before = shot(canvas)
    canvas.show_only(77)
    assert np.array_equal(shot(canvas), before)
    assert words(canvas) == ""


# ---- the difference


def test_what_a_person_changed_is_seen_while_painting(qtbot: QtBot, canvas: Canvas):
    prediction = halves()
    doc = opened(canvas, grey(make(segmentation=halves(), prediction=prediction)))
    canvas.set_overlay(1.0, "class", outline=False)
    canvas.set_look("difference")
    assert color_at(canvas, 80, 20) == (128, 128, 128)
    assert words(canvas) == "Changed since the model's answer"
    canvas.set_tool(Brush())
    doc.brush_size = 20
    drag(qtbot, canvas, [at(canvas, 70, 20), at(canvas, 90, 20)], Right)
    assert color_at(canvas, 68, 20) == DIFFERENCE_COLORS[REMOVED]
    partial = shot(canvas)
    canvas.redraw()
    assert np.array_equal(shot(canvas), partial)
    doc.undo()
    assert color_at(canvas, 68, 20) == (128, 128, 128)


def test_a_class_change_of_a_whole_object_is_seen_at_once(canvas: Canvas):
    doc = opened(canvas, grey(make(segmentation=halves(), prediction=halves())))
    canvas.set_look("difference")
    doc.relabel(10, CELL)
    assert color_at(canvas, 40, 60) != (128, 128, 128)
    doc.undo()
    assert color_at(canvas, 40, 60) == (128, 128, 128)


def test_without_an_answer_there_is_nothing_to_compare_and_it_says_so(canvas: Canvas):
    opened(canvas, grey(make(segmentation=halves())))
    plain = shot(canvas)
    canvas.set_look("difference")
    assert np.array_equal(shot(canvas), plain)
    assert words(canvas) == "There is no model's answer to compare with"
    canvas.set_look("labels")
    assert words(canvas) == ""


def test_a_new_answer_is_compared_with_from_then_on(canvas: Canvas):
    doc = opened(canvas, grey(make(segmentation=halves(), prediction=halves(), state="edited")))
    canvas.set_overlay(1.0, "class", outline=False)
    canvas.set_look("difference")
    doc.apply_result(Segmentation.empty(120, 160), "Model")
    assert words(canvas) == "New answer, not applied yet"
    doc.discard_preview()
    assert color_at(canvas, 80, 20) == DIFFERENCE_COLORS[ADDED]


def test_a_look_that_does_not_exist_is_refused(canvas: Canvas):
    with pytest.raises(ValueError, match="x-ray"):
        canvas.set_look("x-ray")


# ---- doubt


def test_the_doubt_of_a_model_is_laid_over_the_picture(canvas: Canvas):
    doc = opened(canvas, grey(make(segmentation=halves())))
    canvas.set_look("doubt")
    assert words(canvas) == "There is no doubt map for this picture: run a model here"
    doubt = np.zeros((12, 16), np.float16)
    doubt[:6] = 1.0
    canvas.set_heat(doubt)
    assert words(canvas) == "Doubt of the model"
    red, green, _ = color_at(canvas, 80, 10)
    assert red > green + 50
    assert color_at(canvas, 80, 110) == (128, 128, 128)
    canvas.set_heat(None)
    assert "no doubt map" in words(canvas)
    canvas.set_heat(doubt)
    opened(canvas, doc)
    assert "no doubt map" in words(canvas)  # it belonged to the document that was left


def test_a_doubt_map_of_bytes_looks_the_same(canvas: Canvas):
    opened(canvas, grey(make(segmentation=halves())))
    canvas.set_look("doubt")
    canvas.set_heat(np.linspace(0, 255, 16).astype(np.uint8).reshape(4, 4))
    bytes_ = shot(canvas)
    canvas.set_heat((np.linspace(0, 255, 16).astype(np.uint8) / np.float32(255)).reshape(4, 4))
    assert np.array_equal(shot(canvas), bytes_)


def test_a_place_is_brought_into_view_and_framed(canvas: Canvas):
    opened(canvas, grey(make(400, 600)))
    canvas.zoom_to_rect(100, 200, 140, 230)
    assert canvas.view.to_image(200, 150) == pytest.approx((120, 215), abs=0.2)
    assert canvas.zoom == pytest.approx(0.5 * 400 / 40)
    before = shot(canvas)
    canvas.mark((100, 200, 140, 230))
    drawn = (shot(canvas) != before).any(axis=2)
    left, right = at(canvas, 100, 215), at(canvas, 140, 215)
    assert drawn[:, left.x() - 5 : left.x()].any()
    assert drawn[:, right.x() : right.x() + 6].any()
    assert not drawn[:, left.x() + 3 : right.x() - 3][110:190].any()
    canvas.mark(None)
    assert np.array_equal(shot(canvas), before)
    canvas.zoom_to_rect(10, 10, 11, 11)
    assert canvas.zoom == 8.0


# ---- held keys say what is shown


def test_held_keys_are_named_on_the_canvas(canvas: Canvas):
    prediction = Segmentation(np.full((120, 160), 9, np.uint16), {9: Segment(CELL)})
    opened(canvas, make(segmentation=halves(), prediction=prediction))
    canvas.set_look("difference")
    for code, text in ((Qt.Key.Key_QuoteLeft, "The model's answer"), (Qt.Key.Key_V, "Labels hidden")):
        key(canvas, code, down=True, when=1000)
        assert words(canvas) == text
        key(canvas, code, down=False, when=9000)
        assert words(canvas) == "Changed since the model's answer"


def test_the_backquote_says_when_there_is_no_answer(canvas: Canvas):
    opened(canvas, make(segmentation=halves()))
    key(canvas, Qt.Key.Key_QuoteLeft, down=True)
    assert words(canvas) == "There is no model's answer for this picture"


def test_keys_that_are_held_end_with_the_picture(canvas: Canvas):
    doc = opened(canvas, make(segmentation=halves()))
    key(canvas, Qt.Key.Key_V, down=True, when=1000)
    opened(canvas, make(segmentation=halves()))
    assert words(canvas) == ""
    canvas.clear()
    assert words(canvas) == ""
    assert doc.segment(SKY) is not None


# ---- minimap


@pytest.fixture
def wide(qtbot: QtBot, canvas: Canvas) -> Canvas:
    canvas.resize(700, 500)
    return canvas


def test_the_minimap_shows_itself_when_a_part_is_out_of_view(wide: Canvas):
    opened(wide, make(400, 600, segmentation=halves(400, 600)))
    assert not wide.minimap.isVisible()
    wide.zoom_to(4.0)
    assert wide.minimap.isVisible()
    assert wide.minimap.geometry().right() == wide.width() - 11
    wide.set_minimap(False)
    assert not wide.minimap.isVisible()
    wide.set_minimap(True)
    assert wide.minimap.isVisible()
    wide.resize(300, 200)
    assert not wide.minimap.isVisible()
    wide.resize(700, 500)
    wide.clear()
    assert not wide.minimap.isVisible()


def test_the_minimap_moves_the_view(qtbot: QtBot, wide: Canvas):
    opened(wide, make(400, 600, segmentation=halves(400, 600)))
    wide.zoom_to(4.0)
    width, height = wide.minimap.width(), wide.minimap.height()
    for x, y in ((0.3, 0.4), (0.7, 0.6)):
        qtbot.mousePress(wide.minimap, Left, pos=QPoint(round(x * width), round(y * height)))
        middle = wide.view.to_image(350, 250)
        assert middle == pytest.approx((600 * x, 400 * y), abs=4)
        qtbot.mouseRelease(wide.minimap, Left)
    assert wide.zoom == 4.0
    assert wide.document is not None
    assert not wide.document.can_undo


def test_the_minimap_has_the_labels_and_the_frame(wide: Canvas):
    doc = grey(make(400, 600, segmentation=halves(400, 600)))
    opened(wide, doc)
    wide.set_overlay(1.0, "class", outline=False)
    wide.zoom_to(8.0)
    colors = doc.classes.color_table()
    small = shot(wide.minimap)  # type: ignore[arg-type]
    assert tuple(small[4, 88]) == tuple(colors[SKY])
    assert tuple(small[-5, 88]) == tuple(colors[ROAD])
    white = (small == 255).all(axis=2)
    assert white.any()
    rows, columns = np.nonzero(white)
    assert abs(columns.mean() / small.shape[1] - 0.5) < 0.03
    assert abs(rows.mean() / small.shape[0] - 0.5) < 0.03


def test_the_minimap_is_made_anew_after_a_stroke_and_not_in_it(
    qtbot: QtBot, wide: Canvas, monkeypatch: pytest.MonkeyPatch
):
    doc = grey(make(400, 600, segmentation=halves(400, 600)))
    opened(wide, doc)
    wide.zoom_to(4.0)
    wide.set_tool(Brush())
    doc.active_class, doc.brush_size = SKY, 300
    shot(wide)
    drawn = []
    draw = wide.draw_labels
    monkeypatch.setattr(wide, "draw_labels", lambda *args: (drawn.append(1), draw(*args)))
    before = shot(wide.minimap)  # type: ignore[arg-type]
    qtbot.mousePress(wide, Left, pos=QPoint(350, 300))
    for x in range(340, 200, -20):
        move(wide, QPoint(x, 300), Left)
        wide.repaint()
    during = len(drawn)
    qtbot.mouseRelease(wide, Left, pos=QPoint(200, 300))
    qtbot.waitUntil(lambda: not np.array_equal(shot(wide.minimap), before))  # type: ignore[arg-type]
    assert during <= 1  # the new segment's entry, at the press
    assert len(drawn) == during + 1


def test_the_wheel_over_the_minimap_zooms_the_canvas(qtbot: QtBot, wide: Canvas):
    from tests.ui.canvases import wheel

    opened(wide, make(400, 600))
    wide.zoom_to(4.0)
    wheel(wide, wide.minimap.geometry().center(), 1)
    assert wide.zoom == pytest.approx(5.0)


# ---- what tools draw


class Drawer(BaseTool):
    """Sketches of every role, and a note of what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: tuple[Sketch, ...] = ()
        self.scales: list[float] = []

    def hover(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        self.scales.append(modifiers.scale)

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        return self.shown


@pytest.mark.parametrize(
    ("sketch", "inside", "changes"),
    [
        (Sketch(((40, 40), (80, 40), (80, 80)), closed=True), (70, 50), False),
        (Sketch(((40, 40), (80, 40), (80, 80)), role="area"), (70, 50), True),
        (Sketch(((60, 60),), role="plus"), (60, 60), True),
        (Sketch(((60, 60),), role="minus"), (62, 60), True),
        (Sketch(((60, 60),), role="handle"), (60, 60), False),
    ],
)
def test_sketches_are_drawn_by_their_role(canvas: Canvas, sketch: Sketch, inside: tuple[int, int], changes: bool):
    doc = opened(canvas, grey(make(segmentation=halves())))
    tool = Drawer()
    canvas.set_tool(tool)
    before = shot(canvas)
    tool.shown = (sketch,)
    doc.tell(doc.on_state)  # an answer from the background came
    after = shot(canvas)
    assert not np.array_equal(after, before)
    point = at(canvas, *inside)
    assert (tuple(after[point.y(), point.x()]) != tuple(before[point.y(), point.x()])) == changes
    tool.shown = ()
    doc.tell(doc.on_state)
    canvas.repaint()
    assert np.array_equal(shot(canvas), before)


def test_a_tool_is_told_how_large_a_screen_pixel_is(canvas: Canvas):
    opened(canvas, make())
    tool = Drawer()
    canvas.set_tool(tool)
    canvas.zoom_to(10.0)
    move(canvas, QPoint(100, 100))
    assert tool.scales[-1] == pytest.approx(0.1)


def test_alt_and_the_right_button_drag_the_brush_size(qtbot: QtBot, canvas: Canvas):
    doc = opened(canvas, make())
    canvas.set_tool(Brush())
    canvas.zoom_to(2.0)
    doc.brush_size = 20
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.mousePress(canvas, Right, alt, QPoint(200, 150))
    move(canvas, QPoint(230, 150), Right)
    assert doc.brush_size == 50
    move(canvas, QPoint(0, 150), Right)
    assert doc.brush_size == 1
    qtbot.mouseRelease(canvas, Right, alt, QPoint(210, 150))
    move(canvas, QPoint(300, 150))
    assert doc.brush_size == 1
    assert not doc.can_undo
