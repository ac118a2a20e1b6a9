"""The desk's trainings: at most one at a time, followed here so that its dialog may be closed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from segdesk.app.training import Run, TrainNews, TrainPlan
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.training.messages import EpochEnd, TrainBegun, TrainProgress, TrainResult
from segdesk.ui.i18n import error_text, tr

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

IDLE, PREPARING, RUNNING, ENDED = "idle", "preparing", "running", "ended"


class Trainings(QObject):
    """What the training does. `stage`: "idle", "preparing", "running" or "ended" (then there is a `result`).

    Signals:
        changed(): the stage has changed; news(object): a word of the running training;
        failed(SegDeskError): it came to nothing
    """

    changed = Signal()
    news = Signal(object)
    failed = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.stage = IDLE
        self.card_id = ""  # the model that was asked for
        self.run: Run | None = None
        self.result: TrainResult | None = None
        self.begun: TrainBegun | None = None
        self.now: TrainProgress | None = None
        self.epochs: list[EpochEnd] = []
        self.paused = False
        self._job: int | None = None
        desk.job_ended.connect(self._job_over)

    def ask(self, card_id: str = "") -> None:
        """Show the page, with a model to start from (the chosen one)."""
        self.card_id = card_id or self._desk.session.model_id
        self._desk.dialog_asked.emit("train")

    def prepare(self, plan: TrainPlan) -> None:
        """Copy the labelled pictures, then train."""
        job = self._desk.session.training.prepare(plan)
        self._follow(job, PREPARING)
        name = N_("Preparing the training")
        self._desk.track(job, name, then=self._prepared, failed=self._failed)

    def _prepared(self, value: object) -> None:
        if isinstance(value, Run):
            for path, error in value.left_out:
                self._desk.notice.emit("info", tr("{name} was left out.", name=path), error_text(error)[0])
            self.start(value)

    def start(self, run: Run) -> None:
        """Train, or go on with a run that was broken off."""
        self.run, self.result, self.begun, self.now, self.epochs = run, None, None, None, []
        self.paused = False
        job = self._desk.session.training.train(run)
        self._follow(job, RUNNING)
        self._desk.track(job, N_("Training"), then=self._ended, failed=self._failed)

    def _follow(self, job: int, stage: str) -> None:
        self._job = job
        self._set(stage)

    def _set(self, stage: str) -> None:
        self.stage = stage
        self.changed.emit()
        self._desk.conditions_changed.emit()

    def take(self, report: TrainNews) -> None:
        """A report of the session."""
        if report.job_id != self._job:
            return
        value = report.value
        if isinstance(value, TrainBegun):
            self.begun = value
        elif isinstance(value, TrainProgress):
            self.now = value
        elif isinstance(value, EpochEnd):
            self.epochs.append(value)
        self.news.emit(value)

    def pause(self, on: bool) -> None:
        """Hold the training, or let it go on."""
        self.paused = on
        self._command("pause" if on else "go")

    def stop(self) -> None:
        """End it with what it has so far."""
        self._command("stop")

    def _command(self, word: str) -> None:
        if self._job is not None and self.stage == RUNNING:
            self._desk.session.training.command(self._job, word)

    def _ended(self, value: object) -> None:
        if isinstance(value, TrainResult):
            self.result = value
            self._set(ENDED)

    def _failed(self, error: SegDeskError) -> None:
        self._set(IDLE)
        self.failed.emit(error)

    def _job_over(self, job: int) -> None:
        """A job has ended. What it gave comes after this; if nothing does, it was stopped."""
        if job == self._job:
            QTimer.singleShot(0, lambda: self._settle(job))

    def _settle(self, job: int) -> None:
        if job == self._job and self.stage in (PREPARING, RUNNING):
            self._set(IDLE)

    def keep(self, name: str, *, run_all: bool = False) -> None:
        """Put the new model into the person's models and choose it; `run_all`: then run it on all that is not a
        person's work."""
        if self.run is None or self.result is None:
            return
        job = self._desk.session.training.keep(self.run, self.result, name=name)
        self._desk.track(job, N_("Keeping the model"), then=lambda value: self._kept(value, run_all))

    def _kept(self, value: object, run_all: bool) -> None:
        desk = self._desk
        self.run = self.result = None
        self._set(IDLE)
        desk.session.use_settings(desk.session.settings)
        desk.runs.choose_model(str(value))
        card = desk.session.card(str(value))
        name = card.name.en if card is not None else str(value)
        desk.notice.emit("good", tr("The model {model} is kept and chosen.", model=name), "")
        if run_all:
            desk.runs.run_all()

    def drop(self) -> None:
        """Forget the new model."""
        if self.run is not None:
            self._desk.track(self._desk.session.training.drop(self.run), N_("Deleting the training"), shown=False)
        self.run = self.result = None
        self._set(IDLE)
