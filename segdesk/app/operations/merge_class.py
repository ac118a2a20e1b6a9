"""Merge all of a class: its objects become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app import rules
from segdesk.app.merging import merge
from segdesk.app.operations.base import OperationInfo, chosen
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = OperationInfo(
    id="merge_class",
    title=N_("Merge all of the class"),
    key="",
    order=90,
    note=N_("Make all objects of the active class one object."),
)


def run(doc: Document) -> None:
    """Join the segments of the active class, except those that are locked, to the one that was picked, else to the
    largest."""
    keys = [int(k) for k in chosen(doc, "class").nonzero()[0] if not rules.is_locked(doc, int(k))]
    doc.finish_counting()
    if keys:
        first = doc.active_segment if doc.active_segment in keys else max(keys, key=lambda k: (doc.area(k), -k))
        doc.after(lambda: merge(doc, INFO.title, int(first or 0), keys))
