"""Pictures: finding them in a folder, asking for their size, and decoding them. Never writes to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from segdesk.domain.errors import SegDeskError

EXTENSIONS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".webp"})
MAX_PIXELS = 1 << 28


def scan(
    folder: Path,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    on_problem: Callable[[SegDeskError], None] | None = None,
) -> Iterator[str]:
    """Pictures under `folder` as relative POSIX paths in natural order (`img2` before `img10`); nothing is decoded.

    Hidden files and folders, projects and SegDesk's own exports are skipped. Raises `SegDeskError` if `folder` itself
    cannot be listed and `Cancelled` when asked; a subfolder that cannot be listed goes to `on_problem`.
    """
    raise NotImplementedError


def natural_key(path: str) -> str:
    """A text that sorts like the path with its numbers read as numbers; the order of `scan`."""
    raise NotImplementedError


def probe(path: Path) -> tuple[int, int]:
    """(width, height) in pixels, upright (EXIF-turned), from the header alone. Raises `SegDeskError`."""
    raise NotImplementedError


def read(path: Path, *, max_side: int | None = None) -> np.ndarray:
    """Decode a picture to (H, W, 3) uint8 RGB, upright (EXIF-turned), C-contiguous. Any thread.

    `max_side`: the longer side is reduced to at most this many pixels, inside the codec as far as it can.
    Alpha is dropped, not blended. 16-bit and float pictures are scaled by their own range (smallest value to 0, largest
    to 255, all channels alike). Of a TIFF with pages, the first. Raises `SegDeskError`: missing, no permission, empty,
    not a picture, cut off or damaged, more than `MAX_PIXELS`.
    """
    raise NotImplementedError
