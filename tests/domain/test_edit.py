import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from segdesk.domain.edit import Edit, Stroke, pack_tile, replace_all, swap, unpack_tile
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segment, Segmentation
from tests.domain.maps import label_arrays, segmentation


@given(label_arrays(64, 9))
def test_a_packed_tile_comes_back(tile):
    assert np.array_equal(unpack_tile(pack_tile(tile), tile.shape), tile)


@given(st.binary(max_size=40))
def test_a_damaged_tile_is_a_value_error(data):
    with contextlib.suppress(ValueError):
        assert unpack_tile(data, (3, 5)).shape == (3, 5)


def test_a_tile_of_one_value_takes_three_bytes():
    assert len(pack_tile(np.full((64, 64), 513, np.uint16))) == 3


def test_a_stroke_saves_only_the_tiles_that_changed():
    target = Segmentation.empty(200, 300)
    stroke = Stroke(target, "brush")
    stroke.set_segment(1, Segment(4))
    stroke.write(60, 60, np.ones((10, 10), bool), 1)
    stroke.touch((0, 0, 300, 200))
    edit = stroke.commit()
    assert sorted(edit.tiles) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert edit.pixels == 100
    assert edit.rect() == (0, 0, 128, 128)
    swap(target, edit)
    assert not target.ids.any()
    assert target.segments == {}


def test_writing_outside_is_cut_off():
    target = Segmentation.empty(5, 5)
    stroke = Stroke(target, "brush")
    stroke.write(-3, 3, np.ones((9, 4), bool), 2)
    stroke.write(50, 50, np.ones((2, 2), bool), 2)
    assert stroke.commit().pixels == 2
    assert target.ids[:, 0].tolist() == [0, 0, 0, 2, 2]


def test_nothing_changed_is_no_edit():
    target = Segmentation.empty(5, 5)
    stroke = Stroke(target, "brush")
    stroke.write(0, 0, np.ones((5, 5), bool), 0)
    assert stroke.commit() is None


def test_abort_takes_everything_back():
    target = segmentation(np.arange(20, dtype=np.uint16).reshape(4, 5))
    before = target.copy()
    stroke = Stroke(target, "brush")
    stroke.set_segment(7, None)
    stroke.set_segment(40, Segment(1))
    stroke.write(1, 1, np.ones((2, 2), bool), 40)
    assert stroke.abort() == (0, 0, 5, 4)
    assert np.array_equal(target.ids, before.ids)
    assert target.segments == before.segments


def test_the_budget_drops_the_oldest_but_never_the_newest():
    target, history = Segmentation.empty(64, 64), History(budget=200)
    for value in range(1, 6):
        stroke = Stroke(target, "brush")
        stroke.write(0, 0, np.ones((64, 64), bool), value)
        history.push(stroke.commit())
    assert 1 <= len(history.done) < 5
    history.budget = 0
    stroke = Stroke(target, "brush")
    stroke.write(0, 0, np.ones((1, 1), bool), 9)
    assert history.push(stroke.commit()) > 0
    assert len(history.done) == 1


@given(label_arrays(100), st.data())
def test_replacing_the_map_is_one_edit_that_undoes(ids, data):
    target = segmentation(ids)
    before = target.copy()
    new = segmentation(data.draw(st.permutations(range(len(ids))).map(lambda order: ids[list(order)])))
    edit = replace_all(target, new, "result")
    assert np.array_equal(target.ids, new.ids)
    assert target.segments == new.segments
    if edit is None:
        assert np.array_equal(before.ids, new.ids)
        return
    assert edit.pixels == np.count_nonzero(before.ids != new.ids)
    swap(target, Edit.from_bytes(edit.to_bytes()))
    assert np.array_equal(target.ids, before.ids)
    assert target.segments == before.segments


@given(st.binary(max_size=80))
def test_a_damaged_journal_entry_is_a_value_error(data):
    with pytest.raises(ValueError):
        Edit.from_bytes(data)


dabs = st.tuples(st.integers(-9, 400), st.integers(-9, 300), st.integers(1, 90), st.integers(1, 90), st.integers(0, 2))


@settings(max_examples=60)
@given(st.lists(dabs, min_size=1, max_size=12), st.lists(st.integers(0, 6), min_size=12, max_size=12))
def test_a_stroke_that_settles_as_it_goes_is_the_same_edit(path, keeps):
    edits, maps = [], []
    for settles in (True, False):
        target = Segmentation.empty(300, 400)
        target.ids[40:90] = 1
        stroke = Stroke(target, "brush")
        for (x, y, w, h, value), keep in zip(path, keeps, strict=False):
            stroke.write(x, y, np.ones((h, w), bool), value)
            if settles:
                stroke.settle(keep)
        edits.append(stroke.commit())
        maps.append(target.ids)
    assert np.array_equal(*maps)
    assert edits[0] == edits[1]


class UndoWalk(RuleBasedStateMachine):
    """Random strokes, undo and redo against a list of whole copies."""

    @initialize(height=st.integers(1, 140), width=st.integers(1, 140))
    def start(self, height, width):
        self.map = Segmentation.empty(height, width)
        self.history = History()
        self.states = [self.map.copy()]
        self.at = 0

    @rule(
        x=st.integers(-5, 140),
        y=st.integers(-5, 140),
        w=st.integers(1, 70),
        h=st.integers(1, 70),
        key=st.integers(0, 5),
    )
    def paint(self, x, y, w, h, key):
        stroke = Stroke(self.map, "brush")
        if key:
            stroke.set_segment(key, Segment(key % 3 + 1))
        stroke.write(x, y, np.ones((h, w), bool), key)
        edit = stroke.commit()
        if edit is not None:
            self.history.push(edit)
            del self.states[self.at + 1 :]
            self.states.append(self.map.copy())
            self.at += 1
        self.same()

    @precondition(lambda self: self.at > 0)
    @rule()
    def undo(self):
        assert self.history.undo(self.map) is not None
        self.at -= 1
        self.same()

    @precondition(lambda self: self.at < len(self.states) - 1)
    @rule()
    def redo(self):
        assert self.history.redo(self.map) is not None
        self.at += 1
        self.same()

    def same(self):
        assert np.array_equal(self.map.ids, self.states[self.at].ids)
        assert self.map.segments == self.states[self.at].segments


TestUndoWalk = UndoWalk.TestCase


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_the_rectangles_of_an_edit_cover_its_tiles_and_nothing_else(keys: set[tuple[int, int]]):
    edit = Edit("", (370, 380), dict.fromkeys(keys, b""), {})
    covered, wanted = np.zeros((370, 380), int), np.zeros((370, 380), int)
    for x0, y0, x1, y1 in edit.rects():
        covered[y0:y1, x0:x1] += 1
    for row, column in keys:
        wanted[row * 64 : row * 64 + 64, column * 64 : column * 64 + 64] = 1
    assert np.array_equal(covered, wanted)
