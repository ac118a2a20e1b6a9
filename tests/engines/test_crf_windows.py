"""The dense CRF piece by piece: windows, parts of the picture, held classes, and a stop at any moment."""

# pyright: reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import CrfOptions
from segdesk.engines import crf
from segdesk.engines.crf import embedding, windows
from segdesk.engines.crf.team import Team
from tests.engines.crf_scenes import same_winner, scene, two_halves

OPTIONS = CrfOptions()


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch):
    """Windows of 96 pixels; returns what makes all pictures one window again."""

    def whole() -> None:
        monkeypatch.setattr(windows, "WHOLE", 1 << 30)
        monkeypatch.setattr(windows, "WHOLE_FAST", 1 << 30)

    for name, value in (("WHOLE", 1), ("WHOLE_FAST", 1), ("WINDOW", 96), ("WINDOW_FAST", 96)):
        monkeypatch.setattr(windows, name, value)
    return whole


@pytest.mark.parametrize("quality", ["exact", "fast"])
@pytest.mark.parametrize("seed", [0, 1])
def test_windows_that_overlap_give_the_answer_of_the_whole(quality: str, seed: int, small_windows):
    scores, image = scene(290, 310, 5, seed)
    options = CrfOptions(4, 12, 8, 3, 3, 5, quality)
    shares = []
    pieces = crf.refine_present(scores, image, options, dtype=np.float32, progress=shares.append)[1]
    small_windows()
    assert same_winner(pieces, crf.refine(scores, image, options)) >= 0.999
    assert shares == sorted(shares)
    assert len(shares) > 16
    assert shares[-1] == pytest.approx(1)


@pytest.mark.parametrize("quality", ["exact", "fast"])
def test_a_part_of_the_picture_has_the_answer_of_the_whole(quality: str):
    scores, image = scene(290, 310, 5)
    options = CrfOptions(4, 12, 8, 3, 3, 5, quality)
    present, whole = crf.refine_present(scores, image, options, dtype=np.float32)
    for box in ((0, 0, 60, 40), (101, 83, 222, 197), (309, 0, 310, 290)):
        x0, y0, x1, y1 = box
        of_part, part = crf.refine_window(scores, image, options, box, dtype=np.float32)
        assert np.array_equal(of_part, present)
        assert part.shape == (5, y1 - y0, x1 - x0)
        assert same_winner(part, whole[:, y0:y1, x0:x1]) >= 0.995
    for box in ((0, 0, 0, 4), (-1, 0, 4, 4), (0, 0, 311, 4), (5, 9, 5, 3)):
        with pytest.raises(SegDeskError, match="outside"):
            crf.refine_window(scores, image, options, box)


def test_a_reduced_picture_is_refined_at_its_size():
    scores, image = two_halves(64, 96)
    present, found = crf.refine_reduced(scores, image, OPTIONS, 0.5)
    assert present.tolist() == [0, 1]
    assert found.shape == (2, 32, 48)
    assert np.array_equal(found[1] > found[0], image[::2, ::2, 0] > 100)
    assert crf.refine_reduced(scores, image, OPTIONS, 0.001)[1].shape == (2, 1, 1)
    assert np.array_equal(
        crf.refine_reduced(scores, image, OPTIONS, 1)[1], crf.refine_present(scores, image, OPTIONS)[1]
    )


@pytest.mark.parametrize("quality", ["exact", "fast"])
def test_held_classes_keep_their_probabilities_and_the_rest_goes_to_the_others(quality: str):
    scores, image = scene(120, 150, 5)
    options = CrfOptions(4, 12, 8, 3, 3, 5, quality)
    present, found = crf.refine_present(scores, image, options, dtype=np.float32, held=(1, 3))
    assert present.tolist() == [0, 2, 4, 1, 3]
    assert np.array_equal(found[3:], scores[[1, 3]])
    assert np.allclose(found.sum(0), 1, atol=2e-3)
    assert np.abs(found[:3] - scores[[0, 2, 4]]).mean() > 0.02  # the others did change
    coarse = crf.refine_present(scores[:, ::3, ::3], image, options, dtype=np.float32, held=(1, 3))[1]
    assert np.allclose(coarse.sum(0), 1, atol=2e-3)


