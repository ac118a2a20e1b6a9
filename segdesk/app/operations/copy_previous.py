"""Copy the previous picture's labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app.operations.base import OperationInfo
from segdesk.app.taking import take
from segdesk.app.tools.base import Option
from segdesk.domain.packed import Labels
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="copy_previous",
    title=N_("Copy labels of the previous picture"),
    key="",
    order=100,
    note=N_("Take over the previous picture's labels, everywhere or only where there is no label yet."),
    options=(Option("only_void", N_("Only where there is no label yet"), "bool", False),),
    needs=("previous",),
)


def run(doc: Document, *, previous: Labels, only_void: bool = False) -> None:
    """Take the labels of `previous`, whose classes are the project's. Raises SegDeskError if its size is another."""
    doc.discard_preview()
    doc.after(lambda: take(doc, previous, INFO.title, only_void=only_void))
