"""Shrink: objects become smaller by some pixels."""

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
    id="shrink",
    title=N_("Shrink"),
    key="",
    order=40,
    note=N_("Make objects smaller by some pixels; what they lose becomes void."),
    options=(SCOPE, Option("pixels", N_("Pixels"), "int", 3, 1, 200, unit="px")),
)


def run(doc: Document, *, scope: str = "active", pixels: int = 3) -> None:
    """Shrink the segments of `scope`; the picture's border is no edge."""
    table = chosen(doc, scope)

    def write(writer: Writer) -> None:
        for patch in held.patches(lambda tick: morphology.shrunk(writer.ids, table, pixels, tick=tick), writer.tick):
            writer.paint(*patch)

    change(doc, INFO.title, write)
