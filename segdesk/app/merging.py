"""Joining objects: several segments become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from segdesk.app import rules
from segdesk.app.laying import Writer, change
from segdesk.app.rules import Rules
from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.edit import TILE

if TYPE_CHECKING:
    from segdesk.app.document import Document

BAND = 4 * TILE


def merge(doc: Document, name: str, first: int, others: Sequence[int]) -> None:
    """Give all pixels of the segments `others` to `first`, whose id and class stay, as one undo step; `others` leave
    the table. Raises SegDeskError if one is locked. UI thread; a large map is changed in the background."""
    others = [k for k in others if k not in (first, VOID) and k in doc.segmentation.segments]
    if not others or first not in doc.segmentation.segments:
        return
    for key in (first, *others):
        rules.check_unlocked(doc, key)
    table = np.zeros(MAX_ID + 1, bool)
    table[others] = True

    def write(writer: Writer) -> None:
        writer.set(first, replace(writer.target.segments[first], by_human=True))
        repaint(writer, table, first)

    doc.discard_preview()
    change(doc, name, write, permits=Rules.locks(doc))


def repaint(writer: Writer, table: np.ndarray, value: int) -> None:
    """Give all pixels of the segments that are set in (65536,) bool `table` to `value`; they leave the table, also
    those that had no pixels."""
    for top in range(0, writer.ids.shape[0], BAND):
        writer.tick(top, writer.ids.shape[0])
        hit = table[writer.ids[top : top + BAND]]
        if hit.any():
            writer.paint(0, top, hit, value)
    for key in np.flatnonzero(table).tolist():
        if key in writer.target.segments and writer.counts[key] == 0:
            writer.drop(key)
