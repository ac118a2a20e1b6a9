"""Smooth: borders lose details that are narrower than some pixels."""

from __future__ import annotations

import math

import cv2
import numpy as np

from segdesk.domain.stack import Param, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.steps._shapes import around, present, tiles
from segdesk.engines.steps.base import Numbers, Where

TIE = 1e-5  # a tie changes nothing

INFO = StepInfo(
    "smooth",
    N_("Smooth borders"),
    N_("Bays and tongues of borders that are narrower than some pixels go."),
    90,
    "labels",
    (Param("width", N_("Width"), N_("Of the widest details that go."), 5, 1, 50, 1, "px", 1),),
)


def apply(ids: np.ndarray, where: Where, values: Numbers) -> np.ndarray:
    """Each pixel takes the label that has most weight around it, by a Gaussian of sigma = `width` / 1.35: a strip of
    that width has half of the weight at its middle. Void is a label like others, so borders to it move both ways.
    The picture's border is repeated outwards."""
    sigma = values["width"] / 1.35
    margin = math.ceil(3 * sigma)
    size = (ids.shape[0], ids.shape[1])
    result = ids.copy()
    for rect in tiles(size):
        outer, inner = around(rect, margin, size)
        crop = ids[outer]
        if crop.min() == crop.max():
            continue
        where.check()
        result[rect[1] : rect[3], rect[0] : rect[2]] = _heaviest(crop, sigma, margin)[inner]
    return result


def _heaviest(crop: np.ndarray, sigma: float, margin: int) -> np.ndarray:
    """(h, w) uint16: the label with most weight around each pixel; its own label where two are equal."""
    labels, side = present(crop), 2 * margin + 1
    best, result = np.zeros(crop.shape, np.float32), crop.copy()
    rest = np.ones(crop.shape, np.float32)  # all weights together are 1: the last label has what is left
    for label in labels:
        own = (crop == label).astype(np.float32)
        weight = rest
        if label != labels[-1]:
            weight = cv2.GaussianBlur(own, (side, side), sigma, borderType=cv2.BORDER_REPLICATE)
            rest -= weight
        weight += TIE * own
        more = weight > best
        np.copyto(best, weight, where=more)
        np.copyto(result, np.uint16(label), where=more)
    return result
