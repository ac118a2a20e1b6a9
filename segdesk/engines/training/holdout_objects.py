"""Judges a net that finds objects on the pictures that it never learned from: what it answers is decided as it would be
for a person, and compared object by object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import nn

from segdesk.domain import rle
from segdesk.domain.card import ModelCard
from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.decide import decide
from segdesk.domain.errors import Cancelled
from segdesk.domain.metrics.ap import APAccumulator
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.detections import Objects
from segdesk.domain.metrics.overlaps import VOID_BACKGROUND, VOID_COUNTED, VOID_IGNORED, Overlaps
from segdesk.domain.metrics.panoptic import Panoptic
from segdesk.domain.prediction import Prediction
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.engines.inputs import prepare
from segdesk.engines.ladder import predict
from segdesk.engines.predict import Loaded
from segdesk.engines.training.holdout import SAMPLE_SIDE
from segdesk.engines.training.messages import CROWD, IGNORED, Judged, Sample, TrainItem
from segdesk.engines.training.sampling import Pictures

METRICS = {"panoptic": "PQ", "instance": "AP"}
LIMITS = (1, 10, 1000)  # objects of a picture: COCO's 100 are few for cells

Stop = Callable[[], bool]


def judge(
    net: nn.Module,
    pictures: Pictures,
    items: Sequence[TrainItem],
    *,
    card: ModelCard,
    run: ModelCard,
    positions: Sequence[int],
    device: torch.device,
    cancelled: Stop = lambda: False,
) -> tuple[Judged, Sample | None]:
    """The figures on `items` of a net whose card is `card`, for the classes of the card `run`, and the first of them to
    look at.

    `positions`: the position that each channel of the net means, 0 = none. What lies on pixels of which nothing is
    known is neither right nor wrong. Average precision is COCO's with up to 1000 objects a picture. Raises `Cancelled`.
    """
    classes = run.classes
    table = {i: classes[p - 1].id for i, p in zip(card.channel_ids, positions, strict=True) if p}
    loaded, sample = Loaded(card, net.eval(), device), None
    confusion, panoptic = Confusion(classes), Panoptic(classes)
    precision = APAccumulator([c.id for c in classes if c.is_thing], limits=LIMITS)
    for item in items:
        if cancelled():
            raise Cancelled
        picture, labels, ids = pictures.original(item)
        truth, unknown = truth_of(labels, ids, run)
        answer = translated(predict(loaded, [prepare(picture, card.input)], cancelled)[0].prediction, table, classes)
        decided = without(decide(answer, card.decide), unknown)
        overlaps = Overlaps.of(decided, truth)
        confusion.add(overlaps)
        panoptic.add(overlaps)
        precision.add(references(truth, unknown, classes), detections(answer), name=item.name)
        sample = sample or _sample(item, picture, truth, decided, unknown)
    return _judged(run, len(items), confusion, panoptic, precision), sample


def _judged(
    run: ModelCard, pictures: int, confusion: Confusion, panoptic: Panoptic, precision: APAccumulator
) -> Judged:
    ground = run.task == "instance" or VOID in run.channel_ids
    pixels = confusion.result(VOID_COUNTED if ground else VOID_IGNORED)
    quality, masks = panoptic.result(VOID_BACKGROUND), precision.result()
    metric = METRICS[run.task]
    each = [c.pq for c in quality.classes] if metric == "PQ" else [masks.ap(class_id=c.id) for c in run.classes]
    return Judged(
        pixels.miou,
        tuple(c.iou for c in pixels.classes),
        pixels.pixel_accuracy,
        pictures,
        metric,
        tuple(each),
        quality.all.pq,
        quality.all.sq,
        quality.all.rq,
        masks.ap(),
        masks.ap(iou=0.5),
        masks.ap(iou=0.75),
    )


def truth_of(labels: np.ndarray, ids: np.ndarray, run: ModelCard) -> tuple[Segmentation, np.ndarray]:
    """The true map of a picture, and the (H, W) bool pixels of which nothing is known.

    A segment for each object, another for each kind of stuff. `labels`, `ids`: as they lie in the run's folder.
    """
    unknown = ids == CROWD
    class_of = np.zeros(256, np.uint16)
    class_of[: len(run.channel_ids)] = run.channel_ids
    found = np.unique(ids)
    found = found[(found > 0) & (found < CROWD)]
    number = np.zeros(MAX_ID + 1, np.uint16)
    number[found] = np.arange(1, len(found) + 1)
    result = Segmentation(number[ids])
    _, first = np.unique(ids.ravel(), return_index=True)
    at = {int(ids.ravel()[i]): int(labels.ravel()[i]) for i in first}
    for key in found.tolist():
        result.segments[int(number[key])] = Segment(int(class_of[at[key]]))
    if run.task == "panoptic":
        _lay_stuff(result, np.where((ids == 0) & (labels != IGNORED), class_of[labels], VOID))
    return result, unknown


def _lay_stuff(result: Segmentation, classes: np.ndarray) -> None:
    """Put a segment for each class of the (H, W) map under the objects."""
    begin = len(result.segments)
    for more, class_id in enumerate([c for c in np.unique(classes).tolist() if c], 1):
        result.ids[classes == class_id] = begin + more
        result.segments[begin + more] = Segment(class_id)


def translated(prediction: Prediction, table: Mapping[int, int], classes: ClassSet) -> Prediction:
    """The prediction in the run's classes: `table` has the run's class id for each of its own that means one; objects
    of others are left out, and their scores speak for none of the classes."""
    found = tuple(replace(i, class_id=table[i.class_id]) for i in prediction.instances if i.class_id in table)
    ids = tuple(table.get(i, VOID) for i in prediction.score_ids)
    return replace(prediction, classes=classes, score_ids=ids, instances=found, queries=None)


def without(found: Segmentation, unknown: np.ndarray) -> Segmentation:
    """The map without the pixels of which nothing is known, and without the segments that lie mostly there."""
    if not unknown.any():
        return found
    area = np.bincount(found.ids.ravel(), minlength=MAX_ID + 1)
    hidden = np.bincount(found.ids[unknown], minlength=MAX_ID + 1)
    keep = np.arange(MAX_ID + 1, dtype=np.uint16)
    keep[2 * hidden > area] = VOID
    ids = np.where(unknown, np.uint16(VOID), keep[found.ids])
    return Segmentation(ids, found.segments).pruned()


def references(truth: Segmentation, unknown: np.ndarray, classes: ClassSet) -> Objects:
    """The true objects; what is not known is a crowd of any class."""
    things = [key for key, s in truth.segments.items() if s.class_id in classes.things]
    number = np.zeros(MAX_ID + 1, np.int64)
    number[things] = np.arange(1, len(things) + 1)
    masks = rle.encode_labels(number[truth.ids], len(things))
    kinds = [truth.segments[key].class_id for key in things]
    crowds = sorted(classes.things) if unknown.any() else []
    masks += [rle.encode(unknown)] * len(crowds)
    return Objects.of_masks(masks, [*kinds, *crowds], crowd=[False] * len(kinds) + [True] * len(crowds))


def detections(answer: Prediction) -> Objects:
    """The objects of an answer before any threshold."""
    found = answer.instances
    return Objects.of_masks([i.mask for i in found], [i.class_id for i in found], scores=[i.score for i in found])


def _sample(
    item: TrainItem, picture: np.ndarray, truth: Segmentation, answer: Segmentation, unknown: np.ndarray
) -> Sample:
    share = min(1.0, SAMPLE_SIDE / max(unknown.shape))
    size = max(1, round(unknown.shape[1] * share)), max(1, round(unknown.shape[0] * share))

    def near(values: np.ndarray) -> np.ndarray:
        return cv2.resize(values, size, interpolation=cv2.INTER_NEAREST_EXACT)

    true = np.where(unknown, IGNORED, truth.class_map()).astype(np.uint8)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    given = near(answer.class_map().astype(np.uint8))
    return Sample(item.name, small, near(true), given, near(truth.ids), near(answer.ids))
