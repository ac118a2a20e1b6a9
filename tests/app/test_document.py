"""The open picture: whose pixels strokes paint, undo, areas, results and previews, large changes in the background."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app import changes
from segdesk.app.areas import histogram
from segdesk.app.document import Document, Hand
from segdesk.domain.capsule import Line
from segdesk.domain.edit import Edit
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.documents import CAR, CELL, ROAD, SKY, check, halves, make


def dab(doc: Document, x: float, y: float, radius: float = 5, *, value: int | None = None) -> Edit | None:
    """One finished stroke of a single dab."""
    doc.begin("Brush")
    doc.paint_line(Line((x, y), (x, y), radius), doc.target_at(x, y) if value is None else value)
    return doc.commit()


class Later:
    """A background that runs its work at once and delivers when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        result = work()
        self.waiting.append(lambda: then(result))

    def deliver(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    monkeypatch.setattr(changes, "HEAVY_PIXELS", 100)
    monkeypatch.setattr(changes, "HEAVY_TILES", 0)
    return Later()


# ---- whose pixels


def test_stuff_paints_into_the_one_segment_of_its_class():
    doc = make()
    doc.active_class = SKY
    dab(doc, 20, 20)
    dab(doc, 100, 80)
    assert [s.class_id for s in doc.segmentation.segments.values()] == [SKY]
    check(doc)


def test_each_stroke_with_a_thing_class_on_void_is_a_new_object():
    doc = make()
    doc.active_class = CAR
    dab(doc, 20, 20)
    dab(doc, 100, 80)
    assert doc.segment_at(20, 20) != doc.segment_at(100, 80)
    assert {s.class_id for s in doc.segmentation.segments.values()} == {CAR}
    assert all(s.by_human for s in doc.segmentation.segments.values())


def test_a_stroke_that_begins_in_an_object_extends_it():
    doc = make(segmentation=halves())
    doc.active_class = CAR
    before = doc.area(10) or 900
    dab(doc, 54, 60, radius=12)
    assert set(doc.segmentation.segments) == {SKY, ROAD, 10, 11}
    assert doc.area(10) > before


def test_strokes_go_into_the_object_that_was_picked_until_it_is_let_go():
    doc = make(segmentation=halves())
    assert doc.pick(40, 60) == 10
    assert (doc.active_class, doc.active_segment) == (CAR, 10)
    dab(doc, 80, 10)
    assert doc.segment_at(80, 10) == 10
    doc.active_segment = None
    dab(doc, 80, 100)
    assert doc.segment_at(80, 100) not in (10, 11, ROAD)


def test_choosing_another_class_lets_go_of_the_object():
    doc = make(segmentation=halves())
    doc.pick(40, 60)
    doc.active_class = CELL
    assert doc.active_segment is None


def test_picking_stuff_takes_the_class_and_picking_void_only_lets_go():
    doc = make(segmentation=halves())
    doc.segmentation.ids[:5] = 0
    told = []
    doc.on_picked.append(told.append)
    doc.pick(40, 60)
    assert doc.pick(80, 110) == ROAD
    assert (doc.active_class, doc.active_segment) == (ROAD, None)
    doc.pick(40, 60)
    assert doc.pick(3, 3) == 0
    assert (doc.active_class, doc.active_segment) == (CAR, None)
    assert told == [10, ROAD, 10, 0]


def test_x_swaps_the_class_and_void():
    doc = make(segmentation=halves())
    doc.active_class = SKY
    doc.swap_void()
    dab(doc, 40, 60)
    assert doc.segment_at(40, 60) == 0
    doc.swap_void()
    assert doc.active_class == SKY


def test_the_hand_goes_from_document_to_document():
    hand = Hand()
    first = make(hand=hand)
    first.active_class, first.brush_size = CAR, 77
    assert (make(hand=hand).active_class, make(hand=hand).brush_size) == (CAR, 77)


def test_there_is_a_class_to_paint_with_from_the_start_and_after_it_was_removed():
    doc = make()
    assert doc.active_class == SKY
    doc.set_classes(doc.classes.without(SKY))
    assert doc.active_class == ROAD


def test_the_brush_size_keeps_to_its_limits():
    doc = make()
    doc.brush_size = 0
    assert doc.brush_size == 1
    doc.brush_size = 10_000
    assert doc.brush_size == 400


# ---- protection


def test_protection_keeps_other_classes_and_other_objects():
    doc = make(segmentation=halves())
    doc.protect = True
    doc.active_class = CAR
    doc.active_segment = 10
    ids = doc.segmentation.ids
    ids[0:10] = 0
    before = ids.copy()
    doc.begin("Brush")
    doc.paint_line(Line((0, 60), (160, 60), 30), 10)
    doc.paint_line(Line((0, 5), (160, 5), 3), 10)
    doc.commit()
    assert np.array_equal(ids[20:], before[20:])
    assert (ids[4] == 10).all()


def test_protected_erasing_keeps_to_the_active_class():
    doc = make(segmentation=halves())
    doc.active_class = CAR
    doc.begin("Eraser", protect=True)
    doc.paint_line(Line((0, 60), (160, 60), 30), 0)
    doc.commit()
    ids = doc.segmentation.ids
    assert not np.isin(ids, (10, 11)).any()
    assert (ids[59, :20] == SKY).all()
    assert (ids[60, :20] == ROAD).all()


# ---- undo, areas


def test_a_stroke_is_one_undo_step_and_undo_restores_exactly():
    doc = make(segmentation=halves())
    before = doc.segmentation.copy()
    kinds = []
    doc.on_edit.append(lambda edit, kind: kinds.append((edit.name, kind)))
    doc.active_class = CELL
    dab(doc, 80, 20, radius=9)
    after = doc.segmentation.copy()
    assert not np.array_equal(before.ids, after.ids)
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, before.ids)
    assert doc.segmentation.segments == before.segments
    assert (doc.can_undo, doc.can_redo) == (False, True)
    doc.redo()
    assert np.array_equal(doc.segmentation.ids, after.ids)
    assert doc.segmentation.segments == after.segments
    assert kinds == [("Brush", "push"), ("Brush", "undo"), ("Brush", "redo")]


