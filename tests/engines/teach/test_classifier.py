"""The taught classifier: features against plain definitions, tiles against one piece, trees, files, cards."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage

from segdesk.domain.card import ModelCard, NetSpec, Text
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.engines.engine import Engine
from segdesk.engines.messages import Answer, PredictRequest
from segdesk.engines.teach import classifier, features
from segdesk.engines.teach.answering import answer
from segdesk.engines.teach.messages import Learned, LearnRequest, SampleRequest, Samples


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A red disc on a green, noisy ground."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    disc = np.hypot(rows - height / 2, columns - width / 2) < min(height, width) / 4
    image = np.where(disc[..., None], (190, 70, 60), (60, 150, 70)) + rng.normal(0, 12, (height, width, 3))
    return image.clip(0, 255).astype(np.uint8)


def lab(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def feature(found: np.ndarray, name: str) -> np.ndarray:
    return found[features.names().index(name)].astype(np.float32)


def test_every_feature_has_a_name_of_its_own():
    assert len(set(features.names())) == features.COUNT == features.whole(picture(20, 30)).shape[0]


def test_colour_is_that_of_the_pixel_and_smoothed_around_it():
    image = picture(64, 80)
    found, expected = features.whole(image), lab(image)
    assert np.allclose(feature(found, "a"), expected[..., 1], atol=0.1)
    smooth = ndimage.gaussian_filter(expected[..., 0], features.SIGMA, mode="mirror")
    assert np.allclose(feature(found, "L at 1")[4:-4, 4:-4], smooth[4:-4, 4:-4], atol=0.3)


def test_a_slope_has_its_gradient_at_each_scale_and_no_ridge():
    ramp = np.repeat(np.arange(0, 256, 2, dtype=np.uint8)[None], 128, axis=0)
    image = np.repeat(ramp[..., None], 3, axis=2)
    found, light = features.whole(image), lab(image)[..., 0]
    inner = slice(48, 80)
    for level in range(3):
        step = (light[64, 79] - light[64, 48]) / 31 * (1 << level)
        slope = feature(found, f"gradient at {1 << level}")[inner, inner]
        assert np.allclose(slope, step, rtol=0.08)
        assert np.allclose(feature(found, f"tensor 1 at {1 << level}")[inner, inner], step, rtol=0.08)
        assert np.abs(feature(found, f"tensor 2 at {1 << level}")[inner, inner]).max() < 0.1
        assert np.abs(feature(found, f"ridge 1 at {1 << level}")[inner, inner]).max() < 0.1 * (1 << level) ** 2


def test_the_hessian_has_the_eigenvalues_that_numpy_finds():
    image = picture(40, 48)
    smooth = cv2.GaussianBlur(lab(image), (0, 0), features.SIGMA)[..., 0]
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, scale=0.25)
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, scale=0.25)
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, scale=0.25)
    expected = np.linalg.eigvalsh(np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -1))
    found = features.whole(image)
    inner = np.s_[4:36, 4:44]
    assert np.allclose(feature(found, "ridge 1 at 1")[inner], expected[..., 1][inner], atol=0.05)
    assert np.allclose(feature(found, "ridge 2 at 1")[inner], expected[..., 0][inner], atol=0.05)


def test_the_deviation_is_that_of_a_window():
    image = picture(40, 48)
    light = lab(image)[..., 0].astype(np.float64)
    mean, square = (ndimage.gaussian_filter(m, features.TENSOR_SIGMA, mode="mirror") for m in (light, light**2))
    found = feature(features.whole(image), "deviation at 1")
    assert np.allclose(found[8:32, 8:40], np.sqrt(square - mean**2)[8:32, 8:40], rtol=0.03, atol=0.05)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (17, 33), (400, 301)])
def test_tiles_give_what_the_whole_picture_gives(size: tuple[int, int]):
    features.RECENT.clear()
    image = picture(*size)
    whole = features.whole(image).astype(np.float32)
    assert whole.shape == (features.COUNT, *size)
    assert np.isfinite(whole).all()
    seen = np.zeros(size, int)
    for rect in features.tiles(size, 64):
        x0, y0, x1, y1 = rect
        seen[y0:y1, x0:x1] += 1
        assert np.allclose(features.of_tile(image, rect), whole[:, y0:y1, x0:x1], rtol=2e-3, atol=2e-3)
    assert (seen == 1).all()


def test_single_pixels_have_the_features_of_the_map(monkeypatch: pytest.MonkeyPatch):
    image = picture(300, 280)
    rows, columns = np.array([0, 299, 150, 20]), np.array([0, 279, 3, 150])
    whole = features.whole(image)[:, rows, columns].T
    assert np.array_equal(features.at_pixels(image, rows, columns), whole)
    assert features.RECENT.find(image) is not None
    monkeypatch.setattr(features, "KEPT_PIXELS", 0)
    features.RECENT.clear()
    assert np.allclose(features.at_pixels(image, rows, columns), whole, rtol=2e-3, atol=2e-3)
    assert features.RECENT.find(image) is None


def strokes(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and labels: a stroke on the disc and one beside it."""
    height, width = image.shape[:2]
    marks = np.full((height, width), -1)
    marks[height // 2 - 2 : height // 2 + 2, width // 2 - 8 : width // 2 + 8] = 1
    marks[3:6, 5 : width - 5] = 0
    rows, columns = np.nonzero(marks >= 0)
    return rows, columns, marks[rows, columns]


def taught(image: np.ndarray, seed: int = 0) -> classifier.Taught:
    rows, columns, labels = strokes(image)
    return classifier.learn(features.at_pixels(image, rows, columns), labels, 2, seed)


def test_two_strokes_teach_what_the_disc_is_also_on_another_picture():
    found = taught(picture(120, 140))
    other = picture(160, 150, seed=5)
    scores = classifier.scores(found, other)
    assert scores.shape == (2, 160, 150)
    assert scores.dtype == np.float16
    assert np.allclose(scores.astype(np.float32).sum(axis=0), 1, atol=2e-3)
    rows, columns = np.mgrid[:160, :150]
    truth = np.hypot(rows - 80, columns - 75) < 150 / 4
    mine = scores.argmax(axis=0) == 1
    assert (mine & truth).sum() / (mine | truth).sum() > 0.9


def test_it_is_the_same_every_time_and_tiles_change_nothing():
    image = picture(200, 170)
    one, two = taught(image), taught(image)
    assert one.dumped() == two.dumped()
    assert one.dumped() != taught(image, seed=1).dumped()
    features.RECENT.clear()
    whole, tiled = classifier.scores(one, image), classifier.scores(one, image, tile=64)
    assert (whole.argmax(axis=0) == tiled.argmax(axis=0)).mean() > 0.999


def test_a_few_pixels_of_each_class_are_enough():
    values = np.zeros((10, features.COUNT), np.float16)
    values[5:] = 20
    found = classifier.learn(values, np.repeat((0, 1), 5), 2)
    with classifier.Team(lambda: False) as team:
        scores = classifier.asked(found, values.T.astype(np.float32), team)
    assert (scores[1] > 0.5).tolist() == [False] * 5 + [True] * 5


def test_leaves_are_shares_of_the_samples(rng: np.random.Generator):
    values = rng.normal(size=(500, features.COUNT)).astype(np.float16)
    found = classifier.learn(values, rng.integers(0, 3, 500), 3)
    assert np.allclose(found.leaves.sum(axis=1), 1, atol=1e-5)
    assert found.feature.max() < features.COUNT
    assert found.feature.min() == -1


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def plain(found: classifier.Taught, values: np.ndarray) -> np.ndarray:
    """The mean leaf of one sample, node by node."""
    total = np.zeros(found.classes)
    for root in found.roots:
        node = int(root)
        while found.feature[node] >= 0:
            right = values[found.feature[node]] >= found.threshold[node]
            node = int(found.child[node]) + int(right)
        total += found.leaves[found.child[node]]
    return total / len(found.roots)


def test_asking_is_walking_down_each_tree(rng: np.random.Generator):
    values = rng.normal(size=(300, features.COUNT)).astype(np.float32)
    found = classifier.learn(values, (values[:, 4] + values[:, 9] > 0).astype(int), 2)
    with classifier.Team(lambda: False) as team:
        scores = classifier.asked(found, values.T, team)
    assert np.allclose(scores.T, [plain(found, row) for row in values], atol=1e-5)
    assert ((scores[1] > 0.5) == (values[:, 4] + values[:, 9] > 0)).mean() > 0.95


def test_a_large_picture_has_a_score_for_a_square_of_pixels(monkeypatch: pytest.MonkeyPatch):
    image = picture(203, 301)
    found = taught(image)
    full = classifier.scores(found, image)
    monkeypatch.setattr(classifier, "MOST_SCORES", 203 * 301 * 2 // 5)
    assert classifier.score_step((203, 301), 2) == 4
    small = classifier.scores(found, image)
    assert small.shape == (2, 51, 76)
    enlarged = cv2.resize(small[1].astype(np.float32), (304, 204))[:203, :301]
    assert ((enlarged > 0.5) == (full[1] > 0.5)).mean() > 0.95


def test_a_word_to_stop_is_heard():
    image = picture(100, 100)
    found = taught(image)
    with pytest.raises(Cancelled):
        classifier.scores(found, image, lambda: True)


def test_what_is_no_taught_model_is_refused():
    good = taught(picture(60, 60))
    assert classifier.load(good.dumped(), "good").classes == 2
    for data in (b"", b"nonsense", good.dumped()[:400]):
        with pytest.raises(SegDeskError, match="not a taught model"):
            classifier.load(data, "bad.npz")


@pytest.mark.parametrize("key", ["child", "feature", "roots"])
def test_a_hostile_file_cannot_lead_out_of_the_arrays(key: str):
    good = taught(picture(60, 60))
    arrays = {name: getattr(good, name).copy() for name in classifier.ARRAYS}
    arrays[key][0] = 30_000
    stream = io.BytesIO()
    np.savez(stream, format=np.array([classifier.FORMAT, features.COUNT]), **arrays)
    with pytest.raises(SegDeskError, match="not a taught model"):
        classifier.load(stream.getvalue(), "bad.npz")


def card(file: str, names: tuple[str, ...] = ("disc",)) -> ModelCard:
    classes = ClassSet.from_names(names)
    return ModelCard(
        "mine", Text("Mine"), "semantic", "", Text(""), NetSpec("taught"), classes, (0, *(c.id for c in classes))
    )


def test_the_engine_runs_it_like_any_model(tmp_path: Path):
    image = picture(120, 140)
    rows, columns, labels = strokes(image)
    samples = answer(SampleRequest("p", image, rows, columns))
    assert isinstance(samples, Samples)
    learned = answer(LearnRequest(samples.values, labels, 2))
    assert isinstance(learned, Learned)
    file = tmp_path / "mine.npz"
    file.write_bytes(learned.data)
    engine = Engine(device="cpu")
    request = PredictRequest("p", card("mine.npz"), image, weights={"mine": str(file)})
    found = engine.answer(request)
    assert isinstance(found, Answer)
    table = found.segmentation.class_table()
    ids = found.segmentation.read((0, 0, 140, 120))
    assert table[ids[60, 70]] == 1
    assert ids[5, 5] == 0
    assert found.device == "cpu"
    refined = engine.answer(
        PredictRequest("p", request.card, None, weights=request.weights, options=RunOptions(crf=CrfOptions()))
    )
    assert isinstance(refined, Answer)
    with pytest.raises(SegDeskError, match="classes apart"):
        engine.answer(PredictRequest("p", card("mine.npz", ("a", "b")), image, weights={"mine": str(file)}))


def test_a_model_after_each_stroke_does_not_drive_out_the_persons_model(tmp_path: Path):
    image = picture(60, 70)
    (tmp_path / "mine.npz").write_bytes(taught(image).dumped())
    engine = Engine(device="cpu", keep_models=1)
    regions = replace(card("none"), id="regions", task="instance", net=NetSpec("regions"), channel_ids=())
    engine.answer(PredictRequest("p", regions, image))
    for at in range(3):
        each = replace(card("mine.npz"), id=f"preview-{at}")
        engine.answer(PredictRequest("p", each, image, weights={each.id: str(tmp_path / "mine.npz")}))
    assert [loaded.card.id for loaded in engine._models.values()] == ["regions", "preview-2"]


def test_no_pixels_mean_that_nothing_is_kept():
    image = picture(50, 50)
    features.RECENT.keep(image)
    none = np.zeros(0, np.int32)
    samples = answer(SampleRequest("", None, none, none))
    assert isinstance(samples, Samples)
    assert samples.values.shape == (0, features.COUNT)
    assert features.RECENT.find(image) is None
