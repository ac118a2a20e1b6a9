"""What the program stands on: the packages that it needs with their versions and licences, and the models that come
with it. For the About page; reads metadata, imports nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
from dataclasses import dataclass
from email.message import Message
from functools import cache
from pathlib import Path
from typing import cast

import segdesk
from segdesk.app.logs import log_file
from segdesk.domain.card import Text
from segdesk.io.cards import load_cards
from segdesk.paths import models_dir, user_cache_dir, user_config_dir

_SHOWN = ("torch", "torchvision", "numpy", "opencv-python-headless", "numba", "pillow", "onnxruntime", "transformers")
LONGEST_TEXT = 200_000  # letters of one licence
_FILES = re.compile(r"(licen[cs]e|copying|notice|copyright|authors)", re.IGNORECASE)
_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True)
class Part:
    """A package. `licence`: as its metadata say, "" if they do not; `text`: the licence files that come with it;
    `extra`: SegDesk's extra that wants it, "" for all that it always needs."""

    name: str
    version: str
    licence: str
    page: str
    text: str
    extra: str = ""


@dataclass(frozen=True)
class Weights:
    """Weights that come with the program. `name`: in each language."""

    model: str
    name: Text
    licence: str
    data: str


@dataclass(frozen=True)
class Facts:
    """All of it."""

    parts: tuple[Part, ...]
    weights: tuple[Weights, ...]


@cache  # what is installed stays as long as the program runs
def collect() -> Facts:
    """Read it all; some tenths of a second, the first time."""
    return Facts(tuple(parts()), tuple(shipped_weights()))


def parts(root: str = "segdesk") -> list[Part]:
    """Everything installed that SegDesk needs, directly or not, in the order of names; without metadata of its own
    (a checkout that was not installed) what is installed beside it."""
    found: dict[str, Part] = {}
    waiting = [(name, extra) for name, extra in _wanted(root)] or [(n, "") for n in _all_names()]
    while waiting:
        name, extra = waiting.pop(0)
        key = _plain(name)
        if key in found or key == _plain(root):
            continue
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an extra that is not installed, or for another system
        found[key] = _part(package, name, extra)
        waiting += [(n, extra) for n, of in _wanted(name) if not of]
    return sorted(found.values(), key=lambda part: part.name.casefold())


def _wanted(name: str) -> list[tuple[str, str]]:
    """(package, extra) of what a package requires; those that are only for developing it are left out."""
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    result = []
    for line in lines:
        match = _NAME.match(line)
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", line)
        if match is not None and (extra is None or extra[1] != "dev"):
            result.append((match[1], extra[1] if extra is not None else ""))
    return result


def _all_names() -> list[str]:
    return sorted({d.metadata["Name"] for d in importlib.metadata.distributions() if d.metadata["Name"]})


def _part(package: importlib.metadata.Distribution, name: str, extra: str) -> Part:
    data = cast(Message, package.metadata)  # which it is
    pages = [text.partition(",")[2].strip() for text in data.get_all("Project-URL") or []]
    page = data.get("Home-page") or next((p for p in pages if p.startswith("http")), "")
    return Part(data.get("Name") or name, package.version or "", _licence(data), page, _texts(package), extra)


def _licence(data: Message) -> str:
    """In one line: the SPDX expression, else what the classifiers say, else the first line of the field."""
    if expression := data.get("License-Expression"):
        return expression
    classes = [c.rpartition("::")[2].strip() for c in data.get_all("Classifier") or [] if c.startswith("License ::")]
    classes = [c for c in classes if c != "OSI Approved"]
    if classes:
        return ", ".join(classes)
    lines = (data.get("License") or "").strip().splitlines()
    return lines[0][:100] if lines and lines[0].upper() != "UNKNOWN" else ""


def _texts(package: importlib.metadata.Distribution) -> str:
    """The licence files of the package's metadata, one after another."""
    texts, room = [], LONGEST_TEXT
    for file in package.files or []:
        if not _FILES.search(file.name) or ".dist-info" not in str(file).replace("\\", "/"):
            continue
        try:
            text = Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")[:room]
        except OSError:
            continue
        texts.append(f"{file.name}\n\n{text.strip()}\n")
        room -= len(text)
    return "\n\n".join(texts)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def shipped_weights() -> list[Weights]:
    """The models whose weights lie beside their cards in the program."""
    cards, _ = load_cards([models_dir()])
    return [
        Weights(card.id, card.name, card.licence.weights, card.data)
        for card in cards
        if card.weights is not None and (models_dir() / card.weights.file).is_file()
    ]


def system_info(facts: Facts | None = None, devices: tuple[str, ...] = (), qt: str = "") -> str:
    """Lines for a report of a fault: versions, system, devices, folders. Nothing of the person's work, and the home
    folder only as ~."""
    lines = [
        f"SegDesk {segdesk.__version__}",
        f"Python {platform.python_version()} ({platform.python_implementation()}, {8 * _pointer_bytes()} bit)",
        f"System {platform.platform()}",
        f"Cores {os.cpu_count()}",
    ]
    lines += [f"Qt {qt}"] if qt else []
    lines += [f"Device {device}" for device in devices]
    shown = {
        "torch",
        "torchvision",
        "numpy",
        "opencv-python-headless",
        "numba",
        "pillow",
        "onnxruntime",
        "transformers",
    }
    lines += [f"{part.name} {part.version}" for part in (facts.parts if facts else ()) if part.name.lower() in shown]
    for name, path in (("Settings", user_config_dir()), ("Cache", user_cache_dir()), ("Log", log_file())):
        lines.append(f"{name} {_without_home(path)}")
    return "\n".join(lines)


def _without_home(path: Path) -> str:
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def _pointer_bytes() -> int:
    return 8 if sys.maxsize > 2**32 else 4
