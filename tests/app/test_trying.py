"""Models that are only tried: the project stays as it is; two are compared; speeds are kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segdesk.app.jobs import Failed
from segdesk.app.model_speed import KEPT, Speeds
from segdesk.app.trying import reduced
from segdesk.domain.agreement import agreement
from tests.app.conftest import Desktop

MAPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


@given(MAPS)
def test_agreement_is_what_counting_pixel_by_pixel_gives(pixels: list[tuple[int, int]]):
    first, second = (np.array([part], np.uint16) for part in zip(*pixels, strict=True))
    found = agreement(first, second)
    assert found.same == sum(a == b for a, b in pixels)
    assert found.pixels == len(pixels)
    wanted = {}
    for k in range(1, 5):
        either = sum(k in pair for pair in pixels)
        if either:
            wanted[k] = sum(pair == (k, k) for pair in pixels) / either
    assert {c.class_id: c.iou for c in found.classes} == wanted
    assert found.miou == (sum(wanted.values()) / len(wanted) if wanted else None) or np.isclose(
        found.miou, sum(wanted.values()) / len(wanted)
    )


def test_a_picture_is_reduced_to_about_so_many_pixels():
    pixels = np.zeros((300, 400, 3), np.uint8)
    assert reduced(pixels, 120_000) is pixels
    assert reduced(pixels, 30_000).shape == (150, 200, 3)


def test_a_preview_leaves_the_project_alone(opened: Desktop):
    opened.value(opened.session.go_to(opened.id("img1.png")))
    trial = opened.value(opened.session.trying.preview("regions"))
    assert trial.picture_id == opened.id("img1.png")
    assert trial.labels.shape == trial.image.shape[:2]
    names = {trial.classes.get(i).name for i in np.unique(trial.labels) if i}
    assert names <= {"dark", "bright"}
    assert names
    assert len(opened.session.classes) == 0
    assert opened.session.counts() == {"new": 4}
    assert opened.saved().load_map(trial.picture_id, "prediction") is None


def test_two_models_are_compared_in_one_set_of_classes(opened: Desktop):
    opened.value(opened.session.go_to(opened.id("img2.png")))
    pair = opened.value(opened.session.trying.compare("regions", "regions"))
    assert pair.agreement.share == 1.0
    assert pair.agreement.miou == 1.0
    assert pair.first.classes == pair.second.classes
    assert len(opened.session.classes) == 0


def test_a_model_without_weights_says_so(opened: Desktop):
    opened.value(opened.session.go_to(opened.id("img1.png")))
    bare = next(c for c in opened.session.cards if opened.session.weights_status(c.id).kind == "untrained")
    end = opened.end(opened.session.trying.preview(bare.id))
    assert isinstance(end, Failed)
    assert "noise" in end.error.text()


def test_speeds_are_kept_between_sessions(tmp_path: Path):
    path = tmp_path / "speeds.json"
    speeds = Speeds(path)
    for seconds in (9.0, 0.2, 0.4, 0.3):
        speeds.note("net", "cpu", pixels=1_000_000, seconds=seconds)
    speeds.note("net", "cpu", pixels=100, seconds=5.0)
    assert speeds.of("net", "cpu").seconds == 0.35
    assert speeds.of("net", "cuda:0") is None
    speeds.save()
    later = Speeds(path).load()
    assert later.on("cpu").keys() == {"net"}
    for _ in range(KEPT):
        later.note("net", "cpu", pixels=500_000, seconds=1.0)
    assert (later.of("net", "cpu").seconds, later.of("net", "cpu").runs) == (2.0, KEPT)


def test_damaged_speeds_count_as_none(tmp_path: Path):
    path = tmp_path / "speeds.json"
    for text in ("{", "[]", json.dumps({"net": 3}), json.dumps({"net": {"cpu": ["x", -1]}})):
        path.write_text(text)
        speeds = Speeds(path).load()
        assert speeds.of("net", "cpu") is None
