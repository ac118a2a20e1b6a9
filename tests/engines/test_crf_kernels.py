"""The compiled loops of the dense CRF that bring probabilities in and out, against numpy; its threads."""

# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import threading

import numpy as np
import pytest

from segdesk.domain.errors import Cancelled
from segdesk.engines.crf import kernels, vec
from segdesk.engines.crf.lattice import Lattice, Places
from segdesk.engines.crf.team import Team
from tests.engines.crf_scenes import scene

LEAST = np.float32(1e-5)


@pytest.mark.parametrize("count", [1, 5, 8, 13])
def test_codes_are_those_of_the_logarithms(count: int):
    rng = np.random.default_rng(count)
    rows = np.exp(rng.uniform(-14, 0.2, (1003, count))).astype(np.float32)
    rows[:3, 0] = 0, 1, 2.0**-0.5
    width = -(-count // 8) * 8
    codes = np.zeros(rows.shape[0] * width, np.uint16)
    for layout in (rows, np.asfortranarray(rows)):
        kernels.encode(layout, LEAST, np.uint16(vec.NEVER), width, codes)
        found = codes.reshape(-1, width)
        wanted = np.log(np.clip(rows.astype(np.float64), LEAST, 1)) * -vec.CODES
        assert np.abs(found[:, :count] - wanted).max() < 0.51  # rounded, and the precision of the numbers
        assert (found[:, count:] == vec.NEVER).all()


def bilinear(coarse: np.ndarray, v: np.ndarray, u: np.ndarray) -> np.ndarray:
    """(h, w, lanes) at (H,) rows and (W,) columns, clamped."""
    v, u = np.clip(v, 0, coarse.shape[0] - 1), np.clip(u, 0, coarse.shape[1] - 1)
    y, x = np.minimum(v.astype(int), coarse.shape[0] - 2), np.minimum(u.astype(int), coarse.shape[1] - 2)
    fy, fx = (v - y)[:, None, None], (u - x)[None, :, None]
    upper = coarse[y][:, x] * (1 - fx) + coarse[y][:, x + 1] * fx
    return upper * (1 - fy) + (coarse[y + 1][:, x] * (1 - fx) + coarse[y + 1][:, x + 1] * fx) * fy


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("held", [False, True])
def test_cells_in_calm_are_filled_by_interpolation_and_others_stay(half: bool, held: bool):
    rng = np.random.default_rng(2)
    step, (h, w), lanes, core = 4, (9, 40), 16, (2, 5, 34, 157)
    coarse = rng.random((h, w, lanes)).astype(np.float32)
    meets = rng.random((h, w)) < 0.3
    planes = np.array([0, 2, 3, 5, 6, 7, 8, 9, 10, 12, 13])
    target = np.full((15, core[2] - core[0], core[3] - core[1]), -1, np.float16 if half else np.float32)
    free = rng.random(target[0].size).astype(np.float32) if held else np.empty(0, np.float32)
    at = np.array([1 / step, -0.5, 1 / step, -0.5])
    bits = target.view(np.uint16) if half else target
    kernels.fill(coarse.ravel(), lanes, at, meets, step, (0, 0), free, (core[0], core[2]), planes, core, bits)
    ys, xs = np.arange(core[0], core[2]), np.arange(core[1], core[3])
    wanted = np.moveaxis(bilinear(coarse, ys / step - 0.5, xs / step - 0.5), 2, 0)
    wanted *= free.reshape(target[0].shape) if held else 1
    calm = ~meets[ys // step][:, xs // step]
    for lane, plane in enumerate(planes):
        assert np.allclose(target[plane][calm], wanted[lane][calm], atol=1e-3 if half else 1e-6)
    assert (target[:, ~calm] == -1).all()
    assert (np.delete(target, planes, axis=0) == -1).all()


def test_rows_go_to_their_pixels_and_what_lies_outside_is_left_out():
    rng = np.random.default_rng(3)
    pixels = rng.permutation(40 * 50).astype(np.int32)[:1500]
    pixels[:600] = np.sort(pixels[:600])
    rows = rng.random((1500, 8)).astype(np.float32)
    planes, target = np.array([1, 3, 4, 6, 0]), np.full((7, 30, 35), -1, np.float32)
    wanted = np.full((7, 40, 50), -1, np.float32)
    kernels.scatter(rows.ravel(), 8, pixels, 50, 5, 10, planes, target)
    for k, plane in enumerate(planes):
        wanted[plane].reshape(-1)[pixels] = rows[:, k]
    assert np.array_equal(target, wanted[:, 5:35, 10:45])


def test_senders_that_are_alone_have_no_part_in_the_narrow_kernel():
    _, image = scene(60, 80, 3)
    close = np.arange(20 * 80, dtype=np.int32)
    far = (np.arange(40, 60, 4)[:, None] * 80 + np.arange(0, 80, 4)).ravel().astype(np.int32)
    pixels = np.concatenate([close, far])
    places = Places(image, pixels, np.ones(pixels.size, np.float32), pixels.size, alone=far.size)
    with Team(lambda: False, threads=2) as team:
        narrow, wide = Lattice(places, 2.0, 0.0, team), Lattice(places, 30.0, 13.0, team)
        without = Lattice(Places.alike(image, close), 2.0, 0.0, team)
    assert (narrow.weights[close.size :] == 0).all()
    assert (wide.weights[close.size :].sum(1) > 0).all()
    assert narrow.count == without.count
    assert np.allclose(np.sort(narrow.weights[: close.size], 1), np.sort(without.weights, 1), atol=1e-6)


@pytest.mark.parametrize("way", ["share", "own"])
def test_all_of_a_range_is_done_once_and_a_fault_of_any_thread_comes_out(way: str):
    with Team(lambda: False, threads=3) as team:
        for count in (0, 1, 999, 1000, 5001):
            done = np.zeros(count, int)

            def work(first: int, last: int, done: np.ndarray = done) -> None:
                done[first:last] += 1

            getattr(team, way)(count, work, 1000)
            assert (done == 1).all()
    mine = threading.get_ident()
    for own in (True, False):

        def fail(first: int, last: int, own: bool = own) -> None:
            if (threading.get_ident() == mine) == own:
                raise ZeroDivisionError
            threading.Event().wait(0.01)

        with Team(lambda: False, threads=2) as team, pytest.raises(ZeroDivisionError):
            getattr(team, way)(40_000, fail, 1000)


def test_the_thread_that_works_along_hears_the_wish_to_stop():
    asked = threading.Event()

    def work(first: int, last: int) -> None:
        if first >= 5000:
            asked.set()

    with Team(asked.is_set, threads=1) as team:
        with pytest.raises(Cancelled):
            team.share(1_000_000, work, 1000)
        assert team.stop[0] == 1
