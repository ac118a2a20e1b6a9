"""The brush's outline on the canvas: where it is, what is to be repainted when it moves, and its drawing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QPainter

from segdesk.ui import canvas_sketch

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas

ROOM = 3  # logical pixels around the outline, for its pen


class BrushOutline:
    """Part of one `Canvas`."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._drawn = QRect()

    def follow(self, at: tuple[float, float] | None) -> None:
        """Repaint where the outline was and where it is, with the pointer at this device position."""
        shape, new = self._shape(at), QRect()
        if shape is not None:
            _, centre, radius = shape
            reach = radius + ROOM
            side = math.ceil(2 * reach) + 1
            new = QRect(math.floor(centre.x() - reach), math.floor(centre.y() - reach), side, side)
        for rect in (self._drawn, new):
            if not rect.isEmpty():
                self._canvas.update(rect)
        self._drawn = new

    def draw(self, painter: QPainter, at: tuple[float, float] | None) -> None:
        """Draw it, in logical pixels."""
        shape = self._shape(at)
        if shape is not None:
            canvas_sketch.draw_brush(painter, *shape)

    def _shape(self, at: tuple[float, float] | None) -> tuple[str, QPointF, float] | None:
        """Shape, centre and radius in logical pixels; None where the tool has no brush."""
        canvas = self._canvas
        if canvas.tool is None or canvas.document is None or at is None:
            return None
        cursor = canvas.tool.cursor(canvas.document)
        if cursor.shape not in ("circle", "square"):
            return None
        scale = canvas.devicePixelRatioF()
        return cursor.shape, QPointF(at[0] / scale, at[1] / scale), cursor.diameter / 2 * canvas.zoom / scale
