"""The training script's own parts: targets, split and scores, checked against plain oracles."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import ndimage

from segdesk.domain import rle
from segdesk.engines.cells import instances

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data() -> ModuleType:
    return script("nuclei_data")


@pytest.fixture(scope="module")
def score() -> ModuleType:
    return script("nuclei_score")


def script(name: str) -> ModuleType:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def cells(size: tuple[int, int] = (60, 80)) -> np.ndarray:
    y, x = np.indices(size)
    ids = np.zeros(size, np.int32)
    for index, (cy, cx, r) in enumerate([(15, 15, 9), (15, 31, 8), (45, 40, 12), (50, 79, 10)], start=1):
        ids[(np.hypot(y - cy, x - cx) <= r) & (ids == 0)] = index
    return ids


def test_targets_against_one_cell_at_a_time(data: ModuleType):
    ids = cells()
    inside, depth, way_y, way_x, weight, nearness = data.targets(ids)
    assert np.array_equal(inside, ids > 0)
    for index in range(1, 5):
        cell = ids == index
        # The picture's rim is no border of a cell, so the oracle may not see it as one.
        padded = np.pad(cell, 40, mode="edge")
        inner = ndimage.distance_transform_edt(ndimage.binary_erosion(padded))[40:-40, 40:-40] + 0.5
        assert np.allclose(depth[cell], inner[cell] / inner[cell].max(), atol=0.02)
        rows, columns = np.nonzero(cell)
        assert np.allclose(way_y[cell], rows.mean() - rows, atol=1e-3)
        assert np.allclose(way_x[cell], columns.mean() - columns, atol=1e-3)
        assert np.allclose(nearness[cell], 1 / np.sqrt(cell.sum() / np.pi))
    assert weight.min() == 1.0
    assert weight[15, 24] == 3.0, "pixels between two nuclei weigh more"


def test_targets_decode_to_their_own_cells(data: ModuleType):
    ids = cells()
    wanted = data.targets(ids)
    depth = np.clip(wanted[1], 1e-4, 1 - 1e-4)
    output = np.stack([wanted[0] * 16 - 8, np.log(depth / (1 - depth)), wanted[2], wanted[3]])
    found = [rle.decode(m) for _, m in instances(output, ids.shape)]
    best = [max((c & m).sum() / (c | m).sum() for m in found) for c in (ids == i for i in range(1, 5))]
    assert len(found) == 4
    assert min(best) > 0.95


def test_outside_the_picture_nothing_counts(data: ModuleType):
    ids = cells()
    ids[:, 60:] = -1
    inside, _, _, _, weight, nearness = data.targets(ids)
    assert not weight[:, 60:].any()
    assert not inside[:, 60:].any()
    assert not nearness[:, 60:].any()


def test_crops_are_seeded(data: ModuleType):
    rng = np.random.default_rng(0)
    picture = data.Picture("a", rng.integers(0, 255, (60, 80, 3), dtype=np.uint8), cells(), "x", 18.0)
    first, again = (next(data.Crops([picture], seed=5).batches(2)) for _ in range(2))
    other = next(data.Crops([picture], seed=6).batches(2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_the_frozen_split_is_fair(data: ModuleType, shared: Path):
    parts = json.loads((ROOT / "models" / "nuclei-unet.split.json").read_text("utf-8"))["parts"]
    names = [name for part in parts.values() for name in part]
    assert len(names) == len(set(names))
    assert set(names) == {p.stem for p in (shared / "data" / "nuclei" / "images").iterdir()}
    assert 0.19 < len(parts["held_out"]) / len(names) < 0.22


def test_twins_stay_together(data: ModuleType):
    rng = np.random.default_rng(1)
    ids = cells()

    def picture(name: str, pixels: np.ndarray) -> object:
        return data.Picture(name, pixels, ids, "x", 18.0)

    pixels = [rng.integers(0, 255, (6, 8, 3), dtype=np.uint8).repeat(10, 0).repeat(10, 1) for _ in range(5)]
    pictures = [picture(f"{i}{copy}", p) for i, p in enumerate(pixels) for copy in ("a", "b")]
    for parts in (data.split(pictures, seed=s) for s in range(5)):
        for names in parts.values():
            assert {n[0] + "a" for n in names} | {n[0] + "b" for n in names} == set(names)


def test_dsb_score_by_hand(score: ModuleType):
    truth = np.zeros((10, 20), np.int32)
    truth[2:8, 2:8], truth[2:8, 12:18] = 1, 2
    found = np.zeros_like(truth)
    found[2:8, 2:8] = 7  # exact
    found[2:8, 15:18] = 3  # half of it: IoU 0.5 is not over 0.5
    assert np.allclose(score.dsb(found, truth), 1 / 3)
    assert np.allclose(score.dsb(truth, truth), 1.0)
    found[2:8, 13:18] = 3  # IoU 5/6: a hit up to 0.8
    assert np.allclose(score.dsb(found, truth), [1.0] * 7 + [1 / 3] * 3)
    empty = np.zeros_like(truth)
    assert np.allclose(score.dsb(empty, empty), 1.0)
    assert np.allclose(score.dsb(empty, truth), 0.0)


def test_scores_of_a_perfect_answer(data: ModuleType, score: ModuleType):
    ids = cells()
    picture = data.Picture("a", np.zeros((*ids.shape, 3), np.uint8), ids, "x", 18.0)
    found = score.as_found(ids)
    assert score.mean_dsb([picture], [score.painted(found, ids.shape, confidence=0.5)]) == (1.0, 1.0)
    assert score.coco([picture], [found]) == pytest.approx((1.0, 1.0))


def test_the_baseline_finds_bright_and_dark_cells(score: ModuleType):
    ids = cells()
    for ink, paper in ((200, 20), (40, 220)):
        pixels = np.where(ids[..., None] > 0, ink, paper).astype(np.uint8).repeat(3, 2)
        found = score.baseline(pixels, distance=5)
        assert score.dsb(found, ids)[0] == 1.0
