"""Mean field over a picture in one window or several that overlap, on all pixels or on every n-th of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from segdesk.domain.options import CrfOptions
from segdesk.engines.crf import kernels
from segdesk.engines.crf.kept import Kept
from segdesk.engines.crf.lattice import Places
from segdesk.engines.crf.meanfield import Kernels, infer, logits_of, padded
from segdesk.engines.crf.team import Team
from segdesk.engines.crf.vec import TINY

STEP = 4  # "fast" infers on every fourth pixel of every fourth row where nothing happens
LOOKS = 2  # iterations that find out where that is
WINDOW, WINDOW_FAST = 1280, 2560  # side of a window's core
WHOLE, WHOLE_FAST = 3_000_000, 12_000_000  # pictures of so many pixels are done in one window
REACH = 2.0  # windows overlap by so many sigma
MARGIN = (24, 256)  # but at least and at most by so many pixels
SURE = 0.9  # a neighbourhood of one class that is everywhere this likely needs no second look

Box = tuple[int, int, int, int]  # y0, x0, y1, x1


@dataclass
class Scores:
    """Probabilities as the kernels read them: `values` flat (height, width, lanes) float32 of `classes` classes, and
    where a pixel (y, x) of the picture lies in them: row grid[0] y + grid[1], column grid[2] x + grid[3]."""

    values: np.ndarray
    height: int
    width: int
    classes: int
    grid: np.ndarray

    @staticmethod
    def of(scores: np.ndarray, size: tuple[int, int]) -> Scores:
        """From (K, h, w) of any float type that cover a picture of `size`."""
        count, height, width = scores.shape
        values = np.zeros((height, width, padded(count)), np.float32)
        for y in range(0, height, 64):
            values[y : y + 64, :, :count] = np.moveaxis(scores[:, y : y + 64], 0, 2)
        a, c = height / size[0], width / size[1]
        return Scores(values.reshape(-1), height, width, count, np.array([a, a / 2 - 0.5, c, c / 2 - 0.5]))

    @property
    def lanes(self) -> int:
        """Values in a row of one place."""
        return padded(self.classes)

    def rows(self, pixels: np.ndarray, image_width: int) -> np.ndarray:
        """(n, lanes) float32 at (n,) int32 pixels y * image_width + x."""
        out = np.empty((pixels.size, self.lanes), np.float32)
        kernels.sample(
            self.values, self.height, self.width, self.lanes, self.grid, image_width, pixels, out.reshape(-1)
        )
        return out

    def logits(self, pixels: np.ndarray, image_width: int, team: Team) -> np.ndarray:
        """(n, lanes) logits at pixels."""
        rows = np.empty((pixels.size, self.lanes), np.float32)

        def part(_: int, first: int, last: int) -> None:
            rows[first:last] = self.rows(pixels[first:last], image_width)
            logits_of(rows[first:last], self.classes)

        team.share(pixels.size, part)
        return rows


def run(
    scores: Scores, image: np.ndarray, options: CrfOptions, out: np.ndarray, team: Team, kept: Kept | None = None
) -> None:
    """Fill `out` (K, H, W), any float type, with the probabilities after inference. `image`: (H, W, 3) uint8,
    contiguous. Raises `Cancelled`."""
    one = _exact if options.quality == "exact" else _fast
    windows = list(_windows(image.shape[0], image.shape[1], options))
    for core, window in windows:
        one(Job(scores, image, options, out, team, core, window, kept if len(windows) == 1 else None))


def run_box(
    scores: Scores, image: np.ndarray, options: CrfOptions, out: np.ndarray, team: Team, box: Box, kept: Kept | None
) -> None:
    """As `run`, for the pixels of `box` alone, with what lies around it: `out` (K, h, w)."""
    one = _exact if options.quality == "exact" else _fast
    one(Job(scores, image, options, out, team, box, _around(box, image.shape, options), kept, box[:2]))


@dataclass(frozen=True)
class Job:
    """One window of a run. `core`: what is wanted of it; boxes are (y0, x0, y1, x1)."""

    scores: Scores
    image: np.ndarray
    options: CrfOptions
    out: np.ndarray
    team: Team
    core: Box
    window: Box
    kept: Kept | None
    origin: tuple[int, int] = (0, 0)

    @property
    def target(self) -> np.ndarray:
        """(K, h, w): where the core's answer belongs in `out`, whose first pixel is `origin` (y, x)."""
        y, x = self.origin
        return self.out[:, self.core[0] - y : self.core[2] - y, self.core[1] - x : self.core[3] - x]

    def infer(self, places: Places, options: CrfOptions, both: Kernels | None = None) -> np.ndarray:
        """(n, lanes) probabilities after inference on some pixels."""
        both = both or Kernels.over(places, options, self.team)
        found = self.scores.logits(places.pixels, self.image.shape[1], self.team)
        infer(found, both, options, self.team)
        return found


def _windows(height: int, width: int, options: CrfOptions) -> Iterator[tuple[Box, Box]]:
    """(core, window with what lies around it), in pixels of the picture."""
    side, whole = (WINDOW, WHOLE) if options.quality == "exact" else (WINDOW_FAST, WHOLE_FAST)
    if height * width <= whole:
        yield (0, 0, height, width), (0, 0, height, width)
        return
    for y in range(0, height, side):
        for x in range(0, width, side):
            bottom, right = min(height, y + side), min(width, x + side)
            core = y, x, bottom, right
            yield core, _around(core, (height, width), options)


