"""Snap my strokes: what the person painted since the model's answer goes to the edges of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import snapping
from segdesk.app.operations.base import OperationInfo
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="snap_strokes",
    title=N_("Snap my strokes to edges"),
    key="Shift+E",
    order=54,
    note=N_(
        "What you painted in this picture since the model's answer, or since it was snapped last, goes to the edges of "
        "the picture. Certainty and reach are those of the tool Snap."
    ),
)


def run(doc: Document) -> None:
    """With the settings of the hand. Raises SegDeskError where nothing was painted."""
    snapping.snap_strokes(doc, doc.hand.snapping)
