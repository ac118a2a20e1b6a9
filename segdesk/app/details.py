"""What a person can copy about an error, to ask somebody else: words, versions, the machine, the end of the logs.

The person's name and home folder are left out where they stand in paths. Nothing is sent anywhere.
"""

from __future__ import annotations

import getpass
import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path

from segdesk import __version__
from segdesk.app import settings
from segdesk.app.logs import LOGS, log_file
from segdesk.domain.errors import SegDeskError
from segdesk.processes import frozen

LINES = {"segdesk.log": 60, "engine.log": 25, "training.log": 15}  # of the end of each log
TAIL_BYTES = 64 << 10
PACKAGES = (
    "numpy",
    "torch",
    "torchvision",
    "opencv-python-headless",
    "PySide6-Essentials",
    "onnxruntime",
    "transformers",
)


def details(error: SegDeskError | str, hint: str = "") -> str:
    """A text of some dozens of lines about an error, or about a sentence that was shown with its hint. Reads files: not
    on the UI thread."""
    if isinstance(error, SegDeskError):
        error, hint = error.text(), error.hint_text()
    parts = ["\n".join(line for line in (error, hint) if line), "\n".join(system_lines()), *_logs()]
    return without_person("\n\n".join(part for part in parts if part) + "\n")


def system_lines() -> list[str]:
    """The program, what it runs on, and the device that is set."""
    packages = [f"{name} {version}" for name in PACKAGES if (version := _version(name))]
    return [
        f"SegDesk {__version__}{' (double-click build)' if frozen() else ''}",
        f"Python {platform.python_version()}, {platform.platform()}, {platform.machine()}",
        f"{os.cpu_count() or '?'} cores, {_memory()}device: {settings.load()[0].device}",
        ", ".join(packages),
    ]


def _version(package: str) -> str:
    """Its version, "" where it is not installed; nothing is imported."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GB of memory, "
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return ""


def _logs() -> list[str]:
    found = []
    for name in LOGS:
        lines = last_lines(log_file().with_name(name), LINES[name])
        if lines:
            found.append("\n".join([f"-- {name} --", *lines]))
    return found


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a file; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            return file.read().decode("utf-8", errors="replace").splitlines()[-count:]
    except OSError:
        return []


def without_person(text: str) -> str:
    """The text with the home folder written as ~ and the person's name taken out of other paths."""
    for home in _homes():
        text = re.sub(re.escape(home) + r"(?=[\\/:'\"\s,;)\]]|$)", "~", text, flags=re.IGNORECASE if _windows() else 0)
    name = _name()
    return re.sub(rf"(?<=[\\/]){re.escape(name)}(?=[\\/])", "(name)", text) if name else text


def _homes() -> list[str]:
    """The home folder in each of its spellings, long ones first: as it is, with links followed, with other strokes."""
    plain = {str(Path.home()), os.path.realpath(Path.home())}
    spelled = {s for home in plain for s in (home, home.replace("\\", "/"), home.replace("\\", "\\\\"))}
    return sorted((s for s in spelled if len(s.strip("\\/")) > 1), key=len, reverse=True)


def _name() -> str:
    """The person's name on this machine, "" where there is none that could stand in a path alone."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
    return name if len(name) > 2 else ""


def _windows() -> bool:
    return sys.platform == "win32"
