"""The command line: the verbs of the window without one. `segdesk --help` lists them."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from segdesk import (
    __version__,
    cli_add,
    cli_arguments,
    cli_desktop,
    cli_evaluate,
    cli_export,
    cli_import,
    cli_log,
    cli_models,
    cli_plugins,
    cli_points,
    cli_ray,
    cli_refine,
    cli_rescue,
    cli_run,
    cli_teach,
    cli_train,
)
from segdesk.app import discover
from segdesk.app import settings as settings_file
from segdesk.app.first_job import first_job, summary
from segdesk.app.logs import start_logging, stop_logging
from segdesk.app.opening import find_project
from segdesk.app.reports import BatchResult
from segdesk.app.session import Session
from segdesk.cli_output import Output, value_of
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io.formats.base import ExportResult, ImportResult

OK, SOME_FAILED, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130
EPILOG = """\
Without a command, SegDesk opens its window:  segdesk [FOLDER or PROJECT]

first steps:
  segdesk demo DIR                              the whole way on sample pictures
  segdesk run FOLDER --model regions            segment a folder of your own
  segdesk export FOLDER --format coco_instances --out DIR

exit codes: 0 all done, 1 some pictures failed, 2 wrong use or nothing done, 130 interrupted
"""

Verb = Callable[[Session, argparse.Namespace, Output], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (or the window, where no command is given); returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser, verbs = _parser()
    if not words or (words[0] not in verbs and not words[0].startswith("-")):
        return _open_window(words)
    try:
        arguments = parser.parse_args(words)
    except SystemExit as stop:  # --help, --version, wrong use
        return int(stop.code or 0)
    output = Output(quiet=arguments.quiet)
    log = start_logging()
    try:
        with _interruptible():
            return _run(verbs[arguments.command], arguments, output)
    finally:
        stop_logging(log)


def _run(verb: Verb, arguments: argparse.Namespace, output: Output) -> int:
    settings, note = settings_file.load()
    if note:
        output.note(note)
    folders = [str(Path(f).absolute()) for f in getattr(arguments, "weights", None) or []]
    session = Session(replace(settings, model_folders=(*folders, *settings.model_folders)), output)
    try:
        code = verb(session, arguments, output)
    except SegDeskError as error:
        output.problem(error)
        code = NOTHING_DONE
    except (KeyboardInterrupt, Cancelled):
        output.note("Interrupted. What was finished is saved; the same command goes on from there.")
        code = INTERRUPTED
    except BrokenPipeError:  # `segdesk models | head` has read enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # the interpreter flushes it at its end
        code = OK
    if not session.close():
        output.note("segdesk: not everything could be saved.")
        code = code or SOME_FAILED
    return code


def _open_window(words: list[str]) -> int:
    """Qt is loaded only here, where a window is wanted; the command line works where Qt cannot."""
    try:
        start = importlib.import_module("segdesk.ui.start")
    except ImportError as error:
        print(f"segdesk: the window cannot be shown here: {error}. See: segdesk --help", file=sys.stderr)
        return NOTHING_DONE
    return int(start.start_window(words[0] if words else None))


@contextmanager
def _interruptible() -> Iterator[None]:
    """The end that a system or a shell asks for (SIGTERM) is as orderly as Ctrl+C."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: a caller's business
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# -- verbs -----------------------------------------------------------------------------------------------------------


def _do(session: Session, job_id: int) -> Any:
    """Wait for a job; when interrupted, cancel it and let it end well first."""
    try:
        return value_of(session, job_id)
    except KeyboardInterrupt:
        session.cancel(job_id)
        session.wait(job_id, 10.0)
        raise


def _open(session: Session, arguments: argparse.Namespace) -> None:
    """Open a project that exists already."""
    path = Path(arguments.project)
    found = find_project(path) if path.is_dir() else path
    if found is None:
        raise SegDeskError(
            "There is no project in {folder}.", "Make one with: segdesk run FOLDER --model ID", folder=str(path)
        )
    _do(session, session.open(found))


