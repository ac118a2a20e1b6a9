"""From a `Prediction` to a `Segmentation`: threshold, arg-max, and the merge of things over stuff by score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain import rle
from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.components import absorb_islands
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.queries import Cuts, panoptic
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.upsampling import best_class, winners


@dataclass(frozen=True)
class DecideOptions:
    """What a person may set after the model has answered.

    `confidence`: objects below this score are left out.
    `pixel_confidence`: pixels whose best class has less probability become void (0 = arg-max everywhere).
    `min_area`: objects smaller than this are left out; islands of a semantic map take their neighbour's label.
    `overlap`: an object is left out if less than this fraction of it is still free when its turn comes
    (Kirillov et al., Panoptic Segmentation, section 6, use 0.5).
    `mask_threshold`: of a model of queries in a panoptic map, the probability from which a pixel belongs to a mask.
    `stuff_area`: in a panoptic map, stuff of fewer pixels in all becomes void (its segment, not each region of it).
    """

    confidence: float = 0.5
    pixel_confidence: float = 0.0
    min_area: int = 0
    overlap: float = 0.5
    stuff_area: int = 0
    mask_threshold: float = 0.5


def decide(prediction: Prediction, options: DecideOptions = DecideOptions()) -> Segmentation:
    """Resolve a raw answer into one label per pixel. Objects win over stuff, better scores over lower ones; a panoptic
    map of queries is decided by the queries' contest for each pixel."""
    if prediction.task == "panoptic" and prediction.queries is not None:
        return _of_queries(prediction, options)
    result = Segmentation.empty(*prediction.size)
    if prediction.scores is not None:
        class_map = best_class(prediction, options.pixel_confidence)
        if prediction.task == "panoptic":
            class_map = _without_things(class_map, prediction)
        if options.min_area > 1:
            class_map = absorb_islands(class_map, options.min_area)
        result = Segmentation.from_class_map(class_map)
        _set_mean_scores(result, prediction)
    objects, claimed = claim(prediction, options)
    if objects:
        _paint_objects(result, objects, claimed)
    if prediction.task == "panoptic":
        drop_small_stuff(result, prediction.classes, options.stuff_area)
    return result.pruned()


def _of_queries(prediction: Prediction, options: DecideOptions) -> Segmentation:
    cuts = Cuts(options.confidence, options.overlap, options.mask_threshold, options.pixel_confidence, options.min_area)
    result = panoptic(prediction, cuts)
    drop_small_stuff(result, prediction.classes, options.stuff_area)
    return result.pruned()


def drop_small_stuff(result: Segmentation, classes: ClassSet, least: int) -> None:
    """Make void, in place, the stuff segments of fewer than `least` pixels; things stay. For a whole map only."""
    if least <= 1 or result.ids.size == 0:
        return
    area = np.bincount(result.ids.ravel(), minlength=MAX_ID + 1)
    things = classes.things
    small = [key for key, s in result.segments.items() if area[key] < least and s.class_id not in things]
    if any(area[key] for key in small):
        keep = np.arange(MAX_ID + 1, dtype=np.uint16)
        keep[small] = VOID
        result.ids = keep[result.ids]


def _without_things(class_map: np.ndarray, prediction: Prediction) -> np.ndarray:
    """A panoptic map counts its things: pixels of a thing class that no object claims are void."""
    keep = np.arange(MAX_ID + 1, dtype=np.uint16)
    keep[list(prediction.classes.things)] = VOID
    return keep[class_map]


def _set_mean_scores(result: Segmentation, prediction: Prediction) -> None:
    """Give each stuff segment the mean probability of its class where the class wins (at the model's resolution)."""
    scores = prediction.scores
    assert scores is not None
    winner = winners(scores)
    for channel, class_id in enumerate(prediction.score_ids):
        if class_id in result.segments:
            won = winner == channel
            mean = float(scores[channel][won].mean(dtype=np.float64)) if won.any() else 0.0
            result.segments[class_id] = Segment(class_id, round(mean, 4))


def claim(prediction: Prediction, options: DecideOptions) -> tuple[list[Instance], np.ndarray]:
    """Let objects claim pixels in order of score. Returns (objects kept, (H, W) uint16 with 1..n in their order)."""
    claimed = np.zeros(prediction.size if prediction.instances else (0, 0), np.uint16)
    kept: list[Instance] = []
    for instance in sorted(prediction.instances, key=lambda i: -i.score):
        if instance.score < options.confidence or len(kept) == MAX_ID:
            break
        box = rle.bounding_box(instance.mask)
        mask = rle.decode_box(instance.mask, box)
        window = claimed[box[1] : box[3], box[0] : box[2]]
        free = mask & (window == 0)
        visible, area = int(free.sum()), int(mask.sum())
        if visible == 0 or visible < options.min_area or visible < options.overlap * area:
            continue
        kept.append(instance)
        window[free] = len(kept)
    return kept, claimed


def _paint_objects(result: Segmentation, objects: list[Instance], claimed: np.ndarray) -> None:
    """Put the claimed objects over the stuff, under ids that the stuff does not use."""
    number = np.zeros(len(objects) + 1, np.uint16)
    free = (i for i in range(1, MAX_ID + 1) if i not in result.segments)
    for index, (instance, key) in enumerate(zip(objects, free, strict=False), start=1):
        number[index] = key
        result.segments[key] = Segment(instance.class_id, round(instance.score, 4))
    np.copyto(result.ids, number[claimed], where=claimed > 0)
