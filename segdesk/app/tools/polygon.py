"""Polygon: the area between clicked points becomes the active class or void."""

from __future__ import annotations

from segdesk.app.anchors import Anchored
from segdesk.app.tools.base import ToolInfo
from segdesk.domain.text import N_

INFO = ToolInfo(
    id="polygon",
    title=N_("Polygon"),
    icon="polygon",
    key="P",
    order=50,
    note=N_(
        "Click points around an area; Enter, a double click or a click on the first point gives it to the active "
        "class. Backspace takes a point back. Beginning with the right button or Ctrl makes it void."
    ),
)


class Tool(Anchored):
    """See `Anchored`; takes the pixels whose centre lies inside (even-odd)."""

    name = INFO.title