def test_held_classes_are_those_of_a_mean_field_with_clamped_marginals():
    """Against the sums over all pairs of pixels: a pixel that belongs to a held class sends nothing."""
    scores, image = two_halves(20, 24, shift=3)
    held = np.zeros((20, 24), np.float32)
    held[:, 10:13] = 0.98  # a wall between
    scores = np.concatenate([scores * (1 - held), held[None]])
    options = CrfOptions(w1=0, w2=2, sigma_gamma=3, iterations=3)
    found = crf.refine_present(scores, image, options, dtype=np.float32, held=(2,))[1]
    y, x = np.divmod(np.arange(480), 24)
    points = np.stack([x, y], 1) / 3
    kernel = np.exp(-0.5 * ((points[:, None] - points[None]) ** 2).sum(2))
    norm = 1 / np.sqrt(kernel.sum(1))
    free = 1 - held.reshape(-1)
    unary = np.log(scores[:2].reshape(2, -1) / free)
    q = np.exp(unary)
    for _ in range(3):
        logits = unary + 2 * norm * ((q * free * norm) @ kernel)
        q = np.exp(logits - logits.max(0))
        q /= q.sum(0)
    assert np.abs(found[:2].reshape(2, -1) - q * free).max() < 0.1  # a lattice is an approximation
    assert same_winner(found[:2], (q * free).reshape(2, 20, 24)) > 0.99


def test_all_but_one_held_leaves_it_the_rest():
    scores, image = scene(30, 40, 3)
    present, found = crf.refine_present(scores, image, OPTIONS, dtype=np.float32, held=(0, 2))
    assert present.tolist() == [1, 0, 2]
    assert np.allclose(found, scores[[1, 0, 2]], atol=1e-5)
    assert crf.refine_present(scores, image, OPTIONS, held=(0, 1, 2))[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("quality", ["exact", "fast"])
def test_a_stop_is_heard_at_any_moment(quality: str):
    """It ends within one more question, whichever it was that was answered with yes."""
    scores, image = scene(200, 300, 6)
    options, asked = replace(OPTIONS, quality=quality), 0

    def count() -> bool:
        nonlocal asked
        asked += 1
        return 0 < last <= asked

    last = 0
    crf.refine(scores, image, options, count)
    assert asked > 60  # at least that often
    for last in (1, 3, 9, 20, 33, 47, 60):
        asked = 0
        with pytest.raises(Cancelled):
            crf.refine(scores, image, options, count)
        assert asked == last


def test_threads_stop_after_the_chunk_that_they_are_at():
    for way in ("share", "own"):
        done = []

        def work(first: int, last: int, done: list[int] = done) -> None:
            done.append(last - first)
            team.stop[0] = 1

        with Team(lambda: False, threads=2) as team, pytest.raises(Cancelled):
            getattr(team, way)(1_000_000, work, 1000)
        assert sum(done) <= 2000


def test_no_loop_over_all_pixels_or_vertices_goes_on_after_a_stop():
    """What is done at once, without a look at whether to stop, is at most some thousand pixels."""
    _, image = scene(200, 300, 6)
    stop, pixels = np.ones(1, np.uint8), np.arange(60_000, dtype=np.int32)
    vertices, weights = np.full((60_000, 3), -7, np.int32), np.empty((60_000, 3), np.float32)
    scale, factors = (np.float32(0.3),) * 2, (3, 5001)
    assert embedding.embed(image, pixels, scale, factors, vertices, weights, stop).size == 0
    assert (vertices == -7).all()
    keys = np.arange(1000, 61_000)
    table, _, unique = embedding.index(keys, np.zeros(60_000, bool), stop)
    assert unique.size <= 1025
    table, _, unique = embedding.index(keys, np.zeros(60_000, bool), np.zeros(1, np.uint8))
    assert unique.size == 60_001
    pairs = np.zeros((60_001, 2), np.int32)
    embedding.link(table, unique, np.int64(1), pairs, stop)
    assert 1000 < np.count_nonzero(pairs) < 2100
    before = vertices.copy()
    embedding.renumber(vertices, np.arange(5, dtype=np.int32), stop)
    assert np.array_equal(vertices, before)


def test_a_stop_does_not_wait_for_what_cannot_hear_it():
    """Sorting a million pixels is one call that no one can interrupt: it ends by itself, with nobody waiting."""
    goes_on, asked = threading.Event(), threading.Event()

    def deaf() -> bool:
        asked.set()
        return goes_on.wait(60)

    try:
        with Team(asked.is_set, threads=2) as team, pytest.raises(Cancelled):
            team.apart(deaf)
        assert not goes_on.is_set()
    finally:
        goes_on.set()
