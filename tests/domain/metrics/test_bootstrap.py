"""Intervals: draws against judging the drawn pictures anew, and what an interval must be like."""

from __future__ import annotations

import numpy as np
import pytest

from segdesk.domain.metrics.ap import APAccumulator
from segdesk.domain.metrics.ap_intervals import ap_intervals, drawn_ap
from segdesk.domain.metrics.bootstrap import Interval, Resamples, interval, mean_known, ratio, weights
from segdesk.domain.metrics.detections import Objects
from tests.domain.metrics.coco_oracle import Scene, scene

CLASSES = [1, 2, 3]


def _accumulated(pictures: Scene) -> APAccumulator:
    total = APAccumulator(CLASSES)
    for references, found in pictures:
        total.add(references, found)
    return total


@pytest.mark.parametrize("seed", range(4))
def test_drawn_ap_is_the_ap_of_the_drawn_pictures(seed: int) -> None:
    """Distinct scores, so that the order of equal ones, which drawing changes, plays no part."""
    pictures = scene(seed, pictures=7, classes=2, most=6, kind="bbox")
    rng = np.random.default_rng(seed)
    pictures = [(r, Objects.of_boxes(d.shapes, d.classes, scores=rng.random(len(d)))) for r, d in pictures]
    values = drawn_ap(_accumulated(pictures), draws=20, seed=seed)
    for draw in range(20):
        often = [int(weights(n, draws=20, seed=seed)[draw]) for n in range(len(pictures))]
        again = _accumulated([pair for pair, times in zip(pictures, often, strict=True) for _ in range(times)])
        precision = again.result().precision[:, :, :, 0, -1]
        for k in range(len(CLASSES)):
            if precision[0, 0, k] < 0:
                assert np.isnan(values[:, k, draw]).all()
            else:
                assert values[:, k, draw] == pytest.approx(precision[:, :, k].mean(axis=1), abs=1e-9)


def test_chunks_of_draws_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    total = _accumulated(scene(1, pictures=9, classes=3, most=8, kind="bbox"))
    whole = drawn_ap(total, draws=30)
    monkeypatch.setattr("segdesk.domain.metrics.ap_intervals.CELLS", 50)
    assert np.array_equal(drawn_ap(total, draws=30), whole, equal_nan=True)


def test_interval_holds_the_figure_of_ap() -> None:
    total = _accumulated(scene(2, pictures=40, classes=3, most=8, kind="bbox"))
    found, result = ap_intervals(total), total.result()
    for name, value in (("ap", result.ap()), ("ap50", result.ap(iou=0.5)), ("ap75", result.ap(iou=0.75))):
        span = found[name]
        assert span is not None
        assert value is not None
        assert span.low < value < span.high
        assert (span.pictures, span.draws) == (40, 200)
    assert ap_intervals(_accumulated([]))["ap"] is None


def test_sums_are_those_of_the_drawn_pictures() -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 9, (6, 4, 3)) * (rng.random((6, 4, 1)) < 0.5)
    pictures[:, 2] = 0  # a kind that does not occur
    resamples = Resamples(3, draws=50, seed=5)
    for values in pictures:
        resamples.add(values)
    often = np.stack([weights(n, draws=50, seed=5) for n in range(6)])
    expected = np.einsum("pb,pkc->kcb", often, pictures)[[0, 1, 3]]
    assert np.array_equal(resamples.sums, expected)
    assert Resamples(3, draws=5).sums.shape == (0, 3, 5)


def test_draws_are_the_same_again_and_poisson() -> None:
    assert np.array_equal(weights(3, seed=1), weights(3, seed=1))
    assert not np.array_equal(weights(3, seed=1), weights(4, seed=1))
    every = np.concatenate([weights(n) for n in range(200)]).astype(float)
    assert every.mean() == pytest.approx(1, abs=0.01)
    assert every.var() == pytest.approx(1, abs=0.02)


def test_an_interval_covers_what_it_says() -> None:
    """Of 300 sets of 40 normal numbers, about 95 % have the true mean in the interval of theirs."""
    rng, covered = np.random.default_rng(1), 0
    for trial in range(300):
        resamples = Resamples(2, draws=400, seed=trial)
        for value in rng.normal(5, 1, 40):
            resamples.add(np.array([[value, 1.0]]))
        total, count = resamples.sums[0]
        span = interval(ratio(total, count), 40)
        assert span is not None
        covered += span.low <= 5 <= span.high
    assert 0.90 < covered / 300 < 0.98


def test_one_picture_has_no_interval() -> None:
    assert interval(np.ones(100), 1) is None
    assert interval(np.full(100, np.nan), 50) is None
    assert interval(np.array([1.0, 1.0, np.nan]), 2) == Interval(1.0, 1.0, 2, 2)


def test_means_leave_out_what_is_not_there() -> None:
    values = np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    assert mean_known(values)[:2].tolist() == [2.0, 4.0]
    assert np.isnan(mean_known(values)[2])
