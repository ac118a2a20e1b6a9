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
from segdesk.engines.dense import halved

SURE = 0.5
NOTE_REDUCED = N_("The picture is large: the CRF was computed at reduced size.")

Cancel = Callable[[], bool]


def refined(
    prediction: Prediction, image: np.ndarray, options: CrfOptions, cancelled: Cancel
) -> tuple[Prediction, tuple[str, ...]]:
    """The prediction after the CRF and notes on it. `image` (H, W, 3) uint8 RGB. Raises as `crf.refine` does."""
    notes: tuple[str, ...] = ()
    if prediction.scores is not None:
        prediction, reduced = _refined_scores(prediction, image, options, cancelled)
        notes = (NOTE_REDUCED,) if reduced else ()
    instances = []
    claimed = _claimed(prediction)
    for instance in prediction.instances:
        if cancelled():
            raise Cancelled
        instances.append(crf.refine_instance(instance, image, options, cancelled, claimed))
    return replace(prediction, instances=tuple(instances)), notes


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
    prediction: Prediction, image: np.ndarray, options: CrfOptions, cancelled: Cancel
) -> tuple[Prediction, bool]:
    scores = prediction.scores
    assert scores is not None
    # A channel that is nowhere of weight is dropped before it is enlarged; NaN stays, for the check to find.
    present = np.flatnonzero(~(scores.reshape(scores.shape[0], -1).max(axis=1) < crf.PRESENT))
    height, width = prediction.size
    h, w = crf.limited(present.size, height, width)
    large = np.stack(
        [cv2.resize(scores[k].astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR) for k in present]
    )
    reduced = (h, w) != (height, width)
    if reduced:
        image = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
        options = crf.scaled(options, w / width)
    result = halved(crf.refine(large, image, options, cancelled))
    ids = tuple(prediction.score_ids[k] for k in present)
    return replace(prediction, scores=result, score_ids=ids), reduced
