"""Reduced copies of a map that changes: after any changes they are those of the map as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app import reduced
from segdesk.app.reduced import Level, Reduced, reach, stride_for

SIZE = 700, 901
Works = list[tuple[Callable[[], object], Callable[[object], None]]]


def picture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 6, (24, 31)).astype(np.uint16)
    return np.ascontiguousarray(coarse.repeat(30, 0).repeat(30, 1)[: SIZE[0], : SIZE[1]])


def all_of(copies: Reduced, zoom: float) -> np.ndarray:
    level, _ = copies.level_for(zoom)
    assert level is not None
    return level.read((0, 0, level.size[1], level.size[0]))


rects = st.tuples(st.integers(0, 900), st.integers(0, 699), st.integers(1, 300), st.integers(1, 300))


@pytest.fixture
def threaded(monkeypatch: pytest.MonkeyPatch) -> Works:
    """What was handed to threads, which the test runs."""
    monkeypatch.setattr(reduced, "AT_ONCE", 1)
    return []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.lists(st.tuples(rects, st.booleans()), max_size=6), st.booleans())
def test_the_copies_follow_each_change(
    seed: int, changes: list[tuple[tuple[int, int, int, int], bool]], finest_kept: bool
):
    ids, works = picture(seed), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduced, "AT_ONCE", 1)
        patch.setattr(reduced, "MOST_CELLS", 40)  # so that some changes go to the thread, and others come meanwhile
        plain = Reduced(ids)  # all at once, of the map as it is when it is asked
        patch.setattr(reduced, "FINEST", 1 << 30 if finest_kept else 1)
        copies = Reduced(ids, lambda work, then: works.append((work, then)))
        for (x, y, w, h), lands in changes:
            ids[y : y + h, x : x + w] += 1
            copies.mark((x, y, x + w, y + h))
            copies.level_for(0.1)
            if lands and works:
                work, then = works.pop(0)
                then(work())
        for _ in range(8):
            copies.level_for(0.1)
            while works:
                work, then = works.pop(0)
                then(work())
        assert copies.fresh
        plain.mark((0, 0, 901, 700))
        for zoom in (0.5, 0.3, 0.1)[not finest_kept :]:
            assert np.array_equal(all_of(copies, zoom), all_of(plain, zoom))
        if not finest_kept:
            assert copies.level_for(0.5) == (None, 1)
            assert copies.level_for(0.5, coarser=True)[1] == 4


def test_what_changes_while_a_thread_reads_is_not_lost(threaded: Works):
    ids = picture(1)
    told: list[int] = []
    copies = Reduced(ids, lambda work, then: threaded.append((work, then)), lambda: told.append(1))
    assert not copies.ready
    assert copies.level_for(0.1) == (None, 1)
    work, then = threaded.pop()
    made = work()
    ids[100:130, 200:260] = 77  # after the thread has read there
    copies.mark((200, 100, 260, 130))
    then(made)
    assert told == [1]
    assert np.array_equal(all_of(copies, 0.5), all_of(Reduced(ids), 0.5))


def test_scattered_changes_are_followed_by_a_thread(threaded: Works):
    ids = picture(1)
    told: list[int] = []
    copies = Reduced(ids, lambda work, then: threaded.append((work, then)), lambda: told.append(1))
    work, then = threaded.pop()
    then(work())
    for n in range(20):  # more than can be followed at once
        y, x = 30 * n, 40 * n
        ids[y : y + 5, x : x + 5] = 90 + n
        copies.mark((x, y, x + 5, y + 5))
    before = all_of(copies, 0.1)
    assert len(threaded) == 1
    assert not copies.fresh
    assert np.array_equal(all_of(copies, 0.1), before)
    assert len(threaded) == 1
    work, then = threaded.pop()
    then(work())
    assert told == [1, 1]
    assert copies.fresh
    assert np.array_equal(all_of(copies, 0.5), all_of(Reduced(ids), 0.5))


def test_a_picture_that_is_left_ends_the_thread(threaded: Works):
    copies = Reduced(picture(1), lambda work, then: threaded.append((work, then)))
    copies.close()
    work, then = threaded.pop()
    then(work())
    assert not copies.ready


def test_a_tile_of_one_label_takes_no_memory():
    level = Level((300, 400))
    level.write(0, 0, np.full((300, 400), 3, np.uint16))
    assert level.nbytes == 0
    level.write(130, 5, np.full((2, 2), 4, np.uint16))
    assert level.nbytes == 2 * 128 * 128
    assert np.count_nonzero(level.read((0, 0, 400, 300)) == 4) == 4


@given(st.floats(0.004, 1.0))
def test_no_pixel_of_a_copy_is_smaller_than_the_screens(zoom: float):
    assert 1.0 <= stride_for(zoom) * zoom < 2.0
    assert reach(1.0) == 0


def test_what_the_copies_do_not_show_yet_is_known(threaded: Works):
    ids = picture(1)
    copies = Reduced(ids, lambda work, then: threaded.append((work, then)))
    work, then = threaded.pop()
    then(work())
    assert copies.behind((0, 0, 901, 700)) is None
    before = all_of(copies, 0.5)
    ids[100:130, 200:260] = 77
    copies.mark((200, 100, 260, 130))
    level, _ = copies.level_for(0.5, follow=False)
    assert level is not None
    assert np.array_equal(level.read((0, 0, level.size[1], level.size[0])), before)
    assert copies.behind((0, 0, 901, 700)) == (192, 64, 320, 192)
    assert copies.behind((0, 0, 250, 700)) == (192, 64, 256, 192)
    assert copies.behind((400, 0, 901, 700)) is None
    copies.catch_up()
    assert copies.behind((0, 0, 901, 700)) == (192, 64, 320, 192)  # until the thread has done it
    work, then = threaded.pop()
    then(work())
    copies.level_for(0.5)
    assert copies.behind((0, 0, 901, 700)) is None
    assert np.array_equal(all_of(copies, 0.5), all_of(Reduced(ids), 0.5))
