"""Labels snap to edges: they come nearer to the truth, only where they may, and nothing is swallowed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from segdesk.domain.errors import Cancelled
from segdesk.engines import snap as snapping
from segdesk.engines.messages import SnapRequest
from segdesk.engines.snap import snap

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
SIZE = 90, 120


def scene() -> tuple[np.ndarray, np.ndarray]:
    """A bright disc (label 7) and a green box (label 9) on a dark ground, and their true labels."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    truth = np.zeros(SIZE, np.uint16)
    truth[(rows - 40) ** 2 + (columns - 35) ** 2 < 22**2] = 7
    truth[30:70, 75:105] = 9
    image = np.full((*SIZE, 3), 40, np.uint8)
    image[truth == 7], image[truth == 9] = (220, 200, 190), (60, 180, 70)
    noise = np.random.default_rng(0).integers(-8, 9, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8), truth


def dilated(truth: np.ndarray, pixels: int) -> np.ndarray:
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    out = np.zeros_like(truth)
    for key in np.unique(truth[truth > 0]).tolist():
        out[cv2.dilate((truth == key).astype(np.uint8), ball) > 0] = key
    return np.where(truth > 0, truth, out)


def everywhere() -> np.ndarray:
    return np.ones(SIZE, bool)


def test_rough_labels_come_to_the_edges():
    image, truth = scene()
    rough = dilated(truth, 4)
    found = snap(SnapRequest(rough, image, everywhere()))
    assert (rough != truth).mean() > 0.05
    assert (found != truth).mean() < 0.003


def test_nothing_changes_outside_the_region():
    image, truth = scene()
    rough = dilated(truth, 4)
    region = np.zeros(SIZE, bool)
    region[:, :60] = True
    found = snap(SnapRequest(rough, image, region))
    assert np.array_equal(found[:, 60:], rough[:, 60:])
    assert (found != truth)[:, :60].mean() < 0.005


def test_held_labels_neither_lose_nor_get_pixels():
    image, truth = scene()
    rough = dilated(truth, 4)
    rough[:, 65:] = 0
    rough[34:66, 79:101] = 9  # too small: it would grow
    found = snap(SnapRequest(rough, image, everywhere(), held=(7, 9)))
    assert np.array_equal(found == 7, rough == 7)
    assert np.array_equal(found == 9, rough == 9)
    free = snap(SnapRequest(rough, image, everywhere(), held=(7,)))
    assert np.array_equal(free == 7, rough == 7)
    assert (free == 9).sum() > (rough == 9).sum()


def test_one_label_or_no_region_is_left_as_it_is():
    image, truth = scene()
    only = np.full(SIZE, 3, np.uint16)
    assert np.array_equal(snap(SnapRequest(only, image, everywhere())), only)
    assert np.array_equal(snap(SnapRequest(truth, image, np.zeros(SIZE, bool))), truth)


def test_sure_labels_stay_and_a_border_moves_no_farther_than_its_reach():
    image, truth = scene()
    rough = dilated(truth, 8)
    assert np.array_equal(snap(SnapRequest(rough, image, everywhere(), certainty=1.0)), rough)
    near = snap(SnapRequest(rough, image, everywhere(), reach=2.0))
    moved = near != rough
    border = cv2.dilate(rough, np.ones((3, 3))) != cv2.erode(rough, np.ones((3, 3)))
    distance = cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    assert moved.any()
    assert distance[moved].max() <= 2 * 2.0


def test_a_label_that_nothing_in_the_picture_speaks_for_is_not_swallowed():
    image = np.full((*SIZE, 3), 90, np.uint8)
    labels = np.ones(SIZE, np.uint16)
    labels[40:43, 20:90] = 2  # a thin line on a plain ground
    labels[10:14, 10:14] = 3
    found = snap(SnapRequest(labels, image, everywhere(), certainty=0.0))
    for key in (2, 3):
        assert (found == key).sum() >= 0.5 * (labels == key).sum()


@limits(max_examples=12)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.floats(0, 1), st.floats(1, 12))
def test_whatever_the_labels_are(seed: int, count: int, certainty: float, reach: float):
    random = np.random.default_rng(seed)
    cells = random.integers(0, count + 1, (6, 8)).astype(np.uint16) * 1000
    ids = np.kron(cells, np.ones((8, 8), np.uint16))
    image = random.integers(0, 256, (*ids.shape, 3), np.uint8)
    region = np.kron(random.random((3, 4)) < 0.5, np.ones((16, 16))).astype(bool)
    held = tuple(np.unique(ids)[:1].tolist())
    before = ids.copy()
    found = snap(SnapRequest(ids, image, region, held, certainty, reach))
    assert found.dtype == np.uint16
    assert np.array_equal(ids, before)
    assert np.array_equal(found[~region], ids[~region])
    assert set(np.unique(found)) <= set(np.unique(ids))
    assert np.array_equal(np.isin(found, held), np.isin(ids, held))
    for key in np.unique(ids).tolist():
        assert (found == key).sum() >= 0.5 * (ids == key).sum()


def test_in_parts_it_is_nearly_the_same(monkeypatch: pytest.MonkeyPatch):
    image, truth = scene()
    rough = dilated(truth, 4)
    whole = snap(SnapRequest(rough, image, everywhere()))
    monkeypatch.setattr(snapping, "MOST_VALUES", 1)
    monkeypatch.setattr(snapping, "SMALLEST", 50)
    parts = snap(SnapRequest(rough, image, everywhere()))
    assert (parts != whole).mean() < 0.01


def test_it_can_be_stopped():
    image, truth = scene()
    with pytest.raises(Cancelled):
        snap(SnapRequest(dilated(truth, 4), image, everywhere()), lambda: True)


def test_dilated_objects_of_photographs_come_nearer_to_the_truth(shared: Path):
    """On most of them, by intersection over union."""
    folder = shared / "data" / "photos" / "coco"
    known = json.loads((folder / "annotations" / "instances_train2017.json").read_text())
    names = {i["id"]: i["file_name"] for i in known["images"]}
    largest: dict[int, dict] = {}
    for mark in known["annotations"]:
        if not mark["iscrowd"] and mark["area"] > largest.get(mark["image_id"], {"area": 4000})["area"]:
            largest[mark["image_id"]] = mark
    better = []
    for picture in sorted(largest)[:12]:
        image = cv2.cvtColor(cv2.imread(str(folder / "train2017" / names[picture])), cv2.COLOR_BGR2RGB)
        image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        truth = np.zeros(image.shape[:2], np.uint16)
        lines = [np.rint(np.reshape(line, (-1, 2)) / 2).astype(np.int32) for line in largest[picture]["segmentation"]]
        cv2.fillPoly(truth, lines, 1)
        rough = dilated(truth, 4)
        found = snap(SnapRequest(rough, image, np.ones(truth.shape, bool)))
        overlap = [((m == 1) & (truth == 1)).sum() / ((m == 1) | (truth == 1)).sum() for m in (rough, found)]
        better.append(overlap[1] > overlap[0])
    assert len(better) == 12
    assert np.mean(better) > 0.7
