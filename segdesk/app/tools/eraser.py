"""The eraser: makes pixels void."""

from __future__ import annotations

from segdesk.app.strokes import OPTIONS, Brush
from segdesk.app.tools.base import ToolInfo
from segdesk.domain.text import N_

INFO = ToolInfo(
    id="eraser",
    title=N_("Eraser"),
    icon="eraser",
    key="E",
    order=20,
    note=N_(
        "Make pixels void. Right button or Ctrl paints; Shift erases the active class only, and Shift+click draws a "
        "straight line from the last stroke's end."
    ),
    options=OPTIONS,
)


class Tool(Brush):
    """See `Brush`."""

    erases = True
