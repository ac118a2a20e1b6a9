"""Grow: objects become larger by some pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import held, morphology
from segdesk.app.laying import Writer, change
from segdesk.app.operations.base import SCOPE, OperationInfo, chosen
from segdesk.app.tools.base import Option
from segdesk.domain.classes import VOID
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="grow",
    title=N_("Grow"),
    key="",
    order=30,
    note=N_(
        "Make objects larger by some pixels, over void or over other labels too; they do not grow over each other."
    ),
    options=(
        SCOPE,
        Option("pixels", N_("Pixels"), "int", 3, 1, 200, unit="px"),
        Option("others", N_("Grow over other labels too"), "bool", False),
    ),
)


def run(doc: Document, *, scope: str = "active", pixels: int = 3, others: bool = False) -> None:
    """Grow the segments of `scope`. Where two of them meet, the nearer one gets the pixel."""
    table = chosen(doc, scope)

    def write(writer: Writer) -> None:
        sources = table & writer.open_table()
        over = ~table if others else table & False
        over[VOID] = True
        for window in held.windows(
            lambda tick: morphology.spread(writer.ids, sources, over & writer.open_table(), most=pixels, tick=tick),
            writer.tick,
        ):
            writer.relabel(*window)

    change(doc, INFO.title, write)
