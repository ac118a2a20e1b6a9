"""Decisions from queries against plain full-size computations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segdesk.domain import queries as q
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.domain.prediction import Prediction, Queries
from segdesk.domain.segmentation import Segmentation

CLASSES = ClassSet.from_names(["person", "car", "sky", "road"], [], ["person", "car"])
IDS = (1, 2, 3, 4)


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    count = draw(st.integers(1, 6))
    h, w = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    size = draw(st.integers(1, 25)), draw(st.integers(1, 25))
    logits = draw(hnp.arrays(np.float16, (count, h, w), elements=st.floats(-6, 6, width=16)))
    votes = draw(hnp.arrays(np.float32, (count, 5), elements=st.floats(0.015625, 1, width=32)))
    extent = tuple(draw(st.sampled_from([n, n - 0.25, n - 0.5])) for n in (h, w))
    return _prediction(logits, votes / votes.sum(1, keepdims=True), size, extent)


def _prediction(
    logits: np.ndarray, classes: np.ndarray, size: tuple[int, int], extent: tuple[float, ...] | None = None
) -> Prediction:
    rows, cols = extent or logits.shape[1:]
    found = Queries(classes.astype(np.float32), logits.astype(np.float16), (rows, cols))
    return Prediction("panoptic", size, CLASSES, None, IDS, (), found)


def _full(queries: Queries, size: tuple[int, int]) -> np.ndarray:
    """(Q, H, W) logits at every pixel."""
    masks = queries.masks.astype(np.float32)
    _, h, w = masks.shape
    y = np.clip((np.arange(size[0]) + 0.5) * (queries.extent[0] / size[0]) - 0.5, 0, h - 1)
    x = np.clip((np.arange(size[1]) + 0.5) * (queries.extent[1] / size[1]) - 0.5, 0, w - 1)
    a, c = np.floor(y).astype(int), np.floor(x).astype(int)
    b, d = np.minimum(a + 1, h - 1), np.minimum(c + 1, w - 1)
    fy, fx = (y - a).astype(np.float32)[:, None], (x - c).astype(np.float32)
    top = masks[:, a][:, :, c] + (masks[:, a][:, :, d] - masks[:, a][:, :, c]) * fx
    low = masks[:, b][:, :, c] + (masks[:, b][:, :, d] - masks[:, b][:, :, c]) * fx
    return top + (low - top) * fy


def _plain(prediction: Prediction, cuts: q.Cuts) -> dict[int, tuple[int, np.ndarray]]:
    """Query -> (class, pixels), by the papers' own loop; and the margins that float32 cannot tell are left out."""
    assert prediction.queries is not None
    logits = _full(prediction.queries, prediction.size)
    probs = 1 / (1 + np.exp(-logits.astype(np.float64)))
    scores, labels = prediction.queries.classes.max(1), prediction.queries.classes.argmax(1)
    kept = [i for i in range(len(scores)) if labels[i] < 4 and scores[i] >= cuts.confidence]
    if not kept:
        return {}
    weighed = np.stack([scores[i] * probs[i] for i in kept])
    winner = weighed.argmax(0)
    result = {}
    for place, i in enumerate(kept):
        mine = winner == place
        final = mine & (probs[i] >= cuts.mask) & (weighed[place] >= cuts.pixel)
        area, whole = int(final.sum()), int((probs[i] >= cuts.mask).sum())
        if area and mine.sum() >= cuts.overlap * whole and (labels[i] > 1 or area >= cuts.min_area):
            result[i] = (IDS[labels[i]], final)
    return result


def _clear(prediction: Prediction, cuts: q.Cuts) -> bool:
    """Whether no pixel is so close to a tie or a threshold that rounding could decide it."""
    assert prediction.queries is not None
    probs = 1 / (1 + np.exp(-_full(prediction.queries, prediction.size).astype(np.float64)))
    weighed = np.sort(prediction.queries.classes.max(1)[:, None, None] * probs, axis=0)
    near = np.abs(np.diff(weighed, axis=0)).min(initial=1) < 1e-5 or np.abs(probs - cuts.mask).min() < 1e-5
    every = (prediction.queries.classes.max(1)[:, None, None] * probs).ravel()
    return not near and np.abs(every - cuts.pixel).min() > 1e-5