def test_an_aborted_stroke_leaves_nothing():
    doc = make(segmentation=halves())
    before = doc.segmentation.copy()
    rects = []
    doc.on_pixels.append(rects.append)
    doc.active_class = CELL
    doc.begin("Brush")
    doc.paint_line(Line((5, 5), (150, 110), 8), doc.target_at(5, 5))
    doc.abort()
    assert np.array_equal(doc.segmentation.ids, before.ids)
    assert doc.segmentation.segments == before.segments
    assert not doc.can_undo
    x0, y0, x1, y1 = rects[-1]
    assert x0 <= 0
    assert y0 <= 0
    assert x1 >= 158
    assert y1 >= 118
    check(doc)


def test_an_object_that_is_painted_over_leaves_the_table_and_comes_back_by_undo():
    doc = make(segmentation=halves())
    dab(doc, 40, 60, radius=40, value=ROAD)
    assert 10 not in doc.segmentation.segments
    doc.undo()
    assert doc.segmentation.segments[10] == Segment(CAR, 0.7)
    check(doc)


def test_a_stroke_that_changes_nothing_is_no_step():
    doc = make(segmentation=halves())
    assert dab(doc, 20, 100, value=ROAD) is None
    doc.active_class = CELL
    doc.begin("Brush")
    doc.paint_line(Line((-50, -50), (-40, -40), 3), doc.target_at(-50, -50))
    assert doc.commit() is None
    assert set(doc.segmentation.segments) == {SKY, ROAD, 10, 11}


steps = st.lists(
    st.tuples(
        st.sampled_from(("dab", "erase", "abort", "undo", "redo", "delete", "relabel", "apply")),
        st.integers(-10, 170),
        st.integers(-10, 130),
        st.integers(1, 4),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_any_walk_keeps_areas_exact_and_undoes_to_the_start(walk: list[tuple[str, int, int, int]]):
    doc = make(segmentation=halves())
    start = doc.segmentation.copy()
    for what, x, y, class_id in walk:
        doc.active_class = class_id
        if what in ("dab", "erase"):
            dab(doc, x, y, radius=4 * class_id, value=0 if what == "erase" else None)
        elif what == "abort":
            doc.begin("Brush")
            doc.paint_line(Line((x, y), (y, x), 6), doc.target_at(x, y))
            doc.abort()
        elif what in ("undo", "redo"):
            doc.undo() if what == "undo" else doc.redo()
        elif what == "delete":
            doc.delete(doc.segment_at(x, y))
        elif what == "relabel":
            doc.relabel(doc.segment_at(x, y), class_id)
        else:
            doc.apply(halves(), "Import")
        check(doc)
    while doc.can_undo:
        doc.undo()
    assert np.array_equal(doc.segmentation.ids, start.ids)
    assert doc.segmentation.segments == start.segments


def test_areas_of_a_large_map_are_counted_in_slices():
    ids = np.random.default_rng(1).integers(0, 5, (1200, 2000)).astype(np.uint16)
    doc = make(segmentation=Segmentation(ids, {k: Segment(CAR) for k in range(1, 5)}))
    told = []
    doc.on_segments.append(lambda: told.append(doc.areas_ready))
    slices = 0
    while not doc.count_some(seconds=0.0):
        slices += 1
    assert slices >= 2
    assert told == [True]
    check(doc)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 1 << 30))
