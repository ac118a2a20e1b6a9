"""The parts of the dense CRF against what they should compute, and the whole against the reference."""

# pyright: reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.domain.options import CrfOptions
from segdesk.engines import crf
from segdesk.engines.crf import embedding, vec
from segdesk.engines.crf.lattice import Lattice, Places
from segdesk.engines.crf.team import Team
from tests.engines.crf_scenes import same_winner, scene

OPTIONS = CrfOptions()


def filtered(lattice: Lattice, values: np.ndarray, team: Team) -> np.ndarray:
    """What the lattice makes of (n,) values: splat, blur, slice."""
    nodes = np.zeros((lattice.rows, 8), np.float32)
    np.add.at(nodes[:, 0], lattice.vertices, lattice.weights * values[:, None])
    blurred, _ = lattice.blur(nodes.ravel(), np.zeros(nodes.size, np.float32), 8, team)
    return (blurred.reshape(-1, 8)[lattice.vertices, 0] * lattice.weights).sum(1) * lattice.alpha


@pytest.mark.parametrize(("color", "rough"), [(0.0, False), (25.0, False), (0.0, True), (25.0, True)])
def test_the_lattice_filters_like_a_dense_gaussian(color: float, rough: bool):
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
        lattice = Lattice(Places.alike(image, np.arange(24 * 30, dtype=np.int32)), 5.0, color, team, rough=rough)
        found = filtered(lattice, values, team)
    assert np.abs(found - wanted).mean() < (0.05 if rough else 0.02)  # a lattice is an approximation
    assert np.corrcoef(found, wanted)[0, 1] > (0.7 if rough else 0.95)


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


def test_any_number_of_threads_gives_the_same(monkeypatch: pytest.MonkeyPatch):
    scores, image = scene(50, 60, 3)
    both = []
    for threads in (1, 3):
        monkeypatch.setattr("segdesk.engines.crf.team.torch.get_num_threads", lambda n=threads: n)
        both.append(crf.refine(scores, image, OPTIONS))
    assert np.allclose(*both, atol=1e-4)


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
