"""Model's answer: takes an area back to what the model answered, or accepts a new answer there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdesk.app.dragging import DragArea
from segdesk.app.shapes import Point, Polygon
from segdesk.app.taking import model_answer, take
from segdesk.app.tools.base import PLAIN, Modifiers, Option, ToolInfo
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

OPTIONS = (Option("shape", N_("Area"), "choice", "box", choices=(("box", N_("Box")), ("lasso", N_("Lasso")))),)
INFO = ToolInfo(
    id="answer",
    title=N_("Answer"),
    icon="answer",
    key="Y",
    order=170,
    note=N_(
        "Drag around an area to make its labels those of the model's answer: a new answer that waits to be applied, "
        "else the last one."
    ),
    options=OPTIONS,
)


class Tool(DragArea):
    """Takes the answer inside a box or a free line, as one step. A waiting answer goes on waiting elsewhere."""

    options = OPTIONS

    @property
    def free_line(self) -> bool:  # type: ignore[override]  # an option here
        """Whether the line follows the pointer."""
        return self.values["shape"] == "lasso"

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Begin, if there is an answer."""
        model_answer(doc)
        super().press(doc, x, y, modifiers)

    def done(self, doc: Document, area: Polygon, start: Point, modifiers: Modifiers) -> None:
        """Take the answer inside."""
        doc.after(lambda: take(doc, model_answer(doc), N_("Model's answer"), shape=area))
