"""The sample project: micrographs of our own making with exact ground truth, and a dependency's photographs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def write_samples(folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write `folder/pictures` and the project `folder/SegDesk-samples.segdesk`; returns the project's path.

    The micrographs have a reference layer of class "nucleus" (thing). A sample project that is already there is left
    as it is, with the work in it. Raises `SegDeskError`.
    """
    raise NotImplementedError
