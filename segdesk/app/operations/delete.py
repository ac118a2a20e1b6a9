"""Delete object: its pixels become void."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import rules
from segdesk.app.operations.base import OperationInfo
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="delete",
    title=N_("Delete object"),
    key="Del",
    order=80,
    note=N_("Make the selected object void."),
    needs=("segment",),
)


def run(doc: Document) -> None:
    """Delete the object that was picked."""
    key = doc.active_segment
    if key is None:
        raise SegDeskError("No object is selected.", "Pick one with Alt+click.")
    rules.check_unlocked(doc, key)
    doc.delete(key)
