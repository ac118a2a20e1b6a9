"""The command `segdesk export`: its arguments, and what it says of the export that was read back."""

from __future__ import annotations

import argparse

from segdesk.app.session import Session
from segdesk.domain.errors import SegDeskError
from segdesk.domain.splits import SplitRule
from segdesk.io.export_choice import PICTURES, ExportChoice
from segdesk.io.formats.base import FormatInfo
from segdesk.io.verifying import Verified


def export_arguments(command: argparse.ArgumentParser) -> None:
    """The arguments beside project, format and folder."""
    command.add_argument("--only-verified", action="store_true", help="only pictures that were marked as right")
    command.add_argument("--class", dest="classes", metavar="NAME", action="append", help="only this class; repeatable")
    text = "copies of the pictures, hard links to them, or labels alone (default: %(default)s)"
    command.add_argument("--pictures", choices=PICTURES, default="copy", help=text)
    command.add_argument("--no-pictures", action="store_true", help="the same as --pictures none")
    text = "divide into train, val and test by these shares, for example 80/20 or 70/20/10"
    command.add_argument("--split", metavar="A/B[/C]", type=_shares, help=text)
    command.add_argument("--seed", type=int, default=1, help="of the split (default: %(default)s)")
    text = "a regular expression: pictures in whose paths it finds the same text stay together (default: by folder)"
    command.add_argument("--group", metavar="RULE", default="", help=text)
    text = "an option of the format, see `segdesk formats --format F`; repeatable"
    command.add_argument("--option", metavar="NAME=VALUE", action="append", default=[], type=_pair, help=text)
    command.add_argument("--no-verify", action="store_true", help="do not read the export back")


def _shares(text: str) -> tuple[float, float, float]:
    parts = [float(part) for part in text.replace(",", "/").split("/")]
    if not 2 <= len(parts) <= 3:
        raise argparse.ArgumentTypeError("give two or three shares, for example 80/20")
    train, val, test = (*parts, 0.0)[:3]
    return train, val, test


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError("give NAME=VALUE")
    return name, value


def choice_of(session: Session, arguments: argparse.Namespace) -> ExportChoice:
    """What the arguments ask for, of the open project. Raises `SegDeskError`."""
    return ExportChoice(
        layer=arguments.layer,
        states=("verified",) if arguments.only_verified else None,
        class_ids=_class_ids(session, arguments.classes),
        pictures="none" if arguments.no_pictures else arguments.pictures,
        split=SplitRule(arguments.split, arguments.seed, arguments.group) if arguments.split else None,
        options=dict(arguments.option),
    )


def _class_ids(session: Session, names: list[str] | None) -> frozenset[int] | None:
    if names is None:
        return None
    found = {name: session.classes.named(name) for name in names}
    missing = [name for name, info in found.items() if info is None]
    if missing:
        raise SegDeskError(
            "The project has no class {name}.",
            "It has: {classes}.",
            name=", ".join(missing),
            classes=", ".join(c.name for c in session.classes),
        )
    return frozenset(info.id for info in found.values() if info is not None)


def verified_line(found: Verified | None) -> str:
    """What was found on reading an export back, in one line."""
    if found is None:
        return "not read back"
    readers = " and ".join(found.readers)
    if found.exact:
        return f"read back by {readers}: 0 of {found.pixels} pixels differ"
    parts = [f"{found.class_pixels} pixels have another class", f"{found.object_pixels} belong to another object"]
    if found.missing:
        parts.append(f"{found.missing} pictures did not come back")
    return f"read back by {readers}, of {found.pixels} pixels: " + ", ".join(parts)


def option_lines(info: FormatInfo) -> list[str]:
    """The options of a format, one a line."""
    return [
        f"{option.id}={'|'.join(value for value, _ in option.values)}  {option.title} (default: {option.values[0][0]})"
        for option in info.options
    ]
