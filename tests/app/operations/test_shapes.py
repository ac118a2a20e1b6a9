"""The operations on shapes against brute force over the whole map and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from segdesk.app import morphology
from segdesk.app.document import Document
from segdesk.app.operations import (
    copy_previous,
    delete,
    fill_holes,
    grow,
    keep_largest,
    lock_class,
    lock_object,
    merge_class,
    no_void,
    remove_islands,
    shrink,
    smooth,
    take_answer,
)
from segdesk.domain.classes import MAX_ID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.documents import CAR, CELL, ROAD, SKY, check, halves, make

SEGMENTS = {SKY: Segment(SKY), ROAD: Segment(ROAD), 10: Segment(CAR), 11: Segment(CAR)}
seeds = st.integers(0, 1 << 30)


def scattered(seed: int, *, void: float = 0.6) -> Segmentation:
    """Random labels on a small map, coarse in places."""
    random = np.random.default_rng(seed)
    height, width = random.integers(1, 40, 2)
    share = (1 - void) / 4
    ids = random.choice(np.array([0, SKY, ROAD, 10, 11], np.uint16), (height, width), p=(void, *[share] * 4))
    k = int(random.integers(1, 5))
    ids = np.kron(ids, np.ones((k, k), np.uint16))[:height, :width]
    return Segmentation(ids, dict(SEGMENTS)).pruned()


def document(segmentation: Segmentation, active: int | None = None) -> Document:
    doc = make(segmentation=segmentation.copy())
    doc.active_class = CAR
    doc.active_segment = active
    return doc


def table(*keys: int) -> np.ndarray:
    result = np.zeros(MAX_ID + 1, bool)
    result[list(keys)] = True
    return result


@settings(max_examples=60, deadline=None)
@given(seeds, st.booleans())
def test_holes_are_what_scipy_says(seed: int, others: bool):
    start = scattered(seed, void=0.3)
    if 10 not in start.segments:
        return
    doc = document(start, 10)
    fill_holes.run(doc, others=others)
    found = ndimage.binary_fill_holes(start.ids == 10) & (start.ids != 10)
    if not others:
        found &= start.ids == 0
    assert np.array_equal(doc.segmentation.ids, np.where(found, 10, start.ids))
    check(doc)


def brute_distance(ids: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """(H, W) float: to the nearest pixel of a source, by comparing with all of them."""
    places = np.argwhere(sources[ids])
    rows, columns = np.mgrid[: ids.shape[0], : ids.shape[1]]
    if not len(places):
        return np.full(ids.shape, np.inf)
    far = (rows[..., None] - places[:, 0]) ** 2 + (columns[..., None] - places[:, 1]) ** 2
    return np.sqrt(far.min(axis=2))


@settings(max_examples=150, deadline=None)
@given(seeds, st.integers(0, 12), st.sampled_from([((1024, 64),), ((8, 2), (16, 5)), ((5, 1),)]))
def test_void_gets_a_nearest_label(seed: int, most: int, passes: tuple):
    start = scattered(seed, void=0.9)
    if not start.segments:
        return
    doc = document(start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(morphology, "PASSES", passes)
        patch.setattr(morphology, "CHUNK", 7)
        no_void.run(doc, distance=most)
    ids = doc.segmentation.ids
    distance = brute_distance(start.ids, table(*start.segments))
    filled = (start.ids == 0) & (distance <= (most or np.inf))
    assert np.array_equal(ids == 0, (start.ids == 0) & ~filled)
    assert np.array_equal(ids[start.ids != 0], start.ids[start.ids != 0])
    for key in start.segments:  # the label that was chosen is as near as any
        own = brute_distance(start.ids, table(key))
        here = filled & (ids == key)
        assert np.allclose(own[here], distance[here])
    check(doc)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 9), st.booleans())
def test_an_object_grows_by_its_distance(seed: int, pixels: int, others: bool):
    start = scattered(seed, void=0.7)
    if 10 not in start.segments:
        return
    doc = document(start, 10)
    grow.run(doc, pixels=pixels, others=others)
    near = brute_distance(start.ids, table(10)) <= pixels
    if not others:
        near &= (start.ids == 0) | (start.ids == 10)
    assert np.array_equal(doc.segmentation.ids, np.where(near, 10, start.ids))
    check(doc)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 6))
def test_an_object_shrinks_by_its_distance(seed: int, pixels: int):
    start = scattered(seed, void=0.1)
    if 10 not in start.segments:
        return
    doc = document(start, 10)
    shrink.run(doc, pixels=pixels)
    everything = np.ones(MAX_ID + 1, bool)
    everything[10] = False
    lost = (start.ids == 10) & (brute_distance(start.ids, everything) <= pixels)
    assert np.array_equal(doc.segmentation.ids, np.where(lost, 0, start.ids))
    check(doc)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_only_the_largest_part_stays(seed: int):
    start = scattered(seed)
    if 10 not in start.segments:
        return
    doc = document(start, 10)
    keep_largest.run(doc)
    labels, count = ndimage.label(start.ids == 10, structure=np.ones((3, 3)))
    areas = ndimage.sum_labels(np.ones_like(labels), labels, range(1, count + 1))
    kept = doc.segmentation.ids == 10
    assert kept.sum() == areas.max()
    assert len(np.unique(labels[kept])) == 1
    assert np.array_equal(doc.segmentation.ids[start.ids != 10], start.ids[start.ids != 10])
    check(doc)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(2, 30), st.sampled_from(["void", "neighbour"]))
def test_islands_go(seed: int, pixels: int, become: str):
    start = scattered(seed)
    if 10 not in start.segments:
        return
    doc = document(start, 10)
    remove_islands.run(doc, pixels=pixels, become=become)
    labels, count = ndimage.label(start.ids == 10)
    areas = ndimage.sum_labels(np.ones_like(labels), labels, range(count + 1))
    small = (areas[labels] < pixels) & (labels > 0)
    ids = doc.segmentation.ids
    assert np.array_equal(ids[~small], start.ids[~small])
    if become == "void":
        assert not ids[small].any()
    for part in np.unique(labels[small]):
        own = labels == part
        ring = ndimage.binary_dilation(own) & ~own
        assert set(ids[own].tolist()) <= (set(start.ids[ring].tolist()) if ring.any() and become != "void" else {0})
        assert len(np.unique(ids[own])) == 1
    check(doc)


def test_an_island_goes_to_the_longest_border():
    ids = np.full((20, 20), SKY, np.uint16)
    ids[:, 10:] = ROAD
    ids[5:8, 8:11] = 10
    doc = document(Segmentation(ids, dict(SEGMENTS)).pruned(), 10)
    remove_islands.run(doc)
    assert (doc.segmentation.ids[5:8, 8:11] == SKY).all()
    assert 10 not in doc.segmentation.segments


def test_smoothing_takes_thin_tongues_and_leaves_straight_borders():
    start = Segmentation.empty(80, 100)
    start.ids[:, :50] = 10
    start.ids[40:43, 50:80] = 10  # a tongue three pixels wide
    start.ids[20:22, 20:50] = 0  # a bay two pixels wide
    start.segments = {10: Segment(CAR)}
    doc = document(start, 10)
    smooth.run(doc, pixels=8)
    want = np.zeros((80, 100), np.uint16)
    want[:, :50] = 10
    wrong = doc.segmentation.ids != want
    assert wrong.sum() < 40  # what is left of tongue and bay at their roots
    assert not wrong[:, 60:].any()
    check(doc)


def test_smoothing_in_bands_is_smoothing_at_once(monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(4)
    ids = ndimage.zoom(random.choice(np.array([0, SKY, ROAD, 10], np.uint16), (20, 8)), 12, order=0)
    start = Segmentation(ids, dict(SEGMENTS)).pruned()
    results = []
    for pixels in (1 << 22, 1):
        monkeypatch.setattr(morphology, "BAND_PIXELS", pixels)
        doc = document(start)
        smooth.run(doc, scope="picture", pixels=4)
        results.append(doc.segmentation.ids)
    assert np.array_equal(*results)
    assert not np.array_equal(results[0], start.ids)


# ---- objects and classes


def test_delete_makes_the_picked_object_void_and_respects_locks():
    doc = document(halves(), 10)
    doc.hand.locked_classes = {CAR}
    with pytest.raises(SegDeskError, match="locked"):
        delete.run(doc)
    lock_class.run(doc)
    delete.run(doc)
    assert not (doc.segmentation.ids == 10).any()
    with pytest.raises(SegDeskError, match="No object"):
        delete.run(doc)


def test_locks_are_switched():
    doc = document(halves(), 10)
    told = []
    doc.on_state.append(lambda: told.append(1))
    for _ in range(2):
        lock_object.run(doc)
        lock_class.run(doc)
        told.append((set(doc.hand.locked_segments), set(doc.hand.locked_classes)))
    assert told[-1] == (set(), set())
    assert ({(1, 10)}, {CAR}) in told
    assert told.count(1) == 4


def test_all_of_a_class_become_one():
    doc = document(halves(), 11)
    merge_class.run(doc)
    assert np.array_equal(doc.segmentation.ids, np.where(halves().ids == 10, 11, halves().ids))
    assert 10 not in doc.segmentation.segments
    check(doc)


# ---- labels from elsewhere


def test_the_previous_labels_come_over_everywhere():
    doc = document(Segmentation.empty(120, 160))
    copy_previous.run(doc, previous=halves())
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    assert doc.segmentation.segments == halves().segments


def test_the_previous_labels_come_over_into_the_void():
    start = Segmentation.empty(120, 160)
    start.ids[:70, :80] = 10
    start.segments = {10: Segment(CELL)}
    doc = document(start)
    copy_previous.run(doc, previous=halves(), only_void=True)
    assert (doc.segmentation.ids[:70, :80] == 10).all()
    rest = start.ids == 0
    assert np.array_equal(doc.segmentation.class_map()[rest], halves().class_map()[rest])
    check(doc)


def test_labels_of_another_size_are_refused():
    doc = document(halves())
    with pytest.raises(SegDeskError, match="160 x 121"):
        copy_previous.run(doc, previous=Segmentation.empty(121, 160))


def test_back_to_the_answer():
    doc = make(segmentation=Segmentation.empty(120, 160), prediction=halves())
    take_answer.run(doc)
    assert np.array_equal(doc.segmentation.class_map(), halves().class_map())
    with pytest.raises(SegDeskError, match="no answer"):
        take_answer.run(make())
