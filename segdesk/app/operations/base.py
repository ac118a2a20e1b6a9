"""What an operation is: one command that changes the label map as one undo step, without the pointer. No Qt.

An operation is one file `segdesk/app/operations/NAME.py` with `INFO` (an `OperationInfo`) and `run(doc, **options)`.
`run` is called on the UI thread; what takes long goes on in the background by itself (`doc.busy` is true meanwhile).
It raises a `SegDeskError` where there is nothing that it could work on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segdesk.app.tools.base import Option
from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document


@dataclass(frozen=True)
class OperationInfo:
    """What the menu shows. `title` and `note` are marked by `N_`; `key` is a key sequence or ""; operations are listed
    by `order`; `options` are the keyword arguments of `run`, those that are left out have their default.

    `needs`: what must be there for the operation to be offered: "segment" (an object that was picked), "answer" (a
    model's answer), "previous" (the previous picture's labels, which the caller gives `run` as `previous=Segmentation`,
    in the project's class ids).
    """

    id: str
    title: str
    key: str
    order: int
    note: str
    options: tuple[Option, ...] = ()
    needs: tuple[str, ...] = ()


SCOPE = Option(
    "scope",
    N_("On"),
    "choice",
    "active",
    choices=(
        ("active", N_("The selected object, else the active class")),
        ("class", N_("The active class")),
        ("picture", N_("The whole picture")),
    ),
)


def chosen(doc: Document, scope: str) -> np.ndarray:
    """(65536,) bool: the segments that `scope`, a choice of `SCOPE`, stands for; never void. Raises SegDeskError if
    there are none."""
    table = np.zeros(MAX_ID + 1, bool)
    segments = doc.segmentation.segments
    if scope == "picture":
        table[list(segments)] = True
    elif scope == "active" and doc.active_segment is not None:
        table[doc.active_segment] = True
    else:
        class_id = doc.active_class or doc.hand.other_class
        table[[k for k, s in segments.items() if s.class_id == class_id]] = True
    table[VOID] = False
    if not table.any():
        raise SegDeskError("There is nothing here to work on.", "Select an object, or a class that has pixels.")
    return table
