"""Snapping as a person meets it: what they painted, one undo step, locks, Escape, and words where nothing can move."""

from __future__ import annotations

import contextlib
import importlib.util

import numpy as np
import pytest

from segdesk.app import snapping
from segdesk.app.document import Document, Hand
from segdesk.app.operations import snap as everywhere
from segdesk.app.operations import snap_strokes
from segdesk.app.region import Region
from segdesk.app.rules import Snapping
from segdesk.app.tools.snap import Tool, swept
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.documents import CAR, CLASSES, SKY, check, row
from tests.app.snapper import Snapper
from tests.app.tools.driving import Later, drag

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
HEIGHT, WIDTH = 160, 320
BOXES = ((20, 30, 90, 100), (200, 40, 290, 130))  # x0, y0, x1, y1


def picture() -> np.ndarray:
    """Two bright boxes on a dark ground."""
    pixels = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    for x0, y0, x1, y1 in BOXES:
        pixels[y0:y1, x0:x1] = (230, 210, 120)
    noise = np.random.default_rng(1).integers(-6, 7, pixels.shape)
    return (pixels + noise).clip(0, 255).astype(np.uint8)


def document(*, prediction: Segmentation | None = None, segmentation: Segmentation | None = None) -> Document:
    pixels = picture()
    pixels.flags.writeable = False
    hand = Hand(snapper=Snapper())
    start = segmentation or Segmentation.empty(HEIGHT, WIDTH)
    doc = Document(row(), pixels, start, History(), CLASSES, prediction, hand=hand)
    doc.active_class = CAR
    return doc


def paint(doc: Document, box: tuple[int, int, int, int], wider: int = 4, name: str = "Brush") -> int:
    """A stroke over a box that is drawn too large; returns its object."""
    x0, y0, x1, y1 = box
    doc.active_segment = None
    doc.begin(name)
    key = doc.target_at(x0, y0)
    doc.paint(x0 - wider, y0 - wider, np.ones((y1 - y0 + 2 * wider, x1 - x0 + 2 * wider), bool), key)
    doc.commit()
    return key


def errors(doc: Document, box: tuple[int, int, int, int], key: int) -> int:
    """Pixels that are wrong around a box."""
    x0, y0, x1, y1 = box
    truth = np.zeros((HEIGHT, WIDTH), bool)
    truth[y0:y1, x0:x1] = True
    near = (slice(y0 - 15, y1 + 15), slice(x0 - 15, x1 + 15))
    return int((truth != (doc.segmentation.ids == key))[near].sum())


def test_strokes_snap_as_one_step_and_come_back():
    doc = document()
    key = paint(doc, BOXES[0])
    rough = doc.segmentation.ids.copy()
    assert errors(doc, BOXES[0], key) > 600
    snap_strokes.run(doc)
    assert errors(doc, BOXES[0], key) < 60
    assert [step.name for step in doc.history.done] == ["Brush", snapping.NAME]
    check(doc)
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, rough)


def test_only_what_was_painted_since_the_answer_moves():
    answer = Segmentation.empty(HEIGHT, WIDTH)
    answer.ids[36:134, 196:294] = 5
    answer.segments[5] = Segment(CAR, 0.9)
    doc = document()
    doc.apply_result(answer, "answer")
    key = paint(doc, BOXES[0])
    snap_strokes.run(doc)
    assert errors(doc, BOXES[0], key) < 60
    assert np.array_equal(doc.segmentation.ids == 5, answer.ids == 5)


def test_what_was_snapped_is_not_snapped_again():
    doc = document()
    first = paint(doc, BOXES[0])
    snap_strokes.run(doc)
    with pytest.raises(SegDeskError, match="painted nothing"):
        snap_strokes.run(doc)
    after = doc.segmentation.ids == first
    second = paint(doc, BOXES[1])
    snap_strokes.run(doc)
    assert errors(doc, BOXES[1], second) < 60
    assert np.array_equal(doc.segmentation.ids == first, after)


def test_steps_of_an_earlier_day_that_are_as_the_model_answered_are_not_strokes():
    answer = Segmentation.empty(HEIGHT, WIDTH)
    answer.ids[36:134, 196:294] = 5
    answer.segments[5] = Segment(CAR, 0.9)
    doc = document()
    doc.apply(answer, "model's answer")  # all steps count as hand work after a restart
    paint(doc, BOXES[0])
    plain = PackedMap.of(answer)
    moved = list(snapping.changed(doc.segmentation.ids, snapping.strokes(doc), plain))
    assert max(region.x + region.mask.nonzero()[1].max() for region in moved) < 100


def test_what_is_near_changed_pixels_is_what_a_brute_force_finds():
    random = np.random.default_rng(4)
    mask = np.zeros((200, 330), bool)
    mask[random.integers(0, 200, 12), random.integers(0, 330, 12)] = True
    tiles = [
        Region(x, y, mask[y : y + 64, x : x + 64])
        for y in range(0, 200, 64)
        for x in range(0, 330, 64)
        if mask[y : y + 64, x : x + 64].any()
    ]
    found = np.zeros(mask.shape, bool)
    for region in snapping.around(tiles, 9, (200, 330)):
        x0, y0, x1, y1 = region.rect
        found[y0:y1, x0:x1] |= region.mask
    rows, columns = np.mgrid[:200, :330]
    gaps = [(rows - y) ** 2 + (columns - x) ** 2 for y, x in zip(*mask.nonzero(), strict=True)]
    distance = np.sqrt(np.min(gaps, axis=0))
    assert found[distance <= 8].all()
    assert not found[distance >= 10].any()


