"""Thumbnails of pictures, kept on the disk by path, time of change and size of the file."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from segdesk.domain.errors import SegDeskError
from segdesk.io import images
from segdesk.io.atomic import write_bytes
from segdesk.paths import user_cache_dir

SIDE = 192  # pixels of the longer side
KEEP_BYTES = 256 << 20
_QUALITY = 88


def thumbnail(path: Path, *, side: int = SIDE, folder: Path | None = None) -> np.ndarray:
    """(h, w, 3) uint8 RGB, the longer side at most `side`; from the cache, or by a reduced decode that is then kept.

    Raises `SegDeskError` as `images.read` does. A cache that cannot be written to is done without. Any thread.
    """
    file = (folder or cache_folder()) / _name(path, side)
    kept = _kept(file, side)
    if kept is not None:
        return kept
    pixels = images.read(path, max_side=side)
    _keep(file, pixels)
    return pixels


def keep_named(name: str, pixels: np.ndarray) -> None:
    """Keep a small picture that shows no single file, (h, w, 3) uint8 RGB, under a name of its own."""
    _keep(cache_folder() / _place(name), pixels)


def kept_named(name: str) -> np.ndarray | None:
    """What was kept under a name, or None."""
    return _kept(cache_folder() / _place(name), 4 * SIDE)


def cache_folder() -> Path:
    """Where thumbnails are kept."""
    return user_cache_dir() / "thumbnails"


def trim(folder: Path | None = None, keep_bytes: int = KEEP_BYTES) -> None:
    """Remove the oldest thumbnails beyond a budget."""
    files = []
    with suppress(OSError):
        files = [(entry.stat(), entry) for entry in (folder or cache_folder()).glob("*/*.jpg")]
    total = 0
    for info, entry in sorted(files, key=lambda f: -f[0].st_mtime):
        total += info.st_size
        if total > keep_bytes:
            with suppress(OSError):
                entry.unlink()


def _name(path: Path, side: int) -> str:
    try:
        info = os.stat(path)
        stamp = f"{info.st_mtime_ns} {info.st_size}"
    except OSError:
        stamp = ""
    return _place(f"{os.path.abspath(path)}\n{stamp}\n{side}")


def _place(text: str) -> str:
    key = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]
    return f"{key[:2]}/{key[2:]}.jpg"


def _kept(file: Path, side: int) -> np.ndarray | None:
    """The thumbnail that was kept; None if there is none, or what lies there is none of this size."""
    try:
        data = file.read_bytes()
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        if max(int(height), int(width)) > side:
            return None
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, ValueError, cv2.error):
        return None
    return None if found is None else np.ascontiguousarray(found[:, :, ::-1])


def _keep(file: Path, pixels: np.ndarray) -> None:
    done, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if done:
        with suppress(OSError, SegDeskError):  # only a cache
            file.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(file, data.tobytes())
