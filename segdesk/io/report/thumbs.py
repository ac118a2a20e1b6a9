"""Thumbnails of pictures: the reference, the prediction and their differences over the picture, as JPEG."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.metrics.report import Specimen
from segdesk.domain.segmentation import Segmentation
from segdesk.io.images import read

TINT = 0.55
ERROR_COLORS = {"missed": (37, 99, 235), "false": (234, 88, 12), "class": (192, 38, 211), "object": (234, 179, 8)}


@dataclass(frozen=True)
class Panels:
    """Data URIs of the three thumbnails; `has_picture` is False where the picture could not be read."""

    reference: str
    prediction: str
    errors: str
    has_picture: bool


def render(specimen: Specimen, classes: ClassSet, *, judge_void: bool) -> Panels:
    """Draw a specimen. `judge_void`: a prediction on reference void is shown as an error."""
    base, found = _picture(specimen)
    table = classes.color_table()
    grey = cv2.cvtColor(cv2.cvtColor(base, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return Panels(
        _uri(_tinted(base, specimen.reference, table)),
        _uri(_tinted(base, specimen.prediction, table)),
        _uri(_errors(grey, specimen, classes, judge_void=judge_void)),
        found,
    )


def _picture(specimen: Specimen) -> tuple[np.ndarray, bool]:
    """The picture at the maps' size, or even grey where it cannot be read."""
    height, width = specimen.reference.size
    if specimen.picture is not None:
        try:
            pixels = read(Path(specimen.picture), max_side=2 * max(height, width))
            return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), True
        except SegDeskError:
            pass  # the report is worth having without the picture; the page says that it is missing
    return np.full((height, width, 3), 128, np.uint8), False


def _tinted(base: np.ndarray, segmentation: Segmentation, table: np.ndarray) -> np.ndarray:
    """Class colours over the picture, void clear, segments outlined in their full colour."""
    class_map = segmentation.class_map()
    color = table[class_map].astype(np.float32)
    weight = np.where(class_map > 0, TINT, 0.0)[..., None]
    shown = (base * (1 - weight) + color * weight).astype(np.uint8)
    edge = _outline(segmentation.ids)
    shown[edge] = (color[edge] * 0.55 + 255 * 0.45).astype(np.uint8)
    return shown


def _outline(ids: np.ndarray) -> np.ndarray:
    """(H, W) bool: labelled pixels whose right or lower neighbour has another id."""
    edge = np.zeros(ids.shape, bool)
    edge[:, :-1] |= ids[:, :-1] != ids[:, 1:]
    edge[:-1] |= ids[:-1] != ids[1:]
    return edge & (ids > 0)


def _errors(grey: np.ndarray, specimen: Specimen, classes: ClassSet, *, judge_void: bool) -> np.ndarray:
    was, said = specimen.reference.class_map(), specimen.prediction.class_map()
    kinds = {
        "object": _unmatched(specimen, classes),
        "missed": (was > 0) & (said == 0),
        "class": (was > 0) & (said > 0) & (was != said),
    }
    if judge_void:
        kinds["false"] = (was == 0) & (said > 0)
    shown = (grey.astype(np.float32) * 0.6 + 255 * 0.25).astype(np.uint8)
    for kind, mask in kinds.items():
        shown[mask] = (shown[mask] * 0.25 + np.array(ERROR_COLORS[kind]) * 0.75).astype(np.uint8)
    return shown


def _unmatched(specimen: Specimen, classes: ClassSet) -> np.ndarray:
    """(H, W) bool: pixels of the right countable class whose two objects overlap by an IoU of no more than 0.5."""
    pairs = Overlaps.of(specimen.prediction, specimen.reference)
    ref_area = np.bincount(specimen.reference.ids.ravel(), minlength=65536)
    pred_area = np.bincount(specimen.prediction.ids.ravel(), minlength=65536)
    union = ref_area[pairs.reference] + pred_area[pairs.prediction] - pairs.pixels
    thing = np.isin(pairs.reference_classes, list(classes.things))
    same = thing & (pairs.reference_classes == pairs.prediction_classes) & ~pairs.crowd
    bad = same & (2 * pairs.pixels <= union)
    key = specimen.reference.ids.astype(np.uint32) << 16 | specimen.prediction.ids
    return np.isin(key, pairs.reference[bad].astype(np.uint32) << 16 | pairs.prediction[bad])


def _uri(pixels: np.ndarray) -> str:
    """A JPEG data URI; small maps are enlarged first, so that their pixels stay square."""
    times = max(1, 240 // max(pixels.shape[:2]))
    if times > 1:
        pixels = np.repeat(np.repeat(pixels, times, axis=0), times, axis=1)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 76])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
