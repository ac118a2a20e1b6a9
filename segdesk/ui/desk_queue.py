"""`Queue`: the verbs of going through the pictures, in the order and with the filter that the person chose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from segdesk.app.queue import OPEN_STATES, ORDERS, Wanted, arrange, step
from segdesk.domain.text import N_
from segdesk.io.project import PictureRow
from segdesk.ui.i18n import tr

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

AT_ONCE = 20_000  # so many rows are arranged on the UI thread, which takes a few milliseconds; more in a thread


class Queue(QObject):
    """Part of `Desk`.

    Attributes:
        wanted: order, filter and search; shown: positions in `session.pictures`, None = all of them in their order.
    Signals:
        arranged(): `shown` is new.
    """

    arranged = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        order = desk.session.settings.ui.get("order")
        self.wanted = Wanted(order if isinstance(order, str) and order in ORDERS else "name")
        self.shown: list[int] | None = None
        desk.pictures_changed.connect(lambda _: self.arrange())
        desk.project_opened.connect(lambda _: self._count_objects())
        desk.runs.batch_changed.connect(self._batch_changed)

    # -- order and filter -----------------------------------------------------------------------------------------

    def set_order(self, order: str) -> None:
        """Sort by a key of `ORDERS`."""
        self.wanted = self.wanted.changed(order=order)
        self._desk.remember(order=order)
        self._count_objects()
        self.arrange()

    def set_state(self, state: str) -> None:
        """Show only pictures of a key of `segdesk.app.queue.FILTERS`."""
        self.wanted = self.wanted.changed(state=state)
        self.arrange()

    def search(self, text: str) -> None:
        """Show only pictures whose name contains a text, or in whose labels a class of such a name occurs."""
        self.wanted = self.wanted.changed(text=text, having=frozenset())
        part = text.casefold().strip()
        classes = [c.id for c in self._desk.session.classes if part and part in c.name.casefold()]
        if classes:
            self._count(classes, lambda counts: self._found(text, counts))
        self.arrange()

    def _found(self, text: str, counts: dict[int, int]) -> None:
        if text == self.wanted.text:
            self.wanted = self.wanted.changed(having=frozenset(counts))
            self.arrange()

    def _count_objects(self) -> None:
        if self.wanted.order == "objects" and self._desk.session.project is not None:
            things = sorted(self._desk.session.classes.things)
            self._count(things, self._counted)

    def _counted(self, counts: dict[int, int]) -> None:
        self.wanted = self.wanted.changed(objects=counts)
        self.arrange()

    def _count(self, classes: list[int], take: Callable[[dict[int, int]], None]) -> None:
        def done(value: object) -> None:
            if isinstance(value, dict):
                take(value)

        job = self._desk.session.review.count_segments(classes)
        self._desk.track(job, N_("Searching"), then=done, shown=False)

    def arrange(self) -> None:
        """Sort and filter anew; a long list in a thread."""
        rows = self._desk.session.pictures
        if len(rows) <= AT_ONCE:
            self._take(arrange(rows, self.wanted))
            return
        wanted = self.wanted

        def done(value: object) -> None:
            if wanted == self.wanted and rows is self._desk.session.pictures:
                self._take(value if isinstance(value, list) else None)

        self._desk.track(self._desk.session.review.arrange(wanted), N_("Sorting"), then=done, shown=False)

    def _take(self, shown: list[int] | None) -> None:
        self.shown = shown
        self.arranged.emit()

    def _batch_changed(self) -> None:
        if self._desk.runs.batch_id is None:  # the run is over: its doubts are the order now
            self._count_objects()
            self.arrange()

    # -- going on -------------------------------------------------------------------------------------------------

    def _step(self, by: int, wanted: Callable[[PictureRow], bool] = lambda row: True) -> bool:
        session, current = self._desk.session, self._desk.current
        at = None if current is None else session.index_of(current.id)
        found = step(self.shown, session.pictures, at, by, wanted)
        if found is not None:
            self._desk.go_to(session.pictures[found].id)
        return found is not None

    def next(self) -> None:
        """The next picture."""
        self._step(1)

    def previous(self) -> None:
        """The previous picture."""
        self._step(-1)

    def next_open(self) -> None:
        """The next picture that is not verified; from the start again if there is none behind."""
        if not self._step(1, _is_open):
            self._first_open()

    def previous_open(self) -> None:
        """The previous picture that is not verified."""
        self._step(-1, _is_open)

    def _first_open(self) -> None:
        session, current = self._desk.session, self._desk.current
        found = step(self.shown, session.pictures, None, 1, _is_open)
        if found is not None:
            if current is None or session.pictures[found].id != current.id:
                self._desk.go_to(session.pictures[found].id)
        elif any(_is_open(row) for row in session.pictures):
            self._desk.notice.emit("good", tr("No open picture is left in this list."), tr("Change filter or search."))
        else:
            hint = tr("Export the labels or write a report now.")
            self._desk.notice.emit("good", tr("All pictures are verified."), hint)

    # -- states ---------------------------------------------------------------------------------------------------

    def accept(self) -> None:
        """Mark the open picture as verified and go on to the next that is not."""
        document = self._desk.labels.document
        if document is None:
            return
        if document.preview is not None:
            document.accept_preview()
        picture_id = document.row.id

        def verified() -> None:
            self._desk.session.verify(picture_id)
            current = self._desk.current
            if current is not None and current.id == picture_id:
                self.next_open()

        document.after(verified)

    def unverify(self) -> None:
        """Take the mark of `accept` or `skip` back."""
        current = self._desk.current
        if current is not None:
            self._desk.session.unverify(current.id)

    def skip(self) -> None:
        """Leave the open picture out and go on."""
        current = self._desk.current
        if current is not None:
            self._desk.session.skip(current.id)
            self._step(1)


def _is_open(row: PictureRow) -> bool:
    return row.state in OPEN_STATES
