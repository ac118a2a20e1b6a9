"""Open: thin tongues, bridges and specks go."""

from __future__ import annotations

import cv2
import numpy as np

from segdesk.domain.classes import VOID
from segdesk.domain.stack import Param, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.steps._shapes import disc, nearest
from segdesk.engines.steps.base import Numbers, Where

INFO = StepInfo(
    "open",
    N_("Cut thin parts (opening)"),
    N_("Tongues, bridges and specks that a disc does not fit into go to their neighbours."),
    70,
    "labels",
    (Param("radius", N_("Radius"), N_("Of the disc."), 2, 1, 20, 1, "px", 1),),
)


def apply(ids: np.ndarray, where: Where, values: Numbers) -> np.ndarray:
    """Morphological opening of all segments at once by a disc of `radius` pixels; the picture's border is no edge.

    Pixels that no disc inside their segment covers take the label (or the void) of the nearest pixel that stays; in
    maps with objects never that of an object. Where none is near they stay. Void itself is not opened.
    """
    radius = round(values["radius"])
    kernel = disc(radius)
    # A disc lies inside a segment where the least and the largest id under it are the same: no loop over segments.
    core = (cv2.erode(ids, kernel) == cv2.dilate(ids, kernel)).view(np.uint8)
    where.check()
    stays = cv2.dilate(core, kernel).view(bool) | (ids == VOID)
    if stays.all():
        return ids
    sources = stays & ~where.things[ids] if where.things.any() else stays
    where.check()
    return nearest(ids, ~stays, sources, 4 * radius + 2)
