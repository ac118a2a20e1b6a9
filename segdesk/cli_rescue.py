"""`segdesk check` and `segdesk rescue`: is a project file sound, and what of a damaged one can still be read."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from segdesk.app.opening import find_project
from segdesk.app.session import Session
from segdesk.cli_output import Output
from segdesk.domain.errors import SegDeskError
from segdesk.io.project import Project
from segdesk.io.project_care import find_backup
from segdesk.io.project_database import DamagedProject
from segdesk.io.project_rescue import Rescued, rescue

OK, DAMAGED, NOTHING_DONE = 0, 1, 2
CHECK_HELP = "look through a project file for damage; nothing is changed"
RESCUE_HELP = "copy what can be read of a damaged project file into a new one"


def check_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `check`."""
    command.add_argument("project", metavar="PROJECT", help="a project file, or the folder that it lies in")


def rescue_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `rescue`."""
    check_arguments(command)
    text = 'the new project file (default: "NAME recovered.segdesk" beside it)'
    command.add_argument("--output", metavar="FILE", type=Path, help=text)


def check(arguments: argparse.Namespace, output: Output) -> int:
    """Print what is damaged, by the names of the pictures; exit code 1 if something is."""
    path = _file(arguments)
    try:
        with Project.open(path) as project:
            found = project.look_after()
    except DamagedProject as error:
        found = [error.text()]
    if not found:
        output.line(f"{path.name} is sound.")
        return OK
    output.line(f"{path.name} is damaged.")
    with tempfile.TemporaryDirectory(prefix="segdesk-check-") as folder:  # a trial: it knows the names
        _tell(rescue(path, Path(folder) / "trial.segdesk"), output)
    output.note("Nothing was changed. Recover the rest with: segdesk rescue PROJECT")
    _tell_backup(path, output)
    return DAMAGED


def run_rescue(
    session: Session, arguments: argparse.Namespace, output: Output, do: Callable[[Session, int], Any]
) -> int:
    """Recover a project; exit code 1 if something of it was damaged."""
    path = _file(arguments)
    found = do(session, session.rescuing.rescue(path, arguments.output))
    _tell(found, output)
    _tell_backup(path, output)
    output.line(f"project: {found.path}")
    return OK if found.sound else DAMAGED


def _file(arguments: argparse.Namespace) -> Path:
    path = Path(arguments.project).absolute()
    found = find_project(path) if path.is_dir() else path
    if found is None or not found.is_file():
        raise SegDeskError("There is no project in {folder}.", "Name a project file.", folder=str(path))
    return found


def _tell(found: Rescued, output: Output) -> None:
    for one in found.damaged:
        output.line(f"damaged: {one.picture or 'the project'}: {one.what}")
    if found.broken:
        output.line(f"{found.broken} pages or rows of the file cannot be read.")
    output.line(f"{found.pictures} pictures and {found.maps} label maps are readable.")


def _tell_backup(path: Path, output: Output) -> None:
    backup = find_backup(path)
    if backup is not None:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(backup[1]))
        output.note(f"There is a backup copy of {when}: {backup[0]}")
