"""`segdesk teach`: a model from the strokes that were painted in teach mode."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from segdesk.app.scribbles import BACKGROUND
from segdesk.app.session import Session
from segdesk.app.teaching import Shown
from segdesk.cli_output import Output

Do = Callable[[Session, int], Any]  # waits for a job
HELP = "learn a model from the strokes that were painted in teach mode"


def teach_arguments(command: argparse.ArgumentParser) -> None:
    """What `segdesk teach` takes."""
    add = command.add_argument
    add("project", metavar="PROJECT", help="a project file, or the folder that it lies in")
    text = "keep the model under this name (default: as the project's own, in the place of its last one)"
    add("--name", metavar="NAME", default="", help=text)


def teach(session: Session, arguments: argparse.Namespace, output: Output, do: Do) -> int:
    """Learn and keep; says what was learned from and the id for `segdesk run --model`."""
    shown: Shown = do(session, session.teaching.learn())
    taught = shown.taught
    for name, error in taught.left_out:
        output.note(f"{name} was left out: {error.text()}")
    names = {info.id: info.name for info in session.classes} | {BACKGROUND: "no label"}
    for class_id, count in taught.pixels.items():
        output.line(f"{names[class_id]:24} {count:8,} pixels")
    card_id = do(session, session.teaching.keep(arguments.name))
    output.line(f"{card_id}: learned from strokes on {taught.pictures} picture(s)")
    output.line(f"segdesk run {arguments.project} --model {card_id}")
    return 0
