"""The dense CRF on class probabilities: what comes in is checked, classes that cannot win are left out, large pictures
are done in windows. The compiled part is imported when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import CrfOptions
from segdesk.engines.messages import crf_available

if TYPE_CHECKING:
    from segdesk.engines.crf.kept import Kept
    from segdesk.engines.crf.team import Team

MAX_VALUES = 600_000_000  # labels x pixels of an answer: 1.2 GB
AT_ONCE = 1_000_000  # values are looked at between two questions whether to stop
PRESENT = 0.05  # a class whose probability nowhere reaches this is left out

Cancel = Callable[[], bool]
Progress = Callable[[float], object]


def _silent(_: float) -> None:
    pass


def available() -> bool:
    """Whether `refine` can run here."""
    return crf_available()


def refine(scores: np.ndarray, image: np.ndarray, options: CrfOptions, cancelled: Cancel = lambda: False) -> np.ndarray:
    """Probabilities after mean field inference on the picture.

    `scores`: (K, H, W) probabilities, K >= 1; they need not be contiguous or sum to exactly 1. `image`: (H, W, 3) uint8
    RGB. Returns (K, H, W) float32 of a fresh array. Classes that occur nowhere take no part and come back as zeros. It
    stops some 10 ms after `cancelled` says so. Raises `SegDeskError` for input that makes no sense, and `Cancelled`.
    """
    if scores.ndim == 3 and scores.shape[1:] != image.shape[:2]:
        raise _differ()
    present, found = refine_present(scores, image, options, cancelled, dtype=np.float32)
    if present.size == scores.shape[0]:
        return found
    result = np.zeros(scores.shape, np.float32)
    result[present] = found
    return result


def refine_present(
    scores: np.ndarray,
    image: np.ndarray,
    options: CrfOptions,
    cancelled: Cancel = lambda: False,
    *,
    dtype: type[np.floating] = np.float16,
    kept: Kept | None = None,
    held: Sequence[int] = (),
    progress: Progress = _silent,
) -> tuple[np.ndarray, np.ndarray]:
    """As `refine`, for (K, h, w) scores of any resolution that cover the picture. Returns (the P channels that occur,
    their (P, H, W) probabilities of `dtype` at the picture's size).

    `kept`: kernels of an earlier run on the picture, to be used and replaced. `held`: channels that keep their
    probabilities, which the others see as settled: these share what is left at each pixel (mean field with the
    marginals of the held classes clamped); they come last in the answer. `progress` is told the share that is done,
    0..1, by the calling thread.
    """
    return _refine(scores, image, options, cancelled, None, dtype, kept, held, progress)


def refine_window(
    scores: np.ndarray,
    image: np.ndarray,
    options: CrfOptions,
    box: tuple[int, int, int, int],
    cancelled: Cancel = lambda: False,
    *,
    dtype: type[np.floating] = np.float16,
    kept: Kept | None = None,
    held: Sequence[int] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """As `refine_present`, for a part of the picture: what is seen of it, or a painted region's bounding box.

    `scores`: (K, h, w), `image`: (H, W, 3), both of the whole picture. `box`: (x0, y0, x1, y1) in the picture's pixels,
    not empty. Returns (the P channels that occur in the picture, (P, y1 - y0, x1 - x0) probabilities): those of the
    whole picture's inference but for what lies further away than the margin that is added (2 sigma_alpha at most).
    `kept` is of the box: give each box its own.
    """
    x0, y0, x1, y1 = box
    if not (0 <= x0 < x1 <= image.shape[1] and 0 <= y0 < y1 <= image.shape[0]):
        raise SegDeskError("The part of the picture to refine lies outside of it.", "Choose a part of the picture.")
    return _refine(scores, image, options, cancelled, (y0, x0, y1, x1), dtype, kept, held)


def refine_reduced(
    scores: np.ndarray,
    image: np.ndarray,
    options: CrfOptions,
    scale: float,
    cancelled: Cancel = lambda: False,
    *,
    dtype: type[np.floating] = np.float16,
    kept: Kept | None = None,
    held: Sequence[int] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """As `refine_present`, on the picture reduced by `scale` (0 < scale <= 1), with kernels reduced alike: a preview at
    the resolution of the screen. Returns (the P channels that occur, (P, H', W') probabilities with H' = the picture's
    height times the scale, rounded, at least 1; W' alike). `kept` is of the scale: give each scale its own."""
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    if (height, width) != image.shape[:2]:
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        options = scaled(options, scale)
    return _refine(scores, image, options, cancelled, None, dtype, kept, held)


def _refine(
    scores: np.ndarray,
    image: np.ndarray,
    options: CrfOptions,
    cancelled: Cancel,
    box: tuple[int, int, int, int] | None,
    dtype: type[np.floating],
    kept: Kept | None,
    held: Sequence[int],
    progress: Progress = _silent,
) -> tuple[np.ndarray, np.ndarray]:
    _check(scores, image, options)
    from segdesk.engines.crf.team import Team

    with Team(cancelled, progress=progress) as team:
        team.check()
        peaks = _peaks(scores, team)
        holding = np.array(sorted(set(held) & set(range(len(scores)))), np.int64)
        chosen = np.setdiff1d(np.flatnonzero(peaks >= PRESENT), holding)
        present = np.concatenate([chosen, holding])
        y0, x0, y1, x1 = box or (0, 0, *image.shape[:2])
        result = np.empty((present.size, y1 - y0, x1 - x0), dtype)
        for plane, channel in zip(result[chosen.size :], holding, strict=True):
            plane[:] = _enlarged(scores[channel], image.shape[:2])[y0:y1, x0:x1]
        target = result[: chosen.size]
        if chosen.size < 2:
            target[:] = np.clip(1 - result[chosen.size :].sum(axis=0, dtype=np.float32), 0, 1)
            return present, result
        if not available():
            raise SegDeskError("The dense CRF is not installed.", "Install the package numba, or switch the CRF off.")
        from segdesk.engines.crf.scores import Scores
        from segdesk.engines.crf.windows import run, run_box

        image = np.ascontiguousarray(image)
        values = Scores.of(scores, image.shape[:2], team, channels=chosen, peaks=peaks[chosen], held=holding)
        if box is None:
            run(values, image, options, target, team, kept)
        else:
            run_box(values, image, options, target, team, box, kept)
    return present, result


def _enlarged(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W) float32 of a (h, w) plane of any float type."""
    plane = plane.astype(np.float32)
    return plane if plane.shape == size else cv2.resize(plane, size[::-1], interpolation=cv2.INTER_LINEAR)


def limited(labels: int, height: int, width: int) -> tuple[int, int]:
    """(h, w) at which the answer for `labels` classes fits into memory, in the picture's proportion; the picture's
    size if it fits."""
    pixels = MAX_VALUES / max(1, labels)
    if height * width <= pixels:
        return height, width
    scale = (pixels / (height * width)) ** 0.5
    return max(1, int(height * scale)), max(1, int(width * scale))


def scaled(options: CrfOptions, scale: float) -> CrfOptions:
    """The same kernels on a picture that is `scale` times as large."""
    alpha, gamma = max(1.0, options.sigma_alpha * scale), max(0.5, options.sigma_gamma * scale)
    return replace(options, sigma_alpha=alpha, sigma_gamma=gamma)


def warm() -> None:
    """Load the compiled part, or compile it (seconds, once an installation), ahead of its first use."""
    if available():
        image = np.arange(24 * 24 * 3, dtype=np.uint8).reshape(24, 24, 3)
        scores = np.full((2, 24, 24), 0.5, np.float32)
        for quality in ("exact", "fast"):
            refine(scores, image, CrfOptions(quality=quality, iterations=1))


def _differ() -> SegDeskError:
    return SegDeskError("The picture and the class probabilities to refine differ in size.", "Run the model again.")


def _check(scores: np.ndarray, image: np.ndarray, options: CrfOptions) -> None:
    """Shapes and values that make sense, or `SegDeskError`."""
    if scores.ndim != 3 or scores.shape[0] == 0 or scores.size == 0:
        raise SegDeskError("There are no class probabilities to refine.", "Run the model again.")
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0 or image.dtype != np.uint8:
        raise _differ()
    if not min(options.sigma_alpha, options.sigma_beta, options.sigma_gamma) > 0:
        raise SegDeskError("The widths (sigma) of the CRF must be greater than 0.", "Reset the parameters of the CRF.")
    if options.iterations < 1:
        raise SegDeskError("The CRF needs at least one iteration.", "Reset the parameters of the CRF.")


def _peaks(scores: np.ndarray, team: Team) -> np.ndarray:
    """(K,) the highest value of each channel; `SegDeskError` where one is no number."""
    found: list[np.ndarray] = []

    def part(first: int, last: int) -> None:
        rows = scores[:, first:last]
        found.append(np.stack([rows.max(axis=(1, 2)), rows.min(axis=(1, 2))]))  # of a NaN both are NaN

    team.share(scores.shape[1], part, chunk=max(1, AT_ONCE // scores[:, 0].size))
    ends = np.array(found, np.float32)
    if not np.isfinite(ends).all():
        raise SegDeskError(
            "The model answered with values that are not numbers.",
            "Run it again on the processor, or without the CRF.",
        )
    return np.maximum(ends[:, 0].max(axis=0), 0)
