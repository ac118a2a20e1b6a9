"""A glance at an answer: the part of the picture that is on the screen, at the screen's resolution, through the same
steps as the answer itself. For sliders that move."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from segdesk.domain import rle
from segdesk.domain.options import RunOptions
from segdesk.domain.prediction import Instance, Prediction, Queries
from segdesk.engines.crf import PRESENT
from segdesk.engines.messages import Answer, Glance, PredictRequest
from segdesk.engines.stacking import Stages, scaled, stacked

if TYPE_CHECKING:
    from segdesk.engines.engine import Work

Cancel = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Reduced:
    """What a glance sees: a part of a prediction, reduced, and the same of the picture; `stages`: what its refinements
    gave last."""

    glance: Glance
    prediction: Prediction
    image: np.ndarray
    stages: Stages = field(default_factory=Stages)

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return self.prediction.nbytes + self.image.nbytes + self.stages.nbytes


@dataclass
class Glances:
    """The last one on a prediction, for the next move of the slider."""

    last: Reduced | None = None

    def at(self, glance: Glance, prediction: Prediction, image: np.ndarray) -> Reduced:
        """That of this part and size, made anew if it was another."""
        last = self.last
        if last is None or last.glance != glance:
            self.last = last = reduced(glance, prediction, image)
        return last


def glanced(request: PredictRequest, glance: Glance, work: Work, cancelled: Cancel) -> Answer:
    """The answer to a request with a `glance`. Raises as `stacked` does."""
    seen = work.glances.at(glance, work.prediction, work.image)
    options = quick(request.options, glance)
    regions = request.card.net.type == "regions"
    done = stacked(seen.prediction, seen.image, options, cancelled, kept=seen.stages, regions=regions)
    return Answer(
        request.key,
        request.card.id,
        done.segmentation,
        work.prediction.classes,
        seconds={"glance": sum(done.seconds.values())},
        device=work.device,
    )


def quick(options: RunOptions, glance: Glance) -> RunOptions:
    """What does the same at the glance's size, as fast as it can be had."""
    x0, y0, x1, y1 = glance.rect
    scale = math.sqrt(glance.size[0] * glance.size[1] / ((x1 - x0) * (y1 - y0)))
    small = scaled(options, scale) if scale < 1 else options
    return small if small.crf is None else replace(small, crf=replace(small.crf, quality="fast"))


def reduced(glance: Glance, prediction: Prediction, image: np.ndarray) -> Reduced:
    """The part of a prediction and its picture, (H, W, 3) uint8, that a glance sees. Scores are those of the classes
    that occur there; objects that lie elsewhere are left out."""
    x0, y0, x1, y1 = glance.rect
    height, width = glance.size
    picture = image[y0:y1, x0:x1]
    if picture.shape[:2] != glance.size:
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    scores, ids = None, prediction.score_ids
    if prediction.scores is not None:
        scores, ids = _scores(prediction.scores, prediction, glance)
    queries = prediction.queries
    part = Prediction(
        prediction.task,
        glance.size,
        prediction.classes,
        scores,
        ids,
        _instances(prediction, glance),
        None if queries is None else _queries(queries, prediction.size, glance),
    )
    return Reduced(glance, part, np.ascontiguousarray(picture))


def _scores(scores: np.ndarray, prediction: Prediction, glance: Glance) -> tuple[np.ndarray, tuple[int, ...]]:
    """(P, h, w) scores of the classes that occur in the glance, and their ids; all classes where the model's queries
    need them."""
    count, rows, columns = scores.shape
    x0, y0, x1, y1 = glance.rect
    down, across = rows / prediction.size[0], columns / prediction.size[1]
    crop = scores[
        :,
        max(0, int(y0 * down) - 1) : math.ceil(y1 * down) + 1,
        max(0, int(x0 * across) - 1) : math.ceil(x1 * across) + 1,
    ]
    best = crop.reshape(count, -1).max(axis=1)
    present = np.flatnonzero(best >= min(PRESENT, float(best.max())))
    if prediction.queries is not None:
        present = np.arange(count)
    planes = _sampled(scores[present], (down, across), glance)
    return planes, tuple(prediction.score_ids[k] for k in present.tolist())


def _sampled(planes: np.ndarray, ratio: tuple[float, float], glance: Glance) -> np.ndarray:
    """(K, h, w) of a glance out of (K, rows, columns) planes with `ratio` rows and columns a pixel, bilinear as
    `Prediction` says."""
    x0, y0, x1, y1 = glance.rect
    height, width = glance.size
    (down, across), steps = ratio, ((y1 - y0) / height, (x1 - x0) / width)
    place = np.array(
        [
            [steps[1] * across, 0.0, (x0 + steps[1] / 2) * across - 0.5],
            [0.0, steps[0] * down, (y0 + steps[0] / 2) * down - 0.5],
        ]
    )
    out = np.empty((planes.shape[0], height, width), np.float16)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for plane, target in zip(planes, out, strict=True):
        target[...] = cv2.warpAffine(
            plane.astype(np.float32), place, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
    return out


def _instances(prediction: Prediction, glance: Glance) -> tuple[Instance, ...]:
    """The objects in the glance, with the masks that they have there."""
    x0, y0, x1, y1 = glance.rect
    height, width = glance.size
    found = []
    for instance in prediction.instances:
        left, top, right, bottom = rle.bounding_box(instance.mask)
        if min(right, x1) <= max(left, x0) or min(bottom, y1) <= max(top, y0):
            continue
        mask = rle.decode_box(instance.mask, glance.rect)
        if mask.shape != glance.size:
            mask = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        if mask.any():
            found.append(Instance(instance.class_id, instance.score, rle.encode(mask)))
    return tuple(found)


def _queries(queries: Queries, size: tuple[int, int], glance: Glance) -> Queries:
    """The masks of the queries where the glance is."""
    rows, columns = queries.extent
    if glance.rect == (0, 0, size[1], size[0]):
        return queries
    planes = _sampled(queries.masks, (rows / size[0], columns / size[1]), glance)
    return Queries(queries.classes, planes, (float(glance.size[0]), float(glance.size[1])))
