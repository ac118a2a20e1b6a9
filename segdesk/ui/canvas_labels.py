"""What is to be seen of the labels over a picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from segdesk.domain.edit import Rect
from segdesk.domain.packed import PackedMap
from segdesk.ui.canvas_glance import Shown
from segdesk.ui.canvas_picture import PictureView
from segdesk.ui.canvas_seeing import LOOKS, Seeing


class LabelView(PictureView):
    """A picture view that is told how labels are to be shown; the canvas shows them.

    Attributes:
        seeing: what was asked for.
    """

    overlay_hidden = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.seeing = Seeing()
        self._marked: Rect | None = None

    def set_overlay(self, opacity: float, mode: str = "class", outline: bool = True) -> None:
        """`opacity` 0..1; `mode` "class" or "instance"; `outline` draws borders of segments."""
        self._set_style(opacity=min(1.0, max(0.0, opacity)), mode=mode, outline=outline)

    def show_only(self, class_id: int | None, *, others: float = 0.0) -> None:
        """Show the labels of one class alone (None: all); those of other classes have the part `others` (0..1) of
        their strength."""
        self._set_style(only=class_id, others=others)

    def set_look(self, look: str) -> None:
        """What lies over the picture: "labels"; "difference", what the person changed against the model's answer; or
        "doubt", the map given by `set_heat`."""
        if look not in LOOKS:
            raise ValueError(f"there is no look {look!r}")
        self._see(look=look)

    def set_heat(self, doubt: np.ndarray | None) -> None:
        """The doubt of the open document's last answer over the whole picture, of any resolution: (h, w) uint8 of 0
        (sure) to 255 or floats of 0 to 1; None if there is none. Forgotten when the document is left."""
        self._see(doubt=doubt)

    def mark(self, box: Rect | None) -> None:
        """Draw a dashed frame around an image rectangle (x0, y0, x1, y1), until called again or the document is
        left; None: no frame."""
        if box != self._marked:
            self._marked = box
            self.update()

    def hide_overlay(self, hidden: bool) -> None:
        """Hide the overlay until called again."""
        if hidden != self.seeing.hidden:
            self._see(hidden=hidden)
            self.overlay_hidden.emit(hidden)

    def peek(self, on: bool) -> None:
        """Hide the overlay while held."""
        self._see(peeking=on)

    def show_prediction(self, on: bool) -> None:
        """Show the model's answer before correction while held."""
        self._see(predicting=on)

    def show_glimpse(self, glimpse: Shown | None) -> None:
        """Show a quick answer over the labels, until they change or this is called with None."""
        self._see(glimpse=glimpse)

    def set_split(self, before: PackedMap | None) -> None:
        """Show other labels left of the split slider; None: there is no slider."""
        self._see(split=before)

    def _set_style(self, **values: object) -> None:
        self._see(style=replace(self.seeing.style, **values))  # type: ignore[arg-type]

    def _see(self, **values: object) -> None:
        if any(getattr(self.seeing, name) is not value for name, value in values.items()):
            self.seeing = replace(self.seeing, **values)  # type: ignore[arg-type]
            self._make_layer()

    def _make_layer(self) -> None:
        """What was asked for has changed."""
        raise NotImplementedError