def test_histogram_equals_counting(height: int, width: int, seed: int):
    ids = np.random.default_rng(seed).integers(0, 65536, (height, width)).astype(np.uint16)
    assert np.array_equal(histogram(ids), np.bincount(ids.ravel(), minlength=65536))


# ---- whole maps and results


def other(value: int) -> Segmentation:
    result = Segmentation.empty(120, 160)
    result.ids[10:60, 20:80] = value
    result.segments = {value: Segment(CELL, 0.6)}
    return result


def test_a_result_is_one_undo_step():
    doc = make(segmentation=halves())
    doc.apply_result(other(5), "Model")
    assert np.array_equal(doc.segmentation.ids, other(5).ids)
    assert doc.prediction is not None
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, halves().ids)


def test_results_that_follow_each_other_do_not_pile_up():
    doc = make(segmentation=halves())
    saved = []
    doc.on_edit.append(lambda edit, kind: saved.append((kind, doc.snapshot(edit).tile((0, 0))[30, 40])))
    for value in (5, 6, 7):
        doc.apply_result(other(value), "Model")
        check(doc)
    assert doc.segment_at(30, 30) == 7
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    assert not doc.can_undo
    assert [k for k, _ in saved] == ["push", "undo", "push", "undo", "push", "undo"]


def test_hand_edits_after_a_result_make_the_next_one_a_preview():
    doc = make(segmentation=halves())
    doc.apply_result(other(5), "Model")
    assert not doc.has_hand_edits_since_result
    doc.active_class = SKY
    dab(doc, 100, 100)
    assert doc.has_hand_edits_since_result
    mine = doc.segmentation.copy()
    doc.apply_result(other(6), "Model")
    assert doc.preview is not None
    assert np.array_equal(doc.segmentation.ids, mine.ids)
    doc.discard_preview()
    assert doc.preview is None
    assert np.array_equal(doc.segmentation.ids, mine.ids)
    doc.apply_result(other(6), "Model")
    doc.accept_preview()
    assert doc.preview is None
    assert np.array_equal(doc.segmentation.ids, other(6).ids)
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, mine.ids)


def test_undoing_the_hand_edit_makes_way_for_the_next_result():
    doc = make()
    doc.apply_result(other(5), "Model")
    dab(doc, 100, 100)
    doc.undo()
    doc.apply_result(other(6), "Model")
    assert doc.preview is None
    assert doc.segment_at(30, 30) == 6


def test_the_same_answer_again_keeps_what_can_be_done_again():
    doc = make()
    doc.apply_result(other(5), "Model")
    dab(doc, 100, 100)
    painted = doc.segmentation.ids.copy()
    doc.undo()
    doc.apply_result(other(5), "Model")
    doc.redo()
    assert np.array_equal(doc.segmentation.ids, painted)
    doc.undo()
    doc.undo()
    assert not doc.can_undo


@pytest.mark.parametrize("state", ["edited", "verified"])
def test_a_picture_that_opens_with_hand_work_gets_a_preview(state: str):
    doc = make(segmentation=halves(), state=state)
    doc.apply_result(other(5), "Model")
    assert doc.preview is not None
    assert np.array_equal(doc.segmentation.ids, halves().ids)


def test_going_on_painting_drops_the_preview():
    doc = make(state="edited")
    doc.apply_result(other(5), "Model")
    dab(doc, 100, 100)
    assert doc.preview is None


def test_a_result_of_another_size_is_refused():
    with pytest.raises(ValueError, match="size"):
        make().apply_result(Segmentation.empty(3, 3), "Model")


def test_relabelling_a_thing_changes_the_table_only():
    doc = make(segmentation=halves())
    doc.relabel(10, CELL)
    assert doc.segmentation.segments[10].class_id == CELL
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    doc.undo()
    assert doc.segmentation.segments == halves().segments


def test_relabelling_to_stuff_joins_the_segment_of_that_class():
    doc = make(segmentation=halves())
    doc.relabel(10, SKY)
    assert 10 not in doc.segmentation.segments
    assert doc.segment_at(40, 60) == SKY
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    assert doc.segmentation.segments == halves().segments


