"""What a project tells about its pictures and model runs, and where the project of a folder lies."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from segdesk import paths

STATES = ("new", "predicted", "edited", "verified", "skipped", "failed")
LAYERS = ("annotation", "prediction", "reference")
SUFFIX = ".segdesk"


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One picture as the list shows it. `path` is relative to the project's folder, POSIX; width and height are 0
    until known; `doubt` 0 (sure) to 1; `seconds` and `pixels_changed` were spent on correction; `error`: why it failed.
    """

    id: int
    path: str
    width: int
    height: int
    state: str
    doubt: float
    seconds: float
    pixels_changed: int
    error: str


@dataclass(frozen=True)
class RunInfo:
    """A model run: which card, with which options (JSON values), on what device, when (UTC, ISO 8601)."""

    id: int
    card_id: str
    card_name: str
    options: Mapping[str, object]
    device: str
    started: str


def default_project_path(folder: Path) -> Path:
    """Where the project of a picture folder lies: in it as `NAME.segdesk`, or, where it cannot be written to, in the
    user's data folder."""
    folder = Path(os.path.abspath(folder))
    name = folder.name or "pictures"
    try:
        with tempfile.TemporaryFile(prefix=".segdesk", dir=folder):
            return folder / f"{name}{SUFFIX}"
    except OSError:
        mark = hashlib.sha256(str(folder).encode(errors="surrogateescape")).hexdigest()[:8]
        return paths.user_data_dir() / "projects" / f"{name}-{mark}{SUFFIX}"
