"""Packed maps equal the plain ones, and a replacement worked out tile by tile equals the one made at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain.edit import Stroke, replace_all, swap
from segdesk.domain.errors import Cancelled
from segdesk.domain.packed import PackedMap, tile_keys, tile_rect
from segdesk.domain.patch import Patch
from segdesk.domain.reducing import halved
from segdesk.domain.replacing import replacement
from segdesk.domain.segmentation import Segment, Segmentation

SIZES = st.tuples(st.integers(1, 700), st.integers(1, 700))


def blobs(size: tuple[int, int], seed: int, most: int = 9) -> Segmentation:
    """Coarse random labels with some single pixels."""
    random = np.random.default_rng(seed)
    height, width = size
    coarse = random.integers(0, most, (height // 60 + 1, width // 60 + 1)).astype(np.uint16)
    ids = np.ascontiguousarray(coarse.repeat(60, 0).repeat(60, 1)[:height, :width])
    ids[random.integers(0, height, 20), random.integers(0, width, 20)] = most
    return Segmentation(ids, {int(k): Segment(1 + int(k) % 3) for k in np.unique(ids) if k})


@settings(max_examples=25, deadline=None)
@given(SIZES, st.integers(0, 99))
def test_packing_changes_no_pixel(size: tuple[int, int], seed: int):
    plain = blobs(size, seed)
    packed = PackedMap.of(plain)
    assert np.array_equal(packed.unpacked().ids, plain.ids)
    assert packed.unpacked().segments == plain.segments
    assert np.array_equal(packed.class_table(), plain.class_table())
    assert sum((r[2] - r[0]) * (r[3] - r[1]) for r in (tile_rect(k, size) for k in tile_keys(size))) == plain.ids.size


@settings(max_examples=40, deadline=None)
@given(SIZES, st.integers(0, 99), st.data())
def test_any_rectangle_can_be_read(size: tuple[int, int], seed: int, data: st.DataObject):
    plain = blobs(size, seed)
    y0, y1 = sorted(data.draw(st.tuples(*[st.integers(0, size[0])] * 2)))
    x0, x1 = sorted(data.draw(st.tuples(*[st.integers(0, size[1])] * 2)))
    assert np.array_equal(PackedMap.of(plain).read((x0, y0, x1, y1)), plain.ids[y0:y1, x0:x1])


def test_the_half_is_that_of_the_plain_map():
    plain = blobs((1_301, 1_703), 3)
    half = PackedMap.of(plain).half()
    assert half is not None
    assert np.array_equal(half.unpacked().ids, halved(plain.read, plain.size, (0, 0, 851, 650)))
    assert PackedMap.of(blobs((250, 250), 1)).half() is None
    assert PackedMap.of(blobs((50, 90_000), 1)).half() is None


def test_classes_that_go_nowhere_become_void():
    plain = blobs((300, 400), 7)
    renamed = PackedMap.of(plain).remapped({1: 5, 2: 0})
    wanted = plain.remapped({1: 5, 2: 0})
    assert np.array_equal(renamed.unpacked().ids, wanted.ids)
    assert renamed.segments == wanted.segments


@settings(max_examples=25, deadline=None)
@given(SIZES, st.integers(0, 99), st.booleans())
def test_a_replacement_equals_the_plain_way(size: tuple[int, int], seed: int, with_under: bool):
    first, second, third = (blobs(size, seed + n, most=5 + n) for n in range(3))
    plain = first.copy()
    under = replace_all(plain, second, "one") if with_under else None
    now = plain.copy()
    undone = swap(plain, under) if under is not None else None
    between = plain.copy()
    edit = replace_all(plain, third, "two")
    made = replacement(now, PackedMap.of(third), "two", under=under)
    assert np.array_equal(now.ids, (second if under is not None else first).ids), "nothing is written yet"
    assert made.edit == edit
    assert made.undone == undone
    assert np.array_equal(np.flatnonzero(made.counts), np.unique(third.ids))
    assert int(made.counts.sum()) == third.ids.size
    if made.between is not None and undone is not None:
        for key in undone.tiles:
            y, x = key[0] * 64, key[1] * 64
            assert np.array_equal(made.between.tile(key), between.ids[y : y + 64, x : x + 64])
        assert made.between.segments == between.segments
    made.write(now)
    assert np.array_equal(now.ids, third.ids)
    assert now.segments == third.segments


def test_maps_of_different_sizes_do_not_replace_each_other():
    with pytest.raises(ValueError, match="size"):
        replacement(blobs((30, 40), 1), blobs((30, 41), 1), "no")


def test_an_undo_that_is_cancelled_leaves_the_map_as_it_was():
    map_ = blobs((1_200, 1_200), 1)
    edit = replace_all(map_, blobs((1_200, 1_200), 2), "all")
    assert edit is not None
    before = map_.copy()

    def tick(done: int, total: int) -> None:
        assert total == len(edit.tiles)
        if done > total // 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        swap(map_, edit, tick)
    assert np.array_equal(map_.ids, before.ids)
    assert map_.segments == before.segments


def test_a_long_stroke_keeps_few_plain_tiles_and_undoes_exactly():
    map_ = blobs((1_500, 1_500), 4)
    before = map_.copy()
    stroke = Stroke(map_, "brush")
    for x in range(0, 1_500, 50):
        stroke.write(x, 0, np.ones((1_500, 50), bool), 7)
    stroke.write(0, 0, np.ones((20, 20), bool), 1)  # settled before, touched again
    assert len(stroke._before) <= 2 * 256
    edit = stroke.commit()
    assert edit is not None
    assert edit.pixels == int(np.count_nonzero(map_.ids != before.ids))
    swap(map_, edit)
    assert np.array_equal(map_.ids, before.ids)
    again = Stroke(map_, "brush")
    for x in range(0, 1_500, 50):
        again.write(x, 0, np.ones((1_500, 50), bool), 7)
    again.abort()
    assert np.array_equal(map_.ids, before.ids)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 600)), min_size=1, max_size=6))
def test_a_patch_shows_the_map_as_it_was_whatever_is_painted_after(seed: int, places: list[tuple[int, int]]):
    map_ = blobs((640, 700), seed)
    stroke = Stroke(map_, "first")
    stroke.write(100, 100, np.ones((400, 300), bool), 8)
    edit = stroke.commit()
    assert edit is not None
    after = map_.copy()
    patch = Patch.of(map_, edit)
    for n, (x, y) in enumerate(places):
        later = Stroke(map_, "later", keep=patch.keep)
        later.write(x, y, np.ones((40, 50), bool), n + 1)
        later.commit() if n % 2 else later.abort()
    packed = PackedMap((640, 700), {k: d for k, d in patch.packed().items() if d}, {})
    assert patch.settled
    for row, column in patch.keys:
        part = slice(row * 256, row * 256 + 256), slice(column * 256, column * 256 + 256)
        assert np.array_equal(packed.unpacked().ids[part], after.ids[part])
    for key in edit.tiles:
        y, x = key[0] * 64, key[1] * 64
        assert np.array_equal(patch.tile(key), after.ids[y : y + 64, x : x + 64])
