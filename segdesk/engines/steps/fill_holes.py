"""Fill holes: what one segment encloses becomes part of it."""

from __future__ import annotations

import numpy as np

from segdesk.domain.classes import VOID
from segdesk.domain.stack import Param, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.steps._regions import Regions
from segdesk.engines.steps.base import Numbers, Where

INFO = StepInfo(
    "fill_holes",
    N_("Fill holes"),
    N_("What one object or class encloses becomes part of it: the void in it, and what lies behind an object."),
    50,
    "labels",
    (
        Param("area", N_("Largest hole"), N_("Larger holes stay; 0 fills all."), 500, 0, 20000, 50, "px", 2),
        Param(
            "behind",
            N_("Over stuff"),
            N_("Fill holes of objects in which another class shows, too."),
            1,
            0,
            1,
            1,
            tasks=("panoptic",),
        ),
    ),
)


def apply(ids: np.ndarray, where: Where, values: Numbers) -> np.ndarray:
    """A hole is a region (pixel sides) that does not touch the picture's border and has one segment all around it.

    Of objects, holes are void and (`behind`) stuff, mixed as they come; of anything else, void. Pixels of an object
    never change. `area` 0: holes of any size.
    """
    limit = values["area"] or float("inf")
    if values["behind"] and where.task == "panoptic":
        ids = _filled(ids, np.where(where.things[ids], ids, np.uint16(VOID)), limit)
        where.check()
    return _filled(ids, ids, limit)


def _filled(ids: np.ndarray, seen: np.ndarray, limit: float) -> np.ndarray:
    """The ids, where each small region that is void in the map `seen` and has one label all around there has it."""
    regions = Regions(seen)
    holes = (regions.label == VOID) & ~regions.at_border & (regions.area <= limit)
    if not holes.any():
        return ids
    own, other, _ = regions.borders(holes)
    low, high = np.full(regions.count, np.iinfo(np.uint16).max, np.uint16), np.zeros(regions.count, np.uint16)
    np.minimum.at(low, own, regions.label[other])
    np.maximum.at(high, own, regions.label[other])
    return regions.painted(ids, holes & (low == high), low)
