"""What is on the screen, as a glance that the engine can answer, and the layer that shows such an answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from segdesk.domain.edit import Rect, clip
from segdesk.domain.segmentation import Segment
from segdesk.engines.messages import Glance
from segdesk.ui import overlay
from segdesk.ui.canvas_view import View
from segdesk.ui.overlay import Tables
from segdesk.ui.overlay_layers import Layer
from segdesk.ui.sampling import gather

AROUND = 32  # device pixels around what is on the screen: the CRF sees so much more, and the hand may move the picture
GRID = 16  # pixels; a view that moved less gives the same glance
NEARLY_ALL = 0.7  # of the picture: then all of it


@dataclass(frozen=True, eq=False)
class Shown:
    """A quick answer for `rect` of the picture: (h, w) uint16 `ids` of `segments`."""

    rect: Rect
    ids: np.ndarray
    segments: Mapping[int, Segment]


def glance_at(view: View, area: tuple[int, int], size: tuple[int, int], most: int) -> Glance | None:
    """What an `area` (width, height) of device pixels shows of a picture of `size` (height, width), in at most about
    `most` pixels and no more than the screen has; None where nothing of it is in view."""
    left, top = view.to_image(-AROUND, -AROUND)
    right, bottom = view.to_image(area[0] + AROUND, area[1] + AROUND)
    outer = [GRID * math.floor(v / GRID) for v in (left, top)] + [GRID * math.ceil(v / GRID) for v in (right, bottom)]
    x0, y0, x1, y1 = rect = clip((outer[0], outer[1], outer[2], outer[3]), size)
    if x1 <= x0 or y1 <= y0:
        return None
    if (x1 - x0) * (y1 - y0) >= NEARLY_ALL * size[0] * size[1]:
        x0, y0, x1, y1 = rect = 0, 0, size[1], size[0]
    scale = min(1.0, view.zoom, math.sqrt(most / ((x1 - x0) * (y1 - y0))))
    return Glance(rect, (max(1, round((y1 - y0) * scale)), max(1, round((x1 - x0) * scale))))


class GlanceLayer:
    """A quick answer over the labels that it is going to replace."""

    def __init__(self, shown: Shown, tables: Tables, under: Layer | None) -> None:
        self._shown, self._tables, self._under = shown, tables, under

    @property
    def costly(self) -> bool:
        """See `Layer`."""
        return self._under is not None and self._under.costly

    def render(self, view: View, rect: Rect, thick: int) -> np.ndarray:
        """See `Layer`."""
        out = overlay.coloured(lambda part: self._sampled(view, part), self._tables, rect, thick)
        inside = view.device_rect(self._shown.rect, -1)
        if self._under is not None and not _contains(inside, rect):
            rows, columns = self._places(view, rect)
            known = ((rows >= 0) & (rows < self._shown.ids.shape[0]))[:, None]
            known = known & ((columns >= 0) & (columns < self._shown.ids.shape[1]))
            out = np.where(known, out, self._under.render(view, rect, thick))
        return out

    def changed_from(self, other: Layer | None) -> np.ndarray | None:
        """See `Layer`: anything may."""
        return None

    def _places(self, view: View, rect: Rect) -> tuple[np.ndarray, np.ndarray]:
        """The rows and columns of the quick answer under device rows and columns; they may lie outside."""
        (x0, y0, x1, y1), (height, width) = self._shown.rect, self._shown.ids.shape
        rows = np.floor((view.rows(rect[1], rect[3]) - y0) * (height / (y1 - y0)))
        columns = np.floor((view.columns(rect[0], rect[2]) - x0) * (width / (x1 - x0)))
        return rows.astype(np.intp), columns.astype(np.intp)

    def _sampled(self, view: View, rect: Rect) -> np.ndarray:
        rows, columns = self._places(view, rect)
        out = np.zeros((rows.size, columns.size), np.uint16)
        top, bottom = np.searchsorted(rows, (0, self._shown.ids.shape[0]))
        left, right = np.searchsorted(columns, (0, self._shown.ids.shape[1]))
        if top < bottom and left < right:
            out[top:bottom, left:right] = gather(self._shown.ids, rows[top:bottom], columns[left:right])
        return out


def _contains(outer: Rect, inner: Rect) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]
