"""The dense CRF: it follows edges, and no input breaks it."""

# pyright: reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import CrfOptions
from segdesk.domain.prediction import Instance, Prediction
from segdesk.engines import crf
from segdesk.engines.crf import refining
from segdesk.engines.refine import NOTE_REDUCED, refined
from tests.engines.crf_scenes import two_halves

OPTIONS = CrfOptions()


def test_the_border_moves_to_the_edge():
    scores, image = two_halves()
    result = crf.refine(scores, image, OPTIONS)
    assert np.array_equal(result[1] > result[0], image[..., 0] > 100)
    assert np.allclose(result.sum(0), 1, atol=1e-4)


def test_classes_that_are_nowhere_cost_nothing_and_stay_out():
    scores, image = two_halves()
    padded = np.concatenate([scores[:1], np.zeros((30, *scores.shape[1:]), np.float32), scores[1:]])
    result = crf.refine(padded, image, OPTIONS)
    assert not result[1:-1].any()
    assert np.allclose(result[[0, -1]], crf.refine(scores, image, OPTIONS))


def test_any_memory_layout_and_an_input_left_as_it_was():
    scores, image = two_halves()
    before = scores.copy()
    strided = np.asfortranarray(scores)
    flipped = np.ascontiguousarray(image[:, ::-1])[:, ::-1]
    assert np.allclose(crf.refine(strided, flipped, OPTIONS), crf.refine(scores, image, OPTIONS), atol=1e-5)
    assert np.array_equal(scores, before)


def test_fast_finds_the_edge_too():
    scores, image = two_halves()
    result = crf.refine(scores, image, replace(OPTIONS, quality="fast"))
    assert np.array_equal(result[1] > result[0], image[..., 0] > 100)
    assert np.allclose(result.sum(0), 1, atol=1e-3)


def test_a_single_class_is_certain():
    scores, image = two_halves()
    assert (crf.refine(np.ones_like(scores[:1]), image, OPTIONS) == 1).all()


@pytest.mark.parametrize(
    ("scores", "options", "part"),
    [
        (np.full((2, 4, 4), np.nan, np.float32), OPTIONS, "not numbers"),
        (np.full((2, 4, 4), np.inf, np.float32), OPTIONS, "not numbers"),
        (np.zeros((0, 4, 4), np.float32), OPTIONS, "no class probabilities"),
        (np.ones((2, 4, 5), np.float32), OPTIONS, "differ in size"),
        (np.ones((2, 4, 4), np.float32), replace(OPTIONS, sigma_beta=0.0), "greater than 0"),
        (np.ones((2, 4, 4), np.float32), replace(OPTIONS, iterations=0), "at least one"),
    ],
)
def test_nonsense_is_refused(scores: np.ndarray, options: CrfOptions, part: str):
    with pytest.raises(SegDeskError, match=part):
        crf.refine(scores, np.zeros((4, 4, 3), np.uint8), options)


def test_it_stops_between_iterations():
    scores, image = two_halves()
    with pytest.raises(Cancelled):
        crf.refine(scores, image, OPTIONS, lambda: True)


def test_memory_is_limited_in_the_picture_s_proportion():
    assert crf.limited(2, 1000, 1000) == (1000, 1000)
    height, width = crf.limited(150, 4000, 6000)
    assert height * width * 150 <= refining.MAX_VALUES
    assert width / height == pytest.approx(1.5, rel=0.01)


def square(size: tuple[int, int], window: tuple[int, int, int, int]) -> Instance:
    x0, y0, x1, y1 = window
    return Instance(3, 0.75, rle.encode_at(np.ones((y1 - y0, x1 - x0), bool), x0, y0, size))


def test_an_object_gets_the_picture_s_edges():
    image = np.full((100, 120, 3), 40, np.uint8)
    image[30:70, 40:80] = (210, 60, 60)
    found = crf.refine_instance(square((100, 120), (37, 28, 77, 68)), image, OPTIONS, lambda: False)
    assert (found.class_id, found.score) == (3, 0.75)
    assert (rle.decode(found.mask) == (image[..., 0] == 210)).mean() > 0.999  # corners are rounded


def test_no_object_is_swallowed():
    """One bright pixel in an even surrounding would vanish: it stays as it is."""
    image = np.full((50, 50, 3), 90, np.uint8)
    lone = square((50, 50), (20, 20, 22, 22))
    strong = CrfOptions(w1=50, w2=50)
    assert crf.refine_instance(lone, image, strong, lambda: False) == lone


def test_touching_objects_of_one_colour_keep_their_border():
    image = np.full((60, 100, 3), 40, np.uint8)
    image[20:40, 20:80] = 200
    left, right = square((60, 100), (22, 18, 45, 38)), square((60, 100), (45, 18, 78, 38))
    prediction = Prediction("instance", (60, 100), ClassSet.from_names(["a", "b", "c"]), instances=(left, right))
    found = [rle.decode(i.mask) for i in refined(prediction, image, OPTIONS, lambda: False)[0].instances]
    assert not (found[0] & found[1]).any()
    for mask, half in zip(found, (slice(20, 45), slice(45, 80)), strict=True):
        wanted = np.zeros((60, 100), bool)
        wanted[20:40, half] = True
        assert (mask != wanted).mean() < 0.01


def test_a_prediction_is_enlarged_to_the_picture_first():
    scores, image = two_halves(64, 96, shift=0)
    coarse = scores[:, ::8, ::8]
    prediction = Prediction(
        "panoptic",
        (64, 96),
        ClassSet.from_names(["a", "b", "c"]),
        np.concatenate([coarse, np.zeros_like(coarse[:1])]).astype(np.float16),
        (1, 2, 0),
        (square((64, 96), (48, 10, 80, 40)),),
    )
    result, notes = refined(prediction, image, OPTIONS, lambda: False)
    assert notes == ()
    assert result.scores is not None
    assert result.scores.shape == (2, 64, 96)
    assert result.score_ids == (1, 2)
    assert np.array_equal(result.scores[1] > result.scores[0], image[..., 0] > 100)
    assert len(result.instances) == 1


def test_a_large_picture_is_refined_at_reduced_size_and_that_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(refining, "MAX_VALUES", 2000)
    scores, image = two_halves()
    prediction = Prediction("semantic", (60, 80), ClassSet.from_names(["a", "b"]), scores.astype(np.float16), (1, 2))
    result, notes = refined(prediction, image, OPTIONS, lambda: False)
    assert notes == (NOTE_REDUCED,)
    assert result.scores is not None
    assert result.scores[0].size <= 1000


def test_a_broken_answer_is_said_not_crashed_on():
    scores, image = two_halves()
    scores[0, 0, 0] = np.nan
    prediction = Prediction("semantic", (60, 80), ClassSet.from_names(["a", "b"]), scores.astype(np.float16), (1, 2))
    with pytest.raises(SegDeskError, match="not numbers"):
        refined(prediction, image, OPTIONS, lambda: False)


def test_without_the_package_it_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(refining, "crf_available", lambda: False)
    with pytest.raises(SegDeskError, match="not installed"):
        crf.refine(*two_halves(), OPTIONS)
