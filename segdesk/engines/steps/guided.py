"""Guided upsampling: class probabilities at a model's low resolution are enlarged along the picture's edges."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from segdesk.domain.errors import Cancelled
from segdesk.domain.prediction import Prediction
from segdesk.domain.stack import Param, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.steps.base import Cancel, Numbers

PRESENT = 0.05  # a class whose probability nowhere reaches this is left out
NOTE_QUERIES = N_("Guided upsampling was left out: this model decides by queries, not by class probabilities.")

INFO = StepInfo(
    "guided",
    N_("Guided upsampling"),
    N_("Class probabilities are enlarged along the picture's edges instead of evenly (guided filter)."),
    10,
    "scores",
    (
        Param("reach", N_("Reach"), N_("How far from a border an edge is looked for."), 16, 2, 100, 1, "px", 1),
        Param(
            "contrast",
            N_("Contrast"),
            N_("The least difference of colour, of 255, that counts as an edge."),
            12,
            1,
            60,
            1,
        ),
    ),
    ("semantic", "panoptic"),
)


def apply(
    prediction: Prediction, image: np.ndarray, values: Numbers, cancelled: Cancel
) -> tuple[Prediction, tuple[str, ...]]:
    """The scores at the picture's size, each class a local linear function of the picture's colours: a fast guided
    filter (He, Sun, Tang 2013, section 3.4, and He and Sun 2015) with the reduced picture as guide, whose coefficients
    are enlarged. Window radius `reach` pixels, epsilon `contrast` squared; probabilities are cut to 0..1.

    Objects stay as they are, and so do maps that queries decide. Classes that occur nowhere are left out.
    """
    scores = prediction.scores
    if scores is None or prediction.task == "instance":
        return prediction, ()
    if prediction.queries is not None and prediction.task == "panoptic":
        return prediction, (NOTE_QUERIES,)
    from segdesk.engines.crf import limited  # how much fits into memory

    present = np.flatnonzero(scores.reshape(scores.shape[0], -1).max(axis=1) >= PRESENT)
    height, width = limited(present.size, *prediction.size)
    if (height, width) != image.shape[:2]:
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    h, w = scores.shape[1:]
    radius = max(1, round(values["reach"] * w / prediction.size[1]))
    guide = Guide(image, (h, w), radius, values["contrast"])
    result = np.empty((present.size, height, width), np.float16)
    for n, k in enumerate(present):
        if cancelled():
            raise Cancelled
        guide.enlarge(scores[k].astype(np.float32), result[n])
    return replace(prediction, scores=result, score_ids=tuple(prediction.score_ids[k] for k in present)), ()


class Guide:
    """What the guided filter needs of an (H, W, 3) uint8 picture, for maps of (h, w): made once for all classes."""

    def __init__(self, image: np.ndarray, size: tuple[int, int], radius: int, contrast: float) -> None:
        self._channels = [image[:, :, c].astype(np.float32) for c in range(3)]
        small = cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_AREA).astype(np.float32)
        self._side = 2 * radius + 1
        self._small = [np.ascontiguousarray(small[:, :, c]) for c in range(3)]
        self._mean = [self._box(plane) for plane in self._small]
        spread = {}
        for a, b in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)):
            spread[a, b] = self._box(self._small[a] * self._small[b]) - self._mean[a] * self._mean[b]
            if a == b:
                spread[a, b] += contrast**2
        self._inverse = _inverted(spread)

    def _box(self, plane: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(plane, -1, (self._side, self._side), borderType=cv2.BORDER_REFLECT)

    def enlarge(self, values: np.ndarray, result: np.ndarray) -> None:
        """Write the (h, w) float32 values, filtered and enlarged, into `result`, (H, W) float16."""
        mean = self._box(values)
        along = [self._box(own * values) - middle * mean for own, middle in zip(self._small, self._mean, strict=True)]
        slope = [sum((i * a for i, a in zip(row, along, strict=True)), np.zeros_like(mean)) for row in self._inverse]
        offset = mean - sum((s * m for s, m in zip(slope, self._mean, strict=True)), np.zeros_like(mean))
        size = (result.shape[1], result.shape[0])
        total = cv2.resize(self._box(offset), size, interpolation=cv2.INTER_LINEAR)
        for plane, channel in zip(slope, self._channels, strict=True):
            large = cv2.resize(self._box(plane), size, interpolation=cv2.INTER_LINEAR)
            cv2.accumulateProduct(large, channel, total)
        np.clip(total, 0.0, 1.0, out=total)
        result[:] = total


def _inverted(m: dict[tuple[int, int], np.ndarray]) -> list[list[np.ndarray]]:
    """The inverse of a symmetric 3 x 3 matrix in each pixel, by its cofactors; given as the upper triangle."""
    # In double precision: of a grey picture the cofactors are small differences of large products.
    a, b, c, d, e, f = (m[k].astype(np.float64) for k in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    rows = [
        [d * f - e * e, c * e - b * f, b * e - c * d],
        [c * e - b * f, a * f - c * c, b * c - a * e],
        [b * e - c * d, b * c - a * e, a * d - b * b],
    ]
    whole = a * rows[0][0] + b * rows[0][1] + c * rows[0][2]
    return [[(each / whole).astype(np.float32) for each in row] for row in rows]
