"""Mean field over a picture in one window or several that overlap, on all pixels or, "fast", on some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from segdesk.domain.options import CrfOptions
from segdesk.engines.crf import kernels
from segdesk.engines.crf.kept import Kept
from segdesk.engines.crf.lattice import Places
from segdesk.engines.crf.meanfield import Kernels, infer
from segdesk.engines.crf.scores import Scores
from segdesk.engines.crf.team import Team

TILE = 64  # pixels are gone through in tiles, whose vertices stay in the cache
ALIGN = 12  # windows of "fast" begin at multiples of it, so that all have the same grid
WINDOW, WINDOW_FAST = 1280, 2400  # side of a window's core
WHOLE, WHOLE_FAST = 3_000_000, 8_000_000  # pictures of so many pixels are done in one window
REACH, REACH_FAST = 2.0, 3.0  # windows overlap by so many sigma
MARGIN = (24, 256)  # but at least and at most by so many pixels

Box = tuple[int, int, int, int]  # y0, x0, y1, x1


@dataclass(frozen=True)
class Job:
    """One window of a run. `image`: (H, W, 3) uint8, contiguous; `core`: what is wanted of the window; boxes are
    (y0, x0, y1, x1) in the picture; `target`: (K, h, w), where the core's answer belongs."""

    scores: Scores
    image: np.ndarray
    options: CrfOptions
    target: np.ndarray
    team: Team
    core: Box
    window: Box
    kept: Kept | None = None

    @property
    def bits(self) -> np.ndarray:
        """The target for numba, which knows no half floats: they are uint16 to it."""
        return self.target.view(np.uint16) if self.target.dtype == np.float16 else self.target

    def write(self, pixels: np.ndarray, rows: np.ndarray, planes: np.ndarray | None = None) -> None:
        """(n, width) probabilities of pixels into the target. `planes`: the channels' places in it if not in order."""
        rows = np.ascontiguousarray(rows, self.target.dtype)
        planes = np.arange(len(self.target)) if planes is None else planes
        flat, (y, x) = rows.view(self.bits.dtype).reshape(-1), self.core[:2]
        kernels.scatter(flat, rows.shape[1], pixels, self.image.shape[1], y, x, planes, self.bits)


def run(
    scores: Scores, image: np.ndarray, options: CrfOptions, out: np.ndarray, team: Team, kept: Kept | None = None
) -> None:
    """Fill `out` (K, H, W), float16 or float32, with the probabilities after inference. `image`: (H, W, 3) uint8,
    contiguous. Raises `Cancelled`."""
    windows = list(_windows(image.shape[0], image.shape[1], options))
    for core, window in windows:
        team.weight = 1 / len(windows)
        target = out[:, core[0] : core[2], core[1] : core[3]]
        one(Job(scores, image, options, target, team, core, window, kept if len(windows) == 1 else None))


def run_box(
    scores: Scores, image: np.ndarray, options: CrfOptions, out: np.ndarray, team: Team, box: Box, kept: Kept | None
) -> None:
    """As `run`, for the pixels of `box` alone, with what lies around it: `out` (K, h, w)."""
    one(Job(scores, image, options, out, team, box, _around(box, image.shape, options), kept))


def one(job: Job) -> None:
    """One window, in the quality of its options."""
    if job.options.quality == "exact":
        _exact(job)
    else:
        from segdesk.engines.crf.fast import fast

        fast(job)


def _windows(height: int, width: int, options: CrfOptions) -> Iterator[tuple[Box, Box]]:
    """(core, window with what lies around it), in pixels of the picture."""
    side, whole = (WINDOW, WHOLE) if options.quality == "exact" else (WINDOW_FAST, WHOLE_FAST)
    if height * width <= whole:
        yield (0, 0, height, width), (0, 0, height, width)
        return
    for y in range(0, height, side):
        for x in range(0, width, side):
            core = y, x, min(height, y + side), min(width, x + side)
            yield core, _around(core, (height, width), options)


def _around(core: Box, size: tuple[int, ...], options: CrfOptions) -> Box:
    """A box with as much around it as has a say in it."""
    reach = REACH if options.quality == "exact" else REACH_FAST
    margin = int(min(max(max(options.sigma_alpha, options.sigma_gamma) * reach, MARGIN[0]), MARGIN[1]))
    y0, x0, y1, x1 = core
    top, left = (max(0, at - margin) // ALIGN * ALIGN for at in (y0, x0))
    return top, left, min(size[0], y1 + margin), min(size[1], x1 + margin)


def tiled(window: Box, image_width: int) -> np.ndarray:
    """(n,) int32 pixels of a window, tile by tile."""
    y0, x0, y1, x1 = window
    out, at = np.empty((y1 - y0) * (x1 - x0), np.int32), 0
    for top in range(y0, y1, TILE):
        ys = np.arange(top, min(top + TILE, y1), dtype=np.int32)[:, None] * np.int32(image_width)
        for left in range(x0, x1, TILE):
            tile = ys + np.arange(left, min(left + TILE, x1), dtype=np.int32)
            out[at : at + tile.size] = tile.ravel()
            at += tile.size
    return out


def _exact(job: Job) -> None:
    """On all pixels."""
    width, team, options = job.image.shape[1], job.team, job.options
    pixels = tiled(job.window, width)
    places = Places.alike(job.image, pixels)
    both = Kernels.over(places, options, team) if job.kept is None else job.kept.kernels(places, options, team)
    team.advance(1 / (options.iterations + 1))
    unary, free = job.scores.unary(pixels, width, team)
    held = bool(job.scores.held.size)

    def write(first: int, last: int, rows: np.ndarray) -> None:
        if held:
            rows *= free[first:last, None]
        job.write(pixels[first:last], rows)

    infer(unary, free, both, options, team, write)
