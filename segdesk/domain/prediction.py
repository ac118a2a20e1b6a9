"""`Prediction`: what a model answers, before any threshold. Kept, so that sliders need no second forward pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.rle import Rle


@dataclass(frozen=True)
class Instance:
    """One object of a raw answer; instances may overlap. `score` 0..1; the mask has the picture's size."""

    class_id: int
    score: float
    mask: Rle


@dataclass(frozen=True, eq=False)
class Queries:
    """What a model of queries (MaskFormer and its kin) says: each query is one mask and a vote for each class.

    `classes`: (Q, K + 1) float32 probabilities, the last column = no object. `masks`: (Q, h, w) float16 logits.
    `extent`: cells (rows, columns) of the masks that the picture covers from their upper left corner on, the rest is
    padding; need not be whole. Pixel (y, x) of an (H, W) picture samples a mask bilinear at ((y + 0.5) * rows / H
    - 0.5, (x + 0.5) * columns / W - 0.5), clamped to the masks.
    """

    classes: np.ndarray
    masks: np.ndarray
    extent: tuple[float, float]

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return self.classes.nbytes + self.masks.nbytes


@dataclass(frozen=True)
class Prediction:
    """A model's raw answer for one picture.

    `task`: "semantic", "instance" or "panoptic".
    `size`: the picture's (height, width).
    `classes`: the model's class set; all ids below are ids of it.
    `scores`: (K, h, w) float16 probabilities at the model's own resolution, or None. Output pixel (y, x) samples them
    bilinearly at ((y + 0.5) * h / H - 0.5, (x + 0.5) * w / W - 0.5), clamped at the border.
    `score_ids`: K class ids, one a channel; 0 marks the background channel.
    `instances`: objects, best score first.
    `queries`: of a model of queries, its raw answer; a class of `score_ids` for each of its columns but the last. The
    panoptic map is decided from them; `scores` and `instances` are what follows from them without a threshold.
    """

    task: str
    size: tuple[int, int]
    classes: ClassSet
    scores: np.ndarray | None = None
    score_ids: tuple[int, ...] = ()
    instances: tuple[Instance, ...] = ()
    queries: Queries | None = None

    def __post_init__(self) -> None:
        if self.scores is not None and self.scores.shape[0] != len(self.score_ids):
            raise ValueError("one class id is needed for each channel of scores")
        if self.queries is not None and self.queries.classes.shape[1] != len(self.score_ids) + 1:
            raise ValueError("one class id is needed for each class of the queries")

    @property
    def nbytes(self) -> int:
        """Memory that it holds, for cache budgets."""
        scores = 0 if self.scores is None else self.scores.nbytes
        queries = 0 if self.queries is None else self.queries.nbytes
        return scores + queries + sum(i.mask.counts.nbytes for i in self.instances)


def doubt(prediction: Prediction, margin: np.ndarray | None = None) -> float:
    """How unsure the model is, 0 (sure) to 1: the mean gap between the best and second-best class, turned round;
    for objects the mean closeness of their scores to one half. The larger of the two where there are both.
    `margin`: what `margin_doubt` gives for its scores, if that is known already."""
    parts = [0.0]
    if prediction.scores is not None and prediction.scores.shape[0] > 1:
        parts.append(float((margin_doubt(prediction.scores) if margin is None else margin).mean()))
    if prediction.instances:
        parts.append(float(np.mean([object_doubt(i) for i in prediction.instances])))
    return min(1.0, max(parts))


def margin_doubt(scores: np.ndarray) -> np.ndarray:
    """(h, w) float32: 1 minus the gap between the two best of (K, h, w) scores, K >= 2."""
    values = np.ascontiguousarray(scores)
    if values.dtype == np.float16 and (bits := values.view(np.uint16)).max(initial=0) < 1 << 15:
        values = bits  # without signs the bits have the numbers' order, and are far faster than halves
    best, second = np.maximum(values[0], values[1]), np.minimum(values[0], values[1])
    for channel in values[2:]:
        np.maximum(second, np.minimum(best, channel), out=second)
        np.maximum(best, channel, out=best)
    top, next_best = (v.view(scores.dtype).astype(np.float32) for v in (best, second))
    return 1.0 - (top - next_best)


def object_doubt(instance: Instance) -> float:
    """0 (sure) to 1: how close the score is to one half."""
    return 1.0 - abs(2.0 * instance.score - 1.0)
