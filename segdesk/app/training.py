"""Training on the labels of a project: look what there is, prepare a run, let it run in a process of its own, keep what
came of it. No torch."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from segdesk.app import training_set
from segdesk.app.adding import card_of, free_id, home
from segdesk.app.card_text import card_text
from segdesk.app.desk import Desk, OpenProject
from segdesk.app.jobs import Context
from segdesk.app.models import Models
from segdesk.app.training_card import card_table, finished, record_text
from segdesk.app.training_process import TrainingProcess
from segdesk.app.training_set import Survey, Wanted
from segdesk.app.workers import Workers
from segdesk.domain.card import ModelCard
from segdesk.domain.classes import VOID, ClassInfo
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.holdout import held_out
from segdesk.domain.text import N_
from segdesk.engines.training.messages import (
    IGNORED,
    STATE,
    TrainItem,
    TrainOptions,
    TrainProgress,
    TrainRequest,
    TrainResult,
    TrainStart,
)
from segdesk.io import atomic, weights
from segdesk.io.project import PictureRow
from segdesk.paths import user_data_dir

RUN = "run.json"
ENOUGH = 2  # pictures
GROUNDS = ("auto", "class", "ignored")
STEPS = 1_000  # of the progress that is shown


@dataclass(frozen=True)
class TrainPlan:
    """What a person wants. `card_id`: whose net; `encoder_from`: another model that gives its encoder's weights.

    `layer`, `only_verified`: which labels. `classes`: ids of the project's, () = all that the labels show. `ground`:
    what pixels of no class are: "class" (the ground, told apart like one), "ignored", "auto" (the ground where the
    model has one, or where there is one class). `share`, `seed`: of the hold-out; `judging`: its paths instead.
    """

    card_id: str
    name: str = ""
    mode: str = "card"
    encoder_from: str = ""
    layer: str = "annotation"
    only_verified: bool = True
    classes: tuple[int, ...] = ()
    ground: str = "auto"
    share: float = 0.2
    judging: frozenset[str] | None = None
    options: TrainOptions = field(default_factory=TrainOptions)


@dataclass(frozen=True, eq=False)
class Run:
    """A prepared run, in its folder. `table`: the card to come; `left_out`: pictures that could not be taken, why."""

    request: TrainRequest
    table: Mapping[str, object]
    project: str
    left_out: tuple[tuple[str, SegDeskError], ...] = ()

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return Path(self.request.folder)

    @property
    def begun(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return (self.folder / STATE).exists()


@dataclass(frozen=True, eq=False)
class TrainNews:
    """A word of a running training: one of `segdesk.engines.training.messages`."""

    job_id: int
    value: object


def runs_home() -> Path:
    """Where runs lie until they are kept or dropped."""
    return user_data_dir() / "training"


class Training:
    """Verbs of `Session.training`; called from the session's thread."""

    def __init__(self, desk: Desk, workers: Workers, models: Models) -> None:
        self._desk, self._workers, self._models = desk, workers, models
        self._processes: dict[int, TrainingProcess] = {}
        self._words: dict[int, str] = {}
        self._lock = threading.Lock()

    def survey(self, layer: str, *, only_verified: bool, share: float = 0.2, seed: int = 1) -> int:
        """See what there is to train on. Done value: `Survey`. The latest call wins."""

        def run(ctx: Context) -> Survey:
            return training_set.survey(self._desk, layer, only_verified=only_verified, share=share, seed=seed, ctx=ctx)

        return self._workers.submit("files", N_("Looking at the labels"), run, key="survey")

    def prepare(self, plan: TrainPlan) -> int:
        """Copy pictures and labels into a run's folder. Done value: `Run`. Nothing is left where it fails."""
        opened = self._desk.opened()

        def run(ctx: Context) -> Generator[None, None, Run]:
            self._desk.saver.flush(ctx.cancelled)
            folder = runs_home() / datetime.now().strftime("%Y%m%d-%H%M%S-%f")
            try:
                return (yield from self._prepared(opened, plan, folder, ctx))
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise

        return self._workers.submit("files", N_("Preparing the training"), run, lane="batch")

    def train(self, run: Run, listener: Callable[[object], None] = lambda _: None) -> int:
        """Train, or go on where the run's checkpoint is. Reports `TrainNews` and progress; `listener` gets the same
        words in the worker's thread. Done value: `TrainResult`. Cancelling leaves the run to be gone on with."""

        def work(ctx: Context) -> TrainResult:
            return self._followed(run, ctx, listener)

        return self._workers.submit("training", N_("Training"), work)

    def command(self, job_id: int, word: str) -> None:
        """Tell a running training to "pause", to "go" on, or to "stop" with what it has."""
        with self._lock:
            self._words[job_id] = word
            process = self._processes.get(job_id)
        if process is not None:
            process.command(word)

    def keep(self, run: Run, result: TrainResult, *, name: str = "", folder: Path | None = None) -> int:
        """Put weights, card and record into a folder (the person's models) and drop the run. Done value: card id."""

        def work(ctx: Context) -> str:
            card_id = self._kept(run, result, name, folder or home())
            shutil.rmtree(run.folder, ignore_errors=True)
            self._models.reload()
            return card_id

        return self._workers.submit("files", N_("Keeping the model"), work)

    def drop(self, run: Run) -> int:
        """Delete a run's folder."""
        return self._workers.submit(
            "files", N_("Deleting the training"), lambda ctx: shutil.rmtree(run.folder, ignore_errors=True)
        )

    def unfinished(self) -> int:
        """Runs that were neither kept nor dropped and can go on, the latest first. Done value: list of `Run`."""

        def work(ctx: Context) -> list[Run]:
            folders = sorted((p.parent for p in runs_home().glob(f"*/{RUN}")), reverse=True)
            found = (self._read(folder) for folder in folders)
            return [run for run in found if run is not None]

        return self._workers.submit("files", N_("Looking for trainings"), work)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _prepared(self, opened: OpenProject, plan: TrainPlan, folder: Path, ctx: Context) -> Generator[None, None, Run]:
        base, project = self._models.get(plan.card_id), opened.project.path.stem
        rows = training_set.rows_for(opened, plan.layer, only_verified=plan.only_verified)
        if len(rows) < ENOUGH:
            raise _too_few(len(rows), only_verified=plan.only_verified)
        paths = [r.path for r in rows]
        judging = plan.judging
        if judging is None:
            known = training_set.known_sides(opened)
            judging = held_out(paths, share=plan.share, seed=plan.options.seed, known=known)
            if not judging or len(judging) == len(paths):  # the earlier choice leaves nothing on one side
                judging = held_out(paths, share=plan.share, seed=plan.options.seed)
        classes = yield from self._classes(opened, plan, rows, ctx)
        ground = _has_ground(plan.ground, base, len(classes))
        name = plan.name.strip() or f"{base.system or base.name.en} · {project}"
        card_id = free_id(name, lambda i: self._models.find(i) or (home() / f"{i}.toml").exists())
        table = card_table(base, classes, ground=ground, name=name, card_id=card_id, project=project)
        start = self._start(opened, plan, base, classes)
        channels = {info.id: at + ground for at, info in enumerate(classes)}
        wanted = Wanted(rows, plan.layer, channels, 0 if ground else IGNORED, judging)
        items, left_out = yield from training_set.copied(self._desk, opened, wanted, folder, ctx)
        if len(items) < ENOUGH:
            raise left_out[0][1] if left_out else _too_few(len(items), only_verified=plan.only_verified)
        request = TrainRequest(str(folder), card_of(table), tuple(items), start, plan.options)
        run = Run(request, table, project, tuple(left_out))
        _write(run)
        sides = {**training_set.known_sides(opened), **{p: p in judging for p in paths}}
        self._desk.saver.put(lambda: opened.project.set_meta(training_set.HOLDOUT, sides), key="holdout")
        return run

    def _classes(
        self, opened: OpenProject, plan: TrainPlan, rows: list[PictureRow], ctx: Context
    ) -> Generator[None, None, list[ClassInfo]]:
        """The classes to train: those that are wanted, or all that the labels show."""
        known, chosen = opened.book.classes, set(plan.classes)
        if not chosen:
            for row in rows:
                ctx.check()
                found = opened.project.load_packed(row.id, plan.layer)
                chosen |= {s.class_id for s in found.segments.values()} if found is not None else set()
                yield
        classes = [info for info in known if info.id in chosen]
        if not classes:
            raise SegDeskError("The labels show no class.", "Label something first.")
        if len(classes) > training_set.MOST_CLASSES:
            raise SegDeskError(
                "At most {most} classes can be trained at once.", "Choose fewer.", most=training_set.MOST_CLASSES
            )
        return classes

    def _start(self, opened: OpenProject, plan: TrainPlan, base: ModelCard, classes: list[ClassInfo]) -> TrainStart:
        card = self._models.get(plan.encoder_from) if plan.encoder_from else base
        mode = "encoder" if plan.encoder_from else plan.mode
        status = weights.status(card, self._models.folders)
        if mode != "scratch" and card.weights is not None and status.path is None:
            if status.kind == "untrained" and not plan.encoder_from:
                mode = "scratch"
            else:
                raise SegDeskError(
                    "The weights of {model} are not on this machine.",
                    "Download them first, or start from scratch.",
                    model=card.name.en,
                )
        path = str(status.path) if status.path is not None else None
        return TrainStart(card, path, mode, self._positions(opened, card, classes) if path else ())

    def _positions(self, opened: OpenProject, card: ModelCard, classes: list[ClassInfo]) -> tuple[int, ...]:
        """What each channel of the starting model means in the run, as its classes become the project's."""
        places = {info.id: at for at, info in enumerate(classes, 1)}
        to = {row.model.id: row.to for row in opened.book.rows(card.id, card.classes)}
        by_name = {info.name.casefold(): at for at, info in enumerate(classes, 1)}
        found = []
        for class_id in card.channel_ids:
            info, target = card.classes.get(class_id), to.get(class_id)
            if target is None and info is not None:
                found.append(by_name.get(info.name.casefold(), 0))
            else:
                found.append(places.get(target or VOID, 0))
        return tuple(found) if any(found) and len(found) > 1 else ()

    def _followed(self, run: Run, ctx: Context, listener: Callable[[object], None]) -> TrainResult:
        process = TrainingProcess(run.request, user_data_dir() / "logs" / "training.log")
        with self._lock:
            self._processes[ctx.job_id] = process
            word = self._words.get(ctx.job_id, "go")
        if word != "go":
            process.command(word)
        try:
            for message in process.messages():
                ctx.check()
                if message is None:
                    continue
                if isinstance(message, TrainProgress):
                    ctx.progress(round(message.fraction * STEPS), STEPS)
                listener(message)
                ctx.report(TrainNews(ctx.job_id, message))
                if isinstance(message, TrainResult):
                    return message
            raise Cancelled
        finally:
            with self._lock:
                self._processes.pop(ctx.job_id, None)
                self._words.pop(ctx.job_id, None)
            process.close()
            if not run.begun and not process.alive:  # there is nothing to go on from
                shutil.rmtree(run.folder, ignore_errors=True)

    def _kept(self, run: Run, result: TrainResult, name: str, folder: Path) -> str:
        data = Path(result.weights).read_bytes()
        table = finished(run.table, run.request, result, project=run.project)
        wanted = name.strip() or str(table["name"])
        card_id = free_id(wanted, lambda i: self._models.find(i) or (folder / f"{i}.toml").exists())
        spec = {"file": f"{card_id}.pth", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        table = {**table, "id": card_id, "name": wanted, "weights": spec}
        card_of(table)  # faults show before anything is written
        atomic.write_bytes(folder / f"{card_id}.pth", data)
        atomic.write_text(folder / f"{card_id}.training.json", record_text(run.request, result, project=run.project))
        atomic.write_text(folder / f"{card_id}.toml", card_text(table))
        return card_id

    def _read(self, folder: Path) -> Run | None:
        """A run from its folder; None if it cannot be gone on with."""
        try:
            stored = json.loads((folder / RUN).read_text(encoding="utf-8"))
            start = stored["start"]
            card = self._models.get(start["card"])
            request = TrainRequest(
                str(folder),
                card_of(stored["table"]),
                tuple(TrainItem(**item) for item in stored["items"]),
                TrainStart(card, start["weights"], start["mode"], tuple(start["positions"])),
                TrainOptions(**stored["options"]),
            )
            return Run(request, stored["table"], stored["project"])
        except (OSError, ValueError, KeyError, TypeError, SegDeskError):
            return None


def _write(run: Run) -> None:
    request = run.request
    start = request.start
    stored = {
        "table": run.table,
        "items": [asdict(item) for item in request.items],
        "start": {
            "card": start.card.id,
            "weights": start.weights,
            "mode": start.mode,
            "positions": list(start.positions),
        },
        "options": asdict(request.options),
        "project": run.project,
    }
    atomic.write_text(run.folder / RUN, json.dumps(stored, ensure_ascii=False))


def _has_ground(wanted: str, base: ModelCard, classes: int) -> bool:
    if wanted == "class":
        return True
    if wanted == "ignored" and classes < 2:
        raise SegDeskError(
            "One class alone can only be told from the ground.", "Let unlabelled pixels count as the ground."
        )
    return wanted == "auto" and (VOID in base.channel_ids or classes < 2)


def _too_few(count: int, *, only_verified: bool) -> SegDeskError:
    if only_verified:
        return SegDeskError(
            "Training needs at least two verified pictures, and there are {count}.",
            "Verify more, or train on all labelled pictures.",
            count=count,
        )
    return SegDeskError(
        "Training needs at least two labelled pictures, and there are {count}.",
        "Label another picture first.",
        count=count,
    )
