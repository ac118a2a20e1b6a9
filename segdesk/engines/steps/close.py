"""Close: narrow gaps and bays are filled."""

from __future__ import annotations

import cv2
import numpy as np

from segdesk.domain.classes import VOID
from segdesk.domain.stack import Param, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.steps._shapes import around, disc
from segdesk.engines.steps.base import Numbers, Where

INFO = StepInfo(
    "close",
    N_("Close"),
    N_("Gaps and bays of void that a disc does not fit into are filled; by objects also where stuff lies."),
    80,
    "labels",
    (Param("radius", N_("Radius"), N_("Of the disc."), 2, 1, 20, 1, "px", 1),),
)


def apply(ids: np.ndarray, where: Where, values: Numbers) -> np.ndarray:
    """Morphological closing of each segment by a disc of `radius` pixels; the picture's border is no edge.

    A segment takes void, an object stuff as well; never a pixel of an object, so that none are joined. Of several
    that would take a pixel, objects go first, then the lower id. All are worked out on the map as it was. A map of
    classes without void is not changed: opening one class is closing its neighbours.
    """
    from scipy import ndimage  # slow to import: not before it is needed

    radius = round(values["radius"])
    kernel, size = disc(radius), (ids.shape[0], ids.shape[1])
    void = ids == VOID
    any_things = bool(where.things.any())
    behind = ~where.things[ids] if any_things else void
    if not behind.any():
        return ids
    result = ids.copy()
    boxes = [(key, box) for key, box in enumerate(ndimage.find_objects(ids), 1) if box is not None]
    for key, (rows, columns) in sorted(boxes, key=lambda each: not where.things[each[0]]):
        where.check()
        rect = (columns.start, rows.start, columns.stop, rows.stop)
        crop, _ = around(rect, radius + 1, size)
        free = behind[crop] if where.things[key] else void[crop]
        if not free.any():
            continue
        own = (ids[crop] == key).view(np.uint8)
        shut = cv2.morphologyEx(own, cv2.MORPH_CLOSE, kernel).view(bool)
        shut &= free
        shut &= result[crop] == ids[crop]
        result[crop][shut] = key
    return result
