"""No void left: each void pixel gets the nearest label."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from segdesk.app import held, morphology
from segdesk.app.laying import Writer, change
from segdesk.app.operations.base import OperationInfo, chosen
from segdesk.app.tools.base import Option
from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="no_void",
    title=N_("No void left"),
    key="",
    order=20,
    note=N_("Each void pixel gets the nearest label; with a distance, only the void that near to one."),
    options=(Option("distance", N_("At most this far (0 = any)"), "int", 0, 0, 10_000, unit="px"),),
)


def run(doc: Document, *, distance: int = 0) -> None:
    """Fill the void, up to `distance` pixels from the nearest label. Locked labels do not spread."""
    table = chosen(doc, "picture")
    void = np.zeros(MAX_ID + 1, bool)
    void[VOID] = True

    def write(writer: Writer) -> None:
        sources = table & writer.open_table()
        for window in held.windows(
            lambda tick: morphology.spread(writer.ids, sources, void, most=distance or math.inf, tick=tick), writer.tick
        ):
            writer.relabel(*window)

    change(doc, INFO.title, write)
