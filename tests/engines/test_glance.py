"""A glance shows what the answer will be: the same labels, fewer pixels."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.prediction import Instance, Prediction, Queries
from segdesk.engines.engine import Work
from segdesk.engines.glance import glanced, quick, reduced
from segdesk.engines.messages import Glance, PredictRequest
from tests.engines.fakes import brightness_card

SIZE = 120, 160
CLASSES = ClassSet.from_names(["ground", "disc", "box"], things=["disc", "box"])


def picture() -> np.ndarray:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    image = np.full((*SIZE, 3), 50, np.uint8)
    image[(rows - 60) ** 2 + (columns - 50) ** 2 < 30**2] = 210
    image[20:50, 100:150] = (40, 160, 60)
    return image


def semantic() -> Prediction:
    """Scores at a quarter of the size, blurred over the edges."""
    rows, columns = np.mgrid[: SIZE[0] // 4, : SIZE[1] // 4]
    disc = 1 / (1 + np.exp(((rows - 15) ** 2 + (columns - 12.5) ** 2 - 49) / 12))
    box = 0.95 * ((rows > 4) & (rows < 13) & (columns > 24) & (columns < 38))
    scores = np.stack([np.maximum(0, 1 - disc - box), disc, box]).astype(np.float16)
    return Prediction("semantic", SIZE, CLASSES, scores / scores.sum(0), (1, 2, 3))


def objects() -> Prediction:
    masks = np.zeros((2, *SIZE), bool)
    masks[0, 30:90, 20:80] = masks[1, 20:50, 100:150] = True
    found = tuple(Instance(k + 2, 0.9 - k / 10, rle.encode(mask)) for k, mask in enumerate(masks))
    return Prediction("instance", SIZE, CLASSES, instances=found)


def panoptic() -> Prediction:
    plain = semantic()
    assert plain.scores is not None
    logits = np.where(plain.scores > 0.5, 6.0, -6.0).astype(np.float16)
    votes = np.array([[0.9, 0.05, 0, 0.05], [0, 0.95, 0, 0.05], [0, 0, 0.9, 0.1]], np.float32)
    queries = Queries(votes, logits, (SIZE[0] / 4, SIZE[1] / 4))
    return Prediction("panoptic", SIZE, CLASSES, plain.scores, (1, 2, 3), objects().instances, queries)


def ask(prediction: Prediction, glance: Glance, options: RunOptions | None = None, work: Work | None = None):
    options = options or RunOptions()
    request = PredictRequest("k", brightness_card(), None, options=options, glance=glance)
    return glanced(request, glance, work or Work(prediction, picture(), "cpu"), lambda: False)


def classes_of(answer) -> np.ndarray:
    return answer.segmentation.class_table()[answer.segmentation.ids]


def whole(prediction: Prediction) -> np.ndarray:
    labels = decide(prediction)
    return labels.class_table()[labels.ids]


@pytest.mark.parametrize("make", [semantic, objects, panoptic])
def test_at_full_size_it_is_that_part_of_the_answer(make):
    prediction = make()
    wanted = whole(prediction)
    for rect in ((0, 0, 160, 120), (13, 22, 77, 91), (90, 10, 160, 60)):
        x0, y0, x1, y1 = rect
        found = classes_of(ask(prediction, Glance(rect, (y1 - y0, x1 - x0))))
        assert (found == wanted[y0:y1, x0:x1]).mean() > 0.998


@pytest.mark.parametrize("make", [semantic, objects, panoptic])
def test_reduced_it_is_nearly_the_answer(make):
    prediction = make()
    found = classes_of(ask(prediction, Glance((20, 10, 160, 110), (50, 70))))
    assert (found == whole(prediction)[10:110, 20:160][1::2, 1::2]).mean() > 0.96


@limits(max_examples=40)
@given(st.data())
def test_any_part_and_size(data):
    x0, y0 = data.draw(st.integers(0, 158)), data.draw(st.integers(0, 118))
    x1, y1 = data.draw(st.integers(x0 + 1, 160)), data.draw(st.integers(y0 + 1, 120))
    size = data.draw(st.integers(1, y1 - y0)), data.draw(st.integers(1, x1 - x0))
    prediction = data.draw(st.sampled_from([semantic(), objects(), panoptic()]))
    answer = ask(prediction, Glance((x0, y0, x1, y1), size))
    assert answer.segmentation.size == size
    answer.segmentation.check(CLASSES)
    assert answer.classes is prediction.classes


def test_sizes_in_pixels_follow_the_scale_and_the_crf_is_fast():
    options = RunOptions(DecideOptions(min_area=400), CrfOptions(sigma_alpha=40))
    small = quick(options, Glance((0, 0, 160, 120), (60, 80)))
    assert small.decide.min_area == 100
    assert small.crf == CrfOptions(sigma_alpha=20, sigma_gamma=1.5, quality="fast")
    same = quick(options, Glance((10, 10, 50, 50), (40, 40)))
    assert same == replace(options, crf=CrfOptions(sigma_alpha=40, quality="fast"))


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
def test_the_crf_follows_the_edges_of_the_picture():
    prediction, image = semantic(), picture()
    options = RunOptions(crf=CrfOptions(sigma_beta=8))
    glance = Glance((0, 0, 160, 120), (60, 80))
    disc, edge = (classes_of(ask(prediction, glance, o)) == 2 for o in (RunOptions(), options))
    truth = image[1::2, 1::2, 0] == 210
    assert (edge != truth).mean() < (disc != truth).mean()


def test_what_is_looked_at_is_made_once_and_counts_as_memory():
    work = Work(semantic(), picture(), "cpu")
    before = work.nbytes
    glance = Glance((0, 0, 160, 120), (60, 80))
    ask(work.prediction, glance, work=work)
    first = work.glances.last
    ask(work.prediction, glance, RunOptions(DecideOptions(pixel_confidence=0.8)), work)
    assert work.glances.last is first
    assert work.nbytes > before
    ask(work.prediction, Glance((0, 0, 80, 60), (60, 80)), work=work)
    assert work.glances.last is not first


def test_scores_of_classes_that_are_elsewhere_are_left_out():
    part = reduced(Glance((100, 20, 150, 50), (30, 50)), semantic(), picture())
    assert part.prediction.score_ids == (1, 3)
    assert part.image.shape == (30, 50, 3)
