"""Training on the labels of a project: look what there is, prepare a run, let it run in a process of its own, keep what
came of it. No torch."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from segdesk.app import training_set
from segdesk.app.adding import card_of, free_id, home
from segdesk.app.card_text import card_text
from segdesk.app.desk import Desk, OpenProject
from segdesk.app.jobs import Context
from segdesk.app.models import Models
from segdesk.app.training_card import card_table, finished, record_text
from segdesk.app.training_data import DataSet, taken_in
from segdesk.app.training_process import TrainingProcess
from segdesk.app.training_runs import Run, found_runs, new_folder, note_progress, write_run
from segdesk.app.training_set import Survey, Wanted
from segdesk.app.workers import Workers
from segdesk.domain.card import ModelCard
from segdesk.domain.classes import VOID, ClassInfo, ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.holdout import held_out
from segdesk.domain.text import N_
from segdesk.engines.training.messages import (
    IGNORED,
    EpochEnd,
    TrainOptions,
    TrainProgress,
    TrainRequest,
    TrainResult,
    TrainStart,
)
from segdesk.io import atomic, weights
from segdesk.io.project import PictureRow
from segdesk.paths import user_data_dir

ENOUGH = 2  # pictures
GROUNDS = ("auto", "class", "ignored")
STEPS = 1_000  # of the progress that is shown


@dataclass(frozen=True)
class TrainPlan:
    """What a person wants. `card_id`: whose net; `encoder_from`: another model that gives its encoder's weights.

    `layer`, `only_verified`: which labels. `classes`: ids of the project's, () = all that the labels show. `ground`:
    what pixels of no class are: "class" (the ground, told apart like one), "ignored", "auto" (the ground where the
    model has one, or where there is one class). `share`, `seed`: of the hold-out; `judging`: its paths instead.

    `data`: a data set outside the program instead of the open project, all of whose labels count; `class_names`: the
    names of its classes, instead of `classes`.
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
    data: DataSet | None = None
    class_names: tuple[str, ...] = ()
    options: TrainOptions = field(default_factory=TrainOptions)