def test_locked_objects_and_classes_stay():
    doc = document()
    first, second = paint(doc, BOXES[0]), paint(doc, BOXES[1])
    doc.hand.locked_segments = {(doc.row.id, first)}
    before = doc.segmentation.ids == first
    snap_strokes.run(doc)
    assert np.array_equal(doc.segmentation.ids == first, before)
    assert errors(doc, BOXES[1], second) < 60
    doc.hand.locked_classes = {CAR}
    paint_sky(doc)
    now = doc.segmentation.ids.copy()
    with contextlib.suppress(SegDeskError):
        everywhere.run(doc, scope="picture")
    cars = np.isin(now, (first, second))
    assert np.array_equal(doc.segmentation.ids[cars], now[cars])


def paint_sky(doc: Document) -> None:
    doc.active_class = SKY
    doc.begin("Brush")
    doc.paint(0, 0, np.ones((20, WIDTH), bool), doc.target_at(5, 5))
    doc.commit()


def test_protection_holds():
    doc = document()
    key = paint(doc, BOXES[0])
    paint_sky(doc)
    car = doc.segmentation.ids == key
    doc.protect = True  # sky is in the hand
    snap_strokes.run(doc)
    assert np.array_equal(doc.segmentation.ids == key, car)
    check(doc)


def test_escape_leaves_the_map_as_it_was():
    doc = document()
    paint(doc, BOXES[0])
    rough = doc.segmentation.ids.copy()
    later = Later(doc)
    snap_strokes.run(doc)
    assert doc.busy
    assert doc.cancel_change()
    later.run()
    assert not doc.busy
    assert np.array_equal(doc.segmentation.ids, rough)
    assert len(doc.history.done) == 1


def test_errors_of_the_engine_are_told_and_nothing_changes():
    class Broken(Snapper):
        def snap(self, request, cancelled=lambda: False):
            raise SegDeskError("The engine stopped while it worked on this picture.", "Try again.")

    doc = document()
    paint(doc, BOXES[0])
    doc.hand.snapper = Broken()
    rough = doc.segmentation.ids.copy()
    with pytest.raises(SegDeskError, match="engine stopped"):
        snap_strokes.run(doc)
    assert np.array_equal(doc.segmentation.ids, rough)


def test_labels_at_the_edges_and_places_without_a_border_say_so():
    doc = document()
    paint(doc, BOXES[0], wider=0)
    with pytest.raises(SegDeskError, match="No border moves"):
        snap_strokes.run(doc)
    with pytest.raises(SegDeskError, match="no border of labels"):
        snapping.snap_region(doc, Region(150, 60, np.ones((10, 10), bool)), Snapping())
    assert len(doc.history.done) == 1


def test_the_brush_snaps_what_it_goes_over_and_nothing_else():
    doc = document()
    first, second = paint(doc, BOXES[0]), paint(doc, BOXES[1])
    doc.brush_size = 24
    tool = Tool()
    x0, y0, x1, y1 = BOXES[0]
    before = doc.segmentation.ids == second
    drag(tool, doc, (x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
    assert errors(doc, BOXES[0], first) < 60
    assert np.array_equal(doc.segmentation.ids == second, before)
    assert doc.history.done[-1].name == snapping.NAME
    assert tool.sketches(doc) == ()


def test_the_brush_shows_its_way_and_escape_drops_it():
    doc = document()
    tool = Tool()
    tool.press(doc, 10, 10)
    tool.move(doc, 40, 10)
    assert tool.sketches(doc)[0].points == ((10, 10), (40, 10))
    assert tool.sketches(doc)[0].width == doc.brush_size
    tool.cancel(doc)
    assert tool.sketches(doc) == ()
    tool.release(doc, 60, 10)
    assert not doc.history.done


def test_the_settings_of_the_brush_are_those_of_the_key():
    doc = document()
    tool = Tool()
    tool.set_option(doc, "certainty", 80)
    tool.set_option(doc, "reach", 3)
    assert doc.hand.snapping == Snapping(3.0, 0.8)
    paint(doc, BOXES[0])
    snap_strokes_quietly(doc)
    asked = doc.hand.snapper.asked[0]
    assert (asked.reach, asked.certainty) == (3.0, 0.8)


def snap_strokes_quietly(doc: Document) -> None:
    with contextlib.suppress(SegDeskError):
        snap_strokes.run(doc)


def test_a_swept_region_is_cut_to_the_map():
    region = swept([(-5.0, 5.0), (8.0, 5.0)], 6, (20, 30))
    assert region is not None
    assert region.x == 0
    assert region.mask.any(axis=1).sum() == 6
    assert swept([(-50.0, -50.0)], 6, (20, 30)) is None
