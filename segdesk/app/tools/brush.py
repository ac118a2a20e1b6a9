"""The brush: paints the active class, or the object that was picked."""

from __future__ import annotations

from segdesk.app.strokes import RoundBrush
from segdesk.app.tools.base import ToolInfo
from segdesk.domain.text import N_

INFO = ToolInfo(
    id="brush",
    title=N_("Brush"),
    icon="brush",
    key="B",
    order=10,
    note=N_("Paint the active class. Right button or Ctrl erases; Shift protects other labels."),
)


class Tool(RoundBrush):
    """See `RoundBrush`."""
