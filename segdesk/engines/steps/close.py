"""Close: narrow gaps and bays are filled."""

from __future__ import annotations

import cv2
import numpy as np

from segdesk.domain.classes import VOID
from segdesk.domain.stack import Param, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.steps._shapes import around, disc, present, tiles
from segdesk.engines.steps.base import Numbers, Where

INFO = StepInfo(
    "close",
    N_("Close gaps (closing)"),
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
    radius = round(values["radius"])
    kernel, size = disc(radius), (ids.shape[0], ids.shape[1])
    result = ids.copy()
    for rect in tiles(size):
        x0, y0, x1, y1 = rect
        here = ids[y0:y1, x0:x1]
        void = here == VOID
        behind = ~where.things[here] if where.task != "semantic" else void
        if not behind.any():
            continue
        where.check()
        outer, inner = around(rect, 2 * radius + 1, size)
        crop, target, free = ids[outer], result[y0:y1, x0:x1], behind.copy()
        labels = [key for key in present(crop) if key != VOID]
        for key in sorted(labels, key=lambda k: not where.things[k]):
            own = (crop == key).view(np.uint8)
            shut = cv2.morphologyEx(own, cv2.MORPH_CLOSE, kernel).view(bool)[inner]
            take = shut & free if where.things[key] else shut & free & void
            take &= here != key
            target[take] = key
            free[take] = False
    return result
