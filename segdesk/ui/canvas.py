"""`Canvas`: the picture with its labels, zoom and pan, and the pointer for the tools. QWidget and QPainter, no OpenGL."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from segdesk.app.document import Document
from segdesk.app.tools.base import BaseTool


class Canvas(QWidget):
    """Shows a document and passes the pointer to the tool.

    Signals: `hovered(x, y)` pixel under the pointer, (-1, -1) outside; `zoom_changed(zoom)` device pixels per image
    pixel; `picked(segment)` by Alt+click or the pick tool, 0 for void; `overlay_hidden(bool)` V was tapped.
    Keys handled here while the canvas has the focus, not to be bound elsewhere: Space (pan), V (tap hides the overlay,
    hold peeks), backquote (hold shows the prediction), Escape (cancels the stroke, else lets go of the object).
    """

    hovered = Signal(int, int)
    zoom_changed = Signal(float)
    picked = Signal(int)
    overlay_hidden = Signal(bool)

    def set_preview(self, pixels: np.ndarray, full_size: tuple[int, int]) -> None:
        """Show a reduced (h, w, 3) uint8 RGB picture until the document comes; `full_size` is (height, width)."""

    def set_document(self, doc: Document, pyramid: object | None = None) -> None:
        """Show a document; keeps the view if the preview of the same picture was shown. `pyramid` from
        `segdesk.app.pyramid.build(pixels)` if some thread has built it already; otherwise a thread does it now."""

    def clear(self) -> None:
        """Show nothing."""

    def set_tool(self, tool: BaseTool) -> None:
        """Pass the pointer to this tool from now on; a stroke under way is finished."""

    def set_overlay(self, opacity: float, mode: str = "class", outline: bool = True) -> None:
        """`opacity` 0..1; `mode` "class" or "instance"; `outline` draws borders of segments."""

    def set_brightness(self, brightness: float = 0.0, contrast: float = 1.0, gamma: float = 1.0) -> None:
        """How the picture is shown (never changed): `brightness` -1..1 is added, `contrast` and `gamma` 0.2..5."""

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return 1.0

    def zoom_fit(self) -> None:
        """Show the whole picture."""

    def zoom_to(self, zoom: float) -> None:
        """Set the zoom (1.0 = 100 %) about the middle of the view."""

    def zoom_by(self, factor: float) -> None:
        """Multiply the zoom about the pointer if it is over the canvas, else about the middle."""

    def show_rect(self, rect: tuple[int, int, int, int]) -> None:
        """Centre an image rectangle (x0, y0, x1, y1), zooming in or out only where it would not fit or be tiny."""

    def step_brush(self, steps: int) -> None:
        """Make the brush larger or smaller by a comfortable step (about a tenth)."""

    def hide_overlay(self, hidden: bool) -> None:
        """Hide the overlay until called again."""

    def peek(self, on: bool) -> None:
        """Hide the overlay while held."""

    def show_prediction(self, on: bool) -> None:
        """Show the model's answer before correction while held."""
