"""A small scene that tests of class changes share: four classes of a street, and a map in bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation

CAR, BUS, ROAD, SKY = 1, 2, 3, 4
CLASSES = ClassSet(
    [
        ClassInfo(CAR, "car", (200, 0, 0), True),
        ClassInfo(BUS, "bus", (0, 200, 0), True),
        ClassInfo(ROAD, "road", (0, 0, 200)),
        ClassInfo(SKY, "sky", (0, 200, 200)),
    ]
)


def banded(size: tuple[int, int], class_ids: Sequence[int], shift: int = 0) -> Segmentation:
    """A segment of 6 columns for each of the classes, void between and around them; segment k begins at 8 k."""
    ids = np.zeros(size, np.uint16)
    for key in range(1, len(class_ids) + 1):
        ids[4:40, 8 * key + shift : 8 * key + 6 + shift] = key
    return Segmentation(ids, {k: Segment(c, 0.5 + k / 20) for k, c in enumerate(class_ids, 1)})
