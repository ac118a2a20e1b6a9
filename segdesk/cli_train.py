"""`segdesk train`: a model from the labels of a project."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segdesk.app import discover
from segdesk.app.session import Session
from segdesk.app.training import GROUNDS, Run, TrainPlan
from segdesk.app.training_data import DataSet
from segdesk.cli_output import Output
from segdesk.domain.errors import SegDeskError
from segdesk.engines.training.messages import (
    ADVERSARIES,
    AUGMENTATIONS,
    LOSSES,
    OPTIMISERS,
    SCHEDULES,
    EpochEnd,
    Judged,
    TrainBegun,
    TrainOptions,
    TrainResult,
)

Do = Callable[[Session, int], Any]  # waits for a job
HELP = "train a model on the labelled pictures of a project"
OK, WORSE = 0, 1
LATEST = "latest"


def train_arguments(command: argparse.ArgumentParser) -> None:
    """What `segdesk train` takes."""
    add = command.add_argument
    add("project", metavar="PROJECT", nargs="?", help="a project file, or the folder that it lies in")
    text = "train on a data set instead: a file or folder that --format reads; may be given several times"
    add("--data", metavar="PATH", action="append", default=[], help=text)
    add("--format", metavar="F", default="", help="of the data set: a format of `segdesk formats`")
    text = "a data set, or a part of one, that judges and is never learned from; may be given several times"
    add("--judge-by", metavar="PATH", action="append", default=[], help=text)
    add("--pictures", metavar="DIR", help="where the data set's pictures lie, if not beside its labels")
    add("--from", dest="start", metavar="ID", default="", help="the model to start from, of `segdesk models`")
    add("--encoder-from", metavar="ID", default="", help="take only the encoder's weights, of this model")
    add("--encoder-only", action="store_true", help="take only the encoder's weights of the model")
    add("--scratch", action="store_true", help="start the model's network from random numbers")
    text = "go on with a training that was broken off (without RUN: the latest)"
    add("--resume", metavar="RUN", nargs="?", const=LATEST, help=text)
    add("--runs", action="store_true", help="list the trainings that were broken off, or not yet kept")
    add("--drop", metavar="RUN", help="delete such a training")
    add("--name", default="", help="what the new model is to be called")
    add("--out", metavar="DIR", help="where card and weights go (default: your models)")
    add("--keep", choices=("better", "always", "never"), default="better", help="when to keep it (default: better)")
    add("--layer", choices=("annotation", "reference", "prediction"), default="annotation", help="which labels")
    add("--all", action="store_true", help="all labelled pictures, not just the verified ones")
    add("--classes", metavar="A,B", default="", help="only these classes (default: all that the labels show)")
    add("--ground", choices=GROUNDS, default="auto", help="what unlabelled pixels are: the ground, or ignored")
    add("--hold-out", metavar="SHARE", type=float, default=0.2, help="share that judges and is never learned from")
    _recipe_arguments(command)


def _recipe_arguments(command: argparse.ArgumentParser) -> None:
    """Those of `TrainOptions`."""
    add, usual = command.add_argument, TrainOptions()
    count, amount = _at_least(int), _at_least(float)
    add("--epochs", type=count, default=usual.epochs, help="0 = as long as --minutes (default: %(default)s)")
    add("--minutes", type=amount, default=0.0, help="end after so many minutes")
    add("--loss", choices=LOSSES, default=usual.loss, help="(default: %(default)s)")
    add("--class-weights", action="store_true", help="rare classes count more")
    add("--optimiser", choices=OPTIMISERS, default=usual.optimiser, help="(default: %(default)s)")
    add("--schedule", choices=SCHEDULES, default=usual.schedule, help="of the rate (default: %(default)s)")
    add("--rate", type=amount, default=0.0, help="the learning rate (default: 0.001 for adamw, 0.01 for sgd)")
    text = "what the encoder learns at, of that (default: %(default)s; from scratch: 1)"
    add("--encoder-rate", type=amount, default=usual.encoder_rate, help=text)
    text = "learn the starting model's answer too: so much beside labels that agree with it, fully where there is none"
    add("--teacher", metavar="SHARE", type=amount, default=usual.teacher, help=text)
    text = "a second net that tells answers from labels: of label maps alone, or of patches with the picture"
    add("--adversary", choices=ADVERSARIES, default=usual.adversary, help=f"{text} (default: %(default)s)")
    text = "how much misleading it counts beside the loss (default: %(default)s)"
    add("--adversary-weight", type=amount, default=usual.adversary_weight, help=text)
    add("--batch", type=count, default=0, help="crops at a time")
    add("--crop", type=count, default=0, help="pixels of a crop's side")
    add("--augment", choices=AUGMENTATIONS, default=usual.augmentation, help="(default: %(default)s)")
    add("--freeze-encoder", action="store_true", help="train only what follows the encoder")
    add("--freeze-norm", action="store_true", help="keep the statistics of batch norm")
    add("--patience", type=count, default=0, help="end after so many epochs without a better score")
    add("--seed", type=count, default=1, help="equal seeds give equal results on the processor (default: 1)")
    add("--threads", type=count, default=0, help="of the processor")
    add("--device", default="auto", help="auto (the default), cpu, cuda, cuda:1")


def _at_least(kind: Callable[[str], float]) -> Callable[[str], float]:
    """A number that is not negative."""

    def parse(text: str) -> float:
        value = kind(text)  # a ValueError is told as wrong use
        if value < 0:
            raise argparse.ArgumentTypeError(f"{text} is negative")
        return value

    parse.__name__ = "number"
    return parse


def stands_alone(arguments: argparse.Namespace) -> bool:
    """Whether the command needs no project."""
    return bool(arguments.data or arguments.resume or arguments.runs or arguments.drop)


def train(session: Session, arguments: argparse.Namespace, output: Output, do: Do) -> int:
    """Run the command on the open project; returns the exit code."""
    if arguments.runs:
        return _list(session, output, do)
    if arguments.drop:
        do(session, session.training.drop(_unfinished(session, arguments.drop, do)))
        return OK
    resumed = bool(arguments.resume)
    run = _unfinished(session, arguments.resume, do) if resumed else _prepared(session, arguments, output, do)
    names = [c.name for c in run.request.card.classes]
    held = sum(i.held_out for i in run.request.items)
    learned = len(run.request.items) - held
    what = f"{learned} picture{'' if learned == 1 else 's'}"
    output.line(f"learning from {what}, judging by {held}: {', '.join(names)[:200]}")
    for path, error in run.left_out:
        output.note(f"left out: {path}: {error.text()}")
    result: TrainResult = do(session, session.training.train(run, lambda message: _tell(message, output)))
    for line in table(names, result.old, result.new):
        output.line(line)
    if result.error is not None:
        output.problem(result.error)
    return _keep(session, arguments, output, do, run, result)


def _unfinished(session: Session, run_id: str, do: Do) -> Run:
    found: list[Run] = do(session, session.training.unfinished())
    if not found:
        raise SegDeskError("There is no training to go on with.", "Begin one with: segdesk train PROJECT --from ID")
    if run_id == LATEST:
        return found[0]
    for run in found:
        if run.id == run_id:
            return run
    raise SegDeskError("There is no training {run}.", "See: segdesk train --runs", run=run_id)


def _list(session: Session, output: Output, do: Do) -> int:
    """A line for each training that can be gone on with."""
    for run in do(session, session.training.unfinished()):
        epochs = run.request.options.epochs
        place = f"epoch {run.epoch} of {epochs or 'any number'}" if run.begun else "not begun"
        when = f"{run.when:%Y-%m-%d %H:%M}" if run.when else ""
        output.line(f"{run.id}  {when}  {place}, best {_percent(run.score)}  {run.name}  ({run.project})")
    return OK


def _prepared(session: Session, arguments: argparse.Namespace, output: Output, do: Do) -> Run:
    if not arguments.start:
        raise SegDeskError("Name the model to start from.", "Use --from ID, with a model of `segdesk models`.")
    plan = TrainPlan(
        arguments.start,
        arguments.name,
        mode="scratch" if arguments.scratch else "encoder" if arguments.encoder_only else "card",
        encoder_from=arguments.encoder_from,
        layer=arguments.layer,
        only_verified=not arguments.all and arguments.layer == "annotation",
        class_names=tuple(word.strip() for word in arguments.classes.split(",") if word.strip()),
        data=_data(session, arguments),
        ground=arguments.ground,
        share=min(0.9, max(0.01, arguments.hold_out)),
        options=_options(arguments),
    )
    return do(session, session.training.prepare(plan))


def _options(arguments: argparse.Namespace) -> TrainOptions:
    if arguments.epochs <= 0 and arguments.minutes <= 0:
        raise SegDeskError("A training needs an end.", "Give --epochs or --minutes.")
    same = ("loss", "class_weights", "optimiser", "schedule", "minutes", "rate", "freeze_encoder")
    same = (*same, "encoder_rate", "teacher", "adversary", "adversary_weight")
    more = ("patience", "seed", "threads", "device", "batch", "crop", "epochs")
    values: dict[str, Any] = {key: getattr(arguments, key) for key in (*same, *more)}
    frozen = True if arguments.freeze_norm else None
    return replace(TrainOptions(**values), augmentation=arguments.augment, freeze_norm=frozen)


def _data(session: Session, arguments: argparse.Namespace) -> DataSet | None:
    """The data set that is asked for; None = the project's labels."""
    if not arguments.data:
        if arguments.judge_by or arguments.format or arguments.pictures:
            raise SegDeskError("Name the data set to learn from.", "Use --data PATH with --format F.")
        return None
    if not arguments.format:
        raise SegDeskError("Name the format of the data set.", "Use --format F, with a format of `segdesk formats`.")
    plugin = discover.pick(session.formats, session.broken_formats, arguments.format)
    if not plugin.info.can_read:
        raise SegDeskError("{format} can only be exported.", "Choose another format.", format=plugin.info.title)
    pictures = Path(arguments.pictures) if arguments.pictures else None
    return DataSet(plugin, tuple(map(Path, arguments.data)), tuple(map(Path, arguments.judge_by)), pictures)


