"""`Runs`: the verbs of models: choose, run here, run on all, CRF and thresholds, weights, device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from segdesk.app.model_search import Listing
from segdesk.app.reports import Answered
from segdesk.domain.card import ModelCard
from segdesk.domain.matching import Match
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.text import N_
from segdesk.engines.messages import DeviceInfo, crf_available
from segdesk.io.weights import WeightsStatus
from segdesk.ui.desk_batches import Batches, plain
from segdesk.ui.desk_labels import RESULT
from segdesk.ui.desk_live import Live
from segdesk.ui.desk_trials import Trials
from segdesk.ui.i18n import tr

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

READY = ("shipped", "here", "not_needed")


class Runs(QObject):
    """Part of `Desk`.

    Signals:
        model_changed(): another model, or its weights came; options_changed(); devices_changed();
        batch_changed(): a run over all pictures began, paused or ended; answered(Answered): the open document got it;
        refinements_asked(): show the stack
    """

    model_changed = Signal()
    options_changed = Signal()
    devices_changed = Signal()
    batch_changed = Signal()
    answered = Signal(object)
    refinements_asked = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.devices: list[DeviceInfo] = []
        self.crf = CrfOptions()
        self.crf_installed = crf_available()
        self._answers: dict[int, str] = {}  # picture -> model that last answered for it
        self._early: Answered | None = None  # an answer that came while its picture was still being read
        self._warm: set[str] = set()  # models that have answered: their next answer shows how fast they are
        self._weights: tuple[str, WeightsStatus] | None = None  # of the chosen model, until something has changed
        self.model_changed.connect(self._forget_weights)  # the first to hear of it
        self.live = Live(desk, self)
        self.batches = Batches(desk)
        self.trials = Trials(desk)
        desk.document_opened.connect(lambda _: self._apply_early())
        desk.project_opened.connect(lambda _: self._answers.clear())
        desk.picture_changed.connect(self._row_changed)

    # -- the model ------------------------------------------------------------------------------------------------

    @property
    def card(self) -> ModelCard | None:
        """The chosen model's card."""
        return self._desk.session.card(self._desk.session.model_id)

    def start(self) -> None:
        """Once the window is up: choose the last model (or one that needs nothing) and start the engine."""
        session = self._desk.session
        known = (session.model_id, session.settings.model_id)
        first = next((m for m in known if m and session.card(m) is not None), "")
        if first:
            self.choose_model(first, remember=False)
        else:
            self._desk.track(session.list_models(), N_("Listing the models"), then=self._choose_ready, shown=False)
        self._desk.track(
            session.warm_up(), N_("Starting the engine"), then=self._started, failed=self._cold, shown=False
        )

    def _choose_ready(self, value: object) -> None:
        """At the very first start: a model that can run at once, best one that came with weights."""
        runs = value.for_pictures().entries if isinstance(value, Listing) else ()
        ready = [e for e in runs if e.status.kind in READY]
        if ready and self.card is None:
            best = min(ready, key=lambda entry: READY.index(entry.status.kind))
            self.choose_model(best.card.id, remember=False)

    def _started(self, value: object) -> None:
        self.devices = list(value) if isinstance(value, (list, tuple)) else []
        self.devices_changed.emit()

    def _cold(self, error: Exception) -> None:
        self._desk.notice.emit("error", tr("The engine did not start."), str(error))

    def choose_model(self, card_id: str, *, remember: bool = True) -> None:
        """The model for the next runs; its options become the options."""
        self._desk.attempt(lambda: self._desk.session.choose_model(card_id))
        if self.options.crf is not None and not self.can_refine:
            self._desk.session.set_options(replace(self.options, crf=None))
        if remember:
            self._desk.change_settings(model_id=card_id)
        self._model_changed()

    def _model_changed(self) -> None:
        self.model_changed.emit()
        self.options_changed.emit()
        self._desk.conditions_changed.emit()

    def weights(self) -> WeightsStatus | None:
        """Where the chosen model's weights are. The disk is asked once for a model: this is asked at each change."""
        card = self.card
        if card is None:
            return None
        if self._weights is None or self._weights[0] != card.id:
            self._weights = card.id, self._desk.session.weights_status(card.id)
        return self._weights[1]

    def compare_weights(self, listing: Listing) -> None:
        """All models have been looked through: tell it if the chosen one's weights came or went meanwhile."""
        if self._weights is not None:
            card_id, known = self._weights
            card_id = card_id.partition(":")[0]  # without the words of a model of words
            if any(e.card.id == card_id and e.status != known for e in listing.entries):
                self._model_changed()

    def _forget_weights(self) -> None:
        self._weights = None

    @property
    def can_refine(self) -> bool:
        """Whether CRF makes sense for the model: regions follow the edges of the picture already."""
        card = self.card
        return card is not None and card.net.type != "regions"

    def set_device(self, device: str) -> None:
        """Where the next runs compute."""
        self._desk.session.set_device(device)
        self._desk.change_settings(device=device)
        self.devices_changed.emit()

    # -- options --------------------------------------------------------------------------------------------------

    @property
    def options(self) -> RunOptions:
        """The options of the next run."""
        return self._desk.session.options

    def set_options(self, options: RunOptions) -> None:
        """New options; what the model has answered for the open picture is decided again: at once for the eye, and in
        full when the hand rests (`Live`)."""
        if options == self.options:
            return
        if options.crf is not None:
            self.crf = options.crf
        self._desk.session.set_options(options)
        self.options_changed.emit()
        if self.has_answer:
            self.live.moved()

    def set_crf_options(self, crf: CrfOptions) -> None:
        """New parameters of the CRF, kept while it is off."""
        self.crf = crf
        if self.options.crf is not None:
            self.set_options(replace(self.options, crf=crf))
        else:
            self.options_changed.emit()

    def toggle_crf(self, on: bool) -> None:
        """CRF on or off."""
        self.set_options(replace(self.options, crf=self.crf if on else None))

    def ask_refinements(self) -> None:
        """Show the stack of refinements."""
        self.refinements_asked.emit()

    @property
    def has_answer(self) -> bool:
        """Whether the chosen model has answered for the open picture in this session."""
        document, card = self._desk.labels.document, self.card
        return document is not None and card is not None and self._answers.get(document.row.id) == card.id

    # -- running --------------------------------------------------------------------------------------------------

    def run_here(self) -> None:
        """Run the model on the open picture."""
        if self._desk.labels.document is not None:
            self._desk.attempt(self._run_here)

    def _run_here(self) -> None:
        self._desk.track(self._desk.session.run_here(), N_("Running here"), then=self.take_answer)

    def decide_again(self) -> None:
        """Apply the options to the model's kept answer for the open picture."""
        self.live.rest()
        if self.has_answer:
            self._desk.attempt(self._decide_again)

    def _decide_again(self) -> None:
        job = self._desk.session.decide_again()
        self.live.follow(self._desk.track(job, N_("Deciding again"), then=self.take_answer))

    def take_answer(self, value: object) -> None:
        """Apply an answer where it belongs to the open document; the session keeps any other in the project."""
        if not isinstance(value, Answered) or not self._desk.session.settle(value):
            return
        self._answers[value.picture_id] = value.card_id
        self._note_speed(value)
        document = self._desk.labels.document
        if document is None or document.row.id != value.picture_id:
            self._early = value
            return
        document.apply_result(value.segmentation, RESULT)
        self._desk.places.take(value.doubts)
        self.answered.emit(value)
        for note in value.notes:
            self._desk.notice.emit("info", tr(note), "")

    def _note_speed(self, value: Answered) -> None:
        """A first answer says nothing: the model was loaded for it."""
        if not value.again and not value.from_batch and plain(value.options):
            if value.card_id in self._warm:
                height, width = value.segmentation.size
                note = self._desk.session.trying.note_speed
                note(value.card_id, value.device, pixels=height * width, seconds=value.seconds)
            self._warm.add(value.card_id)

    def _apply_early(self) -> None:
        early, self._early = self._early, None
        document = self._desk.labels.document
        if early is not None and document is not None and document.row.id == early.picture_id:
            document.apply_result(early.segmentation, RESULT)
            self._desk.places.take(early.doubts)
            self.answered.emit(early)

    @property
    def batch_id(self) -> int | None:
        """The job of the run over all pictures that is under way."""
        job = self.batches.job_id
        return job if job in self._desk.jobs else None

    def run_all(self) -> None:
        """Run the model on all pictures that are not verified; if a run is under way, after it."""
        if not self.batches.is_queued():
            self.batches.add()

    def _row_changed(self, index: int) -> None:
        """A picture that the batch has answered can be decided again, too."""
        row, order = self._desk.session.pictures[index], self.batches.current
        if order is not None and row.state == "predicted":
            self._answers[row.id] = order.card_id

    # -- weights --------------------------------------------------------------------------------------------------

    def download(self) -> None:
        """Fetch the model's weights."""
        model_id = self._desk.session.model_id
        self._desk.attempt(
            lambda: self._desk.track(
                self._desk.session.download(model_id), N_("Downloading weights"), then=lambda _: self._model_changed()
            )
        )

    def locate(self) -> None:
        """Ask for the weights file."""
        self._desk.dialog_asked.emit("locate")

    def locate_file(self, file: Path) -> None:
        """Take a weights file that the person has."""
        model_id = self._desk.session.model_id
        self._desk.attempt(
            lambda: self._desk.track(
                self._desk.session.locate(model_id, file), N_("Checking the file"), then=lambda _: self._model_changed()
            )
        )

    def ask_matches(self) -> None:
        """Show what the model's classes become."""
        self._desk.dialog_asked.emit("match_classes")

    def match_classes(self, card_id: str, choices: Mapping[str, Match | str]) -> None:
        """Set what a model's classes become; its answer for the open picture follows."""
        self._desk.session.matching.match(card_id, choices)
        if card_id == self._desk.session.model_id and self.has_answer:
            self.decide_again()

    def model_folders(self) -> None:
        """Show the folders with cards and weights."""
        self._desk.dialog_asked.emit("model_folders")

    def set_model_folders(self, folders: list[str]) -> None:
        """Look for cards and weights in these folders too."""
        self._desk.change_settings(model_folders=tuple(folders))
        self._desk.session.use_settings(self._desk.session.settings)
        self._model_changed()

    def conditions(self) -> dict[str, bool]:
        """The models' share of `Desk.conditions`."""
        status = self.weights()
        kind = "" if status is None else status.kind
        return {
            "model": status is not None,
            "weights": kind in READY,
            "downloadable": kind == "download",
            "files": kind in ("download", "missing", "untrained", "here"),
            "scores": self.can_refine,
            "crf": self.crf_installed,
            "no_batch": not self.batches.is_queued(),
        }
