"""`View`: how the canvas shows the picture. Keeps what is a matter of taste (opacity, outlines, ...) for the next
start; brightness and what is looked at (one class, differences, doubt) begin anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from segdesk.domain.classes import VOID

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas
    from segdesk.ui.desk import Desk


FAINT = 0.25  # strength of other classes that are not hidden
PLAIN_PICTURE = (0.0, 1.0, 1.0)  # brightness, contrast, gamma


class View(QObject):
    """Part of `Desk`; `bind` gives it the canvas.

    Signals:
        changed(): any of its values is another one.
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
        self.minimap = kept.get("minimap") is not False
        self.dim_others = kept.get("dim_others") is True
        self.brightness, self.contrast, self.gamma = PLAIN_PICTURE
        self.only_class = False
        self.look = "labels"
        self.hidden = False
        self._pointer = (-1, -1)  # the pixel under the pointer
        self._doubt: np.ndarray | None = None
        self._keep = QTimer(self)
        self._keep.setSingleShot(True)
        self._keep.setInterval(800)
        self._keep.timeout.connect(self._remember)

    def bind(self, canvas: Canvas) -> None:
        """The canvas to work on."""
        self._canvas = canvas
        self._desk.runs.live.bind(canvas)
        canvas.overlay_hidden.connect(self._hidden_by_key)
        canvas.hovered.connect(self._hovered)
        self._desk.labels.state_changed.connect(self._follow_class)
        self._desk.document_opened.connect(lambda _: canvas.set_heat(self._doubt))
        self._apply()

    def set_opacity(self, value: float) -> None:
        """How strong labels cover the picture, 0..1."""
        self.opacity = value
        self._apply()

    def set_brightness(self, value: float) -> None:
        """-1..1, for the eye only."""
        self.brightness = value
        self._apply()

    def set_contrast(self, value: float) -> None:
        """Contrast about the middle grey, 1 = as it is; for the eye only."""
        self.contrast = value
        self._apply()

    def set_gamma(self, value: float) -> None:
        """Above 1 dark parts become lighter; for the eye only."""
        self.gamma = value
        self._apply()

    def plain_picture(self) -> None:
        """Show the picture as it is."""
        self.brightness, self.contrast, self.gamma = PLAIN_PICTURE
        self._apply()

    def toggle_only(self, on: bool) -> None:
        """Show the labels of the active class alone, whichever that is."""
        self.only_class = on
        self._apply()

    def toggle_dim(self, on: bool) -> None:
        """With `only_class`: show the other classes faintly instead of not at all."""
        self.dim_others = on
        self._apply()

    def toggle_difference(self, on: bool) -> None:
        """Show what was changed against the model's answer, instead of the labels."""
        self.look = "difference" if on else "labels"
        self._apply()

    def toggle_doubt(self, on: bool) -> None:
        """Show where the model was unsure, instead of the labels."""
        self.look = "doubt" if on else "labels"
        self._apply()

    def set_doubt(self, doubt: np.ndarray | None) -> None:
        """The doubt map of the picture that is open or coming, None if it has none; see `Canvas.set_heat`."""
        self._doubt = doubt
        if self._canvas is not None:
            self._canvas.set_heat(doubt)

    def class_under_pointer(self) -> int | None:
        """The class under the pointer, 0 for void; None where the pointer is not over the picture."""
        document, (x, y) = self._desk.labels.document, self._pointer
        return None if document is None or x < 0 else document.class_of(document.segment_at(x, y))

    def _hovered(self, x: int, y: int) -> None:
        self._pointer = x, y

    def look_at(self, box: tuple[int, int, int, int]) -> None:
        """Bring an image rectangle (x0, y0, x1, y1) near and mark it."""
        if self._canvas is not None:
            self._canvas.zoom_to_rect(*box)
            self._canvas.mark(box)

    def unmark(self) -> None:
        """Take the mark of `look_at` away."""
        if self._canvas is not None:
            self._canvas.mark(None)

    def toggle_minimap(self, on: bool) -> None:
        """Show the whole picture small in a corner when only a part of it is in view."""
        self.minimap = on
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
        canvas = self._canvas
        if canvas is not None:
            canvas.set_overlay(self.opacity, "instance" if self.by_object else "class", self.outline)
            canvas.set_brightness(self.brightness, self.contrast, self.gamma)
            canvas.set_look(self.look)
            canvas.set_minimap(self.minimap)
            self._follow_class()
            self._keep.start()
        self.changed.emit()

    def _follow_class(self) -> None:
        if self._canvas is not None:
            hand = self._desk.labels.hand
            shown = (hand.active_class or hand.other_class) if self.only_class else VOID
            self._canvas.show_only(shown or None, others=FAINT if self.dim_others else 0.0)

    def _remember(self) -> None:
        self._desk.remember(
            opacity=round(self.opacity, 2),
            outline=self.outline,
            by_object=self.by_object,
            minimap=self.minimap,
            dim_others=self.dim_others,
        )


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default
