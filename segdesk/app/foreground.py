"""What stands out at some clicks or in a box, by colour alone: GrabCut on a bounded piece of the picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from segdesk.app.region import Region
from segdesk.app.shapes import Point
from segdesk.domain.edit import Rect, clip

MOST_PIXELS = 320 * 320  # of the piece that is worked on; a larger one is reduced first
ROUNDS = 3
BACK, FRONT, MAYBE_BACK, MAYBE_FRONT = cv2.GC_BGD, cv2.GC_FGD, cv2.GC_PR_BGD, cv2.GC_PR_FGD


@dataclass(frozen=True, eq=False)
class Piece:
    """A part `window` (x0, y0, x1, y1) of the picture, reduced by `factor` >= 1 to `pixels` (h, w, 3) uint8."""

    window: Rect
    factor: float
    pixels: np.ndarray

    @classmethod
    def cut(cls, pixels: np.ndarray, window: Rect) -> Piece:
        """Take it from the picture; the window must not be empty."""
        x0, y0, x1, y1 = window
        factor = max(1.0, math.sqrt((x1 - x0) * (y1 - y0) / MOST_PIXELS))
        size = max(1, round((x1 - x0) / factor)), max(1, round((y1 - y0) / factor))
        return cls(window, factor, cv2.resize(pixels[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA))

    def place(self, point: Point) -> tuple[int, int]:
        """(column, row) of an image point, kept inside."""
        height, width = self.pixels.shape[:2]
        column = (point[0] - self.window[0]) * width / (self.window[2] - self.window[0])
        row = (point[1] - self.window[1]) * height / (self.window[3] - self.window[1])
        return min(width - 1, max(0, int(column))), min(height - 1, max(0, int(row)))

    def enlarged(self, mask: np.ndarray) -> np.ndarray:
        """A mask of the piece as a mask of the window, with a smooth border."""
        x0, y0, x1, y1 = self.window
        if (x1 - x0, y1 - y0) == (mask.shape[1], mask.shape[0]):
            return mask.astype(bool)
        return cv2.resize(mask.astype(np.float32), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR) > 0.5


def in_box(pixels: np.ndarray, box: Rect, *, cancelled: Callable[[], bool] = lambda: False) -> Region | None:
    """The object in a box (x0, y0, x1, y1): what differs from the box's surroundings. None if nothing does.

    `pixels` (H, W, 3) uint8; any thread. The answer lies inside the box.
    """
    return by_prompts(pixels, box=box, cancelled=cancelled)


def by_prompts(
    pixels: np.ndarray,
    *,
    plus: tuple[Point, ...] = (),
    minus: tuple[Point, ...] = (),
    box: Rect | None = None,
    reach: float = 128.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Region | None:
    """The object at the clicks `plus`, without what is like the clicks `minus`, inside `box` if there is one.

    Without a box the answer lies within `reach` pixels of the clicks and hangs together with one of them. None if
    there is nothing. Any thread.
    """
    size = (pixels.shape[0], pixels.shape[1])
    inner = clip(box, size) if box is not None else None
    if (inner is not None and (inner[2] - inner[0] < 2 or inner[3] - inner[1] < 2)) or (inner is None and not plus):
        return None
    piece = Piece.cut(pixels, clip(_window(inner, plus, reach), size))
    seeds = _seeds(piece, inner, plus, minus)
    found = _grabcut(piece.pixels, seeds, cancelled)
    if plus:
        found = _touching(found, [piece.place(p) for p in plus])
    mask = piece.enlarged(found)
    x0, y0 = piece.window[:2]
    if inner is not None:
        outside = np.ones_like(mask)
        outside[inner[1] - y0 : inner[3] - y0, inner[0] - x0 : inner[2] - x0] = False
        mask[outside] = False
    return Region(x0, y0, mask) if mask.any() else None


def _window(box: Rect | None, plus: tuple[Point, ...], reach: float) -> Rect:
    if box is not None:
        x0, y0, x1, y1 = box
        margin = 8 + max(x1 - x0, y1 - y0) // 4
    else:
        x, y = np.array(plus).T
        x0, y0, x1, y1 = int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1
        margin = int(max(16.0, reach))
    return x0 - margin, y0 - margin, x1 + margin, y1 + margin


def _seeds(piece: Piece, box: Rect | None, plus: tuple[Point, ...], minus: tuple[Point, ...]) -> np.ndarray:
    """(h, w) uint8 of GrabCut's four marks."""
    height, width = piece.pixels.shape[:2]
    seeds = np.full((height, width), MAYBE_BACK, np.uint8)
    if box is not None:
        left, top = piece.place((box[0], box[1]))
        right, bottom = piece.place((box[2], box[3]))
        seeds[:] = BACK
        seeds[top : bottom + 1, left : right + 1] = MAYBE_FRONT
    else:
        maybe, sure = _like_clicks(piece, plus, minus)
        seeds[maybe] = MAYBE_FRONT
        seeds[sure] = FRONT
        seeds[[0, -1]] = BACK
        seeds[:, [0, -1]] = BACK
    radius = max(1, round(min(height, width) / 100))
    for points, mark in ((plus, FRONT), (minus, BACK)):
        for point in points:
            cv2.circle(seeds, piece.place(point), radius, int(mark), -1)
    return seeds


def _like_clicks(piece: Piece, plus: tuple[Point, ...], minus: tuple[Point, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two (h, w) bool masks of what hangs together with a click `plus` by colour, and is nearer to it than to any click
    `minus`: up to Otsu's threshold, and up to a quarter of that, which is surely the object even where its parts differ
    in colour."""
    lab = cv2.cvtColor(cv2.GaussianBlur(piece.pixels, (5, 5), 0), cv2.COLOR_RGB2LAB).astype(np.float32)

    def distance(point: Point) -> np.ndarray:
        column, row = piece.place(point)
        return np.linalg.norm(lab - lab[row, column], axis=2)

    beside = np.minimum.reduce([np.full(lab.shape[:2], np.inf), *map(distance, minus)])
    maybe, sure = np.zeros(lab.shape[:2], bool), np.zeros(lab.shape[:2], bool)
    for point in plus:
        near = distance(point)
        level, _ = cv2.threshold(np.clip(near, 0, 255).astype(np.uint8), 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        for mask, limit in ((maybe, level), (sure, level / 4)):
            mask |= _touching((near <= limit) & (near < beside), [piece.place(point)])
    return maybe, sure


def _grabcut(pixels: np.ndarray, seeds: np.ndarray, cancelled: Callable[[], bool]) -> np.ndarray:
    """Where GrabCut sees the object, (h, w) bool. Rounds go on while nobody has cancelled."""
    front = np.isin(seeds, (FRONT, MAYBE_FRONT))
    if front.all() or not front.any():
        return front
    cv2.setRNGSeed(1)  # its first clusters are drawn by chance; the same clicks are to give the same answer
    back_model, front_model = np.zeros((1, 65)), np.zeros((1, 65))
    mode = cv2.GC_INIT_WITH_MASK
    for _ in range(ROUNDS):
        if cancelled():
            break
        cv2.grabCut(pixels, seeds, None, back_model, front_model, 1, mode)  # type: ignore[call-overload]
        mode = cv2.GC_EVAL
        if not np.isin(seeds, (FRONT, MAYBE_FRONT)).any():
            break
    return np.isin(seeds, (FRONT, MAYBE_FRONT))


def _touching(mask: np.ndarray, places: list[tuple[int, int]]) -> np.ndarray:
    """The parts of a mask that hold one of the places (column, row)."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    wanted = {int(labels[row, column]) for column, row in places} - {0}
    return np.isin(labels, list(wanted))
