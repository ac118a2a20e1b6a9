"""Remove islands: small loose parts go."""

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
    id="remove_islands",
    title=N_("Remove islands"),
    key="",
    order=70,
    note=N_("Parts of objects under some pixels go to the label that surrounds them, or become void."),
    options=(
        SCOPE,
        Option("pixels", N_("Under"), "int", 20, 2, 1_000_000, unit="px"),
        Option(
            "become",
            N_("They become"),
            "choice",
            "neighbour",
            choices=(("neighbour", N_("What surrounds them")), ("void", N_("Void"))),
        ),
    ),
)


def run(doc: Document, *, scope: str = "active", pixels: int = 20, become: str = "neighbour") -> None:
    """Remove the connected parts of the segments of `scope` that have fewer than `pixels` pixels."""
    table = chosen(doc, scope)

    def write(writer: Writer) -> None:
        for patch in held.patches(
            lambda tick: morphology.islands(writer.ids, table, pixels, to_neighbour=become == "neighbour", tick=tick),
            writer.tick,
        ):
            writer.paint(*patch)

    change(doc, INFO.title, write)
