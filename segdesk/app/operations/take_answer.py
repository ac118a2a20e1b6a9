"""Model's answer: the whole picture back to what the model answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app.operations.base import OperationInfo
from segdesk.app.taking import model_answer, take
from segdesk.app.tools.base import Option
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="take_answer",
    title=N_("Back to the model's answer"),
    key="",
    order=110,
    note=N_("Make all labels those of the model's answer; the tool Answer does it in an area."),
    options=(Option("only_void", N_("Only where there is no label yet"), "bool", False),),
    needs=("answer",),
)


def run(doc: Document, *, only_void: bool = False) -> None:
    """Take the waiting answer, else the last one. Raises SegDeskError if there is none."""
    answer = model_answer(doc)
    doc.discard_preview()
    doc.after(lambda: take(doc, answer, INFO.title, only_void=only_void))
