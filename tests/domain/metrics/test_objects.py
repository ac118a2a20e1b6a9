"""Objects by IoU threshold against matching by sets of pixels, and the score of the 2018 Data Science Bowl."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.objects import THRESHOLDS, ObjectTally
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.metrics.segment_pairs import RULES, SegmentPairs
from segdesk.domain.segmentation import Segment, Segmentation
from tests.domain.metrics.oracles import CLASSES, Pair, map_pairs, match_segments

CELLS = ClassSet.from_names(["cell"], things=["cell"])


def _tally(pairs: list[Pair], classes: ClassSet = CLASSES) -> ObjectTally:
    tally = ObjectTally(classes)
    for pair in pairs:
        tally.merge(ObjectTally.of(SegmentPairs.of(Overlaps.of(*pair), classes), classes))
    return tally


def _cells(ids: np.ndarray) -> Segmentation:
    return Segmentation(ids.astype(np.uint16), {int(k): Segment(1) for k in np.unique(ids) if k})


@settings(max_examples=60)
@given(st.lists(map_pairs(max_side=6), min_size=1, max_size=3))
def test_counts_equal_matching_by_pixel_sets(pairs: list[Pair]) -> None:
    tally = _tally(pairs)
    for rule in RULES:
        result = tally.result(rule)
        scores = []
        for t, threshold in enumerate(THRESHOLDS):
            found = [match_segments(pair, rule, threshold) for pair in pairs]
            wanted = {k: tuple(sum(f[k][c] for f in found) for c in range(3)) for k in CLASSES.things}
            assert {r.class_id: (r.tp, r.fp, r.fn) for r in result.at(threshold)} == wanted
            sums = [np.sum([f[k][:3] for k in CLASSES.things], axis=0) for f in found]
            scores.append([s[0] / s.sum() for s in sums if s.sum()])
            assert result.pictures == len(scores[0])
            if result.pictures:
                assert result.picture_scores[t] == pytest.approx(np.sum(scores[t]) / len(scores[0]), abs=1e-12)
        assert result.dsb == (pytest.approx(np.mean(result.picture_scores)) if result.pictures else None)


def test_hand_counted() -> None:
    """Object 1 is found with IoU 3/4, object 2 is missed, and one is invented."""
    reference = _cells(np.array([[1, 1, 1, 1, 0, 0, 2, 2]]))
    prediction = _cells(np.array([[0, 7, 7, 7, 8, 8, 0, 0]]))
    result = _tally([(prediction, reference)], CELLS).result()
    low, high = result.all_at(0.5), result.all_at(0.75)
    assert (low.tp, low.fp, low.fn) == (1, 1, 1)
    assert (low.precision, low.recall, low.f1, low.score) == (1 / 2, 1 / 2, 1 / 2, 1 / 3)
    assert (high.tp, high.fp, high.fn) == (0, 2, 2)  # over the threshold, not at it
    assert result.dsb == pytest.approx(5 / 10 * 1 / 3)
    assert result.sizes[:, 1].tolist() == [1, 0, 2]  # of 2 or 3 pixels: object 2, which is missed; 7 and 8


def test_pictures_without_objects_are_in_no_mean() -> None:
    nothing, one = _cells(np.zeros((2, 3))), _cells(np.array([[1, 1, 0], [0, 0, 0]]))
    result = _tally([(nothing, nothing), (one, one)], CELLS).result()
    assert (result.pictures, result.dsb) == (1, 1.0)
    empty = _tally([(nothing, nothing)], CELLS).result()
    assert (empty.pictures, empty.dsb, empty.all_at().f1, empty.all_at().precision) == (0, None, None, None)


def test_areas_fall_into_powers_of_two() -> None:
    ids = np.repeat(np.arange(1, 6), [1, 2, 3, 4, 1023])[None]
    sizes = _tally([(_cells(ids), _cells(ids))], CELLS).result().sizes
    assert [np.flatnonzero(row).tolist() for row in sizes] == [[0, 1, 2, 9]] * 3
    assert sizes[0, 1] == 2


def test_an_object_must_not_match_two() -> None:
    with pytest.raises(ValueError, match=r"0\.5"):
        ObjectTally(CELLS, thresholds=[0.3])
    with pytest.raises(ValueError, match="different class sets"):
        ObjectTally(CELLS).merge(ObjectTally(CLASSES))
