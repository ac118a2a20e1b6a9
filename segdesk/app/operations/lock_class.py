"""Lock class: nothing changes its pixels until it is unlocked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app.operations.base import OperationInfo
from segdesk.domain.classes import VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="lock_class",
    title=N_("Lock or unlock class"),
    key="Ctrl+Shift+L",
    order=130,
    note=N_("Nothing but undo changes the pixels of a locked class until it is unlocked."),
)


def run(doc: Document) -> None:
    """Lock the active class, or unlock it."""
    class_id = doc.active_class or doc.hand.other_class
    if class_id == VOID:
        raise SegDeskError("There is no class to lock.", "Add a class in the list of classes.")
    doc.hand.locked_classes ^= {class_id}
    doc.tell(doc.on_state)
