"""`segdesk log`: where the logs lie, their last lines, and what to send along with a question."""

from __future__ import annotations

import argparse

from segdesk.app.details import details, last_lines
from segdesk.app.logs import LOGS, log_file
from segdesk.app.session import Session
from segdesk.cli_output import Output

HELP = "print where the log lies, or its last lines, or what to send along with a question"


def log_arguments(command: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    command.add_argument("--last", metavar="N", type=int, default=0, help="print the last N lines of each log")
    command.add_argument("--details", action="store_true", help="print versions, machine and log, without your name")


def run_log(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    """Print it; returns the exit code."""
    if arguments.details:
        output.line(details("").rstrip())
        return 0
    output.line(str(log_file()))
    for name in LOGS if arguments.last > 0 else ():
        lines = last_lines(log_file().with_name(name), arguments.last)
        if lines:
            output.line("\n".join([f"-- {name} --", *lines]))
    return 0
