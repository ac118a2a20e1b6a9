"""`segdesk evaluate`: which labels are compared, and which files the report has."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path

from segdesk.app.session import Session
from segdesk.app.transfer import Comparison
from segdesk.io.report import BOTH, OUTPUTS


def evaluate_arguments(parser: argparse.ArgumentParser, layers: Collection[str]) -> None:
    """Add the command's own options."""
    add = parser.add_argument
    add("--layer", choices=layers, default="annotation", help="what to judge (default: %(default)s)")
    add("--against", choices=layers, default="reference", help="by what (default: %(default)s)")
    other = "take --against from another project with the same pictures, such as a copy that another model was run on"
    add("--other", type=Path, metavar="PROJECT", help=other)
    add("--language", choices=("en", "zh_CN", BOTH), default="en", help="of the report's page (default: %(default)s)")
    for output in OUTPUTS:
        add(f"--{output}", action="store_true", help=f"write {output.upper()}; without any of these, all are written")


def job(session: Session, arguments: argparse.Namespace) -> int:
    """Start the comparison that the options name."""
    chosen = [output for output in OUTPUTS if getattr(arguments, output)]
    wanted = Comparison(arguments.layer, arguments.against, arguments.other)
    folder, language = Path(arguments.out), arguments.language
    return session.comparing.evaluate(wanted, folder, language=language, outputs=chosen or OUTPUTS)
