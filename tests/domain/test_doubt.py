"""The doubt map and the places: against slow oracles, and on pictures whose doubtful place is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import decide
from segdesk.domain.doubt import (
    MAP_SIDE,
    MOST_PLACES,
    REASONS,
    block_mean,
    disagreement,
    doubts,
    map_size,
)
from segdesk.domain.prediction import Instance, Prediction, doubt, margin_doubt
from segdesk.domain.segmentation import Segmentation

CLASSES = ClassSet.from_names(["ground", "cell"], things=["cell"])


def scores_of(winner: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """(2, h, w) float16 of a winner map (0 or 1) with the gap between the two."""
    best, other = (1 + margin) / 2, (1 - margin) / 2
    return np.stack([np.where(winner == 0, best, other), np.where(winner == 1, best, other)]).astype(np.float16)


def semantic(winner: np.ndarray, margin: np.ndarray, scale: int = 4) -> Prediction:
    size = (winner.shape[0] * scale, winner.shape[1] * scale)
    return Prediction("semantic", size, CLASSES, scores_of(winner, margin), (1, 2))


def disc(size: tuple[int, int], x: int, y: int, radius: int) -> np.ndarray:
    ys, xs = np.mgrid[: size[0], : size[1]]
    return (xs - x) ** 2 + (ys - y) ** 2 <= radius**2


def objects(size: tuple[int, int], *found: tuple[float, np.ndarray]) -> Prediction:
    instances = tuple(Instance(2, score, rle.encode(mask)) for score, mask in found)
    return Prediction("instance", size, CLASSES, instances=instances)


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 9), st.integers(1, 9))
def test_margin_is_one_minus_the_gap_of_the_two_best(seed: int, k: int, h: int, w: int):
    scores = np.random.default_rng(seed).dirichlet(np.ones(k), (h, w)).transpose(2, 0, 1).astype(np.float16)
    ordered = np.sort(scores.astype(np.float64), axis=0)
    assert np.allclose(margin_doubt(scores), 1 - (ordered[-1] - ordered[-2]), atol=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 30), st.data())
def test_block_mean_against_the_plain_loop(seed: int, height: int, width: int, data: st.DataObject):
    h, w = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    values = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    found = block_mean(values, (h, w))
    for i in range(h):
        for j in range(w):
            ys = slice(i * height // h, (i + 1) * height // h)
            xs = slice(j * width // w, (j + 1) * width // w)
            assert np.isclose(found[i, j], values[ys, xs].mean(), atol=1e-5)


def test_a_doubtful_spot_is_found_where_it_is():
    winner = np.zeros((60, 80), int)
    winner[:, 40:] = 1
    margin = np.ones((60, 80))
    margin[:, 39:41] = 0.0  # the border between two classes is always doubtful: not a place
    margin[10:20, 60:72] = 0.1
    prediction = semantic(winner, margin)
    found = doubts(prediction, decide(prediction))
    assert [p.kind for p in found.places] == ["margin"]
    x0, y0, x1, y1 = found.places[0].box
    assert abs(x0 - 240) <= 8
    assert abs(y0 - 40) <= 8
    assert abs(x1 - 288) <= 8
    assert abs(y1 - 80) <= 8
    assert found.map.shape == (60, 80)
    assert found.map[15, 65] > 220
    assert found.map[40, 10] < 3
    assert found.value == doubt(prediction)


def test_a_large_doubtful_area_is_cut_into_pieces_that_cover_it():
    margin = np.zeros((100, 100))
    prediction = semantic(np.zeros((100, 100), int), margin)
    found = doubts(prediction, decide(prediction))
    assert len(found.places) == 16
    covered = np.zeros(prediction.size, bool)
    for place in found.places:
        x0, y0, x1, y1 = place.box
        assert max(x1 - x0, y1 - y0) <= 100
        covered[y0:y1, x0:x1] = True
    assert covered.all()


def test_objects_of_middling_score_are_places_and_sure_ones_are_not():
    size = (200, 300)
    prediction = objects(
        size, (0.98, disc(size, 50, 50, 20)), (0.55, disc(size, 150, 60, 15)), (0.3, disc(size, 250, 150, 10))
    )
    found = doubts(prediction, decide(prediction))
    assert [(p.kind, p.box) for p in found.places] == [
        ("object", (135, 45, 166, 76)),
        ("object", (240, 140, 261, 161)),
    ]
    assert found.places[0].doubt > found.places[1].doubt
    assert found.map.shape == map_size(prediction) == (171, 256)
    assert found.map[60 * 171 // 200, 150 * 256 // 300] == round(0.9 * 255)
    assert found.map[50 * 171 // 200, 50 * 256 // 300] == 0


def test_an_object_smaller_than_a_cell_still_shows():
    size = (2000, 2000)
    dot = np.zeros(size, bool)
    dot[1003, 501] = True
    found = doubts(objects(size, (0.5, dot)), Segmentation.empty(*size))
    assert np.count_nonzero(found.map) == 1
    assert found.map[1003 * MAP_SIDE // 2000, 501 * MAP_SIDE // 2000] == 255


def test_islands_of_the_label_map():
    winner = np.zeros((64, 64), int)
    winner[:, 32:] = 1
    ids = np.repeat(np.repeat(winner, 4, 0), 4, 1).astype(np.uint16) + 1
    ids[40:44, 50:55] = 2  # far from the rest of its class
    found = doubts(semantic(winner, np.ones((64, 64))), Segmentation.from_class_map(ids))
    assert [(p.kind, p.box) for p in found.places] == [("island", (50, 40, 55, 44))]


def test_flip_disagreement_is_zero_for_a_mirrored_answer_and_finds_what_differs():
    rng = np.random.default_rng(3)
    winner, margin = rng.integers(0, 2, (40, 50)), rng.random((40, 50))
    prediction = semantic(winner, margin)
    mirrored = semantic(winner[:, ::-1], margin[:, ::-1])
    assert not disagreement(prediction, mirrored, (40, 50)).any()
    sure = semantic(np.zeros((40, 50), int), np.ones((40, 50)))
    other = np.zeros((40, 50), int)
    other[5:15, 0:10] = 1  # of the mirrored picture: at the right side of the picture itself
    found = doubts(sure, decide(sure), flipped=semantic(other, np.ones((40, 50))))
    assert [p.kind for p in found.places] == ["flip"]
    assert abs(found.places[0].box[0] - 160) <= 4
    assert abs(found.places[0].box[2] - 200) <= 4
    assert found.value > doubt(sure)


def test_flip_disagreement_of_objects():
    size = (100, 120)
    left, right = disc(size, 30, 50, 15), disc(size, 89, 50, 15)
    assert not disagreement(objects(size, (0.9, left)), objects(size, (0.9, right)), (100, 120)).any()
    missing = disagreement(objects(size, (0.9, left)), objects(size), (100, 120))
    assert np.array_equal(missing > 0, left)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 40), st.integers(1, 3))
def test_any_answer_gives_a_map_and_few_places_inside_the_picture(seed: int, h: int, w: int, scale: int):
    rng = np.random.default_rng(seed)
    prediction = semantic(rng.integers(0, 2, (h, w)), rng.random((h, w)) ** 2, scale)
    found = doubts(prediction, decide(prediction))
    assert found.map.dtype == np.uint8
    assert found.map.shape == map_size(prediction)
    assert len(found.places) <= MOST_PLACES
    for place in found.places:
        x0, y0, x1, y1 = place.box
        assert 0 <= x0 < x1 <= prediction.size[1]
        assert 0 <= y0 < y1 <= prediction.size[0]
        assert 0 <= place.doubt <= 1
        assert place.kind in REASONS


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_the_margin_of_halves_is_that_of_their_exact_values(low: float):
    scores = np.random.default_rng(4).uniform(low, 1.0, (7, 30, 40)).astype(np.float16)
    ordered = np.sort(scores.astype(np.float32), axis=0)
    assert np.array_equal(margin_doubt(scores), 1.0 - (ordered[-1] - ordered[-2]))
    assert margin_doubt(scores).dtype == np.float32
