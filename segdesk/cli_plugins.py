"""`segdesk plugins`: which Python packages add something, and switching them on and off."""

from __future__ import annotations

import argparse
from dataclasses import replace

from segdesk import plugins
from segdesk.app import settings as settings_file
from segdesk.app.extras import outside
from segdesk.app.models import own_models_dir
from segdesk.app.session import Session
from segdesk.cli_output import Output
from segdesk.domain.errors import SegDeskError

HELP = "list packages with plug-ins, which are off until you switch them on, and your own model cards"


def plugins_arguments(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    text = "switch a package on from now on; it can do on this machine what you can do"
    command.add_argument("--on", metavar="PACKAGE", action="append", default=[], help=text)
    command.add_argument("--off", metavar="PACKAGE", action="append", default=[], help="switch a package off")


def run_plugins(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    """Switch, then list. Raises `SegDeskError` for a package that is not there."""
    found = outside()
    known = {package.name for package in found.packages}
    for package in arguments.on:
        if package not in known:
            raise SegDeskError(
                "No installed package {package} has plug-ins for SegDesk.",
                "Install it into the same environment first; `segdesk plugins` lists those that are there.",
                package=package,
            )
    settings, _ = settings_file.load()
    on = {*settings.plugins, *arguments.on} - set(arguments.off)
    if on != set(settings.plugins):
        settings_file.save(replace(settings, plugins=tuple(sorted(on))))
        if set(arguments.on) & set(plugins.stuck()):
            plugins.unstick()
    for package in found.packages:
        adds = ", ".join(f"{group.removeprefix('segdesk.')}: {name}" for group, name in package.adds)
        output.line(f"{'on ' if package.name in on else 'off'}  {package.name} {package.version}  {adds}")
    if not found.packages:
        output.line("No installed Python package has plug-ins for SegDesk.")
    output.line(f"own cards: {own_models_dir()}")
    for card in found.cards:
        output.line(f"     {card.file}  {card.reason.text() if card.reason else ', '.join(card.models)}")
    return 0
