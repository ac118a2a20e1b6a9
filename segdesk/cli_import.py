"""The command `segdesk import`: its arguments, and what a file would bring."""

from __future__ import annotations

import argparse
from pathlib import Path

from segdesk.app.importing import ImportOrder, Survey
from segdesk.app.session import Session
from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.errors import SegDeskError


def import_arguments(command: argparse.ArgumentParser) -> None:
    """The arguments beside project, format and source."""
    text = (
        "annotation to go on working on them, prediction as a model's answer, reference to compare with "
        "(default: %(default)s)"
    )
    layers = ("annotation", "prediction", "reference")
    command.add_argument("--as", dest="layer", choices=layers, default="reference", help=text)
    text = "the file's class THEIRS is the project's class OURS; without OURS it is left out; repeatable"
    command.add_argument("--map", metavar="THEIRS=[OURS]", action="append", default=[], help=text)
    text = "also replace the labels of pictures that a person has corrected"
    command.add_argument("--replace-work", action="store_true", help=text)
    command.add_argument("--dry-run", action="store_true", help="say what the file holds, and store nothing")


def order_of(session: Session, arguments: argparse.Namespace) -> ImportOrder:
    """What the arguments ask for, of the open project. Raises `SegDeskError`."""
    become = {}
    for text in arguments.map:
        theirs, equals, ours = text.partition("=")
        if not equals or not theirs:
            raise SegDeskError("--map takes THEIRS=OURS, not {text}.", text=text)
        info = session.classes.named(ours) if ours else None
        if ours and info is None:
            names = ", ".join(c.name for c in session.classes)
            raise SegDeskError("The project has no class {name}.", "It has: {classes}.", name=ours, classes=names)
        become[theirs] = info.id if info is not None else VOID
    return ImportOrder(Path(arguments.source), arguments.layer, become, arguments.replace_work)


def survey_lines(found: Survey, classes: ClassSet) -> list[str]:
    """A line for each class of the file."""
    lines = [f"{found.result.pictures} pictures, {found.result.objects} objects, {len(found.classes)} classes"]
    for row in found.classes:
        known = "" if classes.named(row.info.name) is None else ", in the project"
        kind = "thing" if row.info.is_thing else "stuff"
        lines.append(
            f"  {row.info.name}: {row.segments} objects in {row.pictures} pictures, {row.pixels} px, {kind}{known}"
        )
    return lines
