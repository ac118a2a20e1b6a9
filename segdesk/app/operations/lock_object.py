"""Lock object: nothing changes it until it is unlocked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app.operations.base import OperationInfo
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="lock_object",
    title=N_("Lock or unlock object"),
    key="Ctrl+L",
    order=120,
    note=N_("Nothing but undo changes a locked object until it is unlocked."),
    needs=("segment",),
)


def run(doc: Document) -> None:
    """Lock the object that was picked, or unlock it."""
    if doc.active_segment is None:
        raise SegDeskError("No object is selected.", "Pick one with Alt+click.")
    doc.hand.locked_segments ^= {(doc.row.id, doc.active_segment)}
    doc.tell(doc.on_state)
