"""The brush: paints the active class, or the object that was picked."""

from __future__ import annotations

from segdesk.app.strokes import OPTIONS, Brush
from segdesk.app.tools.base import ToolInfo
from segdesk.domain.text import N_

INFO = ToolInfo(
    id="brush",
    title=N_("Brush"),
    icon="brush",
    key="B",
    order=10,
    note=N_(
        "Paint the active class. Right button or Ctrl erases; Shift protects other labels, and Shift+click draws a "
        "straight line from the last stroke's end."
    ),
    options=OPTIONS,
)


class Tool(Brush):
    """See `Brush`."""
