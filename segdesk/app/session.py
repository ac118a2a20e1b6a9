"""The program's verbs, for the window and the command line alike. No Qt, no torch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator
from dataclasses import replace
from pathlib import Path

from segdesk import plugins
from segdesk.app import discover
from segdesk.app.adding import Adding
from segdesk.app.answering import answer_one, replaceable, store
from segdesk.app.batch import Choice, make_batch
from segdesk.app.batch_queue import Queueing
from segdesk.app.classing import Classing
from segdesk.app.cluster import Cluster
from segdesk.app.desk import Desk
from segdesk.app.engine_process import EngineProcess
from segdesk.app.extras import Extras
from segdesk.app.jobs import Context, Done, Failed, Stopped
from segdesk.app.judging import Judging
from segdesk.app.live_report import Comparing
from segdesk.app.logs import log_file
from segdesk.app.looking import Looking
from segdesk.app.matching import Matching
from segdesk.app.models import Models, RunPlan
from segdesk.app.opening import close_current, open_picture, open_project
from segdesk.app.prefetch import Prefetch
from segdesk.app.prompting import Prompting
from segdesk.app.recents import Recents
from segdesk.app.reports import Answered, BatchResult, Opened, ProjectOpened, SaveState
from segdesk.app.rescuing import Rescuing
from segdesk.app.review import Review
from segdesk.app.saver import Saver
from segdesk.app.session_saving import PROJECT_WORKERS, SavingVerbs
from segdesk.app.session_transfer import TransferVerbs
from segdesk.app.settings import Settings
from segdesk.app.snapping import Snapper
from segdesk.app.teaching import Teaching
from segdesk.app.training import Training
from segdesk.app.trying import Trying
from segdesk.app.workers import Workers
from segdesk.domain.card import PICTURE_TASKS, ModelCard
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import RunOptions
from segdesk.domain.text import N_
from segdesk.engines.messages import DeviceInfo
from segdesk.io.cards import BrokenCard
from segdesk.io.project import PictureRow, Project
from segdesk.io.weights import WeightsStatus


class Session(SavingVerbs, TransferVerbs):
    """One run of the program: settings, models, at most one open project, and the threads that work for it.

    Call its methods from one thread (the window's). State is read there at once; a verb that may take time returns
    the number of a job, and what comes of it is reported: `on_report(value)` is called from other threads with the
    values of `segdesk.app.jobs` and `segdesk.app.reports`.

    Threads: `engine` runs models, `prompts` encodes pictures for clicks, `loader` opens projects and pictures, `files`
    exports, imports and compares,
    `lists` sorts and searches, `network` downloads, `models` lists what models there are, `training`
    waits for trainings; beside them the store
    thread, the decoders and the thumbnails'.
    `awaited`: `wait` is used (not by the window, which takes each report once).
    """

    def __init__(
        self,
        settings: Settings,
        on_report: Callable[[object], None],
        *,
        engine: EngineProcess | None = None,
        awaited: bool = True,
    ) -> None:
        self.settings = settings
        self._workers = Workers(
            ("engine", "prompts", "loader", "files", "lists", "network", "models", "training"),
            on_report,
            awaited=awaited,
        )
        self._models = Models([Path(f) for f in settings.model_folders])
        self._devices: list[DeviceInfo] = []
        known = self._models.find(settings.model_id)
        self.model_id = settings.model_id if known is not None and known.task != "prompt" else ""
        self.options = RunOptions()
        self.device = settings.device
        plugins.enable(settings.plugins)
        self.formats, self.broken_formats = discover.formats()
        engine = engine or EngineProcess(log=log_file().with_name("engine.log"))
        saver = Saver(on_report)
        prefetch = Prefetch(settings.prefetch_megabytes << 20)
        self._desk = Desk(on_report, saver, prefetch, engine, settings.undo_megabytes << 20)
        self.review = Review(self._desk, self._workers)
        self.recents = Recents(on_report)
        self.adding = Adding(self._desk, self._workers, self._models)
        self.prompting = Prompting(self._desk, self._models, self._workers, lambda: self.device)
        self.looking = Looking(self._desk, self._workers, self._plan_maker)
        self.comparing = Comparing(self._desk, self._workers)
        self.judging = Judging(self._desk, self._workers, self._plan_maker)
        self.training = Training(self._desk, self._workers, self._models)
        self.teaching = Teaching(self._desk, self._workers, self._models)
        self.matching = Matching(self._desk, self._models)
        self.trying = Trying(self._desk, self._workers, self._models, lambda: self.device)
        self.queueing = Queueing(self._desk, self._workers)
        self.extras = Extras(self._workers)
        self.classing = Classing(self._desk, self._workers, self.teaching)
        self.cluster = Cluster(self._desk, self._workers, self._models, self._plan_maker)
        self.rescuing = Rescuing(self._workers, self._leave)
        if self.model_id:
            self.choose_model(self.model_id)

    # -- state ---------------------------------------------------------------------------------------------------

    @property
    def project(self) -> Project | None:
        """The open project; write to it through the session only."""
        return self._desk.open.project if self._desk.open else None

    @property
    def pictures(self) -> list[PictureRow]:
        """All pictures in order. Read only; rows are replaced in place (`PictureChanged`), the list by
        `PicturesChanged`."""
        return self._desk.open.roster.rows if self._desk.open else []

    @property
    def current_id(self) -> int | None:
        """The picture that `go_to` was last asked for."""
        return self._desk.current_id

    @property
    def classes(self) -> ClassSet:
        """The project's classes."""
        return self._desk.open.book.classes if self._desk.open else ClassSet()

    @property
    def save_state(self) -> SaveState:
        """Whether all work is on disk."""
        return self._desk.saver.state

    @property
    def cards(self) -> list[ModelCard]:
        """The models that can be chosen for whole pictures."""
        return [card for card in self._models.cards if card.task in PICTURE_TASKS]

    @property
    def broken_cards(self) -> list[BrokenCard]:
        """Card files that cannot be used, and why."""
        return self._models.broken

    @property
    def snapper(self) -> Snapper:
        """Who moves borders of labels to edges."""
        return self._desk.engine

    @property
    def devices(self) -> list[DeviceInfo]:
        """What the engine can compute on; empty until `warm_up` is done."""
        return self._devices

    def row(self, picture_id: int) -> PictureRow | None:
        """The row of a picture."""
        return self._desk.open.roster.row(picture_id) if self._desk.open else None

    def index_of(self, picture_id: int) -> int | None:
        """Where a picture stands in `pictures`."""
        return self._desk.open.roster.index_of(picture_id) if self._desk.open else None

    def why_failed(self, picture_id: int) -> SegDeskError | None:
        """What was wrong with a picture, for showing in the user's language; None if that was in an earlier session
        (then the row's `error` has the English sentence)."""
        return self._desk.open.errors.get(picture_id) if self._desk.open else None

    def counts(self) -> dict[str, int]:
        """Pictures by state; states without a picture are left out."""
        return self._desk.open.roster.counts() if self._desk.open else {}

    def card(self, card_id: str) -> ModelCard | None:
        """The card of a model."""
        return self._models.find(card_id)

    def weights_status(self, card_id: str) -> WeightsStatus:
        """Where the weights of a model are; of a merged model, the worst of its parts."""
        return self._models.status(card_id)

    # -- project -------------------------------------------------------------------------------------------------

    def open(self, path: Path, project_path: Path | None = None, *, only_read: bool = False) -> int:
        """Open a folder of pictures, a project file or one picture's folder. Reports `ProjectOpened` as soon as the
        project is there (also the Done value, which comes when the folder has been looked through) and
        `PicturesChanged` as files are found. `project_path`: where the project is or goes, if not beside the folder.
        What runs on the project that was open before is cancelled, and its work saved, first. `only_read`: a damaged
        project, as far as that goes.
        """
        self._workers.cancel_all(PROJECT_WORKERS)

        def run(ctx: Context) -> Generator[None, None, ProjectOpened]:
            self._leave(ctx)
            return (yield from open_project(self._desk, path, project_path, ctx, only_read=only_read))

        return self._workers.submit("loader", N_("Opening"), run, lane="batch")

    def close_project(self) -> int:
        """Save and close the project; the session stays."""
        self._workers.cancel_all(PROJECT_WORKERS)
        return self._workers.submit("loader", N_("Closing"), self._leave)

    def set_classes(self, classes: ClassSet) -> None:
        """Replace the project's classes; saved in the background."""
        self._desk.opened().book.set(classes)

    def go_to(self, picture_id: int) -> int:
        """Open a picture: maybe a `Preview`, then Done with `Opened`. The latest call wins; neighbours are read
        ahead."""
        opened = self._desk.opened()
        self._desk.current_id = picture_id

        def run(ctx: Context) -> Opened:
            return open_picture(self._desk, opened, picture_id, ctx)

        return self._workers.submit("loader", N_("Opening the picture"), run, key="go to")

    # -- models --------------------------------------------------------------------------------------------------

    def choose_model(self, card_id: str) -> None:
        """The model for the next runs; its card's decision becomes the options', the CRF stays as it is set. Raises
        SegDeskError if there is no such model."""
        card = self._models.get(card_id)
        self.model_id = card_id
        self.options = replace(self.options, decide=card.decide)

    def list_models(self) -> int:
        """Read all cards and see where their weights are, which may take a tenth of a second. Done value: `Listing`."""
        return self._workers.submit("models", N_("Listing the models"), lambda ctx: self._models.listing(), key="list")

    def set_options(self, options: RunOptions) -> None:
        """Options for the next runs; call `decide_again` to see them on the open picture."""
        self.options = options

    def set_device(self, device: str) -> None:
        """Where the next runs compute: "auto", "cpu" or the id of a device."""
        self.device = device

    def use_settings(self, settings: Settings) -> None:
        """Take changed settings: budgets hold from now on, the model folders are looked through again."""
        self.settings = settings
        self.use_budgets()
        self._models.folders = tuple(Path(f) for f in settings.model_folders)
        self._models.reload()

    def use_budgets(self) -> None:
        """Take the memory for undo and for decoded pictures from the settings."""
        self._desk.set_budgets(self.settings.undo_megabytes << 20, self.settings.prefetch_megabytes << 20)

    def warm_up(self) -> int:
        """Start the engine, so that the first run does not wait for it. Done value: list of DeviceInfo."""

        def run(ctx: Context) -> list[DeviceInfo]:
            import numpy.ma  # noqa: F401  # `np.unique` loads it at its first call: in the first stroke, else

            self._desk.engine.start()
            self._devices = self._desk.engine.devices()
            return self._devices

        return self._workers.submit("engine", N_("Starting the engine"), run)

    def run_here(self, picture_id: int | None = None) -> int:
        """Run the chosen model on one picture (the open one). Done value: `Answered`."""
        return self._answer(picture_id, again=False)

    def decide_again(self, picture_id: int | None = None, *, options: RunOptions | None = None) -> int:
        """Apply the options (or others) to the model's kept answer (a full run if it is gone). Latest wins. Done:
        `Answered`."""
        return self._answer(picture_id, again=True, options=options)

    def run_all(
        self,
        skip_verified: bool = True,
        *,
        again: bool = False,
        limit: int | None = None,
        among: Collection[int] | None = None,
        failed: bool = False,
        card_id: str = "",
        options: RunOptions | None = None,
        device: str = "",
    ) -> int:
        """Run a model (`card_id`, `options`, `device`; else what is chosen) on all pictures. `again`: also where it has
        answered with these options; `limit`: at most so many; `among`: only these ids; `failed`: only those that could
        not be done before. Reports `BatchBegun`, `BatchStep`s, Progress, `PictureChanged` per picture,
        `Answered(from_batch=True)` for the open one, Done with `BatchResult`. Labels that a person made are left alone:
        such pictures get the prediction layer only.
        """
        opened, make_plan = self._desk.opened(), self._plan_maker(options, card_id, device)
        choice = Choice(skip_verified, again, limit, None if among is None else frozenset(among), failed)

        def run(ctx: Context) -> Generator[None, None, BatchResult]:
            plan = make_plan()
            self._desk.saver.flush(ctx.cancelled)
            return (yield from make_batch(self._desk, opened, plan, choice).steps(ctx))

        return self._workers.submit("engine", N_("Running on all pictures"), run, lane="batch")

    def settle(self, answered: Answered) -> bool:
        """True: the answer belongs to the open picture, apply it to the document (and then `save_step(by_model=True)`).
        False: the user has moved on; it has been put into the project."""
        if self._desk.current_id == answered.picture_id:
            return True
        opened = self._desk.open
        if opened is not None and answered.plan is not None and replaceable(opened, answered.picture_id):
            store(opened, answered, to_annotation=True)
        return False

    def download(self, card_id: str) -> int:
        """Fetch the weights of a model (and of its parts). Done value: list of paths."""

        def run(ctx: Context) -> list[Path]:
            return self._models.download(card_id, ctx.progress, ctx.cancelled)

        return self._workers.submit("network", N_("Downloading"), run, lane="batch")

    def locate(self, card_id: str, file: Path) -> int:
        """Take a weights file that the user has: checked, then copied into the first model folder. Done value: path."""
        return self._workers.submit(
            "files", N_("Checking the weights file"), lambda ctx: self._models.adopt(card_id, file)
        )

    # -- jobs ----------------------------------------------------------------------------------------------------

    def cancel(self, job_id: int) -> None:
        """Ask a job to end; it reports Stopped (or Done, if it was faster)."""
        self._workers.cancel(job_id)

    def pause(self, job_id: int) -> None:
        """Hold a batch at its next step."""
        self._workers.pause(job_id)

    def resume(self, job_id: int) -> None:
        """Let a paused batch go on."""
        self._workers.resume(job_id)

    def wait(self, job_id: int, timeout: float | None = None) -> Done | Failed | Stopped | None:
        """Block until a job has ended and return its end, None after `timeout` seconds. For the command line and
        tests, which ask once for each job."""
        return self._workers.wait(job_id, timeout)

    def close(self, timeout: float = 10.0) -> bool:
        """Cancel jobs, save what waits, end the engine and the threads. False if work could not be saved."""
        self._workers.cancel_all()
        stopper = threading.Thread(target=self._desk.engine.stop, name="segdesk-engine-stop")
        stopper.start()  # whoever waits for an answer is told at once
        ended = self._workers.close(timeout)
        saved = self._desk.saver.close(timeout)
        stopper.join(timeout)
        self._desk.prefetch.close()
        self.review.close()
        self.recents.close()
        self._desk.end_guard()
        opened, self._desk.open = self._desk.open, None
        if opened is not None:
            opened.project.close()
        return saved and ended

    def _answer(self, picture_id: int | None, *, again: bool, options: RunOptions | None = None) -> int:
        opened, make_plan = self._desk.opened(), self._plan_maker(options)
        wanted = self._desk.current_id if picture_id is None else picture_id
        if wanted is None:
            raise SegDeskError("No picture is open.", "Choose a picture from the list first.")

        def run(ctx: Context) -> Answered:
            return answer_one(self._desk, opened, wanted, make_plan, ctx, again=again)

        return self._workers.submit("engine", N_("Running the model"), run, key=f"answer {wanted}")

    def _plan_maker(
        self, options: RunOptions | None = None, card_id: str = "", device: str = ""
    ) -> Callable[[], RunPlan]:
        """What is chosen now; the weights are looked for in the job, where a missing file is a Failed report."""
        card_id, options, device = card_id or self.model_id, options or self.options, device or self.device
        return lambda: self._models.plan(card_id, options, device)

    def _leave(self, ctx: Context) -> None:
        """Wait until no job works on the open project any more, then close it (loader's thread)."""
        self._workers.wait_idle(("engine", "files", "lists"), ctx.check)
        close_current(self._desk)
