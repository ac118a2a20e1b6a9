"""Judges a net on the pictures that it never learned from, whole and at full size, as a prediction would be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
from torch import nn

from segdesk.domain.card import InputSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.overlaps import VOID_COUNTED, VOID_IGNORED, VoidRule
from segdesk.engines import dense
from segdesk.engines.inputs import prepare, slide_of
from segdesk.engines.training.messages import IGNORED, Judged, Sample, TrainItem
from segdesk.engines.training.sampling import Pictures

NUMBERS = 1 << 26  # of scores in memory at once; a larger answer is asked for at fewer places
SAMPLE_SIDE = 320

Stop = Callable[[], bool]


def judge(
    net: nn.Module,
    pictures: Pictures,
    items: Sequence[TrainItem],
    *,
    spec: InputSpec,
    classes: ClassSet,
    answers: Sequence[int],
    truths: Sequence[int],
    device: torch.device,
    cancelled: Stop = lambda: False,
) -> tuple[Judged, Sample | None]:
    """The net's figures on `items`, and the first of them to look at.

    `answers`: the position that each channel of the net means, `truths`: that each label means (0 = none of the
    classes). Where a label means none, a class that is found there is a false alarm. Raises `Cancelled` between
    pictures.
    """
    rule: VoidRule = VOID_COUNTED if 0 in truths else VOID_IGNORED
    confusion, sample, count = Confusion(classes), None, len(classes) + 1
    to_position = np.full(256, IGNORED, np.uint8)
    to_position[: len(truths)] = truths
    meant = np.asarray(answers, np.uint8)
    net.eval()
    for item in items:
        if cancelled():
            raise Cancelled
        picture, labels = pictures.original(item)
        channels, step = best_channels(net, picture, spec, len(meant), device, cancelled)
        truth, answer = to_position[labels][step // 2 :: step, step // 2 :: step], meant[channels]
        answer = answer[: truth.shape[0], : truth.shape[1]]
        truth = truth[: answer.shape[0], : answer.shape[1]]
        known = truth != IGNORED
        cells = truth[known].astype(np.int64) * count + answer[known]
        confusion.counts += np.bincount(cells, minlength=count * count).reshape(count, count)
        sample = sample or _sample(item, picture, to_position[labels], _enlarged(answer, labels.shape))
    found = confusion.result(rule)
    return Judged(found.miou, tuple(c.iou for c in found.classes), found.pixel_accuracy, len(items)), sample


def best_channels(
    net: nn.Module, picture: np.ndarray, spec: InputSpec, channels: int, device: torch.device, cancelled: Stop
) -> tuple[np.ndarray, int]:
    """The channel that wins at each pixel, (h, w) uint8, or at the middle of each square of so many pixels."""
    height, width = picture.shape[:2]
    step = 1
    while channels * height * width > NUMBERS * step * step:
        step += 1
    grid = dense.grid_of(height, width, step)
    ready = prepare(picture, spec)
    tile, slide = dense.first_tile(*ready.input_size, device), slide_of(spec.fit)
    common = {"grid": grid, "finish": dense.identity}
    if slide is not None:
        scores = dense.slid_map(net, ready.pixels, spec, device, slide=slide, cancelled=cancelled, **common)
    elif tile is None:
        scores = dense.whole_maps(net, [ready.pixels], spec, device, **common)[0]
    else:
        scores = dense.tiled_map(net, ready.pixels, spec, device, tile=tile, cancelled=cancelled, **common)
    return scores.argmax(0).astype(np.uint8), step


def _enlarged(answer: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    return cv2.resize(answer, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)


def _sample(item: TrainItem, picture: np.ndarray, truth: np.ndarray, answer: np.ndarray) -> Sample:
    share = min(1.0, SAMPLE_SIDE / max(truth.shape))
    size = max(1, round(truth.shape[1] * share)), max(1, round(truth.shape[0] * share))

    def near(labels: np.ndarray) -> np.ndarray:
        return cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT)

    return Sample(item.name, cv2.resize(picture, size, interpolation=cv2.INTER_AREA), near(truth), near(answer))
