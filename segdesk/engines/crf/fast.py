"""Mean field on some pixels of a window: those where classes meet, and a grid elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from segdesk.engines.crf import kernels
from segdesk.engines.crf.lattice import Places
from segdesk.engines.crf.meanfield import Kernels, infer
from segdesk.engines.crf.scores import Scores
from segdesk.engines.crf.vec import TINY
from segdesk.engines.crf.windows import TILE, Box, Job

LOOKS = 1  # iterations on the grid alone that find out where classes meet
SURE = 0.8  # a neighbourhood of one class that is everywhere this likely needs no second look
STAYS = 0.3  # a class whose probability nowhere reaches this then is left out if it was not sure of itself at the start
FINE, LARGE = 0.5e6, 4  # pictures of fewer pixels have a grid of one less than this
DEEP = 5  # cells around one that are calm if it lies deep in calm
APART = 2.5  # sigma_gamma; what lies deeper in calm is left out of the narrow kernel
SMOOTH = 2.0  # with a sigma_gamma of so many pixels, one pixel in three (small pictures: two) where classes meet sends


class Grid(NamedTuple):
    """Every `step`-th pixel of every `step`-th row: `ys`, `xs` in the picture."""

    step: int
    ys: np.ndarray
    xs: np.ndarray

    @staticmethod
    def over(window: Box, size: tuple[int, int]) -> Grid:
        """The middles of the cells, which are the same in every window of a picture of `size`."""
        step = LARGE if size[0] * size[1] >= FINE else LARGE - 1
        y0, x0, y1, x1 = window
        ys = np.minimum(np.arange(y0, y1, step) + step // 2, y1 - 1)
        return Grid(step, ys, np.minimum(np.arange(x0, x1, step) + step // 2, x1 - 1))

    def pixels(self, image_width: int) -> np.ndarray:
        """(n,) int32, y * image_width + x."""
        return (self.ys[:, None] * image_width + self.xs).ravel().astype(np.int32)

    def whole(self, cells: np.ndarray, window: Box) -> np.ndarray:
        """A (h, w) array of cells at the window's size."""
        y0, x0, y1, x1 = window
        return cells[np.arange(y1 - y0) // self.step][:, np.arange(x1 - x0) // self.step]


def fast(job: Job) -> None:
    """First on a grid, to see where the classes meet; then on the pixels there and on the grid elsewhere, where a pixel
    stands for its cell. The first look is by rough lattices: 30 % of the vertices, none linked, the same agreement."""
    width, team, whole = job.image.shape[1], job.team, job.team.weight
    grid = Grid.over(job.window, job.image.shape[:2])
    points = grid.pixels(width)
    team.weight = whole / 5
    look = _infer(job, job.scores, Places.alike(job.image, points), LOOKS, slice(0, points.size))
    stays = team.apart(lambda: _staying(look, job.scores))
    meets = team.apart(lambda: _meets(look.reshape(grid.ys.size, grid.xs.size, -1)))
    team.weight = whole * 4 / 5
    every = grid.step - 1 if job.options.sigma_gamma >= SMOOTH else 1
    senders, others = team.apart(lambda: _split(grid.whole(meets, job.window), job, every))
    asked, deep = _asked(meets)
    places = team.apart(lambda: _places(job, senders, others, points[asked], every, _calm_mass(asked, deep, grid.step)))
    if DEEP // 2 * grid.step >= APART * job.options.sigma_gamma:
        places = replace(places, alone=deep)
    calm = slice(senders.size, places.senders)
    found = _infer(job, job.scores.only(stays), places, job.options.iterations, calm, stays)
    grown = np.zeros((points.size, found.shape[1]), np.float32)

    def grow() -> None:
        grown[:, : stays.size] = look[:, stays] / np.maximum(look[:, stays].sum(axis=1, keepdims=True), TINY)
        grown[asked] = found

    team.apart(grow)
    _fill(job, grid, grown, meets, stays)


def _infer(
    job: Job, scores: Scores, places: Places, iterations: int, grid: slice, stays: np.ndarray | None = None
) -> np.ndarray:
    """(n, lanes) probabilities after inference of those places that are the `grid`'s.

    The answer of all others goes straight into the target, into the planes `stays`: as an array of its own it would be
    one of the largest. Without `stays` it is the first look, by rough lattices.
    """
    options, team = replace(job.options, iterations=iterations), job.team
    both = Kernels.over(places, options, team, rough=stays is None)
    team.advance(1 / (iterations + 1))
    unary, free = scores.unary(places.pixels, job.image.shape[1], team)
    found = np.empty((grid.stop - grid.start, unary.shape[1]), np.float32)

    def write(first: int, last: int, rows: np.ndarray) -> None:
        a, b = (min(max(at, grid.start), grid.stop) for at in (first, last))
        found[a - grid.start : b - grid.start] = rows[a - first : b - first]
        if scores.held.size:
            rows *= free[first:last, None]
        for i, j in ((first, min(last, grid.start)), (max(first, grid.stop), last)):
            if i < j:
                job.write(places.pixels[i:j], rows[i - first : j - first], stays)

    infer(unary, places.mass * free, both, options, team, write)
    return found


def _meets(found: np.ndarray) -> np.ndarray:
    """(h, w) bool: where the neighbourhood in an (h, w, lanes) answer is not of one class, or not sure of it."""
    winner = found.argmax(axis=2).astype(np.uint16)
    sure = (found.max(axis=2) >= SURE).view(np.uint8)
    around = np.ones((3, 3), np.uint8)
    return (cv2.erode(winner, around) != cv2.dilate(winner, around)) | (cv2.erode(sure, around) == 0)


def _staying(look: np.ndarray, scores: Scores) -> np.ndarray:
    """The channels that may still win; a small object may lie between the pixels that were looked at."""
    peaks = look[:, : scores.channels.size].max(axis=0)
    return np.flatnonzero((peaks >= STAYS * peaks.max()) | (scores.peaks >= SURE))


def _asked(meets: np.ndarray) -> tuple[np.ndarray, int]:
    """(flat (n,) indices of the cells that send, in calm; how many of them, the last ones, lie deep in it). Deep in
    calm every other one sends."""
    deep = cv2.dilate(meets.view(np.uint8), np.ones((DEEP, DEEP), np.uint8)) == 0
    odd = np.add.outer(np.arange(meets.shape[0]), np.arange(meets.shape[1])) % 2 == 1
    last = np.flatnonzero(deep & ~odd)
    return np.concatenate([np.flatnonzero(~meets & ~deep), last]), last.size


def _calm_mass(asked: np.ndarray, deep: int, step: int) -> np.ndarray:
    """(n,) how many pixels each of the cells `_asked` stands for."""
    mass = np.full(asked.size, step**2, np.float32)
    mass[asked.size - deep :] *= 2
    return mass


def _split(meets: np.ndarray, job: Job, every: int) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of the window where classes meet, tile by tile: those that send, one in `every`, and those that only
    receive."""
    (y0, x0, _, x1), width = job.window, job.image.shape[1]
    at = np.flatnonzero(meets)
    y, x = np.divmod(at.astype(np.int32), np.int32(x1 - x0))
    tile = (y // TILE * ((x1 - x0) // TILE + 1) + x // TILE).astype(np.uint16)
    order = np.argsort(tile, kind="stable")
    pixels = ((y + y0) * np.int32(width) + x + x0).astype(np.int32)[order]
    receive = ((y + x + (y0 + x0)) % every != 0)[order]
    return pixels[~receive], pixels[receive]


def _places(
    job: Job, senders: np.ndarray, others: np.ndarray, calm: np.ndarray, every: int, mass: np.ndarray
) -> Places:
    """Pixels where classes meet that send for `every` of them, the grid's in calm with their mass, and pixels that only
    receive."""
    pixels = np.concatenate([senders, calm, others])
    masses = np.ones(pixels.size, np.float32)
    masses[: senders.size] = every
    masses[senders.size : senders.size + calm.size] = mass
    return Places(job.image, pixels, masses, senders.size + calm.size)


def _fill(job: Job, grid: Grid, answer: np.ndarray, meets: np.ndarray, stays: np.ndarray) -> None:
    """Between them the answer of the grid, interpolated, and zeros for the classes that are gone."""
    (y0, x0, _, _), core, width = job.window, job.core, job.image.shape[1]
    at = np.array(
        [1 / grid.step, -(grid.step // 2 + y0) / grid.step, 1 / grid.step, -(grid.step // 2 + x0) / grid.step]
    )
    columns = np.arange(core[1], core[3], dtype=np.int32)
    gone = np.setdiff1d(np.arange(len(job.target)), stays).tolist()
    flat, target, free = answer.reshape(-1), job.bits, np.empty(0, np.float32)

    def part(first: int, last: int) -> None:
        rows, left = (core[0] + first, core[0] + last), free
        if job.scores.held.size:
            pixels = np.arange(*rows, dtype=np.int32)[:, None] * np.int32(width) + columns
            left = np.ascontiguousarray(job.scores.free(pixels.ravel(), width))
        kernels.fill(flat, answer.shape[1], at, meets, grid.step, (y0, x0), left, rows, stays, core, target)
        for plane in gone:
            job.target[plane, first:last] = 0

    job.team.share(core[2] - core[0], part, chunk=8)
