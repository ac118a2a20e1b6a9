"""The fully connected CRF of Kraehenbuehl and Koltun (2011) on a model's answer, behind `refine`. It is computed by
pydensecrf2, which is optional; another implementation would replace `_mean_field` only."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import cv2
import numpy as np

from segdesk.domain import rle
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import CrfOptions
from segdesk.domain.prediction import Instance
from segdesk.engines.messages import crf_available

MAX_VALUES = 48_000_000  # labels x pixels: some 1.5 GB of mean field
MAX_PIXELS = 8_000_000  # some 1 GB of lattice
PRESENT = 0.05  # a class whose probability nowhere reaches this is left out
MIN_AREA_RATIO, MAX_AREA_RATIO = 0.5, 2.0

Cancel = Callable[[], bool]


def available() -> bool:
    """Whether `refine` can run here."""
    return crf_available()


def refine(scores: np.ndarray, image: np.ndarray, options: CrfOptions, cancelled: Cancel = lambda: False) -> np.ndarray:
    """Probabilities after mean field inference on the picture.

    `scores`: (K, H, W) float32 probabilities, K >= 1; they need not be contiguous or sum to exactly 1. `image`:
    (H, W, 3) uint8 RGB. Returns (K, H, W) float32 of a fresh array. Classes that occur nowhere take no part and come
    back as zeros. The token is asked before each iteration. Raises `SegDeskError` for input that makes no sense, and
    `Cancelled`.
    """
    _check(scores, image, options)
    result = np.zeros(scores.shape, np.float32)
    present = np.flatnonzero(scores.reshape(scores.shape[0], -1).max(axis=1) >= PRESENT)
    if present.size < 2:
        result[present] = 1.0
        return result
    chosen = np.ascontiguousarray(scores[present], np.float32)
    result[present] = _mean_field(chosen, np.ascontiguousarray(image), options, cancelled)
    return result


def limited(labels: int, height: int, width: int) -> tuple[int, int]:
    """(h, w) at which `labels` classes fit into memory, in the picture's proportion; the picture's size if it fits."""
    pixels = min(MAX_PIXELS, MAX_VALUES / max(1, labels))
    if height * width <= pixels:
        return height, width
    scale = (pixels / (height * width)) ** 0.5
    return max(1, int(height * scale)), max(1, int(width * scale))


def scaled(options: CrfOptions, scale: float) -> CrfOptions:
    """The same kernels on a picture that is `scale` times as large."""
    return CrfOptions(
        options.w1,
        max(1.0, options.sigma_alpha * scale),
        options.sigma_beta,
        options.w2,
        max(0.5, options.sigma_gamma * scale),
        options.iterations,
    )


def refine_instance(
    instance: Instance, image: np.ndarray, options: CrfOptions, cancelled: Cancel, claimed: np.ndarray | None = None
) -> Instance:
    """The object with its border moved to the picture's edges, against its surroundings.

    Works on the object's box and a margin. It does not grow into pixels that are `claimed`, (H, W) bool, by others.
    Where the result would swallow the object or flood the box, the object stays as it is.
    """
    height, width = instance.mask.size
    x0, y0, x1, y1 = rle.bounding_box(instance.mask)
    margin = max(8, max(x1 - x0, y1 - y0) // 5)
    x0, y0, x1, y1 = max(0, x0 - margin), max(0, y0 - margin), min(width, x1 + margin), min(height, y1 + margin)
    mask = rle.decode_box(instance.mask, (x0, y0, x1, y1))
    h, w = limited(2, y1 - y0, x1 - x0)
    if (h, w) != mask.shape:
        return instance
    # Instance masks come from coarse grids: their certainty falls off over the width of one grid cell.
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(1.0, max(h, w) / 56)) * 0.9 + 0.05
    refined = refine(np.stack([1 - soft, soft]), image[y0:y1, x0:x1], options, cancelled)
    after = refined[1] > refined[0]
    if claimed is not None:
        after &= mask | ~claimed[y0:y1, x0:x1]
    before_area, after_area = int(mask.sum()), int(after.sum())
    if not MIN_AREA_RATIO * before_area <= after_area <= MAX_AREA_RATIO * before_area:
        return instance
    return Instance(instance.class_id, instance.score, rle.encode_at(after, x0, y0, (height, width)))


def _check(scores: np.ndarray, image: np.ndarray, options: CrfOptions) -> None:
    if scores.ndim != 3 or scores.shape[0] == 0 or scores.size == 0:
        raise SegDeskError("There are no class probabilities to refine.", "Run the model again.")
    if image.shape != (*scores.shape[1:], 3) or image.dtype != np.uint8:
        raise SegDeskError("The picture and the class probabilities to refine differ in size.", "Run the model again.")
    if not np.isfinite(scores).all():
        raise SegDeskError(
            "The model answered with values that are not numbers.", "Run it again on the processor, or without the CRF."
        )
    if min(options.sigma_alpha, options.sigma_beta, options.sigma_gamma) <= 0:
        raise SegDeskError("The widths (sigma) of the CRF must be greater than 0.", "Reset the parameters of the CRF.")
    if options.iterations < 1:
        raise SegDeskError("The CRF needs at least one iteration.", "Reset the parameters of the CRF.")


def _mean_field(probs: np.ndarray, image: np.ndarray, options: CrfOptions, cancelled: Cancel) -> np.ndarray:
    """(K, H, W) contiguous float32 to the same, K >= 2."""
    if not available():
        raise SegDeskError(
            "The dense CRF is not installed.",
            "Install the package pydensecrf2 (it needs a C++ compiler), or switch the CRF off.",
        )
    dense = importlib.import_module("pydensecrf.densecrf")
    count, height, width = probs.shape
    crf = dense.DenseCRF2D(width, height, count)
    crf.setUnaryEnergy(-np.log(np.clip(probs, 1e-5, 1.0)).reshape(count, -1))
    crf.addPairwiseGaussian(sxy=options.sigma_gamma, compat=options.w2)
    crf.addPairwiseBilateral(sxy=options.sigma_alpha, srgb=options.sigma_beta, rgbim=image, compat=options.w1)
    q, buffer_1, buffer_2 = crf.startInference()
    for _ in range(options.iterations):
        if cancelled():
            raise Cancelled
        crf.stepInference(q, buffer_1, buffer_2)
    return np.array(q, np.float32).reshape(count, height, width)