def _around(core: Box, size: tuple[int, ...], options: CrfOptions) -> Box:
    """A box with as much around it as has a say in it."""
    margin = int(min(max(max(options.sigma_alpha, options.sigma_gamma) * REACH, MARGIN[0]), MARGIN[1]))
    y0, x0, y1, x1 = core
    return max(0, y0 - margin), max(0, x0 - margin), min(size[0], y1 + margin), min(size[1], x1 + margin)


def _grid(ys: np.ndarray, xs: np.ndarray, image_width: int) -> np.ndarray:
    """(n,) int32 pixels of these rows and columns."""
    return (ys[:, None] * image_width + xs).ravel().astype(np.int32)


def _exact(job: Job) -> None:
    """On all pixels."""
    (y0, x0, y1, x1), core = job.window, job.core
    pixels = _grid(np.arange(y0, y1), np.arange(x0, x1), job.image.shape[1])
    places = Places.alike(job.image, pixels)
    both = None
    if job.kept is not None:
        both = job.kept.kernels(places, job.options, job.team)
    found = job.infer(places, job.options, both).reshape(y1 - y0, x1 - x0, -1)
    inside = found[core[0] - y0 : core[2] - y0, core[1] - x0 : core[3] - x0, : job.scores.classes]
    target = job.target

    def part(_: int, first: int, last: int) -> None:
        target[:, first:last] = np.moveaxis(inside[first:last], 2, 0)

    job.team.share(core[2] - core[0], part, chunk=8)


def _fast(job: Job) -> None:
    """First on a grid, to see where the classes meet; then on all pixels there and on the grid elsewhere, where a pixel
    stands for those around it."""
    width, (y0, x0, y1, x1) = job.image.shape[1], job.window
    ys, xs = _ticks(y0, y1), _ticks(x0, x1)
    grid = _grid(ys, xs, width)
    first = job.infer(
        Places.alike(job.image, grid), replace(job.options, iterations=min(LOOKS, job.options.iterations))
    )
    meets = _meets(first.reshape(ys.size, xs.size, -1))
    del first
    y, x = np.nonzero(meets[(np.arange(y0, y1) - y0) // STEP][:, (np.arange(x0, x1) - x0) // STEP])
    band = ((y + y0) * width + x + x0).astype(np.int32)
    calm = grid[~meets.ravel()]
    mass = np.repeat(np.array([1, STEP * STEP], np.float32), [band.size, calm.size])
    found = job.infer(Places(job.image, np.concatenate([band, calm]), mass), job.options)
    _spread(job, found, band, meets, (ys, xs))


def _ticks(first: int, last: int) -> np.ndarray:
    """The middles of stretches of `STEP`."""
    return np.minimum(np.arange(first, last, STEP, dtype=np.int64) + STEP // 2, last - 1)


def _meets(found: np.ndarray) -> np.ndarray:
    """(h, w) bool: where the neighbourhood in an (h, w, lanes) answer is not of one class, or not sure of it."""
    winner = found.argmax(axis=2).astype(np.uint16)
    sure = (found.max(axis=2) >= SURE).view(np.uint8)
    around = np.ones((3, 3), np.uint8)
    return (cv2.erode(winner, around) != cv2.dilate(winner, around)) | (cv2.erode(sure, around) == 0)


def _spread(
    job: Job, found: np.ndarray, band: np.ndarray, meets: np.ndarray, ticks: tuple[np.ndarray, np.ndarray]
) -> None:
    """Write the answer: that of the band as it is, between it that of the grid interpolated."""
    (ys, xs), (y0, x0, _, _) = ticks, job.window
    width, classes = job.image.shape[1], job.scores.classes
    values = np.empty((meets.size, found.shape[1]), np.float32)
    flat = meets.ravel()
    values[~flat] = found[band.size :]
    values[flat] = found[np.searchsorted(band, _grid(ys, xs, width)[flat])]
    grid = np.array([1 / STEP, -(y0 + STEP // 2) / STEP, 1 / STEP, -(x0 + STEP // 2) / STEP])
    answer = Scores(values.reshape(-1), ys.size, xs.size, classes, grid)
    core = job.core

    def part(_: int, first: int, last: int) -> None:
        pixels = _grid(np.arange(first, last) + core[0], np.arange(core[1], core[3]), width)
        lines = answer.rows(pixels, width)
        np.multiply(lines, lines > TINY, out=lines)
        a, b = np.searchsorted(band, (pixels[0], pixels[-1] + 1))
        at = band[a:b]
        y, x = at // width - core[0] - first, at % width - core[1]
        inside = (x >= 0) & (x < core[3] - core[1])
        lines[(y * (core[3] - core[1]) + x)[inside]] = found[a:b][inside]
        job.target[:, first:last] = np.moveaxis(
            lines.reshape(last - first, core[3] - core[1], -1)[:, :, :classes], 2, 0
        )

    job.team.share(core[2] - core[0], part, chunk=8)
