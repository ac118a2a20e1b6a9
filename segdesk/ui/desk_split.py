"""`Splitting`: whether the canvas shows other labels left of a line, and which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from segdesk.app.looking import Before
from segdesk.domain.packed import PackedMap
from segdesk.domain.text import N_
from segdesk.ui.i18n import tr

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas
    from segdesk.ui.desk import Desk

SOURCES = {
    "unrefined": N_("Before refinement"),
    "prediction": N_("Model's answer"),
    "reference": N_("Reference"),
}
MISSING = {
    "prediction": N_("No model has answered for this picture yet."),
    "reference": N_("This picture has no reference: import one with Import labels."),
}


class Splitting(QObject):
    """Part of `Desk`.

    Attributes:
        on: the split is wanted; source: a key of `SOURCES`, what lies left of it. Pictures that have nothing of the
        kind are shown without it.
    Signals:
        changed(): any of them.
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._canvas: Canvas | None = None
        self._job = 0
        self.on = False
        self.source = self._wanted = "unrefined"
        self._known: tuple[object, ...] = ()
        self._asked = False  # by the person just now, who is told where there is nothing
        desk.document_opened.connect(lambda _: self._ask())
        desk.runs.answered.connect(lambda _: self._ask())

    def bind(self, canvas: Canvas) -> None:
        """Where it is shown."""
        self._canvas = canvas

    def toggle(self, on: bool) -> None:
        """Show it or not; of what there is to compare with, the chosen one if it is there."""
        self.on = self._asked = on
        if self._wanted == "reference":  # maybe there was none
            self._wanted = "unrefined"
        self.changed.emit()
        if on:
            self._ask()
        else:
            self._show(None)

    def choose(self, source: str) -> None:
        """Compare with something else."""
        self._wanted, self.on, self._asked = source, True, True
        self.changed.emit()
        self._ask()

    def _answered(self) -> bool:
        return self._desk.runs.has_answer

    def _prediction(self) -> PackedMap | None:
        document = self._desk.labels.document
        return None if document is None else document.prediction

    def _ask(self) -> None:
        """Get what lies left of the line; for the latest wish only."""
        if not self.on or self._desk.labels.document is None:
            return
        self._job = 0
        early = self._wanted == "unrefined" and not self._answered()  # an answer of an earlier day
        self.source = "prediction" if early else self._wanted
        if self.source == "prediction":
            self._take(self._prediction())
        elif self._known != self._key() or self._canvas is None or self._canvas.seeing.split is None:
            self._desk.attempt(self._look)

    def _key(self) -> tuple[object, ...]:
        """What the labels on the left depend on: not the refinements, so that those can be moved freely."""
        row, options = self._desk.current, self._desk.runs.options
        card = "" if self.source == "reference" else self._desk.session.model_id
        return self.source, None if row is None else row.id, card, options.decide, options.average, options.flip

    def _look(self) -> None:
        looking = self._desk.session.looking
        job = looking.reference() if self.source == "reference" else looking.unrefined()
        names = {"reference": N_("Reading the reference"), "unrefined": N_("The answer before it was refined")}
        self._job = self._desk.track(job, names[self.source], then=lambda value: self._came(job, value))

    def _came(self, job: int, value: object) -> None:
        document = self._desk.labels.document
        if job == self._job and self.on and isinstance(value, Before):
            here = document is not None and document.row.id == value.picture_id
            self._known = self._key()
            self._take(value.labels if here else None)

    def _take(self, labels: PackedMap | None) -> None:
        document = self._desk.labels.document
        if document is not None and labels is not None and labels.size == document.segmentation.size:
            self._show(labels)
        elif self._asked:
            self.on = False
            self._show(None)
            self._desk.notice.emit(
                "info", tr("There is nothing to compare with."), tr(MISSING.get(self.source, MISSING["prediction"]))
            )
        else:
            self._show(None)
        self._asked = False

    def _show(self, labels: PackedMap | None) -> None:
        if self._canvas is not None:
            self._canvas.set_split(labels)
        self.changed.emit()
