"""Locks hold against new labels for a whole picture, outlast the program, and end with the object they were put on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app.desk import LOCKED_CLASSES
from segdesk.app.keeping import keep_locked
from segdesk.app.rules import Rules, is_locked
from segdesk.app.tools.brush import Tool as Brush
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.conftest import Desktop
from tests.app.documents import CAR, CELL, CLASSES, ROAD, SKY, check, halves, make
from tests.app.test_saving import brush

THINGS = frozenset(CLASSES.things)


def a_map(seed: int) -> Segmentation:
    """Small, with the same few ids for other things each time."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 7, (6, 7)).astype(np.uint16)
    stuff = {1: SKY, 2: ROAD}
    segments = {k: Segment(stuff.get(k) or int(rng.choice([CAR, CELL]))) for k in range(1, 7)}
    return Segmentation(ids, segments).pruned()


@given(
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.frozensets(st.sampled_from([SKY, ROAD, CAR, CELL]), max_size=2),
    st.frozensets(st.integers(1, 6), max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_new_labels_keep_what_is_locked(one: int, two: int, classes: frozenset[int], objects: frozenset[int]):
    old, new = a_map(one), a_map(two)
    before = old.copy(), new.copy()
    rules = Rules(locked_classes=classes, locked_segments=objects & old.segments.keys(), things=THINGS)
    made = keep_locked(old, new, rules)
    made = made.unpacked() if isinstance(made, PackedMap) else made
    if not isinstance(made, Segmentation):
        made = made.unpacked()
    made.check(CLASSES)
    assert (np.array_equal(old.ids, before[0].ids), np.array_equal(new.ids, before[1].ids)) == (True, True)
    opened = rules.open_table(old.class_table())
    new_class, made_class = new.class_map(), made.class_map()
    for place in np.ndindex(old.ids.shape):
        was, wanted, here = int(old.ids[place]), int(new.ids[place]), int(made.ids[place])
        if not opened[was]:
            assert here == was
            assert made.segments[here] == old.segments[was]
        elif new_class[place] in classes:
            assert here == was, "a locked class gets no pixels"
        else:
            assert made_class[place] == new_class[place]
            assert (here == 0) == (wanted == 0)
            assert opened[here] or here not in old.segments, "what is locked gets no pixels"
    for key in np.unique(new.ids[new.ids > 0]):  # an object of the answer stays one
        if new.segments[int(key)].class_id in THINGS:
            free = (new.ids == key) & opened[old.ids] & ~np.isin(new_class, list(classes))
            assert len(np.unique(made.ids[free])) <= 1


def test_without_locks_new_labels_are_taken_as_they_are():
    new = a_map(3)
    assert keep_locked(a_map(2), new, Rules()) is new


def test_an_answer_keeps_the_locked_object_and_undo_brings_all_back():
    doc = make(segmentation=halves())
    doc.hand.locked_segments = {(doc.row.id, 10)}
    before = doc.segmentation.copy()
    answer = Segmentation(np.full(doc.segmentation.size, 10, np.uint16), {10: Segment(CELL, 0.5)})
    for _ in range(2):  # the second one takes the place of the first, which must not lose the object
        doc.apply_result(answer, "model's answer")
        check(doc)
        car = before.ids == 10
        assert np.array_equal(doc.segmentation.ids == 10, car)
        assert doc.class_of(10) == CAR
        assert set(np.unique(doc.segmentation.class_map()[~car])) == {CELL}
    while doc.can_undo:
        doc.undo()
    assert np.array_equal(doc.segmentation.ids, before.ids)


def test_a_waiting_answer_keeps_the_locked_class():
    doc = make(segmentation=halves(), state="edited")
    doc.hand.locked_classes = {SKY}
    sky = doc.segmentation.ids == SKY
    doc.apply_result(Segmentation(np.full(doc.segmentation.size, 7, np.uint16), {7: Segment(ROAD)}), "model's answer")
    assert doc.preview is not None
    doc.accept_preview()
    assert np.array_equal(doc.segmentation.class_map() == SKY, sky)
    assert set(np.unique(doc.segmentation.class_map()[~sky])) == {ROAD}


def paint_a_cell(tool: Brush, doc, x: float) -> int:
    tool.press(doc, x, 20.0)
    tool.release(doc, x, 20.0)
    return doc.segment_at(x, 20.0)


def test_an_object_with_the_id_of_a_locked_one_that_was_undone_is_free():
    doc, tool = make(), Brush()
    doc.active_class = CELL
    key = paint_a_cell(tool, doc, 30.0)
    doc.hand.locked_segments = {(doc.row.id, key)}
    with pytest.raises(SegDeskError, match="locked"):
        tool.press(doc, 30.0, 20.0)
    doc.undo()
    doc.redo()
    assert is_locked(doc, key), "the object is there again, and with it its lock"
    doc.undo()
    assert paint_a_cell(tool, doc, 90.0) == key
    assert not is_locked(doc, key)
    assert paint_a_cell(tool, doc, 91.0) == key
    assert doc.hand.locked_segments == set()


def test_locks_outlast_the_program(opened: Desktop, folder: Path):
    one, two = opened.id("img1.png"), opened.id("img2.png")
    opened.session.lock_segments(one, frozenset({3, 9}))
    opened.session.lock_segments(two, frozenset({1}))
    opened.session.lock_segments(one, frozenset({3}))
    opened.session.lock_classes(frozenset({2}))
    project = opened.saved()
    assert project.locks() == {one: frozenset({3}), two: frozenset({1})}
    assert project.get_meta(LOCKED_CLASSES) == [2]
    opened.open(folder)
    session = opened.session
    assert (session.locked_segments(one), session.locked_segments(two)) == (frozenset({3}), frozenset({1}))
    assert session.locked_segments(opened.id("img3.png")) == frozenset()
    assert session.locked_classes == frozenset({2})


def test_a_model_leaves_the_labels_of_a_picture_with_a_locked_object(opened: Desktop):
    opened.value(opened.session.run_all())
    one = opened.id("img1.png")
    before = opened.saved().load_map(one, "annotation")
    opened.session.lock_segments(one, frozenset({next(iter(before.segments))}))
    project = opened.saved()
    emptied = Segmentation(np.zeros_like(before.ids), {})
    project.save_map(one, "annotation", emptied)
    result = opened.value(opened.session.run_all(again=True))
    assert result.kept == 1
    assert not opened.saved().load_map(one, "annotation").ids.any()
    assert opened.saved().load_map(one, "prediction").ids.any()


@pytest.mark.parametrize("mark", ["verify", "skip"])
@pytest.mark.parametrize("worked", [False, True])
def test_the_state_before_a_mark_outlasts_the_program(opened: Desktop, folder: Path, mark: str, worked: bool):
    opened.value(opened.session.run_all())
    one = opened.id("img1.png")
    getattr(opened.session, mark)(one)
    if worked:
        shown = opened.value(opened.session.go_to(one))
        opened.session.save_step(one, shown.segmentation, brush(shown, 3, 3), "push")
    opened.saved()
    opened.open(folder)
    assert opened.state("img1.png") == ("verified" if mark == "verify" else "skipped")
    opened.session.unverify(one)
    assert opened.state("img1.png") == ("edited" if worked else "predicted")
    assert opened.saved().picture(one).state == opened.state("img1.png")
    assert opened.saved().marks() == {}


def test_work_that_cannot_be_saved_is_saved_elsewhere(opened: Desktop, tmp_path: Path):
    one = opened.id("img1.png")
    shown = opened.value(opened.session.go_to(one))
    project = opened.saved()
    project.path.unlink()
    opened.session.save_step(one, shown.segmentation, brush(shown, 3, 3), "push")
    assert not opened.session.save_all()
    assert opened.session.save_state.status == "failed"
    other = tmp_path / "other" / "copy.segdesk"
    assert opened.value(opened.session.save_elsewhere(other)) == other
    assert opened.session.save_state.status == "saved"
    assert opened.session.project.path == other
    opened.session.save_step(one, shown.segmentation, brush(shown, 20, 3), "push")
    assert opened.session.save_all()
    assert np.array_equal(opened.saved().load_map(one, "annotation").ids, shown.segmentation.ids)
    assert len(opened.saved().load_history(one).done) == 2
