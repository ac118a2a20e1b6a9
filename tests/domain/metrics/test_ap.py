"""Average precision against pycocotools, array by array, and where it must differ from it or refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain import rle
from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics import ap_records, detections, shapes
from segdesk.domain.metrics.ap import AREAS, APAccumulator, APResult
from segdesk.domain.metrics.detections import Objects
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.segmentation import Segment, Segmentation
from tests.domain.metrics.coco_oracle import Scene, judged_by_pycocotools, scene
from tests.domain.metrics.oracles import CLASSES as MAP_CLASSES
from tests.domain.metrics.oracles import Pair, map_pairs

CLASSES = [7, 2, 5, 11]  # of which the scenes have 2 and, where they have so many, 5


def _judged(pictures: Scene, *, limits: tuple[int, ...] = (1, 10, 100), classes: list[int] = CLASSES) -> APResult:
    total = APAccumulator(classes, limits=limits)
    for references, found in pictures:
        total.add(references, found)
    return total.result()


def _assert_equal(one: APResult, other: APResult) -> None:
    for name in ("precision", "recall", "scores", "references", "detections"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    pictures=st.integers(1, 6),
    classes=st.integers(1, 6),
    most=st.sampled_from([1, 4, 12]),
    kind=st.sampled_from(["bbox", "segm"]),
    limits=st.sampled_from([(1, 10, 100), (1, 2, 3)]),
)
def test_arrays_equal_those_of_pycocotools(
    seed: int, pictures: int, classes: int, most: int, kind: str, limits: tuple[int, ...]
) -> None:
    drawn = scene(seed, pictures=pictures, classes=classes, most=most, kind=kind)
    ours, judge = _judged(drawn, limits=limits), judged_by_pycocotools(drawn, CLASSES, kind, limits)
    order = [sorted(CLASSES).index(k) for k in CLASSES]  # pycocotools sorts the classes
    assert np.abs(ours.precision - judge.eval["precision"][:, :, order]).max() < 1e-9
    assert np.abs(ours.recall - judge.eval["recall"][:, order]).max() < 1e-9
    assert np.abs(ours.scores - judge.eval["scores"][:, :, order]).max() < 1e-9


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_blocks_and_chunks_change_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = scene(3, pictures=30, classes=3, most=10, kind=kind)
    whole = _judged(drawn)
    monkeypatch.setattr(ap_records, "BLOCK_LOAD", 25)
    monkeypatch.setattr(detections, "CHUNK", 7)
    monkeypatch.setattr(shapes, "QUERIES", 5)
    _assert_equal(_judged(drawn), whole)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(map_pairs(), min_size=1, max_size=3), seed=st.integers(0, 99))
def test_label_maps_are_judged_as_their_masks(pairs: list[Pair], seed: int) -> None:
    rng, things = np.random.default_rng(seed), sorted(MAP_CLASSES.things)
    by_maps, by_masks = APAccumulator(things), APAccumulator(things)
    for prediction, reference in pairs:
        scored = {k: replace(s, score=round(float(rng.random()), 1)) for k, s in prediction.segments.items()}
        by_maps.add_maps(Overlaps.of(Segmentation(prediction.ids, scored), reference), scored)
        by_masks.add(_masks(reference.ids, reference.segments), _masks(prediction.ids, scored))
    by_masks.add(Objects.of_masks([], []), Objects.of_masks([], []))
    by_maps.add(Objects.of_masks([], []), Objects.of_masks([], []))
    _assert_equal(by_maps.result(), by_masks.result())


def _masks(ids: np.ndarray, table: dict[int, Segment]) -> Objects:
    keys = sorted(k for k in table if (ids == k).any())
    return Objects.of_masks(
        [rle.encode(ids == k) for k in keys],
        [table[k].class_id for k in keys],
        scores=[table[k].score for k in keys],
        crowd=[table[k].crowd for k in keys],
    )


def test_merging_equals_adding() -> None:
    drawn = scene(4, pictures=12, classes=4, most=8, kind="segm")
    one, two = APAccumulator(CLASSES), APAccumulator(CLASSES)
    for at, (references, found) in enumerate(drawn):
        (one if at < 5 else two).add(references, found)
    one.merge(two)
    _assert_equal(one.result(), _judged(drawn))
    together = APAccumulator(CLASSES)
    for references, found in drawn:
        together.add(references, found)
    assert np.array_equal(one.records.picture, together.records.picture)
    assert np.array_equal(one.records.ref_picture, together.records.ref_picture)
    with pytest.raises(ValueError, match="different classes or limits"):
        one.merge(APAccumulator(CLASSES, limits=(5,)))


def test_the_first_object_counts_like_any_other() -> None:
    """pycocotools takes a match with annotation id 0 for none; here nothing has an id."""
    box = Objects.of_boxes([[0, 0, 10, 10]], [1])
    result = _judged([(box, box)], classes=[1])
    assert (result.ap(), result.ar()) == (pytest.approx(1.0), 1.0)


def test_figures_have_the_names_of_coco() -> None:
    box = Objects.of_boxes([[0, 0, 10, 10]], [1])
    figures = _judged([(box, box)], classes=[1]).figures
    names = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]
    assert list(figures) == names
    assert (figures["APs"], figures["APm"], figures["ARl"]) == (pytest.approx(1.0), None, None)


def test_nothing_found_is_zero_and_nothing_to_find_is_none() -> None:
    box, none = Objects.of_boxes([[0, 0, 10, 10]], [1]), Objects.of_boxes([], [])
    missed = _judged([(box, none)], classes=[1, 2])
    assert (missed.ap(), missed.ar(), missed.ap(class_id=2)) == (0.0, 0.0, None)
    assert missed.curve(class_id=2) is None
    assert _judged([(none, box), (none, none)], classes=[1]).figures == dict.fromkeys(missed.figures)
    assert _judged([], classes=[]).ap() is None


def test_curve_is_precision_over_recall() -> None:
    """Right, wrong, right: recall one half at precision 1, then 2 of 3."""
    references = Objects.of_boxes([[0, 0, 10, 10], [50, 0, 10, 10]], [1, 1])
    found = Objects.of_boxes([[0, 0, 10, 10], [20, 20, 5, 5], [50, 0, 10, 10]], [1, 1, 1], scores=[0.9, 0.8, 0.7])
    curve = _judged([(references, found)], classes=[1]).curve(0.5)
    assert curve is not None
    assert curve[:51] == pytest.approx(1.0)
    assert curve[51:] == pytest.approx(2 / 3)


def test_masks_without_pixels_are_missed_and_found_in_vain() -> None:
    empty = rle.encode(np.zeros((6, 6), bool))
    full = rle.encode(np.ones((6, 6), bool))
    result = _judged(
        [(Objects.of_masks([empty, full], [1, 1]), Objects.of_masks([empty, full], [1, 1], scores=[0.9, 0.8]))],
        classes=[1],
    )
    assert result.ar() == 0.5
    assert result.ap() == pytest.approx(51 / 101 * 0.5)


def test_more_than_255_objects_of_one_class() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.repeat(np.arange(1, 401).reshape(20, 20), 3, axis=0), 4, axis=1)
    masks = rle.encode_labels(labels, 400)
    references = Objects.of_masks(masks, np.ones(400, int))
    found = Objects.of_masks(masks, np.ones(400, int), scores=rng.random(400))
    result = _judged([(references, found)], classes=[1], limits=(1, 10, 100, 1000))
    assert (result.ar(limit=100), result.ar(), result.ap()) == (0.25, 1.0, pytest.approx(1.0))


def test_masks_of_two_sizes_name_the_picture() -> None:
    small, large = (rle.encode(np.ones(size, bool)) for size in ((4, 5), (8, 9)))
    with pytest.raises(SegDeskError) as caught:
        APAccumulator([1]).add(Objects.of_masks([small], [1]), Objects.of_masks([large], [1]), name="cells/3.png")
    assert "cells/3.png" in str(caught.value)
    assert "9 x 8 against 5 x 4" in str(caught.value)
    assert caught.value.hint


def test_wrong_use_is_refused() -> None:
    box, mask = Objects.of_boxes([[0, 0, 1, 1]], [1]), Objects.of_masks([rle.encode(np.ones((1, 1), bool))], [1])
    with pytest.raises(ValueError, match="masks cannot be compared with boxes"):
        APAccumulator([1]).add(box, mask)
    with pytest.raises(ValueError, match="need 1 classes"):
        Objects.of_boxes([[0, 0, 1, 1]], [1, 2])
    with pytest.raises(ValueError, match="distinct"):
        APAccumulator([1, 1])


def test_boxes_then_masks_then_nothing() -> None:
    """Pictures of either kind may follow one another."""
    box, mask = Objects.of_boxes([[0, 0, 1, 1]], [1]), Objects.of_masks([rle.encode(np.ones((1, 1), bool))], [1])
    none = Objects.of_masks([], [])
    result = _judged([(none, none), (box, box), (none, box), (mask, mask), (none, none), (box, none)], classes=[1])
    assert (result.references[0], result.detections[0]) == (3, 3)


def test_areas_are_those_of_coco() -> None:
    assert AREAS == {"all": (0, 1e10), "small": (0, 1024), "medium": (1024, 9216), "large": (9216, 1e10)}
