"""`Batches`: the queue of runs over many pictures. One runs at a time; the next begins when it has ended; what was not
finished when the program ended is offered again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from segdesk.app.batch_queue import BatchQueue, Ledger, Order, OrderState, Which, options_record, summary
from segdesk.app.jobs import Progress
from segdesk.app.reports import BatchBegun, BatchResult, BatchStep
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import RunOptions
from segdesk.domain.text import N_
from segdesk.ui import i18n
from segdesk.ui.i18n import tr

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

KEEP_MS = 3_000  # between two notes of how far a run is
LEDGERS = 5  # of past runs whose pictures can still be looked at
ENOUGH = 4  # pictures of a run from which a speed is taken


class Batches(QObject):
    """Part of `Runs`.

    Attributes:
        queue: all orders; job_id: the job of the one under way; ledgers: how the pictures of the latest runs fare, by
        the order's number; progress: the last word of the one under way; watched: the page is in view.
    Signals:
        changed(): the queue, or the state of an order; stepped(): pictures of the order under way came further;
        progressed(Progress): how far it is; ended(Order): one has come to its end; offered(): an earlier session left
        something to go on with; asked(): show the page
    """

    changed = Signal()
    stepped = Signal()
    progressed = Signal(object)
    ended = Signal(object)
    offered = Signal()
    asked = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.queue = BatchQueue()
        self.job_id: int | None = None
        self.ledgers: dict[int, Ledger] = {}
        self.progress: Progress | None = None
        self._recorded: tuple[RunOptions | None, dict[str, object]] = None, {}
        self.watched = False  # the page shows the queue: nothing needs to be told
        self._paused_once = self._stopping = False
        self._keeping = QTimer(self)
        self._keeping.setSingleShot(True)
        self._keeping.setInterval(KEEP_MS)
        self._keeping.timeout.connect(self._keep)
        desk.bridge.report.connect(self._report)
        desk.job_ended.connect(self._job_ended)
        desk.job_progress.connect(self._progressed)
        desk.project_opened.connect(lambda _: self._project_opened())
        desk.project_closed.connect(self._forget_project)

    # -- the queue --------------------------------------------------------------------------------------------------

    @property
    def current(self) -> Order | None:
        """The order under way."""
        return self.queue.current

    def add(
        self,
        which: Which = "all",
        *,
        card_id: str = "",
        options: RunOptions | None = None,
        ids: Iterable[int] = (),
        again: bool = False,
    ) -> Order | None:
        """Queue a run (of the chosen model and options, if no others are named; of another model with its card's); it
        begins at once if none is under way."""
        session = self._desk.session
        card = session.card(card_id or session.model_id)
        if card is None or session.project is None:
            return None
        if options is None:
            options = session.options if card.id == session.model_id else RunOptions(decide=card.decide)
        record = options_record(options)
        order = Order(0, card.id, card.name.en, record, session.device, which, tuple(ids), again)
        busy = self.queue.current is not None or bool(self.queue.waiting)
        added = self.queue.add(order)
        if busy and not self.watched:
            text = tr("{model} waits in the queue.", model=card.name.get(i18n.language()))
            self._desk.notice.emit("info", text, tr("It begins when the run before it has ended."))
        self._tell()
        self._begin_next()
        return added

    def is_queued(self) -> bool:
        """Whether the chosen model, with the options as they are, runs on all pictures or waits for it."""
        session = self._desk.session
        alike = [
            o
            for o in self.queue.orders
            if o.state in ("waiting", "running", "paused") and o.card_id == session.model_id and o.which == "all"
        ]
        if alike and session.options is not self._recorded[0]:  # asked at every change of anything
            self._recorded = session.options, options_record(session.options)
        return any(o.options == self._recorded[1] for o in alike)

    def remove(self, number: int) -> None:
        """Take an order out of the list; one that is under way is stopped."""
        current = self.current
        if current is not None and current.number == number:
            self.cancel()
        elif self.queue.remove(number):
            self.ledgers.pop(number, None)
            self._tell()

    def move(self, number: int, by: int) -> None:
        """Let an order that waits come earlier (-1) or later (1)."""
        if self.queue.move(number, by):
            self._tell()

    def clear_ended(self) -> None:
        """Forget the runs that have ended."""
        self.queue.clear_ended()
        self.ledgers = {n: ledger for n, ledger in self.ledgers.items() if self.queue.find(n) is not None}
        self._tell()

    def retry_failed(self, number: int) -> None:
        """Queue the pictures of a run that failed once more, with its model and options."""
        order = self.queue.find(number)
        if order is not None and (ids := self.failed_ids(order)):
            self.add("chosen", card_id=order.card_id, options=order.run_options, ids=ids)

    def failed_ids(self, order: Order) -> list[int]:
        """The pictures of a run that failed."""
        ledger = self.ledgers.get(order.number)
        if ledger is None:
            return [picture_id for picture_id, _ in order.failed]
        return [ledger.ids[at] for at in ledger.places("failed").tolist()]

    # -- the one under way ------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Hold the run after the pictures at hand."""
        if self.job_id is not None and self.current is not None:
            self._desk.session.pause(self.job_id)
            self._paused_once = True
            self.queue.change(self.current.number, state="paused")
            self._tell()

    def resume(self) -> None:
        """Go on with a run that was held."""
        if self.job_id is not None and self.current is not None:
            self._desk.session.resume(self.job_id)
            self.queue.change(self.current.number, state="running")
            self._tell()

    def cancel(self) -> None:
        """End the run under way; what it has answered stays."""
        if self.job_id is not None:
            self._stopping = True
            self._desk.session.cancel(self.job_id)

    def go_on(self) -> None:
        """Go on with what an earlier session did not finish."""
        self.queue.go_on()
        self._tell()
        self._begin_next()

    def forget(self) -> None:
        """Let what an earlier session did not finish be."""
        self.queue.forget_interrupted()
        self._tell()

    def show_page(self) -> None:
        """Show the page of the queue."""
        self.asked.emit()

    def _begin_next(self) -> None:
        order = self.queue.begin_next() if self.job_id is None else None
        if order is None:
            return
        session = self._desk.session
        try:
            job = session.run_all(
                again=order.again,
                among=order.among(session.pictures),
                failed=order.which == "failed",
                card_id=order.card_id,
                options=order.run_options,
                device=order.device,
            )
        except SegDeskError as error:
            self._end(order.number, "failed", error=error)
            return
        self.job_id, self.progress = job, None
        self._paused_once = self._stopping = False
        self._desk.track(
            job,
            N_("Running on all"),
            then=lambda value: self._done(order.number, value),
            failed=lambda error: self._end(order.number, "failed", error=error),
            pausable=True,
            cancel=self.cancel,
        )
        self._tell()
        self._desk.runs.batch_changed.emit()

    def _done(self, number: int, value: object) -> None:
        if isinstance(value, BatchResult):
            ledger = self.ledgers.get(number)
            if ledger is not None and value.answered >= ENOUGH:
                self._note_speed(number, value, ledger)
            self._end(number, "done", figures=summary(value))
            for note in value.notes:
                self._desk.notice.emit("info", tr(note), "")

    def _note_speed(self, number: int, value: BatchResult, ledger: Ledger) -> None:
        order = self.queue.find(number)
        if order is None or not plain(order.run_options):
            return
        seconds = ledger.spent if self._paused_once else value.seconds
        self._desk.session.trying.note_speed(
            order.card_id, value.device, pixels=ledger.megapixels * 1e6, seconds=seconds
        )

    def _end(
        self,
        number: int,
        state: OrderState,
        *,
        error: SegDeskError | None = None,
        figures: dict[str, object] | None = None,
    ) -> None:
        """An order has ended: note it, tell it, begin the next."""
        values = dict(figures or {})
        ledger = self.ledgers.get(number)
        if ledger is not None:
            ledger.stop()
            failed = ledger.places("failed").tolist()
            reasons = ledger.reasons
            values["failed"] = tuple(
                (ledger.ids[at], reasons[ledger.ids[at]].text() if ledger.ids[at] in reasons else "") for at in failed
            )
            values["megapixels"] = ledger.megapixels
            values.setdefault("answered", ledger.count("done", "kept"))
            values["done"] = ledger.count("done", "kept", "failed")
        if error is not None:
            values["error"] = error.text(), error.hint_text()
            self._desk.show_error(error)
        order = self.queue.end(number, state, **values)
        self.job_id = None
        self._tell()
        if order is not None:
            self.ended.emit(order)
        self._begin_next()

    # -- reports ----------------------------------------------------------------------------------------------------

    def _report(self, report: object) -> None:
        if isinstance(report, BatchStep) and report.job_id == self.job_id and self.current is not None:
            ledger = self.ledgers.get(self.current.number)
            if ledger is not None:
                ledger.take(report)
                self.stepped.emit()
        elif isinstance(report, BatchBegun) and report.job_id == self.job_id and self.current is not None:
            number = self.current.number
            self.ledgers[number] = Ledger(report)
            while len(self.ledgers) > LEDGERS:
                del self.ledgers[next(iter(self.ledgers))]
            already = len(report.already)
            before = already if self.current.before else 0  # what a run that goes on need not do again
            values = {"total": len(report.ids), "already": already, "verified": len(report.verified)}
            self.queue.change(number, before=before, **values)
            self._tell()

    def _progressed(self, progress: Progress) -> None:
        order = self.current
        if progress.job_id != self.job_id or order is None:
            return
        self.progress = progress
        state = "paused" if progress.paused else order.state
        self.queue.change(order.number, done=progress.done, total=progress.total, state=state)
        if state != order.state:
            self._tell()
        elif not self._keeping.isActive():
            self._keeping.start()
        self.progressed.emit(progress)

    def _job_ended(self, job_id: int) -> None:
        """Its job is over. What it gave comes after this; if nothing does, it was stopped."""
        if job_id == self.job_id and self.current is not None:
            number = self.current.number
            self._desk.runs.batch_changed.emit()
            QTimer.singleShot(0, self, lambda: self._settle(job_id, number))

    def _settle(self, job_id: int, number: int) -> None:
        if job_id != self.job_id:
            return
        if self._stopping:
            self._end(number, "stopped")
            return
        self.job_id = None  # the project is being left: the file says how far it was
        self._keeping.stop()
        self.queue.change(number, state="interrupted")
        self.changed.emit()

    # -- the project ------------------------------------------------------------------------------------------------

    def _forget_project(self) -> None:
        self._keeping.stop()
        self.queue, self.ledgers, self.progress, self.job_id = BatchQueue(), {}, None, None
        self.changed.emit()

    def _project_opened(self) -> None:
        self._forget_project()
        job = self._desk.session.queueing.read()
        self._desk.track(job, N_("Reading the queue"), then=self._read, shown=False)

    def _read(self, value: object) -> None:
        if isinstance(value, BatchQueue) and not self.queue.orders:
            self.queue = value
            self.changed.emit()
            if value.interrupted:
                self.offered.emit()

    def _tell(self) -> None:
        self.changed.emit()
        self._desk.conditions_changed.emit()
        self._keep()

    def _keep(self) -> None:
        order, ledger = self.current, None if self.current is None else self.ledgers.get(self.current.number)
        if order is not None and ledger is not None and order.again:
            self.queue.change(order.number, reached=ledger.reached())
        if self._desk.session.project is not None:
            self._desk.session.queueing.keep(self.queue)


def plain(options: RunOptions) -> bool:
    """Whether the time of a run is the model's own."""
    return options.crf is None and not options.stack and not options.flip and options.average.passes == 1