def test_deleting_makes_void_and_forgets_the_segment():
    doc = make(segmentation=halves())
    doc.active_segment = 11
    doc.delete(11)
    assert doc.segment_at(120, 60) == 0
    assert doc.active_segment is None
    check(doc)


# ---- in the background


def test_a_large_undo_blocks_strokes_until_it_is_done(later: Later):
    doc = make(segmentation=halves())
    doc.apply(other(5), "Import")
    doc.background = later
    doc.undo()
    assert doc.busy
    with pytest.raises(RuntimeError):
        doc.begin("Brush")
    later.deliver()
    assert not doc.busy
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    check(doc)


def test_what_is_asked_meanwhile_waits_its_turn(later: Later):
    doc = make(segmentation=halves())
    doc.apply(other(5), "Import")
    doc.apply(other(6), "Import")
    doc.background = later
    doc.undo()
    doc.undo()
    doc.redo()
    later.deliver()
    assert doc.segment_at(30, 30) == 5
    assert (len(doc.history.done), len(doc.history.undone)) == (1, 1)


def test_only_the_latest_of_the_waiting_results_is_taken(later: Later):
    doc = make(segmentation=halves())
    doc.background = later
    for value in (5, 6, 7, 8):
        doc.apply_result(other(value), "Model")
    later.deliver()
    assert doc.segment_at(30, 30) == 8
    assert len(doc.history.done) == 1
    check(doc)


def test_a_stroke_during_a_result_wins_and_the_result_becomes_a_preview(later: Later):
    doc = make(segmentation=halves())
    doc.background = later
    doc.apply_result(other(5), "Model")
    assert not doc.busy
    doc.active_class = SKY
    dab(doc, 100, 100)
    mine = doc.segmentation.copy()
    later.deliver()
    assert doc.preview is not None
    assert np.array_equal(doc.segmentation.ids, mine.ids)
    check(doc)


def test_a_result_that_lands_in_the_middle_of_a_stroke_waits_for_its_end(later: Later):
    doc = make(segmentation=halves())
    doc.background = later
    doc.apply_result(other(5), "Model")
    doc.begin("Brush")
    later.deliver()
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    doc.commit()
    later.deliver()
    assert doc.segment_at(30, 30) == 5


def test_the_store_sees_each_step_as_it_was(later: Later):
    doc = make(segmentation=halves())
    doc.background = later
    doc.apply_result(other(5), "Model")
    later.deliver()
    seen = []

    def note(edit: Edit, kind: str) -> None:
        state = doc.snapshot(edit)
        seen.append((kind, int(state.tile((0, 0))[30, 30]), 5 in state.segments, 6 in state.segments))

    doc.on_edit.append(note)
    doc.apply_result(other(6), "Model")
    later.deliver()
    assert seen == [("undo", SKY, False, False), ("push", 6, False, True)]


def test_what_must_come_after_a_change_waits_for_it(later: Later):
    doc = make(segmentation=halves(), state="edited")
    done = []
    doc.after(lambda: done.append("at once"))
    assert done == ["at once"]
    doc.background = later
    doc.apply_result(other(5), "Model")
    doc.accept_preview()
    doc.on_edit.append(lambda edit, kind: done.append(kind))
    doc.after(lambda: done.append("verified"))
    later.deliver()
    assert done == ["at once", "push", "verified"]


def test_an_error_in_the_background_comes_up_and_leaves_the_document_usable(later: Later):
    doc = make(segmentation=halves())
    doc.background = later

    def fails(target: Segmentation, stroke: object, tick: object) -> None:
        raise OSError("boom")

    doc.changes.edit("Fill", fails)
    with pytest.raises(OSError, match="boom"):
        later.deliver()
    assert not doc.busy
    doc.delete(10)
    later.deliver()
    assert doc.segment_at(40, 60) == 0


# ---- a picture that is still being read


def test_one_can_paint_before_the_picture_is_there():
    ready = make(segmentation=halves())
    doc = Document(ready.row, None, halves(), History(), ready.classes)
    assert not doc.has_pixels
    with pytest.raises(SegDeskError, match="still being read"):
        _ = doc.pixels
    doc.active_class = SKY
    dab(doc, 100, 100)
    assert doc.can_undo
    heard = []
    doc.on_picture.append(lambda: heard.append(doc.pixels.shape))
    with pytest.raises(ValueError, match="sizes"):
        doc.take_pixels(np.zeros((3, 4, 3), np.uint8))
    doc.take_pixels(np.zeros((120, 160, 3), np.uint8))
    assert heard == [(120, 160, 3)]
    assert doc.can_undo
