"""The arguments of the command line's verbs that run a model or take labels in and out; the other verbs have theirs."""

from __future__ import annotations

import argparse

from segdesk import cli_evaluate, cli_export, cli_import, cli_ray, cli_refine, cli_run


def run_arguments(command: argparse.ArgumentParser) -> None:
    """Of `segdesk run`."""
    command.add_argument("folder", metavar="FOLDER", help="a folder of pictures (with subfolders), or a project file")
    command.add_argument("--model", metavar="ID", required=True, help="a model of `segdesk models`")
    command.add_argument("--project", metavar="FILE", help="the project file, where it is not to lie in the folder")
    command.add_argument("--again", action="store_true", help="also where this model with these options has been run")
    command.add_argument("--failed", action="store_true", help="only the pictures that could not be done before")
    cli_ray.ray_arguments(command)
    _model_arguments(command)


def steps_arguments(command: argparse.ArgumentParser) -> None:
    """Of `segdesk steps`."""
    command.add_argument("project", metavar="PROJECT", help="a project file, or the folder that it lies in")
    command.add_argument("--model", metavar="ID", required=True, help="a model of `segdesk models`")
    cli_refine.steps_arguments(command)
    _model_arguments(command)


def _model_arguments(command: argparse.ArgumentParser) -> None:
    """How a model answers, for `run` and `steps` alike."""
    text = "leave out objects below this score, or make pixels below this probability void, 0 to 1"
    command.add_argument("--confidence", metavar="P", type=_fraction, help=text)
    text = "leave out objects of fewer pixels; smaller islands of classes join their neighbour"
    command.add_argument("--min-area", metavar="N", type=_count, help=text)
    text = "leave out objects of which less than this share is free of better ones, 0 to 1"
    command.add_argument("--overlap", metavar="P", type=_fraction, help=text)
    text = "in panoptic maps, make classes without objects void that cover fewer pixels in all"
    command.add_argument("--stuff-area", metavar="N", type=_count, help=text)
    cli_run.text_argument(command)
    cli_run.looks_arguments(command)
    cli_run.matching_arguments(command)
    cli_refine.refinement_arguments(command)
    command.add_argument("--device", default="auto", help="auto (the default), cpu, cuda, cuda:1, mps")
    command.add_argument("--limit", metavar="N", type=_count, help="at most so many pictures")
    weights_argument(command)


def weights_argument(command: argparse.ArgumentParser) -> None:
    """Where weights lie, of every verb that runs a model."""
    text = "a folder with weights files (and cards); may be given several times"
    command.add_argument("--weights", metavar="FOLDER", action="append", help=text)


def transfer_arguments(
    export: argparse.ArgumentParser, import_: argparse.ArgumentParser, evaluate: argparse.ArgumentParser
) -> None:
    """Of the verbs that take labels in and out, and compare them."""
    layers = ("annotation", "prediction", "reference")
    for command in (export, import_, evaluate):
        command.add_argument("project", metavar="PROJECT", help="a project file, or the folder that it lies in")
    for command in (export, import_):
        command.add_argument("--format", metavar="F", required=True, help="a format of `segdesk formats`")
    for command in (export, evaluate):
        command.add_argument("--out", metavar="DIR", required=True, help="the folder to write")
    export.add_argument("--layer", choices=layers, default="annotation", help="which labels (default: %(default)s)")
    cli_export.export_arguments(export)
    import_.add_argument("--from", dest="source", metavar="PATH", required=True, help="the file or folder to read")
    cli_import.import_arguments(import_)
    cli_evaluate.evaluate_arguments(evaluate, layers)


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value
