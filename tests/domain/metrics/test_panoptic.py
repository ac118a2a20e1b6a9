"""Panoptic quality against matching by sets of pixels, and the cases where its conventions part."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics import segment_pairs
from segdesk.domain.metrics.overlaps import VOID_BACKGROUND, VOID_COUNTED, VOID_IGNORED, Overlaps
from segdesk.domain.metrics.panoptic import RULES, ClassSegments, Panoptic, PanopticResult
from segdesk.domain.metrics.segment_pairs import SegmentPairs
from segdesk.domain.segmentation import Segment, Segmentation
from tests.domain.metrics.oracles import CLASSES, Pair, map_pairs, match_segments

CAR = 3


def _panoptic(*pairs: Pair) -> Panoptic:
    panoptic = Panoptic(CLASSES)
    for pair in pairs:
        panoptic.add(Overlaps.of(*pair))
    return panoptic


def _cars(ids: list[list[int]], crowds: tuple[int, ...] = ()) -> Segmentation:
    """Every id is a car."""
    array = np.array(ids, np.uint16)
    return Segmentation(array, {int(i): Segment(CAR, crowd=int(i) in crowds) for i in np.unique(array) if i})


def _car(result: PanopticResult) -> tuple[int, int, int, float]:
    row = next(c for c in result.classes if c.class_id == CAR)
    return row.tp, row.fp, row.fn, row.iou_sum


@settings(max_examples=200)
@given(map_pairs())
def test_counts_equal_matching_by_pixel_sets(pair: Pair) -> None:
    panoptic = _panoptic(pair)
    for rule in RULES:
        found = {c.class_id: (c.tp, c.fp, c.fn, pytest.approx(c.iou_sum)) for c in panoptic.result(rule).classes}
        assert found == match_segments(pair, rule)


@settings(max_examples=40)
@given(map_pairs())
def test_numbering_by_table_equals_sorting(pair: Pair) -> None:
    overlaps = Overlaps.of(*pair)
    sorting = SegmentPairs.of(overlaps, CLASSES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment_pairs, "MANY", 0)
        table = SegmentPairs.of(overlaps, CLASSES)
    for field in fields(SegmentPairs):
        assert np.array_equal(getattr(table, field.name), getattr(sorting, field.name)), field.name


@given(map_pairs(), map_pairs())
def test_merging_equals_adding(one: Pair, two: Pair) -> None:
    merged, added = _panoptic(one), _panoptic(one, two)
    merged.merge(_panoptic(two))
    assert np.array_equal(merged.counts, added.counts)
    assert np.allclose(merged.iou_sums, added.iou_sums)


@given(map_pairs())
def test_a_map_agrees_with_itself(pair: Pair) -> None:
    """But for crowds of stuff, which a prediction cannot tell from the rest of the class, and but for several crowds of
    a class, of which panopticapi knows one."""
    last = {s.class_id: k for k, s in pair[1].segments.items() if s.crowd and s.class_id in CLASSES.things}
    table = {k: replace(s, crowd=last.get(s.class_id) == k) for k, s in pair[1].segments.items()}
    reference = Segmentation(pair[1].ids, table)
    panoptic = _panoptic((reference, reference))
    for rule in RULES:
        assert panoptic.result(rule).all.pq in (1.0, None)
        assert all(c.fn == 0 for c in panoptic.result(rule).classes)


def test_a_match_needs_more_than_one_half() -> None:
    half = _panoptic((_cars([[1, 1, 0, 0]]), _cars([[1, 1, 1, 1]])))
    assert _car(half.result()) == (0, 1, 1, 0.0)
    more = _panoptic((_cars([[1, 1, 1, 0, 0]]), _cars([[1, 1, 1, 1, 1]])))
    assert _car(more.result()) == (1, 0, 0, 0.6)


def test_void_in_the_union_decides_a_match() -> None:
    pair = _cars([[1, 1, 1, 1]]), _cars([[1, 1, 0, 0]])
    panoptic = _panoptic(pair)
    assert _car(panoptic.result(VOID_IGNORED)) == (1, 0, 0, 1.0)
    assert _car(panoptic.result(VOID_COUNTED)) == (0, 1, 1, 0.0)


def test_a_false_alarm_on_void_counts_only_where_void_is_background() -> None:
    panoptic = _panoptic((_cars([[1, 1, 0, 0]]), _cars([[0, 0, 0, 2]])))
    assert [_car(panoptic.result(rule))[1] for rule in RULES] == [0, 0, 1]
    assert RULES[2] == VOID_BACKGROUND


def test_exactly_half_on_void_is_still_a_false_alarm() -> None:
    road = Segmentation(np.array([[2, 2, 0, 0]], np.uint16), {2: Segment(2)})
    assert _car(_panoptic((_cars([[0, 1, 1, 0]]), road)).result())[1] == 1


def test_crowds_are_never_missed_and_excuse_their_own_class() -> None:
    crowd = _cars([[1, 1, 1, 1]], crowds=(1,))
    assert _car(_panoptic((_cars([[5, 5, 6, 6]]), crowd)).result(VOID_BACKGROUND)) == (0, 0, 0, 0.0)
    people = Segmentation(np.array([[5, 5, 0, 0]], np.uint16), {5: Segment(4)})
    rows = _panoptic((people, crowd)).result().classes
    assert [(c.fp, c.fn) for c in rows] == [(0, 0), (0, 0), (0, 0), (1, 0)]


def test_pieces_of_stuff_are_one_segment_and_things_are_not() -> None:
    ids = np.array([[1, 1, 2, 2]], np.uint16)
    whole = np.array([[1, 1, 1, 1]], np.uint16)
    sky = Segmentation(ids, {1: Segment(1), 2: Segment(1)}), Segmentation(whole, {1: Segment(1)})
    assert _panoptic(sky).result().stuff.pq == 1.0
    assert _panoptic((_cars(ids.tolist()), _cars(whole.tolist()))).result().things.pq == 0.0


def test_means_over_things_stuff_and_all() -> None:
    rows = (
        ClassSegments(1, False, 1, 0, 0, 0.8),
        ClassSegments(2, False, 0, 0, 0, 0.0),  # occurs nowhere: in no mean
        ClassSegments(3, True, 2, 1, 1, 1.5),
        ClassSegments(4, True, 0, 0, 3, 0.0),
    )
    result = PanopticResult(VOID_IGNORED, rows)
    assert (result.stuff.pq, result.stuff.classes) == (0.8, 1)
    assert (result.things.pq, result.things.sq, result.things.rq) == (0.25, 0.375, pytest.approx(1 / 3))
    assert result.all.pq == pytest.approx((0.8 + 0.5 + 0.0) / 3)
    assert PanopticResult(VOID_IGNORED, ()).all.pq is None


def test_accumulators_of_different_classes_do_not_merge() -> None:
    with pytest.raises(ValueError, match="different class sets"):
        Panoptic(CLASSES).merge(Panoptic(ClassSet()))


@settings(max_examples=50)
@given(st.lists(map_pairs(max_side=5), min_size=1, max_size=4))
def test_mpq_is_the_mean_over_pictures_of_the_mean_over_classes_of_the_reference(pairs: list[Pair]) -> None:
    panoptic = _panoptic(*pairs)
    for rule in RULES:
        scores = []
        for pair in pairs:
            rows = [v for k, v in match_segments(pair, rule).items() if k in CLASSES.things and v[0] + v[2]]
            if rows:
                scores.append(np.mean([iou / (tp + fp / 2 + fn / 2) for tp, fp, fn, iou in rows]))
        result = panoptic.result(rule)
        assert result.mpq_pictures == len(scores)
        assert result.mpq == (pytest.approx(np.mean(scores), abs=1e-12) if scores else None)
        assert result.mpq_plus == result.things.pq


def test_a_crowd_of_another_class_excuses_only_where_void_is_counted() -> None:
    """BDD100K takes crowds of any class as void; panopticapi only that of the segment's own class."""
    crowd = _cars([[1, 1, 1, 1]], crowds=(1,))
    people = Segmentation(np.array([[5, 5, 0, 0]], np.uint16), {5: Segment(4)})
    assert [_panoptic((people, crowd)).result(rule).classes[3].fp for rule in RULES] == [1, 0, 1]


def test_of_several_crowds_panopticapi_knows_the_last() -> None:
    reference = _cars([[1, 1, 2, 2]], crowds=(1, 2))
    first, last = _cars([[5, 5, 0, 0]]), _cars([[0, 0, 5, 5]])
    assert [_car(_panoptic((first, reference)).result(rule))[1] for rule in RULES] == [1, 0, 0]
    assert [_car(_panoptic((last, reference)).result(rule))[1] for rule in RULES] == [0, 0, 0]


def test_more_than_255_segments() -> None:
    ids = np.repeat(np.arange(1, 3601, dtype=np.uint16).reshape(60, 60), 3, axis=1)
    every = Segmentation(ids, {k: Segment(CAR) for k in range(1, 3601)})
    gone = Segmentation(ids, {k: Segment(CAR) for k in range(1, 3601) if k % 2})
    assert _car(_panoptic((gone, every)).result()) == (1800, 0, 1800, 1800.0)