@given(
    predictions(),
    st.sampled_from([0.0, 0.3, 0.5]),
    st.sampled_from([0.1, 0.5, 0.8]),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([0, 4]),
)
def test_the_panoptic_map_is_that_of_the_plain_loop(
    prediction: Prediction, confidence: float, overlap: float, pixel: float, least: int
) -> None:
    cuts = q.Cuts(confidence, overlap, 0.45, pixel, least)
    result = q.panoptic(prediction, cuts)
    assert set(np.unique(result.ids)) - {0} <= set(result.segments)
    if not _clear(prediction, cuts):
        return
    wanted = _plain(prediction, cuts)
    classes = np.zeros(prediction.size, int)
    for class_id, pixels in wanted.values():
        classes[pixels] = class_id
    assert np.array_equal(_classes(result), classes)
    for class_id, pixels in wanted.values():
        keys = np.unique(result.ids[pixels])
        assert keys.size == 1, "one query, one segment"
        if class_id in CLASSES.things:
            assert np.array_equal(result.ids == keys[0], pixels), "things are counted"


def _classes(result: Segmentation) -> np.ndarray:
    table = np.zeros(int(result.ids.max()) + 1, int)
    for key, segment in result.segments.items():
        if key < table.size:
            table[key] = segment.class_id
    return table[result.ids]


@given(predictions())
def test_scores_are_the_sum_of_masks_weighed_by_votes(prediction: Prediction) -> None:
    found = prediction.queries
    assert found is not None
    masks = 1 / (1 + np.exp(-found.masks.astype(np.float64)))
    assert np.allclose(q.semantic_scores(found), np.einsum("qk,qhw->khw", found.classes[:, :-1], masks), atol=1e-4)


def test_objects_are_votes_times_the_mean_of_their_mask() -> None:
    logits = np.full((3, 4, 4), -5.0)
    logits[0, :2] = 2.0
    logits[1, 2:] = 4.0
    votes = np.array([[0.6, 0.3, 0, 0, 0.1], [0.05, 0.7, 0.2, 0, 0.05], [0.5, 0, 0, 0, 0.5]])
    prediction = _prediction(logits, votes, (8, 8))
    assert prediction.queries is not None
    found = q.objects(prediction.queries, (0, 1))
    mean = [1 / (1 + np.exp(-2.0)), 1 / (1 + np.exp(-4.0))]
    assert [(o.query, o.channel) for o in found] == [(1, 1), (0, 0)], "the three strongest votes; the third has no mask"
    assert [o.score for o in found] == pytest.approx([0.7 * mean[1], 0.6 * mean[0]], abs=1e-3)


def test_thresholds_act_on_the_stored_prediction() -> None:
    logits = np.full((2, 8, 8), -6.0)
    logits[0, :, :5] = 6.0  # a person
    logits[1, :, 4:] = 6.0  # sky, which the person covers in part
    votes = np.array([[0.9, 0, 0, 0, 0.1], [0, 0, 0.7, 0, 0.3]])
    prediction = _prediction(logits, votes, (8, 8))
    whole = decide(prediction, DecideOptions(overlap=0.7))
    assert sorted(s.class_id for s in whole.segments.values()) == [1, 3]
    assert int((whole.ids == 3).sum()) == 24
    assert [s.class_id for s in decide(prediction, DecideOptions(overlap=0.8)).segments.values()] == [1]
    assert [s.class_id for s in decide(prediction, DecideOptions(confidence=0.8)).segments.values()] == [1]
    assert [s.class_id for s in decide(prediction, DecideOptions(overlap=0.7, stuff_area=30)).segments.values()] == [1]
    assert not decide(prediction, DecideOptions(overlap=0.0, mask_threshold=0.999)).ids.any()


def test_stuff_of_two_queries_is_one_segment_and_things_are_two() -> None:
    logits = np.full((4, 4, 4), -6.0)
    for index in range(4):
        logits[index, index] = 6.0
    votes = np.zeros((4, 5))
    votes[:2, 2] = votes[2:, 0] = 1.0
    result = decide(_prediction(logits, votes, (4, 4)), DecideOptions(overlap=0.5))
    assert [len(np.unique(result.ids[rows])) for rows in (slice(0, 2), slice(2, 4))] == [1, 2]


def test_a_large_picture_is_decided_in_bands_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    votes = rng.random((9, 5))
    prediction = _prediction(rng.normal(0, 4, (9, 12, 17)), votes / votes.sum(1, keepdims=True), (150, 211))
    cuts = q.Cuts(0.2, 0.1)
    whole = q.panoptic(prediction, cuts)
    monkeypatch.setattr(q, "BAND", 500)
    monkeypatch.setattr(q, "CHUNK", 99)
    assert np.array_equal(q.panoptic(prediction, cuts).ids, whole.ids)
    assert len(whole.segments) > 2


def test_queries_need_a_class_for_each_vote() -> None:
    with pytest.raises(ValueError, match="one class id"):
        _prediction(np.zeros((2, 3, 3)), np.zeros((2, 4)), (3, 3))