def _choose(session: Session, arguments: argparse.Namespace) -> str:
    """The model and the options that the arguments ask for; returns the model's id."""
    model_id = cli_run.model_id(arguments)
    session.choose_model(model_id)
    session.set_device(arguments.device)
    options, card = replace(session.options, average=cli_run.averaging(arguments)), session.card(model_id)
    session.set_options(options if card is None else cli_refine.refined(options, card, arguments))
    return model_id


def _run_model(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    project = Path(arguments.project) if arguments.project else None
    model_id = _choose(session, arguments)
    with cli_ray.Far.asked(arguments) as far:
        opened = _do(session, far.open(session) if far else session.open(Path(arguments.folder), project))
        if opened.note:
            output.note(opened.note)
        if arguments.map or arguments.ignore_rest:
            session.matching.match_rules(model_id, arguments.map or [], ignore_rest=arguments.ignore_rest)
        again, limit, failed = arguments.again, arguments.limit, arguments.failed
        result = _do(session, far.run(session) if far else session.run_all(again=again, limit=limit, failed=failed))
    output.line(f"project: {session.project.path if session.project else ''}")
    if far:
        far.tell(session, result, output)
    code = _tell_batch(result, output)
    return OK if arguments.failed and not result.failed else code  # none had failed: that is well


def _tell_batch(result: BatchResult, output: Output) -> int:
    for path, error in result.failed:
        output.note(f"failed: {path}: {error.text()}")
    for note in result.notes:
        output.note(note)
    output.line(
        f"{result.answered} segmented, {result.already} were done before, {result.kept} with labels by hand kept, "
        f"{result.verified} verified left alone, {len(result.failed)} failed"
        + (f" ({result.seconds:.1f} s on {result.device})" if result.device else "")
    )
    if result.failed:
        return SOME_FAILED if result.answered or result.already else NOTHING_DONE
    return OK if result.answered or result.already or result.verified else NOTHING_DONE


def _export(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    _open(session, arguments)
    choice = cli_export.choice_of(session, arguments)
    job = session.export(arguments.format, Path(arguments.out), choice, verify=not arguments.no_verify)
    result = _do(session, job)
    output.line(f"{result.pictures} pictures, {result.objects} objects: {result.folder}")
    output.line(cli_export.verified_line(result.verified))
    return _tell_left_out(result, output)


def _import(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    _open(session, arguments)
    order = cli_import.order_of(session, arguments)
    if arguments.dry_run:
        found = _do(session, session.survey_import(arguments.format, order))
        output.line("\n".join(cli_import.survey_lines(found, session.classes)))
        return _tell_left_out(found.result, output)
    result = _do(session, session.import_labels(arguments.format, order))
    output.line(f"{result.pictures} pictures, {result.objects} objects into {arguments.layer}")
    return _tell_left_out(result, output)


def _tell_left_out(result: ExportResult | ImportResult, output: Output) -> int:
    """Print what an export or import left out and remarks; returns the exit code."""
    for problem in result.problems:
        output.note(f"left out: {problem.name}: {problem.error.text()}")
    for note in result.notes:
        output.note(str(note))
    if not result.pictures:
        return NOTHING_DONE
    return SOME_FAILED if result.problems else OK


def _evaluate(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    _open(session, arguments)
    found = _do(session, cli_evaluate.job(session, arguments))
    for line in found.report.headline_lines():
        output.line(line)
    output.line(f"report: {found.page}")
    for name, error in found.report.failed:
        output.note(f"left out: {name}: {error.text()}")
    return SOME_FAILED if found.report.failed else OK


def _steps(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    model_id = _choose(session, arguments)
    _open(session, arguments)
    if arguments.map or arguments.ignore_rest:
        session.matching.match_rules(model_id, arguments.map or [], ignore_rest=arguments.ignore_rest)
    return SOME_FAILED if cli_refine.judge(session, arguments, output, _do).failed else OK


def _formats(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    if arguments.format:
        info = discover.pick(session.formats, session.broken_formats, arguments.format).info
        output.line("\n".join([f"{info.title}. {info.note}", *cli_export.option_lines(info)]))
        return OK
    for plugin in session.formats:
        ways = " ".join(w for w, can in (("export", plugin.info.can_write), ("import", plugin.info.can_read)) if can)
        output.line(f"{plugin.info.id:18} {ways:14} {plugin.info.title}. {plugin.info.note}")
    for broken in session.broken_formats:
        output.note(f"broken: {broken.reason.text()}")
    return OK


def _download(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    paths = _do(session, session.download(arguments.model))
    output.line("\n".join(str(p) for p in paths) or "The weights are here already, or none are needed.")
    return OK


def _add(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    return cli_add.add(session, arguments, output, _do)


def _train(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    if arguments.project:
        _open(session, arguments)
    elif not cli_train.stands_alone(arguments):
        raise SegDeskError("Name the project to train on.", "Or a data set: segdesk train --data PATH --format F.")
    return cli_train.train(session, arguments, output, _do)


def _teach(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    _open(session, arguments)
    return cli_teach.teach(session, arguments, output, _do)


def _check(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    return cli_rescue.check(arguments, output)


def _rescue(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    return cli_rescue.run_rescue(session, arguments, output, _do)


def _samples(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    output.line(str(_do(session, session.samples(Path(arguments.folder)))))
    return OK


def _demo(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    job = first_job(session, Path(arguments.folder).absolute(), lambda job_id: _do(session, job_id), output.line)
    for text in summary(job):
        output.line(text)
    return SOME_FAILED if job.failed else OK


# -- arguments -------------------------------------------------------------------------------------------------------


def _parser() -> tuple[argparse.ArgumentParser, dict[str, Verb]]:
    parser = argparse.ArgumentParser(
        prog="segdesk",
        description="Segment folders of pictures, correct the labels, export them and prove their quality.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"SegDesk {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    verbs: dict[str, Verb] = {}

    def add(name: str, verb: Verb, text: str) -> argparse.ArgumentParser:
        verbs[name] = verb
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.add_argument("--quiet", action="store_true", help="print no progress")
        return command

    cli_arguments.run_arguments(
        add("run", _run_model, "run a model on a folder of pictures; again: go on where it stopped")
    )
    cli_arguments.transfer_arguments(
        add("export", _export, "write the labels of a project in a format"),
        add("import", _import, "read labels of a format into a project"),
        add("evaluate", _evaluate, "compare two layers of labels and write a report"),
    )
    cli_arguments.steps_arguments(add("steps", _steps, cli_refine.STEPS_HELP))
    command = add("models", cli_models.models, "list the models: id, task, where the weights are, size, licence, score")
    cli_models.arguments(command)
    cli_arguments.weights_argument(command)
    command = add("download", _download, "fetch the weights of a model")
    command.add_argument("model", metavar="ID", help="a model of `segdesk models`")
    command = add("points", cli_points.run_points, cli_points.HELP)
    cli_points.points_arguments(command)
    cli_arguments.weights_argument(command)
    cli_add.add_arguments(add("add", _add, "add a model from a checkpoint, an ONNX or TorchScript file, or a folder"))
    command = add("train", _train, cli_train.HELP)
    cli_train.train_arguments(command)
    cli_arguments.weights_argument(command)
    cli_teach.teach_arguments(add("teach", _teach, cli_teach.HELP))
    cli_desktop.desktop_arguments(add("desktop", cli_desktop.run_desktop, cli_desktop.HELP))
    cli_plugins.plugins_arguments(add("plugins", cli_plugins.run_plugins, cli_plugins.HELP))
    command = add("formats", _formats, "list the formats for export and import")
    command.add_argument("--format", metavar="F", help="the options of one format")
    cli_rescue.check_arguments(add("check", _check, cli_rescue.CHECK_HELP))
    cli_rescue.rescue_arguments(add("rescue", _rescue, cli_rescue.RESCUE_HELP))
    cli_log.log_arguments(add("log", cli_log.run_log, cli_log.HELP))
    command = add("samples", _samples, "write a project with sample pictures")
    command.add_argument("folder", metavar="DIR", help="where to; a sample project that is there is left as it is")
    command = add("demo", _demo, "do the main job on the samples: segment, export, score")
    command.add_argument("folder", metavar="DIR", help="where to; may be an earlier demo, which is then completed")
    return parser, verbs
