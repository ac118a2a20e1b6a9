"""Fill holes: what an object encloses becomes part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import held, morphology
from segdesk.app.laying import Writer, change
from segdesk.app.operations.base import SCOPE, OperationInfo, chosen
from segdesk.app.tools.base import Option
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="fill_holes",
    title=N_("Fill holes"),
    key="",
    order=10,
    note=N_("What an object encloses becomes part of it: the void in it, or other objects too."),
    options=(SCOPE, Option("others", N_("Fill over other labels too"), "bool", False)),
)


def run(doc: Document, *, scope: str = "active", others: bool = False) -> None:
    """Fill the holes of the segments of `scope`."""
    table = chosen(doc, scope)

    def write(writer: Writer) -> None:
        for patch in held.patches(
            lambda tick: morphology.holes(writer.ids, table, only_void=not others, tick=tick), writer.tick
        ):
            writer.paint(*patch)

    change(doc, INFO.title, write)
