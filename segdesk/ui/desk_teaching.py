"""Teach mode in the window: while it is on, what is painted are scribbles, and after each stroke the model learns in
the background and shows what it says of the open picture."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from segdesk.app.document import Document
from segdesk.app.scribbles import BACKGROUND, ScribbleDocument
from segdesk.app.taking import take
from segdesk.app.teach_bands import BAND_PIXELS
from segdesk.app.teaching import Shown, Taught
from segdesk.domain.edit import Edit
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.ui.i18n import tr

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas
    from segdesk.ui.desk import Desk

REST = 200  # milliseconds that the hand must rest before the model learns
UNDO_BYTES = 32 << 20  # of the strokes on a picture


class Teachings(QObject):
    """Part of `Desk`; `bind` gives it the canvas.

    Attributes:
        on: whether teach mode is on; document: the scribbles of the open picture, None while they are read
        state: "empty" (nothing to learn from yet: `problem` says why), "learning", "shown", "failed"
        taught: what was learned last
    Signals:
        toggled(bool): on or off; changed(): any of the others
    """

    toggled = Signal(bool)
    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._canvas: Canvas | None = None
        self.on = False
        self.document: ScribbleDocument | None = None
        self.state = "empty"
        self.problem: SegDeskError | None = None
        self.taught: Taught | None = None
        self._job = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.learn)
        desk.document_opened.connect(self._opened)
        desk.loading.connect(lambda _: self._left())
        desk.project_closed.connect(lambda: self._set_on(on=False))
        desk.project_opened.connect(lambda _: self._forget())
        desk.labels.segments_changed.connect(self._counted)

    def bind(self, canvas: Canvas) -> None:
        """The canvas to show it on."""
        self._canvas = canvas

    # -- on and off -----------------------------------------------------------------------------------------------

    def toggle(self, on: bool) -> None:
        """Paint strokes to learn from, or labels again."""
        if on == self.on:
            return
        self._set_on(on=on)
        if on:
            document = self._desk.labels.document
            if document is not None:
                self._opened(document)
        else:
            self._back()
            self._desk.track(self._desk.session.teaching.forget(), N_("Tidying up"), shown=False, failed=lambda _: None)

    def _set_on(self, *, on: bool) -> None:
        if on != self.on:
            self.on = on
            self._rest.stop()
            self.toggled.emit(on)
            self._desk.conditions_changed.emit()
            self.changed.emit()

    def _back(self) -> None:
        """The labels again."""
        self.document = None
        document = self._desk.labels.restore()
        if document is not None and self._canvas is not None:
            self._canvas.exchange_document(document)

    def _forget(self) -> None:
        self.taught, self.problem, self.state = None, None, "empty"
        self.changed.emit()

    def _left(self) -> None:
        self.document = None
        self._desk.session.cancel(self._job)
        self._rest.stop()
        self.changed.emit()

    def _opened(self, document: Document) -> None:
        """A picture is there: read its strokes, then paint on them."""
        if not self.on or isinstance(document, ScribbleDocument):
            return
        job = self._desk.session.teaching.read(document.row.id, document.segmentation.size)
        self._desk.track(job, N_("Reading the strokes"), then=lambda found: self._read(document, found), shown=False)

    def _read(self, below: Document, found: object) -> None:
        labels, session = self._desk.labels, self._desk.session
        if not self.on or labels.document is not below or not isinstance(found, Segmentation):
            return
        row = below.row.id
        history = session.teaching.scribbles.histories.setdefault(row, History(UNDO_BYTES))
        pixels = below.pixels if below.has_pixels else None
        document = ScribbleDocument(below.row, pixels, found, history, below)
        itself = weakref.ref(document)
        document.on_edit.append(lambda edit, kind: self._painted(itself(), edit))
        document.on_picture.append(self._rest.start)
        self.document = document
        labels.exchange(document)
        if self._canvas is not None:
            self._canvas.exchange_document(document)
        self.learn()

    # -- learning -------------------------------------------------------------------------------------------------

    def _painted(self, document: ScribbleDocument | None, edit: Edit) -> None:
        assert document is not None
        self._desk.session.teaching.scribbled(document.row.id, document.snapshot(edit))
        self._desk.labels.worked()
        self._rest.start()
        self._desk.conditions_changed.emit()

    def learn(self) -> None:
        """Learn from all strokes now."""
        self._rest.stop()
        document = self.document
        if document is None or not document.has_pixels:
            return
        self.state = "learning"
        self._desk.attempt(lambda: self._learn(document))
        self.changed.emit()

    def _learn(self, document: ScribbleDocument) -> None:
        job = self._job = self._desk.session.teaching.learn(document.row.id)
        self._desk.track(
            job,
            N_("Learning"),
            then=lambda value: self._shown(job, value),
            failed=lambda e: self._failed(job, e),
            shown=document.segmentation.ids.size > BAND_PIXELS,  # a large one tells how far it is
        )

    def _shown(self, job: int, value: object) -> None:
        document = self.document
        if job != self._job or not isinstance(value, Shown) or document is None:
            return
        if value.picture_id == document.row.id:
            self.taught, self.problem, self.state = value.taught, None, "shown"
            document.show_under(value.answer)
            self._desk.conditions_changed.emit()
            self.changed.emit()

    def _failed(self, job: int, error: SegDeskError) -> None:
        if job != self._job:
            return
        self.taught, self.problem = None, error
        self.state = "empty"
        if self.document is not None:
            self.document.show_under(None)
        self._desk.conditions_changed.emit()
        self.changed.emit()

    def _counted(self) -> None:
        if self.on:
            self.changed.emit()

    # -- what is done with it -------------------------------------------------------------------------------------

    def apply(self) -> None:
        """Leave teach mode with the model's answer as the labels of the open picture."""
        self._keep("", lambda card_id: self._use(card_id, everywhere=False))

    def apply_all(self) -> None:
        """Leave teach mode and run the model on all pictures that are not verified."""
        self._keep("", lambda card_id: self._use(card_id, everywhere=True))

    def keep(self, name: str) -> None:
        """Keep the model under a name among the person's models."""
        self._keep(name, lambda card_id: self._kept(card_id, name))

    def _keep(self, name: str, then: Callable[[str], None]) -> None:
        def go() -> None:
            job = self._desk.session.teaching.keep(name)
            self._desk.track(job, N_("Keeping the model"), then=lambda value: then(str(value)))

        self._desk.attempt(go)

    def _use(self, card_id: str, *, everywhere: bool) -> None:
        runs = self._desk.runs
        self.toggle(False)
        runs.choose_model(card_id)
        if everywhere:
            runs.run_all()
        else:
            runs.run_here()

    def _kept(self, card_id: str, name: str) -> None:
        self._desk.runs.model_changed.emit()  # the menu of models reads the cards again
        self._desk.notice.emit("good", tr("The model {model} is kept.", model=name), tr("It is in the menu of models."))

    def ask_name(self) -> None:
        """Ask for the name to keep the model under."""
        self._desk.dialog_asked.emit("keep_taught")

    def clear(self) -> None:
        """Take the strokes of the open picture away, as one undo step."""
        document = self.document
        if document is not None and document.segmentation.segments and not document.busy:
            height, width = document.segmentation.size
            document.apply(PackedMap((height, width), {}, {}), N_("clear strokes"))

    def from_labels(self) -> None:
        """Make the labels of the open picture strokes where there are none yet, as one undo step."""
        document = self.document
        if document is not None and not document.busy:
            source = PackedMap.of(document.below.segmentation)
            self._desk.attempt(lambda: take(document, source, N_("strokes from labels"), only_void=True))

    def choose(self, class_id: int) -> None:
        """Paint strokes of this class."""
        self._desk.labels.choose_class(class_id)

    def choose_background(self) -> None:
        """Paint strokes of what shall have no label (key 0)."""
        if self.document is not None:
            self.choose(BACKGROUND)

    def conditions(self) -> dict[str, bool]:
        """Its share of `Desk.conditions`."""
        return {"annotating": not self.on}
