"""`View`: how the canvas shows the picture. Keeps opacity, outline and colouring for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas
    from segdesk.ui.desk import Desk


class View(QObject):
    """Part of `Desk`; `bind` gives it the canvas.

    Signals:
        changed(): opacity, outline, colouring, brightness or hiding have new values.
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        kept = desk.session.settings.ui
        self._desk = desk
        self._canvas: Canvas | None = None
        self.opacity = _number(kept.get("opacity"), 0.45)
        self.outline = kept.get("outline") is not False
        self.by_object = kept.get("by_object") is True
        self.brightness = 0.0
        self.hidden = False
        self._keep = QTimer(self)
        self._keep.setSingleShot(True)
        self._keep.setInterval(800)
        self._keep.timeout.connect(self._remember)

    def bind(self, canvas: Canvas) -> None:
        """The canvas to work on."""
        self._canvas = canvas
        canvas.overlay_hidden.connect(self._hidden_by_key)
        self._apply()

    def set_opacity(self, value: float) -> None:
        """How strong labels cover the picture, 0..1."""
        self.opacity = value
        self._apply()

    def set_brightness(self, value: float) -> None:
        """-1..1, for the eye only."""
        self.brightness = value
        self._apply()

    def toggle_outline(self, on: bool) -> None:
        """Draw the borders of segments."""
        self.outline = on
        self._apply()

    def toggle_mode(self, on: bool) -> None:
        """A colour for each object instead of each class."""
        self.by_object = on
        self._apply()

    def hide_labels(self, hidden: bool) -> None:
        """Hide the labels until called again."""
        self.hidden = hidden
        if self._canvas is not None:
            self._canvas.hide_overlay(hidden)
        self.changed.emit()

    def fit(self) -> None:
        """The whole picture."""
        if self._canvas is not None:
            self._canvas.zoom_fit()

    def actual(self) -> None:
        """One image pixel on one screen pixel."""
        if self._canvas is not None:
            self._canvas.zoom_to(1.0)

    def zoom_in(self) -> None:
        """A step nearer."""
        if self._canvas is not None:
            self._canvas.zoom_by(1.25)

    def zoom_out(self) -> None:
        """A step away."""
        if self._canvas is not None:
            self._canvas.zoom_by(0.8)

    def step_brush(self, steps: int) -> None:
        """A larger or smaller brush."""
        if self._canvas is not None:
            self._canvas.step_brush(steps)

    def _hidden_by_key(self, hidden: bool) -> None:
        self.hidden = hidden
        self.changed.emit()

    def _apply(self) -> None:
        if self._canvas is not None:
            self._canvas.set_overlay(self.opacity, "instance" if self.by_object else "class", self.outline)
            self._canvas.set_brightness(self.brightness)
            self._keep.start()
        self.changed.emit()

    def _remember(self) -> None:
        self._desk.remember(opacity=round(self.opacity, 2), outline=self.outline, by_object=self.by_object)


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default
