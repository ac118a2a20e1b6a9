"""Lines of YOLO-seg label files: a class number and the outline of one object, x and y between 0 and 1.

Ultralytics multiplies by the picture's size, drops the fraction and draws the closed line through those pixels and all
inside it (`cv2.fillPoly`). So a line through pixel centres, plus half a pixel, comes back exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from segdesk.domain import rle
from segdesk.domain.errors import SegDeskError
from segdesk.domain.rle import Rle
from segdesk.domain.text import N_
from segdesk.io.atomic import explain_os_error
from segdesk.io.outlines import centre_outlines, joined

_LARGEST = 1 << 26  # bytes of one label file
_SLACK = 0.05  # how far out of the picture a point may lie, in picture sizes


@dataclass(frozen=True)
class Line:
    """One line: class number, confidence, (n, 2) float x, y of the outline; `outside`: points had to be moved in."""

    number: int
    score: float
    points: np.ndarray
    outside: bool


class BoxLine(ValueError):
    """A line of a detection data set: a box, no outline."""


def lines_of(path: Path) -> Iterator[tuple[int, Line | ValueError]]:
    """(line number, the line or why it is none) of a label file. Raises `SegDeskError` if it cannot be read."""
    try:
        if path.stat().st_size > _LARGEST:
            raise SegDeskError("{name} is too large for a label file.", name=path.name)
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise explain_os_error(error, path) from error
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield at, _parsed(line)
        except ValueError as error:
            yield at, error


def _parsed(line: str) -> Line:
    try:
        values = [float(word) for word in line.split()]
    except ValueError as error:
        raise ValueError(N_("it has a word that is not a number")) from error
    if not np.isfinite(values).all() or values[0] != int(values[0]) or not 0 <= values[0] < 65_535:
        raise ValueError(N_("it has a number that makes no sense"))
    if len(values) in (5, 6):
        raise BoxLine(N_("it is a box without an outline"))
    if len(values) < 7:
        raise ValueError(N_("an outline has at least three points"))
    score = 1.0 if len(values) % 2 else min(1.0, max(0.0, values.pop()))
    points = np.array(values[1:]).reshape(-1, 2)
    if points.min() < -_SLACK or points.max() > 1 + _SLACK:
        raise ValueError(N_("its coordinates are not between 0 and 1"))
    inside = np.clip(points, 0, 1)
    return Line(int(values[0]), score, inside, bool((inside != points).any()))


def drawn(points: np.ndarray, size: tuple[int, int]) -> Rle:
    """The mask of an outline, (n, 2) x, y in 0..1, on a picture of `size` (H, W), as Ultralytics draws it."""
    pixels = (points * (size[1], size[0])).astype(np.int32)  # the fraction is dropped
    x0, y0 = pixels.min(axis=0).tolist()
    x1, y1 = np.minimum(pixels.max(axis=0) + 1, (size[1], size[0])).tolist()
    if x1 <= x0 or y1 <= y0:
        raise ValueError(N_("it lies outside of the picture"))
    crop = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillPoly(crop, [np.subtract(pixels, (x0, y0)).astype(np.int32)], 1)
    return rle.encode_at(crop, x0, y0, size)


def outlines_of(crop: np.ndarray, *, one: bool) -> list[np.ndarray]:
    """The outlines of an object's (h, w) mask, (n, 2) float x, y in pixels, edges counted: one a part, or a single one
    (`one`) with the parts joined by lines."""
    parts = centre_outlines(crop)
    if one and len(parts) > 1:
        parts = [joined(parts)]
    return [_three(points) for points in parts]


def _three(points: np.ndarray) -> np.ndarray:
    """Centres plus half a pixel; of a line or a single pixel, three points inside of its pixels."""
    centres = points + 0.5
    if len(points) >= 3:
        return centres
    first, last = centres[0], centres[-1]
    return np.array([first - 0.25, np.add(last, (0.25, -0.25)), last + 0.25])


def text_of(number: int, points: np.ndarray, size: tuple[int, int]) -> str:
    """A line of a label file for an outline in pixels of a picture of `size` (H, W)."""
    flat = (points / (size[1], size[0])).ravel()
    return f"{number} " + " ".join(f"{value:.6f}".rstrip("0").rstrip(".") or "0" for value in flat.tolist()) + "\n"
