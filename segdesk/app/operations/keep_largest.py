"""Keep the largest part: loose parts of an object become void."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import held, morphology
from segdesk.app.laying import Writer, change
from segdesk.app.operations.base import SCOPE, OperationInfo, chosen
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="keep_largest",
    title=N_("Keep largest part"),
    key="",
    order=60,
    note=N_("Of objects in several parts, only the largest part stays; the others become void."),
    options=(SCOPE,),
)


def run(doc: Document, *, scope: str = "active") -> None:
    """Keep the largest part of each segment of `scope`."""
    table = chosen(doc, scope)

    def write(writer: Writer) -> None:
        for patch in held.patches(lambda tick: morphology.smaller_parts(writer.ids, table, tick=tick), writer.tick):
            writer.paint(*patch)

    change(doc, INFO.title, write)
