"""The objects of two label maps for average precision: their IoU follows from the maps' overlaps, without masks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from segdesk.domain.metrics.detections import Objects
from segdesk.domain.metrics.matching import Candidates
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.segmentation import Segment


def map_objects(
    overlaps: Overlaps, classes: Collection[int], *, segments: Mapping[int, Segment], lowest: float
) -> tuple[Objects, Objects, Candidates]:
    """Reference objects, predicted objects, and their pairs of one class with an IoU of at least `lowest`.

    Objects are the segments of `classes`. `segments`: the prediction's table, which has the scores.
    """
    wanted = list(classes)
    refs, ref = np.unique(overlaps.reference, return_inverse=True)
    preds, pred = np.unique(overlaps.prediction, return_inverse=True)
    ref_area, pred_area = (np.bincount(at, weights=overlaps.pixels) for at in (ref, pred))
    ref_class, pred_class = np.zeros(refs.size, np.int64), np.zeros(preds.size, np.int64)
    ref_class[ref], pred_class[pred] = overlaps.reference_classes, overlaps.prediction_classes
    crowd = np.zeros(refs.size, bool)
    crowd[ref] = overlaps.crowd
    union = np.where(overlaps.crowd, pred_area[pred], ref_area[ref] + pred_area[pred] - overlaps.pixels)
    iou = overlaps.pixels / np.maximum(union, 1)
    is_ref, is_pred = np.isin(ref_class, wanted), np.isin(pred_class, wanted)
    paired = (ref_class[ref] == pred_class[pred]) & is_ref[ref] & (iou >= lowest)
    pairs = Candidates(np.cumsum(is_ref)[ref[paired]] - 1, np.cumsum(is_pred)[pred[paired]] - 1, iou[paired])
    scores = [segments[key].score for key in preds[is_pred].tolist()]
    return (
        _objects(ref_class[is_ref], ref_area[is_ref], crowd=crowd[is_ref]),
        _objects(pred_class[is_pred], pred_area[is_pred], scores=scores),
        pairs,
    )


def _objects(
    classes: np.ndarray, areas: np.ndarray, *, crowd: np.ndarray | None = None, scores: list[float] | None = None
) -> Objects:
    no_boxes = np.zeros((classes.size, 4))  # their pairs are known: nothing is compared
    return Objects.of_boxes(no_boxes, classes, scores=scores, crowd=crowd, areas=areas)
