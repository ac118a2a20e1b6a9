"""The dense CRF on a whole prediction: scores are enlarged to the picture first, objects are refined one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from segdesk.domain import rle
from segdesk.domain.decide import DecideOptions, claim
from segdesk.domain.errors import Cancelled
from segdesk.domain.options import CrfOptions
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.text import N_
from segdesk.engines import crf

SURE = 0.5
NOTE_QUERIES = N_(
    "The CRF refined classes and objects on their own: the map is merged from them, not from the queries."
)
NOTE_REDUCED = N_("The picture is large: the CRF was computed at reduced size.")

Cancel = Callable[[], bool]


def refined(
    prediction: Prediction,
    image: np.ndarray,
    options: CrfOptions,
    cancelled: Cancel,
    kept: crf.Kept | None = None,
    *,
    least: float = SURE,
) -> tuple[Prediction, tuple[str, ...]]:
    """The prediction after the CRF and notes on it. `image` (H, W, 3) uint8 RGB; `kept`: kernels of an earlier run on
    it, to be used and replaced. `least`: the score from which an object counts for its neighbours. Raises as
    `crf.refine` does.

    Objects are refined one by one, the best first; none grows into another that counts, as it was or as it is now.
    """
    notes: tuple[str, ...] = ()
    of_queries = prediction.queries is not None and prediction.task == "panoptic"
    prediction = replace(prediction, queries=None)
    if prediction.scores is not None:
        prediction, reduced = _refined_scores(prediction, image, options, cancelled, kept)
        notes = (NOTE_REDUCED,) if reduced else ()
    if prediction.instances:
        prediction = replace(prediction, instances=_refined_objects(prediction, image, options, cancelled, least))
    return prediction, (*notes, *((NOTE_QUERIES,) if of_queries else ()))


def _refined_objects(
    prediction: Prediction, image: np.ndarray, options: CrfOptions, cancelled: Cancel, least: float
) -> tuple[Instance, ...]:
    """All objects, in their order; those of classes that the CRF is off for stay as they are."""
    claimed = np.zeros(prediction.size, bool)
    for instance in prediction.instances:
        if instance.score >= least:
            _add(claimed, instance)
    result = {}
    for index, instance in sorted(enumerate(prediction.instances), key=lambda each: -each[1].score):
        if cancelled():
            raise Cancelled
        new = instance
        if instance.class_id not in options.off:
            new = crf.refine_instance(instance, image, options, cancelled, claimed)
        if instance.score >= least:
            _add(claimed, new)
        result[index] = new
    return tuple(result[index] for index in range(len(result)))


def _add(target: np.ndarray, instance: Instance) -> None:
    """Set the object's pixels in an (H, W) bool map."""
    x0, y0, x1, y1 = box = rle.bounding_box(instance.mask)
    target[y0:y1, x0:x1] |= rle.decode_box(instance.mask, box)


def whole(before: Prediction, after: Prediction, options: DecideOptions) -> Prediction:
    """The refined prediction, in which objects that `decide` would leave out only because of the refinement (they lost
    too much to better ones, or too many pixels) are as they were."""
    if after.instances is before.instances:
        return after
    shown = _shown(before, options)
    as_before: set[int] = set()
    while missing := shown - _shown(after, options):
        # where these alone do not help, others that have come to light cover them
        as_before |= missing if missing - as_before else set(range(len(after.instances)))
        mixed = (before.instances[n] if n in as_before else i for n, i in enumerate(after.instances))
        after = replace(after, instances=tuple(mixed))
    return after


def _shown(prediction: Prediction, options: DecideOptions) -> set[int]:
    """The numbers of the objects that are not left out."""
    number = {id(instance): n for n, instance in enumerate(prediction.instances)}
    return {number[id(instance)] for instance in claim(prediction, options)[0]}


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
    held = [k for k, class_id in enumerate(prediction.score_ids) if class_id in options.off]
    present, result = crf.refine_present(scores, image, options, cancelled, kept=kept, held=held)
    ids = tuple(prediction.score_ids[k] for k in present)
    return replace(prediction, scores=result, score_ids=ids), reduced
