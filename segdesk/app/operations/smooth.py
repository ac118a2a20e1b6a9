"""Smooth: borders lose details that are narrower than some pixels."""

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
    id="smooth",
    title=N_("Smooth"),
    key="",
    order=50,
    note=N_("Smooth the borders: bays and tongues narrower than some pixels go."),
    options=(SCOPE, Option("pixels", N_("Pixels"), "int", 5, 1, 50, unit="px")),
)


def run(doc: Document, *, scope: str = "active", pixels: int = 5) -> None:
    """Smooth the borders of the segments of `scope`; what they give up goes to their neighbours."""
    table = chosen(doc, scope)

    def write(writer: Writer) -> None:
        for window in held.windows(lambda tick: morphology.smoothed(writer.ids, table, pixels, tick=tick), writer.tick):
            writer.relabel(*window)

    change(doc, INFO.title, write)
