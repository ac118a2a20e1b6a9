"""Names of pictures in exported folders: flat stems that lead back to the project, and names that stay inside a folder.

Formats that name a picture by a flat stem write `pictures.json` ({"pictures": {stem: path in the project}}) beside
their labels; other programs do not look at it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from segdesk.domain.errors import SegDeskError

FILE = "pictures.json"


class UniqueNames:
    """Flat file stems for relative paths, no two alike, letter case ignored: "a/1.jpg" becomes "a__1"."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self.paths: dict[str, str] = {}

    def stem(self, path: str) -> str:
        """The stem for the next path."""
        wanted = str(PurePosixPath(path).with_suffix("")).replace("/", "__").lstrip(".") or "picture"
        stem, number = wanted, 1
        while stem.casefold() in self._taken:
            number += 1
            stem = f"{wanted}__{number}"
        self._taken.add(stem.casefold())
        return stem

    def keep(self, stem: str, path: str) -> None:
        """Remember that the picture `path` was written under `stem`."""
        self.paths[stem] = path

    def save(self, folder: Path) -> None:
        """Write `pictures.json` into an export's folder. May raise OSError."""
        text = json.dumps({"pictures": self.paths}, ensure_ascii=False, indent=0)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")


def known_names(*folders: Path) -> Mapping[str, str]:
    """Stem -> path in the project, from the first `pictures.json` in the folders; empty where there is none that can
    be read: then stems stand for themselves."""
    for folder in folders:
        try:
            data = json.loads((folder / FILE).read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        pictures = data.get("pictures") if isinstance(data, dict) else None
        if isinstance(pictures, dict):
            return {str(stem): str(path) for stem, path in pictures.items()}
    return {}


def is_inside(name: str) -> bool:
    """Whether a relative path from a file stays below the folder that it starts from, on every system."""
    windows = PureWindowsPath(name)
    absolute = windows.drive or windows.root or PurePosixPath(name).is_absolute()
    return bool(name.strip()) and not absolute and ".." not in windows.parts and "\0" not in name


def inside(folder: Path, name: str) -> Path:
    """The file that a path from a file means, links followed. Raises `SegDeskError` where that leaves `folder`."""
    file = folder / name.replace("\\", "/") if is_inside(name) else None
    if file is None or not file.resolve().is_relative_to(folder.resolve()):
        raise SegDeskError("The file {name} lies outside of the folder and was not touched.", name=name)
    return file
