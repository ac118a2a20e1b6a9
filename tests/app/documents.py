"""Small documents for the tests of document, tools and canvas."""

from __future__ import annotations

import numpy as np

from segdesk.app.document import Document, Hand
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import PictureRow

SKY, ROAD, CAR, CELL = 1, 2, 3, 4
CLASSES = ClassSet(
    [
        ClassInfo(SKY, "sky", (90, 150, 220)),
        ClassInfo(ROAD, "road", (120, 110, 100)),
        ClassInfo(CAR, "car", (200, 60, 60), is_thing=True),
        ClassInfo(CELL, "cell", (60, 180, 90), is_thing=True),
    ]
)


def row(state: str = "new", picture_id: int = 1) -> PictureRow:
    return PictureRow(picture_id, "a.png", 0, 0, state, 0.0, 0.0, 0, "")


def make(
    height: int = 120,
    width: int = 160,
    *,
    segmentation: Segmentation | None = None,
    state: str = "new",
    hand: Hand | None = None,
    prediction: Segmentation | None = None,
) -> Document:
    """A document with a random picture; void unless a segmentation is given."""
    segmentation = segmentation or Segmentation.empty(height, width)
    pixels = np.random.default_rng(7).integers(0, 256, (*segmentation.size, 3), np.uint8)
    pixels.flags.writeable = False
    return Document(row(state), pixels, segmentation, History(), CLASSES, prediction, hand=hand)


def halves(height: int = 120, width: int = 160) -> Segmentation:
    """Sky above, road below, two cars (10, 11) in the middle of the left and right half."""
    result = Segmentation.empty(height, width)
    result.ids[: height // 2], result.ids[height // 2 :] = SKY, ROAD
    result.segments = {SKY: Segment(SKY, 0.9), ROAD: Segment(ROAD, 0.8)}
    for key, x in ((10, width // 4), (11, 3 * width // 4)):
        result.ids[height // 2 - 15 : height // 2 + 15, x - 15 : x + 15] = key
        result.segments[key] = Segment(CAR, 0.7)
    return result


def check(doc: Document) -> None:
    """What must hold after any step: a valid map, and areas equal to a full count."""
    doc.segmentation.check(CLASSES)
    doc.finish_counting()
    assert np.array_equal(doc.areas.counts, np.bincount(doc.segmentation.ids.ravel(), minlength=65536))
