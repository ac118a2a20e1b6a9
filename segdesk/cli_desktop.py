"""The verb `segdesk desktop`: an entry in the system's menu, and project files that open by a double click."""

from __future__ import annotations

import argparse

from segdesk.app import desktop_entry
from segdesk.app.session import Session
from segdesk.cli_output import Output

HELP = "put SegDesk into the system's menu and open project files by a double click"


def desktop_arguments(command: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    command.add_argument("--remove", action="store_true", help="take all of it back")


def run_desktop(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    """Do it and print what was written or removed; returns the exit code."""
    for line in desktop_entry.remove() if arguments.remove else desktop_entry.install():
        output.line(line)
    return 0