def _tell(message: object, output: Output) -> None:
    if isinstance(message, TrainBegun):
        old = f"; the model scores {_percent(message.old.score)} as it is" if message.old else ""
        output.line(f"on {message.device}: {message.batch} crops of {message.crop} pixels at a time{old}")
        for note in message.notes:
            output.note(note)
    elif isinstance(message, EpochEnd):
        mark = " *" if message.best else ""
        judged = message.judged
        score = f"{judged.metric} {_percent(judged.score)}"
        output.line(f"epoch {message.epoch}: loss {message.loss:.4f}, {score}, {message.seconds:.0f} s{mark}")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f} %"


def table(names: Sequence[str], old: Judged | None, new: Judged) -> list[str]:
    """Old against new on the hold-out, a line for each class."""
    width = max([4, *map(len, names)])
    head = "IoU" if new.metric == "mIoU" else new.metric
    rows = [(name, old.by_class[at] if old else None, new.by_class[at]) for at, name in enumerate(names)]
    rows.append(("mean", old.score if old else None, new.score))
    rows += [(name, getattr(old, field, None), getattr(new, field)) for name, field in new.further]
    lines = [f"{head:{width}}  {'old':>9}  {'new':>9}"]
    return lines + [f"{name:{width}}  {_percent(a):>9}  {_percent(b):>9}" for name, a, b in rows]


def is_better(result: TrainResult) -> bool:
    """Whether the new model beats the old one on the hold-out."""
    if result.old is None or result.old.score is None:
        return True
    return result.new.score is not None and result.new.score > result.old.score


def _keep(
    session: Session, arguments: argparse.Namespace, output: Output, do: Do, run: Run, result: TrainResult
) -> int:
    if arguments.keep == "never" or (arguments.keep == "better" and not is_better(result)):
        output.line(f"not kept: {'it is not better' if arguments.keep == 'better' else 'as asked'}")
        do(session, session.training.drop(run))
        return OK if arguments.keep == "never" else WORSE
    folder = Path(arguments.out) if arguments.out else None
    card_id = do(session, session.training.keep(run, result, name=arguments.name, folder=folder))
    output.line(f"kept: {card_id}")
    return OK
