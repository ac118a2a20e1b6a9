"""From what a model of queries answers to a `Prediction`: the queries themselves, and the scores and objects that
follow from them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from segdesk.domain.card import ModelCard
from segdesk.domain.prediction import Instance, Prediction, Queries
from segdesk.domain.queries import objects, semantic_scores
from segdesk.engines.dense import halved
from segdesk.engines.masks import Axis, traced

MOST_LOGIT = 100.0  # float16 reaches 65504; a probability differs from 0 or 1 no more from about 20 on


def prediction(
    found: Mapping[str, torch.Tensor],
    card: ModelCard,
    size: tuple[int, int],
    input_size: tuple[int, int],
    net_size: tuple[int, int],
) -> Prediction:
    """The prediction for one picture of `size` (H, W).

    `found`: "classes" (Q, K + 1) probabilities, the last = no object; "masks" (Q, h, w) logits over the net's whole
    input of `net_size`, whose upper left `input_size` is the resized picture; "extent" (2,) cells of the masks that
    cover that input, where they reach beyond it.
    """
    masks = found["masks"].float()
    cells = (masks.shape[1], masks.shape[2])
    over = found["extent"].tolist() if "extent" in found else list(cells)
    extent = (over[0] * input_size[0] / net_size[0], over[1] * input_size[1] / net_size[1])
    logits = masks.nan_to_num(nan=-MOST_LOGIT).clamp(-MOST_LOGIT, MOST_LOGIT).half().cpu().numpy()
    queries = Queries(found["classes"].float().cpu().numpy(), logits, extent)
    scores = None
    if card.task == "panoptic":
        scores = halved(_on_picture(semantic_scores(queries), extent))
    return Prediction(card.task, size, card.classes, scores, card.channel_ids, _instances(queries, card, size), queries)


def _on_picture(scores: np.ndarray, extent: tuple[float, float]) -> np.ndarray:
    """(K, h, w) without the padding: the cells of the picture, spread evenly over it, in sum at most 1."""
    rows, cols = (max(1, min(cells, int(side + 0.5))) for side, cells in zip(extent, scores.shape[1:], strict=True))
    inside = scores[:, :rows, :cols]
    return inside / np.maximum(1.0, inside.sum(axis=0))


def _instances(queries: Queries, card: ModelCard, size: tuple[int, int]) -> tuple[Instance, ...]:
    """The objects of the classes that count them (of an instance model, all), best first."""
    things = card.classes.things if card.task == "panoptic" else {info.id for info in card.classes}
    channels = [channel for channel, class_id in enumerate(card.channel_ids) if class_id in things]
    rows, cols = (Axis.over(size[side], queries.extent[side]) for side in (0, 1))
    masks: dict[int, object] = {}
    result = []
    for item in objects(queries, channels):
        if item.query not in masks:
            masks[item.query] = traced(queries.masks[item.query].astype(np.float32), 0.0, rows, cols, size=size)
        mask = masks[item.query]
        if mask is not None:
            result.append(Instance(card.channel_ids[item.channel], min(1.0, item.score), mask))  # type: ignore[arg-type]  # as `traced` gave it
    return tuple(result)
