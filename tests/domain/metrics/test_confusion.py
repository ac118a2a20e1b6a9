"""The confusion matrix and its measures against counting pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics.confusion import Confusion, mean
from segdesk.domain.metrics.overlaps import VOID_COUNTED, VOID_IGNORED, Overlaps
from segdesk.domain.segmentation import Segmentation
from tests.domain.metrics.oracles import CLASSES, Pair, class_at, count_pixels, map_pairs


def _confusion(pair: Pair, classes: ClassSet = CLASSES) -> Confusion:
    confusion = Confusion(classes)
    confusion.add(Overlaps.of(*pair))
    return confusion


@given(map_pairs())
def test_overlaps_count_every_pixel_once(pair: Pair) -> None:
    prediction, reference = pair
    overlaps = Overlaps.of(prediction, reference)
    counted = {
        (int(r), int(p)): int(n)
        for r, p, n in zip(overlaps.reference, overlaps.prediction, overlaps.pixels, strict=True)
    }
    plain: dict[tuple[int, int], int] = {}
    for r, p in zip(reference.ids.ravel().tolist(), prediction.ids.ravel().tolist(), strict=True):
        plain[r, p] = plain.get((r, p), 0) + 1
    assert counted == plain
    assert list(counted) == sorted(counted)


@given(map_pairs())
def test_counts_equal_the_plain_loop_in_both_conventions(pair: Pair) -> None:
    confusion = _confusion(pair)
    for rule in (VOID_IGNORED, VOID_COUNTED):
        expected = count_pixels(pair, ignore_void=rule == VOID_IGNORED)
        assert {c.class_id: (c.tp, c.fp, c.fn) for c in confusion.result(rule).classes} == expected


@given(map_pairs())
def test_pixel_accuracy_is_right_pixels_over_judged_pixels(pair: Pair) -> None:
    prediction, reference = pair
    spots = list(np.ndindex(*reference.ids.shape))
    same = [class_at(prediction, y, x) == class_at(reference, y, x) for y, x in spots]
    labelled = [class_at(reference, y, x) != 0 for y, x in spots]
    counted, ignored = _confusion(pair).result(VOID_COUNTED), _confusion(pair).result(VOID_IGNORED)
    assert counted.pixel_accuracy == sum(same) / len(spots)
    assert (ignored.right, ignored.total) == (sum(s and f for s, f in zip(same, labelled, strict=True)), sum(labelled))


@given(map_pairs(), map_pairs())
def test_merging_equals_adding(one: Pair, two: Pair) -> None:
    merged, added = _confusion(one), _confusion(one)
    merged.merge(_confusion(two))
    added.add(Overlaps.of(*two))
    assert np.array_equal(merged.counts, added.counts)


def test_hand_counted_measures() -> None:
    """Void 0; class 1 has 4 reference pixels, 3 found; class 2 has 2, 1 found; classes 3 and 4 occur nowhere."""
    reference = Segmentation.from_class_map(np.array([[1, 1, 1, 1], [2, 2, 0, 0]]))
    prediction = Segmentation.from_class_map(np.array([[1, 1, 1, 2], [2, 0, 1, 0]]))
    ignored, counted = (_confusion((prediction, reference)).result(r) for r in (VOID_IGNORED, VOID_COUNTED))
    assert [c.iou for c in ignored.classes] == [3 / 4, 1 / 3, None, None]
    assert [c.iou for c in counted.classes] == [3 / 5, 1 / 3, None, None]
    assert [c.accuracy for c in counted.classes] == [3 / 4, 1 / 2, None, None]
    assert [c.precision for c in counted.classes] == [3 / 4, 1 / 2, None, None]
    assert [c.recall for c in ignored.classes] == [c.accuracy for c in ignored.classes]
    assert [c.f1 for c in ignored.classes] == [6 / 7, 2 / 4, None, None]
    assert counted.mean_precision == (3 / 4 + 1 / 2) / 2
    assert [c.dice for c in ignored.classes] == [6 / 7, 2 / 4, None, None]
    assert ignored.miou == pytest.approx((3 / 4 + 1 / 3) / 2)
    assert counted.miou == pytest.approx((3 / 5 + 1 / 3) / 2)
    assert ignored.mean_accuracy == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert ignored.mean_dice == pytest.approx((6 / 7 + 1 / 2) / 2)
    assert ignored.fwiou == pytest.approx(4 / 6 * 3 / 4 + 2 / 6 * 1 / 3)
    assert ignored.pixel_accuracy == 4 / 6
    assert counted.pixel_accuracy == 5 / 8


def test_a_class_that_is_only_predicted_counts_as_zero() -> None:
    reference = Segmentation.from_class_map(np.array([[1, 1]]))
    prediction = Segmentation.from_class_map(np.array([[1, 2]]))
    result = _confusion((prediction, reference)).result()
    assert [c.iou for c in result.classes] == [1 / 2, 0.0, None, None]
    assert result.miou == 1 / 4
    assert result.mean_accuracy == 1 / 2  # the reference has class 1 only


def test_nothing_to_judge_is_none_not_zero() -> None:
    void = Segmentation.empty(2, 2)
    result = _confusion((void, void)).result()
    assert (result.miou, result.pixel_accuracy, result.fwiou, result.mean_dice) == (None, None, None, None)
    assert _confusion((void, void)).result(VOID_COUNTED).pixel_accuracy == 1.0
    assert mean([]) is None


def test_ids_up_to_the_top_are_told_apart() -> None:
    ids = np.array([[65535, 65534], [1, 0]], np.uint16)
    overlaps = Overlaps.of(Segmentation(ids), Segmentation(ids.copy()))
    assert overlaps.reference.tolist() == [0, 1, 65534, 65535]
    assert overlaps.prediction.tolist() == [0, 1, 65534, 65535]


def test_different_sizes_name_the_picture() -> None:
    with pytest.raises(SegDeskError) as caught:
        Overlaps.of(Segmentation.empty(2, 3), Segmentation.empty(4, 5), name="road/7.png")
    assert "road/7.png" in str(caught.value)
    assert "3 x 2 against 5 x 4" in str(caught.value)
    assert caught.value.hint


def test_accumulators_of_different_classes_do_not_merge() -> None:
    with pytest.raises(ValueError, match="different class sets"):
        Confusion(CLASSES).merge(Confusion(ClassSet()))


def test_no_classes_at_all() -> None:
    void = Segmentation.empty(2, 2)
    assert _confusion((void, void), ClassSet()).result().miou is None


@pytest.mark.parametrize("top", [5, 300, 65_535])
def test_noise_is_counted_like_calm_maps(top: int) -> None:
    """Many runs take another way than few: a table of pairs, or sorting where the table would be huge."""
    rng = np.random.default_rng(top)
    reference, prediction = (rng.integers(0, top + 1, (200, 150)).astype(np.uint16) for _ in range(2))
    overlaps = Overlaps.of(Segmentation(prediction), Segmentation(reference))
    keys, counts = np.unique(reference.astype(np.int64) * 65_536 + prediction, return_counts=True)
    assert np.array_equal(overlaps.reference.astype(np.int64) * 65_536 + overlaps.prediction, keys)
    assert np.array_equal(overlaps.pixels, counts)
