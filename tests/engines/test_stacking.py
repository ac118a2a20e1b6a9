"""The stack of refinements: order, what is kept, that off is off, and that no object is swallowed."""

from __future__ import annotations

import sys
import types
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.domain.errors import Cancelled
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.stack import Stack, StepInfo
from segdesk.engines import crf, steps
from segdesk.engines.stacking import NOTE_UNKNOWN, Stages, least_score, scaled, stacked
from segdesk.engines.steps import guided

CLASSES = ClassSet.from_names(["sky", "grass", "cow", "bird"], things=["cow", "bird"])
SIZE = (48, 64)
ALL_ON = Stack().changed("guided", {}).changed("fill_holes", {"area": 0}).changed("keep_largest", {})
ALL_ON = ALL_ON.changed("open", {"radius": 1}).changed("close", {"radius": 2}).changed("smooth", {"width": 4})


def picture(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (5, 6, 3), np.uint8)
    return np.ascontiguousarray(cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC))


def answer(task: str, seed: int = 0, size: tuple[int, int] = SIZE) -> Prediction:
    """Scores of blobs at a quarter of the resolution, and overlapping ellipses as objects."""
    rng = np.random.default_rng(seed)
    height, width = size
    scores = None
    if task != "instance":
        raw = np.exp(rng.normal(0, 2, (5, height // 4, width // 4)))
        scores = (raw / raw.sum(axis=0)).astype(np.float16)
    objects = []
    for _ in range(0 if task == "semantic" else 7):
        mask = np.zeros(size, np.uint8)
        middle = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.ellipse(mask, middle, (int(rng.integers(2, 14)), int(rng.integers(2, 14))), 30, 0, 360, 1, -1)
        if mask.any():
            objects.append(Instance(int(rng.integers(3, 5)), float(rng.uniform(0.2, 1)), rle.encode(mask.astype(bool))))
    objects.sort(key=lambda i: -i.score)
    return Prediction(task, size, CLASSES, scores, (0, 1, 2, 3, 4) if scores is not None else (), tuple(objects))


OFF = Stack()


def options(stack: Stack = OFF, **more: object) -> RunOptions:
    return RunOptions(DecideOptions(confidence=0.3, overlap=0.2, min_area=3), stack=stack, **more)  # type: ignore[arg-type]


TASKS = pytest.mark.parametrize("task", ["semantic", "instance", "panoptic"])


@TASKS
@pytest.mark.parametrize("seed", range(4))
def test_with_everything_off_the_decision_is_untouched(task: str, seed: int):
    prediction = answer(task, seed)
    plain = decide(prediction, options().decide)
    done = stacked(prediction, picture(seed), options())
    assert done.prediction is prediction
    assert done.segmentation.segments == plain.segments
    assert np.array_equal(done.segmentation.ids, plain.ids)
    assert not done.notes


@TASKS
@pytest.mark.parametrize("step", [m.INFO.id for m in steps.found()[0]])
def test_each_step_leaves_a_sound_map_and_its_input_alone(task: str, step: str):
    prediction = answer(task, 3)
    before = decide(prediction, options().decide)
    stages = Stages()
    done = stacked(prediction, picture(3), options(Stack().changed(step, {})), kept=stages).segmentation
    done.check(CLASSES)
    assert np.array_equal(decide(prediction, options().decide).ids, before.ids)
    if step != "guided":
        assert done.segments == before.segments  # nothing is swallowed, nothing joined


@TASKS
def test_switched_off_again_the_answer_is_what_it_was(task: str):
    prediction, image, stages = answer(task, 5), picture(5), Stages()
    plain = stacked(prediction, image, options(), kept=stages).segmentation
    stack = ALL_ON
    assert not np.array_equal(stacked(prediction, image, options(stack), kept=stages).segmentation.ids, plain.ids)
    for step in [info.id for info in steps.order()]:
        stack = stack.changed(step, None)
        fresh = stacked(prediction, image, options(stack)).segmentation
        kept = stacked(prediction, image, options(stack), kept=stages).segmentation
        assert np.array_equal(fresh.ids, kept.ids)
        assert fresh.segments == kept.segments
    assert np.array_equal(kept.ids, plain.ids)


def test_the_order_is_fixed_and_told_in_one_place():
    assert [info.id for info in steps.order()] == [
        "guided",
        "crf",
        "confidence",
        "min_area",
        "fill_holes",
        "keep_largest",
        "open",
        "close",
        "smooth",
    ]
    assert not steps.found()[1]
    one = Stack().changed("smooth", {"width": 3}).changed("open", {"radius": 1})
    other = Stack().changed("open", {"radius": 1}).changed("smooth", {"width": 3})
    assert one == other


def test_a_later_step_does_not_redo_an_earlier_one():
    prediction, image, stages = answer("panoptic"), picture(), Stages()
    everything = options(ALL_ON, crf=CrfOptions(iterations=1) if crf.available() else None)
    first = stacked(prediction, image, everything, kept=stages)
    assert next(iter(first.seconds)) == "guided"
    assert not stacked(prediction, image, everything, kept=stages).seconds
    later = replace(everything, stack=ALL_ON.changed("smooth", {"width": 8}))
    assert list(stacked(prediction, image, later, kept=stages).seconds) == ["smooth"]
    without = replace(everything, stack=ALL_ON.changed("open", None))
    assert list(stacked(prediction, image, without, kept=stages).seconds) == ["close", "smooth"]
    moved = replace(everything, decide=replace(everything.decide, overlap=0.9))
    assert "guided" not in stacked(prediction, image, moved, kept=stages).seconds
    assert "crf" not in stacked(prediction, image, moved, kept=stages).seconds


@pytest.mark.skipif(not crf.available(), reason="numba is not installed")
def test_the_crf_is_kept_while_it_is_off():
    prediction, image, stages = answer("semantic"), picture(), Stages()
    refined = options(crf=CrfOptions(iterations=1))
    assert "crf" in stacked(prediction, image, refined, kept=stages).seconds
    stacked(prediction, image, options(), kept=stages)
    assert "crf" not in stacked(prediction, image, refined, kept=stages).seconds
    assert stages.nbytes > 0


def test_a_step_of_a_file_of_ones_own_is_run(monkeypatch: pytest.MonkeyPatch):
    """Where it empties a segment, the segment stays as it was."""
    module = types.ModuleType("segdesk.engines.steps.void_cows")
    module.INFO = StepInfo("void_cows", "Void cows", "", 55, "labels")  # type: ignore[attr-defined]
    module.apply = lambda ids, where, values: np.zeros_like(ids)  # type: ignore[attr-defined]
    assert steps.check(module) == ""
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(steps, "found", lambda: ((module,), ()))
    prediction = answer("instance")
    plain = decide(prediction, options().decide)
    done = stacked(prediction, picture(), options(Stack().changed("void_cows", {}))).segmentation
    assert np.array_equal(done.ids, plain.ids)
    assert "void_cows" in [info.id for info in steps.order()]


def test_what_is_wrong_with_a_file_is_said():
    module = types.ModuleType("segdesk.engines.steps.bad")
    assert steps.check(module) == "it has no INFO"
    module.INFO = StepInfo("good", "Good", "", 1, "labels")  # type: ignore[attr-defined]
    assert steps.check(module) == "it has no function apply"
    module.apply = lambda: None  # type: ignore[attr-defined]
    assert "another name" in steps.check(module)


def test_a_step_that_is_not_installed_is_left_out_and_told():
    done = stacked(answer("semantic"), picture(), options(Stack().changed("elsewhere", {"x": 1})))
    assert done.notes == (NOTE_UNKNOWN,)


def test_it_stops_between_steps_and_keeps_what_is_done():
    prediction, stages = answer("semantic"), Stages()
    with pytest.raises(Cancelled):
        stacked(prediction, picture(), options(ALL_ON), lambda: True, kept=stages)
    asked: list[bool] = []

    def second() -> bool:
        asked.append(True)
        return "decide" in stages._results

    with pytest.raises(Cancelled):
        stacked(prediction, picture(), options(ALL_ON), second, kept=stages)
    assert "guided" not in stacked(prediction, picture(), options(ALL_ON), kept=stages).seconds


def test_options_for_a_smaller_picture():
    big = options(
        Stack().changed("open", {"radius": 4}).changed("fill_holes", {"area": 400, "behind": 1}), crf=CrfOptions()
    )
    small = scaled(big, 0.5)
    assert small.stack.values("open") == {"radius": 2}
    assert small.stack.values("fill_holes") == {"area": 100, "behind": 1}
    assert small.decide.min_area == round(3 * 0.25)
    assert small.crf is not None
    assert small.crf.sigma_alpha == CrfOptions().sigma_alpha / 2


def test_objects_that_are_shown_count_for_their_neighbours():
    assert [least_score(c) for c in (0.9, 0.5, 0.49, 0.3, 0.0)] == [0.5, 0.5, 0.4, 0.3, 0.0]


@pytest.mark.skipif(not crf.available(), reason="numba is not installed")
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    task=st.sampled_from(["instance", "panoptic"]),
    confidence=st.sampled_from([0.0, 0.3, 0.5, 0.8]),
    overlap=st.sampled_from([0.0, 0.2, 0.5, 0.8]),
    least=st.sampled_from([0, 40]),
)
def test_the_crf_swallows_no_object(seed: int, task: str, confidence: float, overlap: float, least: int):
    prediction, image = answer(task, seed), picture(seed)
    wanted = RunOptions(DecideOptions(confidence, overlap=overlap, min_area=least), crf=CrfOptions(iterations=2))
    before = decide(prediction, wanted.decide)
    after = stacked(prediction, image, wanted).segmentation
    things = CLASSES.things
    counts = [
        sorted((s.class_id, s.score) for s in m.segments.values() if s.class_id in things) for m in (before, after)
    ]
    missing = set(counts[0]) - set(counts[1])
    assert not missing


@pytest.mark.skipif(not crf.available(), reason="numba is not installed")
def test_a_class_can_be_kept_out_of_the_crf():
    prediction, image = answer("instance", 1), picture(1)
    done = stacked(prediction, image, options(crf=CrfOptions(off=(3,)))).prediction
    for old, new in zip(prediction.instances, done.instances, strict=True):
        assert (old.mask is new.mask) >= (old.class_id == 3)


def test_guided_upsampling_finds_the_edge_of_the_picture():
    """A class border that falls between two cells of the scores is put where the picture's edge is."""
    image = np.full((96, 96, 3), 60, np.uint8)
    image[:, 41:] = (200, 180, 90)
    truth = np.where(np.arange(96) < 41, 1, 2)[None].repeat(96, 0)
    left = np.clip((46 - (np.arange(12) * 8 + 4)) / 24 + 0.5, 0.02, 0.98)[None].repeat(12, 0)
    scores = np.stack([left, 1 - left]).astype(np.float16)
    prediction = Prediction("semantic", (96, 96), CLASSES, scores, (1, 2))
    plain = stacked(prediction, image, RunOptions()).segmentation.class_map()
    guided = RunOptions(stack=Stack().changed("guided", {"reach": 24, "contrast": 8}))
    sharp = stacked(prediction, image, guided)
    assert (plain != truth).mean() > 0.03
    assert (sharp.segmentation.class_map() != truth).mean() < 0.003
    assert sharp.prediction.scores is not None
    assert sharp.prediction.scores.shape == (2, 96, 96)
    total = sharp.prediction.scores.astype(np.float32).sum(axis=0)
    assert abs(total - 1).max() < 0.1


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("contrast", [1.0, 20.0])
def test_the_guided_filter_is_that_of_the_paper(grey: bool, contrast: float):
    """He, Sun and Tang 2013, equations 11 to 14, window by window, where nothing is enlarged."""
    rng = np.random.default_rng(4)
    image = picture(4, (14, 17))
    image = image[:, :, :1].repeat(3, 2) if grey else image
    values = rng.random((14, 17)).astype(np.float32)
    found = np.zeros((14, 17), np.float16)
    guided.Guide(image, (14, 17), 2, contrast).enlarge(values, found)
    guide = np.pad(image.astype(float), ((2, 2), (2, 2), (0, 0)), mode="symmetric")
    wide = np.pad(values.astype(float), 2, mode="symmetric")
    slope, offset = np.zeros((14, 17, 3)), np.zeros((14, 17))
    for y, x in np.ndindex(14, 17):
        own, p = guide[y : y + 5, x : x + 5].reshape(25, 3), wide[y : y + 5, x : x + 5].ravel()
        spread = np.cov(own.T, bias=True) + contrast**2 * np.eye(3)
        slope[y, x] = np.linalg.solve(spread, (own * p[:, None]).mean(0) - own.mean(0) * p.mean())
        offset[y, x] = p.mean() - slope[y, x] @ own.mean(0)
    mean = [
        cv2.boxFilter(plane, -1, (5, 5), borderType=cv2.BORDER_REFLECT) for plane in (*np.moveaxis(slope, 2, 0), offset)
    ]
    wanted = sum(mean[c] * image[:, :, c] for c in range(3)) + mean[3]
    assert abs(found - np.clip(wanted, 0, 1)).max() < 2e-3


def test_guided_upsampling_stops():
    with pytest.raises(Cancelled):
        steps.found()[0][0].apply(answer("semantic"), picture(), {"reach": 8, "contrast": 8}, lambda: True)
