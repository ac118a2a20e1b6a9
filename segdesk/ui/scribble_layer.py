"""What lies over the picture in teach mode: the person's strokes, strong and with a light edge, on top of what the
taught model says. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.app.reduced import Reduced
from segdesk.app.scribbles import ScribbleDocument
from segdesk.domain.edit import Rect
from segdesk.ui import overlay
from segdesk.ui.canvas_view import View
from segdesk.ui.overlay import Style, Tables
from segdesk.ui.overlay_layers import LabelLayer, Layer

STROKE_ALPHA = 0.9
EDGE = 0xFFFFFFFF


@dataclass(frozen=True, eq=False)
class ScribbleLayer:
    """`strokes` over `under`; either may be missing."""

    strokes: LabelLayer | None
    under: LabelLayer | None

    @property
    def costly(self) -> bool:
        """See `Layer`."""
        return self.under is not None

    def render(self, view: View, rect: Rect, thick: int) -> np.ndarray:
        """See `Layer`."""
        below = None if self.under is None else self.under.render(view, rect, thick)
        above = None if self.strokes is None else self.strokes.render(view, rect, thick)
        if below is None or above is None:
            found = above if below is None else below
            return np.zeros((rect[3] - rect[1], rect[2] - rect[0]), np.uint32) if found is None else found
        return np.where(above != 0, above, below)

    def changed_from(self, other: Layer | None) -> np.ndarray | None:
        """See `Layer`."""
        if not isinstance(other, ScribbleLayer) or self.strokes is None or other.strokes is None:
            return None
        if (self.under is None) != (other.under is None):
            return None
        if self.under is not None and other.under is not None:
            same = self.under.source is other.under.source
            if not same or self.under.tables.changed_from(other.under.tables).size:
                return None
        return self.strokes.changed_from(other.strokes)


def scribble_layer(doc: ScribbleDocument, style: Style, copies: Reduced | None) -> ScribbleLayer:
    """What draws a document of scribbles; `style` is for what lies under them."""
    strokes = under = None
    if doc.shows_strokes:
        made = overlay.tables(doc.segmentation.segments, doc.classes, Style(STROKE_ALPHA, outline=False))
        edge = np.where(made.fill != 0, np.uint32(EDGE), np.uint32(0))
        strokes = LabelLayer(doc.segmentation.ids, Tables(made.fill, edge, bool(edge.any())), copies)
    if doc.under is not None:
        under = LabelLayer(doc.under, overlay.tables(doc.under.segments, doc.classes, style))
    return ScribbleLayer(strokes, under)
