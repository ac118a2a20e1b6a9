"""Stacks of undo steps: packed ones count and come back like others, and are unpacked when their turn comes."""

from __future__ import annotations

import numpy as np
import pytest

from segdesk.domain.edit import Edit, Stroke
from segdesk.domain.history import History, Packed, Steps
from segdesk.domain.segmentation import Segment, Segmentation

SIZE = (100, 150)


def work(count: int) -> tuple[Segmentation, list[Segmentation], list[Edit]]:
    """A map after `count` strokes, how it looked before each, and the steps."""
    rng, map_ = np.random.default_rng(0), Segmentation.empty(*SIZE)
    before, edits = [], []
    for number in range(count):
        before.append(Segmentation(map_.ids.copy(), dict(map_.segments)))
        stroke = Stroke(map_, f"stroke {number}")
        key = number + 1
        stroke.set_segment(key, Segment(1 + number % 3))
        x, y = (int(v) for v in rng.integers(0, 80, 2))
        stroke.write(x, y, np.ones((9, 12), bool), key)
        edit = stroke.commit()
        assert edit is not None
        edits.append(edit)
    return map_, before, edits


def packed(edits: list[Edit]) -> list[Packed]:
    return [Packed(edit.to_bytes(), edit.nbytes, edit.size) for edit in edits]


def same(a: Segmentation, b: Segmentation) -> bool:
    return bool((a.ids == b.ids).all()) and a.segments == b.segments


def test_packed_steps_lead_back_and_forth_like_others():
    map_, before, edits = work(12)
    after = Segmentation(map_.ids.copy(), dict(map_.segments))
    history = History(done=Steps(packed(edits)))
    for earlier in reversed(before):
        assert history.undo(map_) is not None
        assert same(map_, earlier)
    assert history.undo(map_) is None
    assert len(history.undone) == 12
    while history.redo(map_):
        pass
    assert same(map_, after)
    assert history.done.nbytes == sum(edit.nbytes for edit in history.done)


def test_they_are_unpacked_when_their_turn_comes(monkeypatch: pytest.MonkeyPatch):
    _, _, edits = work(30)
    steps, unpacked = packed(edits), []
    inner = Packed.edit
    monkeypatch.setattr(Packed, "edit", lambda self: unpacked.append(self) or inner(self))
    stack = Steps(steps)
    assert len(stack) == 30
    assert unpacked == steps[-1:]
    assert stack[-1] == edits[-1]
    assert stack.pop() == edits[-1]
    assert unpacked == steps[:-3:-1]
    assert list(stack) == edits[:-1]
    assert list(reversed(stack)) == edits[-2::-1]
    assert stack[2] == edits[2]
    assert len(unpacked) == 30  # each once


@pytest.mark.parametrize("other_size", [False, True])
def test_one_that_cannot_be_read_ends_the_stack(*, other_size: bool):
    _, _, edits = work(10)
    steps = packed(edits)
    steps[3] = Packed(steps[3].data, 5, (7, 7)) if other_size else Packed(b"no step", 5, SIZE)
    assert list(Steps(steps)) == edits[4:]
    stack = Steps(steps)
    for edit in reversed(edits[4:]):
        assert stack.pop() == edit
    assert not stack
    assert stack.nbytes == 0
    with pytest.raises(IndexError):
        stack.pop()
    with pytest.raises(IndexError):
        Steps(steps)[2]
    assert not Steps(steps[:4])  # there is nothing to undo if the newest is the damaged one


def test_the_budget_counts_packed_steps_too():
    map_, _, edits = work(20)
    history = History(done=Steps(packed(edits[:-1])))
    history.budget = sum(edit.nbytes for edit in edits[12:])
    assert history.push(edits[-1]) == 12
    assert history.done == edits[12:]
    assert history.done.nbytes == history.budget
    history.budget = 0
    history.undo(map_)
    history.redo(map_)
    assert history.push(edits[0]) == 8
    assert len(history.done) == 1
    assert not history.undone