@dataclass(frozen=True, eq=False)
class TrainNews:
    """A word of a running training: one of `segdesk.engines.training.messages`."""

    job_id: int
    value: object


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
        opened = self._desk.opened() if plan.data is None else None

        def run(ctx: Context) -> Generator[None, None, Run]:
            self._desk.saver.flush(ctx.cancelled)
            folder = new_folder()
            try:
                if plan.data is None:
                    return (yield from self._prepared(opened or self._desk.opened(), plan, folder, ctx))
                return (yield from self._from_data(plan.data, plan, folder, ctx))
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
        """Runs that were neither kept nor dropped, do not run here now and can go on, the latest first. Done value:
        list of `Run`."""

        def work(ctx: Context) -> list[Run]:
            with self._lock:
                busy = {process.folder for process in self._processes.values()}
            return [run for run in found_runs(self._models.get) if str(run.folder) not in busy]

        return self._workers.submit("files", N_("Looking for trainings"), work)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _from_data(self, data: DataSet, plan: TrainPlan, folder: Path, ctx: Context) -> Generator[None, None, Run]:
        with taken_in(self._desk, data, folder / "data", ctx) as found:
            here = replace(plan, layer="annotation", only_verified=False, judging=found.judging or plan.judging)
            run = yield from self._prepared(found.opened, here, folder, ctx)
            more = [(problem.name, problem.error) for problem in found.problems]
            return replace(run, left_out=(*more, *run.left_out))

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
        ground = _has_ground(plan.ground, base, classes)
        name = plan.name.strip() or f"{base.system or base.name.en} · {project}"
        card_id = free_id(name, lambda i: self._models.find(i) or (home() / f"{i}.toml").exists())
        table = card_table(base, classes, ground=ground, name=name, card_id=card_id, project=project)
        start = self._start(opened, plan, base, classes)
        channels = {info.id: at + ground for at, info in enumerate(classes)}
        wanted = Wanted(rows, plan.layer, channels, 0 if ground else IGNORED, judging)
        if base.task != "semantic":
            wanted = _with_objects(wanted, plan, base, classes)
        items, left_out = yield from training_set.copied(self._desk, opened, wanted, folder, ctx)
        if len(items) < ENOUGH:
            raise left_out[0][1] if left_out else _too_few(len(items), only_verified=plan.only_verified)
        request = TrainRequest(str(folder), card_of(table), tuple(items), start, plan.options)
        run = Run(request, table, project, tuple(left_out))
        write_run(run)
        sides = {**training_set.known_sides(opened), **{p: p in judging for p in paths}}
        self._desk.saver.put(lambda: opened.project.set_meta(training_set.HOLDOUT, sides), key="holdout")
        return run

    def _classes(
        self, opened: OpenProject, plan: TrainPlan, rows: list[PictureRow], ctx: Context
    ) -> Generator[None, None, list[ClassInfo]]:
        """The classes to train: those that are wanted, or all that the labels show."""
        known, chosen = opened.book.classes, set(plan.classes) | ids_of(opened.book.classes, plan.class_names)
        if not chosen:
            for row in rows:
                ctx.check()
                found = opened.project.load_packed(row.id, plan.layer)
                chosen |= {s.class_id for s in found.segments.values()} if found is not None else set()
                yield
        classes = [info for info in known if info.id in chosen]
        if not classes:
            raise SegDeskError("The labels show no class.", "Label something first.")
        task = self._models.get(plan.card_id).task
        things = [info for info in classes if info.is_thing]
        if task != "semantic" and not things:
            raise SegDeskError(
                "The model finds objects, and none of the classes is countable.",
                "Mark classes as things, or choose a model that tells classes apart only.",
            )
        classes = things if task == "instance" else classes
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
        return tuple(found) if any(found) and (len(found) > 1 or card.task != "semantic") else ()

    def _followed(self, run: Run, ctx: Context, listener: Callable[[object], None]) -> TrainResult:
        process = TrainingProcess(run.request, user_data_dir() / "logs" / "training.log")
        with self._lock:
            self._processes[ctx.job_id] = process
            word = self._words.get(ctx.job_id, "go")
        if word != "go":
            process.command(word)
        scores: list[float | None] = [run.score]
        over = False
        try:
            for message in process.messages():
                ctx.check()
                if message is None:
                    continue
                if isinstance(message, EpochEnd):
                    scores = [*scores, message.judged.score]
                    note_progress(run, message, max((s for s in scores if s is not None), default=None))
                if isinstance(message, TrainProgress):
                    ctx.progress(round(message.fraction * STEPS), STEPS)
                listener(message)
                ctx.report(TrainNews(ctx.job_id, message))
                if isinstance(message, TrainResult):
                    return message
            raise Cancelled
        except SegDeskError:  # its last word, though it may still be ending
            over = True
            raise
        finally:
            with self._lock:
                self._processes.pop(ctx.job_id, None)
                self._words.pop(ctx.job_id, None)
            process.close()
            if not run.begun and (over or not process.alive):  # there is nothing to go on from
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


def ids_of(classes: ClassSet, names: Iterable[str]) -> set[int]:
    """The ids of classes by their names. Raises `SegDeskError` where there is none of a name."""
    found = set()
    for name in names:
        info = classes.named(name)
        if info is None:
            known = ", ".join(c.name for c in classes)
            raise SegDeskError("The project has no class {name}.", "Its classes are: {known}.", name=name, known=known)
        found.add(info.id)
    return found


def _has_ground(wanted: str, base: ModelCard, classes: list[ClassInfo]) -> bool:
    """Whether the net has a channel for the ground."""
    if base.task == "instance":  # unlabelled pixels show no object; some nets have a channel that says so
        return VOID in base.channel_ids
    alone = len(classes) < 2 or (base.task == "panoptic" and all(info.is_thing for info in classes))
    if wanted == "class":
        return True
    if wanted == "ignored" and alone:
        raise SegDeskError(
            "One class alone can only be told from the ground, and so can things without stuff.",
            "Let unlabelled pixels count as the ground.",
        )
    return wanted == "auto" and (VOID in base.channel_ids or alone)


def _with_objects(wanted: Wanted, plan: TrainPlan, base: ModelCard, classes: list[ClassInfo]) -> Wanted:
    """The labels with the objects of things. In an instance map what is not labelled is no object, unless the person
    says that it is unknown."""
    unknown = plan.ground == "ignored" if base.task == "instance" else wanted.rest == IGNORED
    rest = IGNORED if base.task == "instance" else wanted.rest
    things = frozenset(info.id for info in classes if info.is_thing)
    return replace(wanted, rest=rest, things=things, rest_unknown=unknown)


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
