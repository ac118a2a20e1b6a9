"""Wand, superpixels, scissors, GrabCut and clicks on pictures whose objects are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from segdesk.app import foreground
from segdesk.app.document import Document
from segdesk.app.laying import lay_several
from segdesk.app.prompts import Prompts, Proposal
from segdesk.app.region import Region
from segdesk.app.superpixels import Superpixels
from segdesk.app.tools import grabcut, polygon, prompt, scissors, superpixel, wand
from segdesk.app.tools.base import PLAIN, Modifiers
from segdesk.domain.errors import SegDeskError
from tests.app.documents import CELL, SKY, check
from tests.app.tools.driving import CTRL, RIGHT, Later, click, disc, drag, iou, picture

CENTRE, RADIUS = (90.0, 70.0), 40.0


def scene(height: int = 150, width: int = 200, *, noise: float = 12.0) -> np.ndarray:
    """A reddish disc and a smaller one far from it before bluish grey, with noise."""
    random = np.random.default_rng(3)
    pixels = np.empty((height, width, 3), np.float64)
    pixels[:] = (70, 80, 110)
    pixels[disc(height, width, *CENTRE, RADIUS)] = (190, 90, 70)
    pixels[disc(height, width, 180, 20, 12)] = (190, 90, 70)
    return np.clip(pixels + random.normal(0, noise, pixels.shape), 0, 255).astype(np.uint8)


TRUE = disc(150, 200, *CENTRE, RADIUS)


def document(pixels: np.ndarray | None = None) -> Document:
    doc = picture(scene() if pixels is None else pixels)
    doc.active_class = CELL
    return doc


# ---- wand


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(0, 60), st.booleans(), st.sampled_from([1 << 18, 16]))
def test_the_wand_takes_like_colours(seed: int, tolerance: int, contiguous: bool, at_once: int):
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 4, (9, 11, 3)) * 25
    pixels = np.kron(coarse, np.ones((4, 4, 1), int)).astype(np.uint8) + random.integers(0, 9, (36, 44, 3), np.uint8)
    doc = document(pixels)
    column, row = int(random.integers(44)), int(random.integers(36))
    tool = wand.Tool()
    tool.set_option(doc, "tolerance", tolerance)
    tool.set_option(doc, "contiguous", contiguous)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wand, "AT_ONCE", at_once)
        tool.press(doc, column + 0.5, row + 0.5)
    alike = (np.abs(pixels.astype(int) - pixels[row, column].astype(int)) <= tolerance).all(axis=2)
    labels, _ = ndimage.label(alike)
    want = labels == labels[row, column] if contiguous else alike
    assert np.array_equal(doc.segmentation.ids > 0, want)
    assert len(doc.history.done) == 1
    check(doc)


def test_the_wand_subtracts_and_ignores_clicks_outside():
    doc = document()
    tool = wand.Tool()
    tool.set_option(doc, "tolerance", 70)
    tool.press(doc, *CENTRE)
    assert iou(doc.segmentation.ids > 0, TRUE) > 0.99
    tool.press(doc, *CENTRE, RIGHT)
    assert not doc.segmentation.ids.any()
    tool.press(doc, -1, 5)
    assert len(doc.history.done) == 2


# ---- superpixels


@pytest.mark.parametrize(("cell", "reduce"), [(12, 1), (17, 1), (24, 2), (40, 5), (64, 3)])
def test_superpixels_divide_the_picture(cell: int, reduce: int):
    pixels = scene(203, 317)
    made = Superpixels(pixels, cell=cell, reduce=reduce)
    seen = np.zeros(pixels.shape[:2], int)
    numbers = {made.number_at(x + 0.5, y + 0.5) for y in range(203) for x in range(0, 317, 1)}
    for number in numbers:
        region = made.region(number)
        assert region.x >= 0
        assert region.y >= 0
        part = seen[region.y : region.y + region.mask.shape[0], region.x : region.x + region.mask.shape[1]]
        assert part.shape == region.mask.shape
        part += region.mask
        y, x = np.argwhere(region.mask)[0]
        assert made.number_at(region.x + x + 0.5, region.y + y + 0.5) == number
    assert (seen == 1).all()
    wanted = (203 / cell) * (317 / cell)
    assert 0.5 * wanted < len(numbers) < 2 * wanted
    assert made.number_at(-0.5, 3) == made.number_at(317, 3) == -1


def test_superpixels_do_not_depend_on_where_one_looks_first():
    pixels = scene(300, 400)
    one, other = Superpixels(pixels, cell=20), Superpixels(pixels, cell=20)
    other.number_at(390, 290)
    for x, y in ((5, 5), (100, 70), (399, 299)):
        a, b = one.region(one.number_at(x, y)), other.region(other.number_at(x, y))
        assert (a.x, a.y) == (b.x, b.y)
        assert np.array_equal(a.mask, b.mask)


def test_superpixels_keep_to_edges():
    made = Superpixels(scene(noise=6), cell=14)
    numbers = np.array([[made.number_at(x + 0.5, y + 0.5) for x in range(200)] for y in range(150)])
    inside = ndimage.mean(TRUE | disc(150, 200, 180, 20, 12), numbers, np.unique(numbers))
    mixed = (inside > 0.1) & (inside < 0.9)
    assert mixed.mean() < 0.05


def test_the_superpixel_brush_paints_what_it_goes_over():
    doc = document()
    tool = superpixel.Tool()
    tool.set_option(doc, "size", 12)
    tool.hover(doc, *CENTRE)
    assert tool.sketches(doc)
    drag(tool, doc, CENTRE, (110, 90))
    made = Superpixels(doc.pixels, cell=12)
    numbers = {made.number_at(90 + 20 * t, 70 + 20 * t) for t in np.linspace(0, 1, 200)}
    want = np.zeros(TRUE.shape, bool)
    for number in numbers:
        region = made.region(number)
        want[region.y : region.y + region.mask.shape[0], region.x : region.x + region.mask.shape[1]] |= region.mask
    painted = doc.segmentation.ids > 0
    assert not (painted & ~want).any()
    assert (want & ~painted).sum() < 0.1 * want.sum()  # one whose corner is just touched may be missed
    assert len(doc.history.done) == 1
    check(doc)
    drag(tool, doc, CENTRE, (110, 90), modifiers=CTRL)
    assert not doc.segmentation.ids.any()


def test_a_superpixel_stroke_is_taken_back_and_needs_a_class():
    doc = document()
    tool = superpixel.Tool()
    tool.press(doc, *CENTRE)
    tool.move(doc, 120, 70)
    assert doc.segmentation.ids.any()
    tool.cancel(doc)
    assert not doc.segmentation.ids.any()
    doc.set_classes(type(doc.classes)())
    with pytest.raises(SegDeskError, match="no class"):
        tool.press(doc, *CENTRE)


def test_zoomed_out_superpixels_are_larger():
    doc = document(scene(600, 800))
    tool = superpixel.Tool()
    click(tool, doc, 400, 300)
    click(tool, doc, 100, 500, Modifiers(scale=4.0))
    areas = sorted(doc.segmentation.areas().values())[:2]
    assert 5 < areas[1] / areas[0] < 60


# ---- scissors


def circle(count: int, radius: float = RADIUS) -> list[tuple[float, float]]:
    angles = np.arange(count) * 2 * np.pi / count
    return [(CENTRE[0] + radius * np.cos(a), CENTRE[1] + radius * np.sin(a)) for a in angles]


def drawn(tool: polygon.Tool | scissors.Tool, modifiers: Modifiers = PLAIN) -> np.ndarray:
    doc = document(scene(noise=5))
    for x, y in circle(4):
        click(tool, doc, x, y, modifiers)
    assert tool.key(doc, "Return")
    check(doc)
    return doc.segmentation.ids > 0


@pytest.mark.parametrize("scale", [1.0, 2.0, 0.5])
def test_the_scissors_keep_to_the_edge(scale: float):
    modifiers = Modifiers(scale=scale)
    straight, along = iou(drawn(polygon.Tool()), TRUE), iou(drawn(scissors.Tool(), modifiers), TRUE)
    assert straight < 0.7
    assert along > (0.93 if scale <= 1 else 0.88)


def test_the_scissors_line_is_shown_and_taken_back():
    doc = document(scene(noise=5))
    tool = scissors.Tool()
    first, second = circle(8)[:2]
    click(tool, doc, *first)
    tool.hover(doc, *second)
    assert len(tool.sketches(doc)[0].points) > 20
    click(tool, doc, *second)
    tool.hover(doc, *circle(8)[2])
    assert tool.key(doc, "Backspace")
    tool.hover(doc, *second)
    assert len(tool.sketches(doc)[0].points) > 20
    assert len(tool.anchors) == 1
    tool.cancel(doc)
    assert tool.sketches(doc) == ()


def test_far_from_the_anchor_and_before_the_answer_the_line_is_straight():
    doc = document(scene(600, 900))
    later = Later(doc)
    tool = scissors.Tool()
    click(tool, doc, *circle(4)[0])
    tool.hover(doc, *circle(4)[1])
    assert len(tool.sketches(doc)[0].points) == 2
    later.run()
    assert len(tool.sketches(doc)[0].points) > 20
    tool.hover(doc, 880, 580)
    assert len(tool.sketches(doc)[0].points) == 2


def test_an_anchor_at_the_border_or_outside_is_no_trouble():
    doc = document()
    tool = scissors.Tool()
    for point in ((-20, -20), (199.9, 0), (250, 149.9), (0, 400)):
        click(tool, doc, *point)
        tool.hover(doc, 10, 10)
    tool.key(doc, "Return")
    check(doc)


# ---- GrabCut and clicks


def test_grabcut_finds_the_object_in_the_box():
    doc = document()
    drag(grabcut.Tool(), doc, (40, 20), (140, 120))
    assert iou(doc.segmentation.ids > 0, TRUE) > 0.97
    assert len(doc.history.done) == 1
    check(doc)


def test_a_large_box_is_worked_on_in_small():
    pixels = np.kron(scene(noise=0), np.ones((8, 8, 1), np.uint8))
    region = foreground.in_box(pixels, (320, 160, 1120, 960))
    assert region is not None
    found = np.zeros(pixels.shape[:2], bool)
    found[region.y : region.y + region.mask.shape[0], region.x : region.x + region.mask.shape[1]] = region.mask
    assert iou(found, np.kron(TRUE, np.ones((8, 8), bool))) > 0.97


def test_grabcut_says_where_there_is_nothing_and_forgets_a_dropped_question():
    doc = document(np.full((150, 200, 3), 90, np.uint8))
    doc.background = None
    tool = grabcut.Tool()
    assert foreground.in_box(doc.pixels, (10, 10, 11, 60)) is None
    with pytest.raises(SegDeskError, match="Nothing in this box"):
        drag(tool, doc, (10, 10), (10.5, 60))
    later = Later(doc)
    drag(tool, doc, (40, 20), (140, 120))
    assert tool.sketches(doc)
    tool.cancel(doc)
    later.run()
    assert not doc.can_undo
    assert not tool.sketches(doc)


def test_one_click_proposes_and_enter_accepts():
    doc = document()
    tool = prompt.Tool()
    click(tool, doc, *CENTRE)
    assert not doc.can_undo
    assert any(s.role == "area" for s in tool.sketches(doc))
    assert tool.key(doc, "Return")
    assert iou(doc.segmentation.ids > 0, TRUE) > 0.95
    assert not tool.sketches(doc)
    assert not tool.key(doc, "Return")
    check(doc)


def test_an_object_of_two_colours_needs_a_click_in_each():
    pixels = scene(noise=6)
    pixels[TRUE & (np.mgrid[:150, :200][0] < 70)] = (230, 220, 60)
    doc = document(pixels)
    tool = prompt.Tool()
    click(tool, doc, 90, 90)
    click(tool, doc, 90, 50)
    tool.key(doc, "Return")
    assert iou(doc.segmentation.ids > 0, TRUE) > 0.95


def test_a_box_and_clicks_beside_narrow_the_proposal():
    doc = document()
    tool = prompt.Tool()
    drag(tool, doc, (30, 10), (195, 130))
    assert tool.proposal is not None
    click(tool, doc, 180, 20, RIGHT)
    click(tool, doc, *CENTRE)
    roles = [s.role for s in tool.sketches(doc)]
    assert {"area", "plus", "minus", "line"} <= set(roles)
    tool.key(doc, "Enter")
    assert iou(doc.segmentation.ids > 0, TRUE) > 0.95


def test_backspace_takes_clicks_back_and_escape_all():
    doc = document()
    tool = prompt.Tool()
    click(tool, doc, *CENTRE)
    first = tool.proposal
    click(tool, doc, 20, 130)
    assert tool.key(doc, "Backspace")
    assert first is not None
    assert tool.proposal is not None
    assert np.array_equal(tool.proposal.mask, first.mask)
    assert tool.key(doc, "Backspace")
    assert tool.proposal is None
    assert not tool.key(doc, "Backspace")
    click(tool, doc, *CENTRE)
    tool.cancel(doc)
    assert not tool.key(doc, "Return")
    assert not doc.can_undo


class Boxes:
    """Answers every prompt with a square around the last click."""

    name = "squares"

    def __init__(self) -> None:
        self.asked: list[Prompts] = []

    def answer(self, pixels: np.ndarray, prompts: Prompts, cancelled) -> Region | None:
        self.asked.append(prompts)
        x, y = (prompts.plus + prompts.minus)[-1]
        return Region(int(x) - 5, int(y) - 5, np.ones((10, 10), bool))


def test_another_prompter_may_answer_and_the_latest_question_counts():
    doc = document()
    doc.active_class = SKY
    later = Later(doc)
    tool = prompt.Tool()
    tool.prompter = Boxes()
    click(tool, doc, 50, 50)
    click(tool, doc, 80, 80)
    assert tool.key(doc, "Return")  # too early: nothing is proposed yet
    assert not doc.can_undo
    later.run(1)
    later.run(0)
    assert tool.proposal is not None
    assert (tool.proposal.x, tool.proposal.y) == (75, 75)
    tool.key(doc, "Return")
    assert (doc.segmentation.ids > 0).sum() == 100
    assert tool.prompter.asked[0].plus == ((50, 50), (80, 80))
    assert tool.prompter.asked[0].usable


def test_only_clicks_beside_ask_nothing():
    doc = document()
    tool = prompt.Tool()
    tool.prompter = Boxes()
    click(tool, doc, 50, 50, CTRL)
    assert tool.prompter.asked == []
    assert tool.proposal is None


def test_clicks_do_not_go_on_in_another_picture():
    first, second = document(), document()
    tool = prompt.Tool()
    click(tool, first, *CENTRE)
    assert tool.sketches(second) == ()
    assert not tool.key(second, "Return")
    assert not second.can_undo


class Words(Boxes):
    """Answers words with two squares at once."""

    words = True

    def answer(self, pixels: np.ndarray, prompts: Prompts, cancelled) -> Region | None:
        self.asked.append(prompts)
        return Region(10, 10, np.ones((10, 10), bool)) if prompts.text else None


def test_another_prompter_gets_the_clicks_that_wait_unless_it_understands_words():
    doc = document()
    tool = prompt.Tool()
    tool.prompter = Boxes()
    click(tool, doc, 50, 50)
    other, words = Boxes(), Words()
    tool.set_prompter(doc, other)
    assert [asked.plus for asked in other.asked] == [((50, 50),)]
    tool.set_prompter(doc, words)
    assert words.asked == []
    assert tool.sketches(doc) == ()
    tool.ask_words(doc, " a disc ")
    assert words.asked[0].text == "a disc"
    assert tool.key(doc, "Return")
    assert (doc.segmentation.ids > 0).sum() == 100


@pytest.mark.parametrize("active", [CELL, SKY])
def test_several_objects_are_laid_as_one_step(active: int):
    doc = document()
    doc.active_class = active
    before = doc.segmentation.ids.copy()
    regions = tuple(Region(x, 20, np.ones((8, 8), bool)) for x in (10, 30, 50))
    lay_several(doc, "several", regions)
    assert len(doc.history.done) == 1
    assert len(doc.segmentation.segments) == (3 if doc.is_thing(active) else 1)
    assert (doc.segmentation.ids > 0).sum() == 3 * 64
    check(doc)
    lay_several(doc, "several", regions[:1])
    assert len(doc.segmentation.segments) == (3 if doc.is_thing(active) else 1)
    check(doc)
    doc.undo()
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, before)


def test_keys_go_through_the_candidates(monkeypatch: pytest.MonkeyPatch):
    found = tuple(Proposal.of((Region(x, 5, np.ones((4, 4), bool)),), 0.5) for x in (5, 25, 45))
    monkeypatch.setattr(prompt, "candidates", lambda *_: found)
    doc = document()
    tool = prompt.Tool()
    click(tool, doc, *CENTRE)
    seen = [tool.proposal.x]
    for key in "..., ,":
        assert tool.key(doc, key) == (key in ".,")
        seen.append(tool.proposal.x)
    assert seen == [5, 25, 45, 5, 45, 45, 25]
    tool.key(doc, "Return")
    assert doc.segment_at(27, 7)
