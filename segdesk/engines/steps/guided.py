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
        self._channels = [np.ascontiguousarray(image[:, :, c]) for c in range(3)]
        small = cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_AREA).astype(np.float32)
        self._small, self._radius = small, radius
        self._mean = self._box(small)
        spread = np.einsum("yxa,yxb->yxab", small, small).reshape(*size, 9)
        covariance = self._box(spread).reshape(*size, 3, 3) - np.einsum("yxa,yxb->yxab", self._mean, self._mean)
        self._inverse = np.linalg.inv(covariance + np.eye(3, dtype=np.float32) * contrast**2).astype(np.float32)

    def _box(self, values: np.ndarray) -> np.ndarray:
        side = 2 * self._radius + 1
        planes = [values[:, :, c] for c in range(values.shape[2])] if values.ndim == 3 else [values]
        mean = [cv2.boxFilter(np.ascontiguousarray(p), -1, (side, side), borderType=cv2.BORDER_REFLECT) for p in planes]
        return np.stack(mean, axis=2) if values.ndim == 3 else mean[0]

    def enlarge(self, values: np.ndarray, result: np.ndarray) -> None:
        """Write the (h, w) float32 values, filtered and enlarged, into `result`, (H, W) float16."""
        mean = self._box(values)
        along = self._box(self._small * values[:, :, None]) - self._mean * mean[:, :, None]
        slope = np.einsum("yxab,yxb->yxa", self._inverse, along)
        offset = self._box(mean - np.einsum("yxa,yxa->yx", slope, self._mean))
        slope = self._box(slope)
        size = (result.shape[1], result.shape[0])
        total = cv2.resize(offset, size, interpolation=cv2.INTER_LINEAR)
        for channel in range(3):
            large = cv2.resize(np.ascontiguousarray(slope[:, :, channel]), size, interpolation=cv2.INTER_LINEAR)
            cv2.accumulateProduct(large, self._channels[channel].astype(np.float32), total)
        np.clip(total, 0.0, 1.0, out=total)
        result[:] = total
