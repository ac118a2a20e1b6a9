"""Fill holes: what one segment encloses becomes part of it."""

from __future__ import annotations

import cv2
import numpy as np

from segdesk.domain.classes import VOID
from segdesk.domain.stack import Param, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.steps._shapes import beside
from segdesk.engines.steps.base import Numbers, Where

INFO = StepInfo(
    "fill_holes",
    N_("Fill holes"),
    N_("What one object or class encloses becomes part of it: the void in it, and what lies behind an object."),
    50,
    "labels",
    (
        Param("area", N_("Largest hole"), N_("Larger holes stay; 0 fills all."), 500, 0, 20000, 50, "px", 2),
        Param("behind", N_("Over stuff"), N_("Fill holes of objects in which another class shows, too."), 1, 0, 1, 1),
    ),
)


def apply(ids: np.ndarray, where: Where, values: Numbers) -> np.ndarray:
    """A hole is a region (pixel sides) that does not touch the picture's border and has one segment all around it.

    Of objects, holes are void and (`behind`) stuff, mixed as they come; of anything else, void. Pixels of an object
    never change. `area` 0: holes of any size.
    """
    limit = values["area"] or float("inf")
    if values["behind"] and where.task == "panoptic":
        ids = _filled(ids, ~where.things[ids], limit)
        where.check()
    return _filled(ids, ids == VOID, limit)


def _filled(ids: np.ndarray, open_: np.ndarray, limit: float) -> np.ndarray:
    """The ids with each small region of (H, W) bool `open_` that one id encloses filled with that id."""
    count, found, stats, _ = cv2.connectedComponentsWithStats(open_.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)
    regions = np.asarray(found, np.int32)
    left, top, width, height, area = stats.T
    inner = (left > 0) & (top > 0) & (left + width < ids.shape[1]) & (top + height < ids.shape[0])
    holes = inner & (area <= limit)
    holes[0] = False  # what is not open
    if not holes.any():
        return ids
    own, other = beside(regions, holes)
    ring = ids.ravel()[other]
    low, high = np.full(count, np.iinfo(np.uint16).max, np.uint16), np.zeros(count, np.uint16)
    np.minimum.at(low, own, ring)
    np.maximum.at(high, own, ring)
    holes &= low == high
    return np.where(holes[regions], low[regions], ids)
