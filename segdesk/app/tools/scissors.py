"""Intelligent scissors: the line between clicked points follows the edges of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from segdesk.app.anchors import Anchored
from segdesk.app.asking import Question
from segdesk.app.shapes import Point
from segdesk.app.tools.base import ToolInfo
from segdesk.domain.edit import Rect, clip
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="scissors",
    title=N_("Scissors"),
    icon="scissors",
    key="J",
    order=100,
    note=N_(
        "Click along the edge of an object, and the line keeps to the edge; Enter, a double click or a click on the "
        "first point gives the area to the active class. Backspace takes a point back."
    ),
)
REACH = 192  # screen pixels around an anchor within which the line follows edges


class Tool(Anchored):
    """Each anchor's surroundings are worked out in the background, at the resolution of the screen; until that is done
    and beyond `REACH` the line is straight."""

    name = INFO.title

    def __init__(self) -> None:
        super().__init__()
        self._question = Question()
        self._paths: Paths | None = None

    def leg(self, doc: Document, start: Point, end: Point) -> tuple[Point, ...]:
        """Along the edges where they are known, else straight."""
        found = self._paths.to(end) if self._paths is not None and self._paths.start == start else ()
        return (start, *found, end)

    def anchor_set(self, doc: Document, scale: float) -> None:
        """Find the ways from the new anchor."""
        start, pixels = self.anchors[-1], doc.pixels
        self._question.ask(doc, lambda _: Paths.around(pixels, start, scale), self._keep)

    def _keep(self, paths: Paths) -> None:
        self._paths = paths

    def _reset(self) -> None:
        super()._reset()
        self._paths = None
        if hasattr(self, "_question"):
            self._question.drop()


@dataclass(frozen=True, eq=False)
class Paths:
    """The cheapest ways along edges from `start` to any point of `window` (x0, y0, x1, y1), at 1/`reduce`."""

    start: Point
    window: Rect
    reduce: int
    scissors: Any

    @classmethod
    def around(cls, pixels: np.ndarray, start: Point, scale: float) -> Paths:
        """Work them out. Any thread."""
        reduce, reach = max(1, int(scale)), max(32, round(REACH * scale))
        x, y = int(start[0]), int(start[1])
        window = clip((x - reach, y - reach, x + reach, y + reach), (pixels.shape[0], pixels.shape[1]))
        x0, y0, x1, y1 = window
        width, height = (x1 - x0) // reduce, (y1 - y0) // reduce
        if width < 3 or height < 3:
            return cls(start, (0, 0, 0, 0), 1, None)
        crop = cv2.resize(pixels[y0:y1, x0:x1], (width, height), interpolation=cv2.INTER_AREA)
        scissors: Any = cv2.segmentation.IntelligentScissorsMB()  # type: ignore[attr-defined]  # missing in the stubs
        scissors.setEdgeFeatureCannyParameters(32, 100)
        scissors.setGradientMagnitudeMaxLimit(200)
        scissors.applyImage(crop)
        column = min(width - 1, max(0, (x - x0) // reduce))
        row = min(height - 1, max(0, (y - y0) // reduce))
        scissors.buildMap((column, row))
        return cls(start, (x0, y0, x0 + width * reduce, y0 + height * reduce), reduce, scissors)

    def to(self, end: Point) -> tuple[Point, ...]:
        """The points between `start` and `end`, pixel by pixel; none if `end` is outside the window."""
        x0, y0, x1, y1 = self.window
        if not (x0 <= end[0] < x1 and y0 <= end[1] < y1):
            return ()
        k = self.reduce
        line = self.scissors.getContour((int(end[0] - x0) // k, int(end[1] - y0) // k))
        points = np.asarray(line, np.float64).reshape(-1, 2)[1:-1] * k + (x0 + k / 2, y0 + k / 2)
        return tuple(map(tuple, points.tolist()))
