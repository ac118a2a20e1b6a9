"""The dense CRF: it follows edges, and no input breaks it."""

# pyright: reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import CrfOptions
from segdesk.domain.prediction import Instance, Prediction
from segdesk.engines import crf
from segdesk.engines.crf import embedding, refining, vec, windows
from segdesk.engines.crf.lattice import Lattice, Places
from segdesk.engines.crf.team import Team
from segdesk.engines.refine import NOTE_REDUCED, refined

OPTIONS = CrfOptions()


def two_halves(height: int = 60, width: int = 80, shift: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """A picture of a dark and a bright half, and scores whose border lies `shift` pixels off."""
    image = np.full((height, width, 3), 30, np.uint8)
    image[:, width // 2 :] = 220
    right = np.full((height, width), 0.35, np.float32)
    right[:, width // 2 + shift :] = 0.65
    return np.stack([1 - right, right]), image


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


# -- the parts, against what they should compute -----------------------------------------------------------------------


def scene(height: int, width: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores and a picture of overlapping discs with noise: many borders, some of them blurred away in the scores."""
    rng = np.random.default_rng(seed)
    labels, image = np.zeros((height, width), np.int32), np.full((height, width, 3), 90, np.uint8)
    for _ in range(4 * classes):
        label = int(rng.integers(classes))
        centre, radius = (int(rng.integers(width)), int(rng.integers(height))), int(rng.integers(4, height // 4))
        cv2.circle(labels, centre, radius, label, -1)
        cv2.circle(image, centre, radius, tuple((37 * label + c * 61) % 223 for c in (1, 2, 3)), -1)
    image = np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
    logits = np.stack([cv2.GaussianBlur((labels == k).astype(np.float32), (0, 0), 4) * 6 for k in range(classes)])
    logits += rng.normal(0, 0.7, logits.shape).astype(np.float32)
    odds = np.exp(logits)
    return (odds / odds.sum(0)).astype(np.float32), image


def same_winner(a: np.ndarray, b: np.ndarray) -> float:
    return float((a.argmax(0) == b.argmax(0)).mean())


def filtered(lattice: Lattice, values: np.ndarray, team: Team) -> np.ndarray:
    """What the lattice makes of (n,) values: splat, blur, slice."""
    nodes = np.zeros((lattice.rows, 8), np.float32)
    np.add.at(nodes[:, 0], lattice.vertices, lattice.weights * values[:, None])
    blurred, _ = lattice.blur(nodes.ravel(), np.zeros(nodes.size, np.float32), 8, team)
    return (blurred.reshape(-1, 8)[lattice.vertices, 0] * lattice.weights).sum(1) * lattice.alpha


@pytest.mark.parametrize("color", [0.0, 25.0])
def test_the_lattice_filters_like_a_dense_gaussian(color: float):
    """Against the sum over all pairs of pixels, with the same symmetric normalisation."""
    _, image = scene(24, 30, 3)
    y, x = np.divmod(np.arange(24 * 30), 30)
    features = np.stack([x / 5.0, y / 5.0], 1)
    if color:
        features = np.concatenate([features, image.reshape(-1, 3) / color], 1)
    dense = np.exp(-0.5 * ((features[:, None] - features[None]) ** 2).sum(2))
    norm = 1 / np.sqrt(dense.sum(1))
    values = np.random.default_rng(1).random(24 * 30).astype(np.float32)
    wanted = norm * (dense @ (norm * values))
    with Team(lambda: False, threads=2) as team:
        lattice = Lattice(Places.alike(image, np.arange(24 * 30, dtype=np.int32)), 5.0, color, team)
        found = filtered(lattice, values, team)
    assert np.abs(found - wanted).mean() < 0.02  # a lattice is an approximation
    assert np.corrcoef(found, wanted)[0, 1] > 0.95


def test_a_pixel_s_weights_are_barycentric_and_its_vertices_linked():
    _, image = scene(20, 26, 3)
    n = 20 * 26
    vertices, weights = np.empty((n, 6), np.int32), np.empty((n, 6), np.float32)
    scale, factors = (np.float32(0.3),) * 5, (3, 5001, 7000003, 90000000001, 11000000000003)
    stop = np.zeros(1, np.uint8)
    keys = embedding.embed(image, np.arange(n, dtype=np.int32), scale, factors, vertices, weights, stop)
    assert np.unique(keys).size == keys.size == vertices.max() + 1
    assert weights.min() >= -1e-4
    assert np.allclose(weights.sum(1), 1, atol=1e-4)


def test_exp_is_exact_where_it_matters():
    import numba

    @numba.njit
    def run(values, out):
        vec.store(out, 0, vec.exp(vec.load(values, 0)))

    for start in (0.0, -1.3, -17.7, -80.0):
        values = (start - np.linspace(0, 6, 8)).astype(np.float32)
        out = np.empty(8, np.float32)
        run(values, out)
        assert np.allclose(out, np.exp(values.astype(np.float64)), rtol=1e-5)


def reference(scores: np.ndarray, image: np.ndarray, options: CrfOptions) -> np.ndarray:
    dense = pytest.importorskip("pydensecrf.densecrf", reason="pydensecrf2 is not installed: nothing to compare with")
    count, height, width = scores.shape
    field = dense.DenseCRF2D(width, height, count)
    field.setUnaryEnergy(-np.log(np.clip(scores, 1e-5, 1)).reshape(count, -1))
    field.addPairwiseGaussian(sxy=options.sigma_gamma, compat=options.w2)
    field.addPairwiseBilateral(
        sxy=options.sigma_alpha, srgb=options.sigma_beta, rgbim=np.ascontiguousarray(image), compat=options.w1
    )
    return np.array(field.inference(options.iterations)).reshape(count, height, width)


@pytest.mark.parametrize("options", [OPTIONS, CrfOptions(10, 80, 13, 3, 3, 5), CrfOptions(4, 121, 5, 3, 3, 10)])
@pytest.mark.parametrize("classes", [2, 9])
def test_exact_agrees_with_the_reference(options: CrfOptions, classes: int):
    scores, image = scene(90, 120, classes)
    wanted = reference(scores, image, options)
    found = crf.refine(scores, image, options)
    assert same_winner(found, wanted) >= 0.999
    assert np.abs(found - wanted).max() < 0.01


def test_on_a_street_scene_both_qualities_agree_with_the_reference(shared: Path):
    folder = shared / "data" / "camvid" / "val"
    picture = sorted((folder / "images").iterdir())[0]
    image = cv2.imread(str(picture))[..., ::-1]
    labels = cv2.imread(str(folder / "labels" / f"{picture.stem}.png"), cv2.IMREAD_GRAYSCALE)
    logits = np.stack([cv2.GaussianBlur((labels == k).astype(np.float32), (0, 0), 6) * 5 for k in range(11)])
    odds = np.exp(logits)
    scores = odds / odds.sum(0)
    wanted = reference(scores, image, OPTIONS)
    assert same_winner(crf.refine(scores, image, OPTIONS), wanted) >= 0.999
    assert same_winner(crf.refine(scores, image, replace(OPTIONS, quality="fast")), wanted) >= 0.995


def test_leaving_out_what_cannot_win_changes_nothing():
    scores, image = scene(60, 80, 4)
    faint = np.concatenate([scores * 0.99, np.full((12, 60, 80), 0.01 / 12, np.float32)])
    with_all = faint.copy()
    with_all[4:, 0, 0] = 0.06  # now they may win somewhere
    left_out, taken = crf.refine(faint, image, OPTIONS), crf.refine(with_all, image, OPTIONS)
    assert same_winner(left_out, taken) >= 0.999


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


def test_any_number_of_threads_gives_the_same(monkeypatch: pytest.MonkeyPatch):
    scores, image = scene(50, 60, 3)
    both = []
    for threads in (1, 3):
        monkeypatch.setattr("segdesk.engines.crf.team.torch.get_num_threads", lambda n=threads: n)
        both.append(crf.refine(scores, image, OPTIONS))
    assert np.allclose(*both, atol=1e-4)


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


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (3, 2), (9, 5)])
@pytest.mark.parametrize("quality", ["exact", "fast"])
def test_the_smallest_pictures(size: tuple[int, int], quality: str):
    scores = np.random.default_rng(0).random((3, *size)).astype(np.float32)
    image = np.zeros((*size, 3), np.uint8)
    result = crf.refine(scores / scores.sum(0), image, replace(OPTIONS, quality=quality))
    assert np.allclose(result.sum(0), 1, atol=1e-3)


def test_read_only_input_and_coarse_half_floats():
    scores, image = scene(40, 56, 3)
    coarse = scores[:, ::4, ::4].astype(np.float16)
    coarse.flags.writeable = image.flags.writeable = False
    present, found = crf.refine_present(coarse, image, OPTIONS)
    assert present.tolist() == [0, 1, 2]
    assert (found.shape, found.dtype) == ((3, 40, 56), np.float16)


def test_kept_kernels_serve_other_weights_and_no_other_widths():
    scores, image = scene(40, 50, 3)
    kept = crf.Kept()
    crf.refine_present(scores, image, OPTIONS, kept=kept)
    for options in (replace(OPTIONS, w1=9.0), replace(OPTIONS, sigma_beta=20.0)):
        _, found = crf.refine_present(scores, image, options, dtype=np.float32, kept=kept)
        assert np.array_equal(found, crf.refine(scores, image, options))
    assert kept.nbytes > 0
