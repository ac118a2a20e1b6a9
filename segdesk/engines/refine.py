"""The dense CRF on a whole prediction: scores are enlarged to the picture first, objects are refined one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from segdesk.domain import rle
from segdesk.domain.errors import Cancelled
from segdesk.domain.options import CrfOptions
from segdesk.domain.prediction import Prediction
from segdesk.domain.text import N_
from segdesk.engines import crf

SURE = 0.5
NOTE_QUERIES = N_(
    "The CRF refined classes and objects on their own: the map is merged from them, not from the queries."
)
NOTE_REDUCED = N_("The picture is large: the CRF was computed at reduced size.")

Cancel = Callable[[], bool]


def refined(
    prediction: Prediction, image: np.ndarray, options: CrfOptions, cancelled: Cancel, kept: crf.Kept | None = None
) -> tuple[Prediction, tuple[str, ...]]:
    """The prediction after the CRF and notes on it. `image` (H, W, 3) uint8 RGB; `kept`: kernels of an earlier run on
    it, to be used and replaced. Raises as `crf.refine` does."""
    notes: tuple[str, ...] = ()
    of_queries = prediction.queries is not None and prediction.task == "panoptic"
    prediction = replace(prediction, queries=None)
    if prediction.scores is not None:
        prediction, reduced = _refined_scores(prediction, image, options, cancelled, kept)
        notes = (NOTE_REDUCED,) if reduced else ()
    instances = []
    claimed = _claimed(prediction)
    for instance in prediction.instances:
        if cancelled():
            raise Cancelled
        instances.append(crf.refine_instance(instance, image, options, cancelled, claimed))
    return replace(prediction, instances=tuple(instances)), (*notes, *((NOTE_QUERIES,) if of_queries else ()))


def _claimed(prediction: Prediction) -> np.ndarray | None:
    """(H, W) bool: the pixels of all objects that are more likely there than not; None without objects."""
    if not prediction.instances:
        return None
    claimed = np.zeros(prediction.size, bool)
    for instance in prediction.instances:
        if instance.score >= SURE:
            x0, y0, x1, y1 = box = rle.bounding_box(instance.mask)
            claimed[y0:y1, x0:x1] |= rle.decode_box(instance.mask, box)
    return claimed


def _refined_scores(
    prediction: Prediction, image: np.ndarray, options: CrfOptions, cancelled: Cancel, kept: crf.Kept | None
) -> tuple[Prediction, bool]:
    scores = prediction.scores
    assert scores is not None
    height, width = prediction.size
    h, w = crf.limited(scores.shape[0], height, width)
    reduced = (h, w) != (height, width)
    if reduced:
        image = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
        options = crf.scaled(options, w / width)
    present, result = crf.refine_present(scores, image, options, cancelled, kept=kept)
    ids = tuple(prediction.score_ids[k] for k in present)
    return replace(prediction, scores=result, score_ids=ids), reduced
