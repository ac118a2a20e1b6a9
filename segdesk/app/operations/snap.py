"""Snap to edges: the borders of an object, a class or all labels go to the edges of the picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np

from segdesk.app import morphology, snapping
from segdesk.app.laying import Writer
from segdesk.app.operations.base import SCOPE, OperationInfo, chosen
from segdesk.app.region import Region
from segdesk.app.rules import Snapping
from segdesk.app.tools.base import Option
from segdesk.domain.edit import clip
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

HOW = (
    Option("certainty", N_("Certainty of the labels"), "int", 40, 0, 95, unit="%"),
    Option("reach", N_("Borders move by"), "int", 8, 1, 40, unit="px"),
)
INFO = OperationInfo(
    id="snap",
    title=N_("Snap to edges"),
    key="",
    order=55,
    note=N_("Borders that were drawn roughly go to the edges of the picture, by a dense CRF."),
    options=(SCOPE, *HOW),
)


def run(doc: Document, *, scope: str = "active", certainty: int = 40, reach: int = 8) -> None:
    """Snap the borders of the segments of `scope`, with what lies beside them; at once for the whole picture."""
    table = chosen(doc, scope)
    how = Snapping(float(reach), certainty / 100)
    everything = scope == "picture"

    def areas(writer: Writer) -> Iterator[Region]:
        size = writer.ids.shape[0], writer.ids.shape[1]
        whole = 0, 0, size[1], size[0]
        rects = [whole] if everything else [rect for _, rect in morphology.boxes(writer.ids, table)]
        for x0, y0, x1, y1 in rects:
            rect = clip((x0 - reach, y0 - reach, x1 + reach, y1 + reach), size)
            for block in snapping.blocks(rect):
                mask = near_borders(writer.ids, table, block, reach)
                if mask.any():
                    yield Region(block[0], block[1], mask)

    snapping.snap(doc, areas, how)


def near_borders(ids: np.ndarray, table: np.ndarray, block: tuple[int, int, int, int], reach: int) -> np.ndarray:
    """(h, w) bool: the pixels of a block (x0, y0, x1, y1) within about `reach` of a border of a segment that is set in
    (65536,) bool `table`."""
    far = math.ceil(reach) + 1
    x0, y0, x1, y1 = block
    left, top, right, bottom = clip((x0 - far, y0 - far, x1 + far, y1 + far), (ids.shape[0], ids.shape[1]))
    part = ids[top:bottom, left:right]
    edge = np.zeros(part.shape, np.uint8)
    for a, b in (((slice(1, None),), (slice(-1),)), ((slice(None), slice(1, None)), (slice(None), slice(-1)))):
        here, there = part[a], part[b]
        meets = (here != there) & (table[here] | table[there])
        edge[a] |= meets
        edge[b] |= meets
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * far - 1, 2 * far - 1))
    return cv2.dilate(edge, ball)[y0 - top : y1 - top, x0 - left : x1 - left] > 0
