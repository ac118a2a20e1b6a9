"""What a pixel looks like to the taught classifier: colour, edges, ridges, blobs and texture at three scales.

The picture is halved again and again, and the same small filters run on each copy, so that the largest scale costs
next to nothing; each map is then enlarged to the picture. Large pictures are computed in tiles with a margin.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from hashlib import blake2b

import cv2
import numpy as np

from segdesk.domain.edit import Rect
from segdesk.domain.errors import Cancelled

LEVELS = 3  # copies at 1, 1/2, 1/4: coarser ones tell one stroke from another rather than one class from another
SIGMA = 1.0  # of the smoothing on each copy, in its own pixels
TENSOR_SIGMA = 1.5  # of the window of the structure tensor and of the local deviation
PER_LEVEL = 9
COUNT = 3 + PER_LEVEL * LEVELS
STEP = 1 << (LEVELS - 1)  # tiles begin at multiples of it, so that all cut the copies alike
MARGIN = 12 * STEP  # reach of the filters on the smallest copy, and its enlargement
TILE = 1024  # of the part that is kept
KEPT_PIXELS = 2_000_000  # 200 MB of features

Cancel = Callable[[], bool]


def names() -> list[str]:
    """What each of the `COUNT` features is."""
    kinds = ("L", "a", "b", "gradient", "ridge 1", "ridge 2", "tensor 1", "tensor 2", "deviation")
    return ["L", "a", "b", *(f"{kind} at {1 << level}" for level in range(LEVELS) for kind in kinds)]


def whole(image: np.ndarray) -> np.ndarray:
    """(COUNT, H, W) float16 of an (H, W, 3) uint8 RGB picture, in one piece. See `names`.

    Colour is CIELAB. Of each copy, smoothed: the colour; the gradient's magnitude over all three channels; the two
    eigenvalues of the Hessian of L, the larger first; the square roots of those of the colour structure tensor (Di
    Zenzo 1986); the standard deviation of L. Units are those of CIELAB, per pixel of the copy where it is a derivative.
    """
    height, width = image.shape[:2]
    padded = cv2.copyMakeBorder(image, 0, -height % STEP, 0, -width % STEP, cv2.BORDER_REPLICATE)
    copy = cv2.cvtColor(padded.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    out = np.empty((COUNT, height, width), np.float16)
    for channel in range(3):
        out[channel] = copy[:height, :width, channel]
    at = 3
    for level in range(LEVELS):
        if level:
            copy = cv2.resize(copy, (copy.shape[1] // 2, copy.shape[0] // 2), interpolation=cv2.INTER_AREA)
        for found in _of_copy(copy):
            full = found if not level else cv2.resize(found, None, fx=1 << level, fy=1 << level)
            out[at] = full[:height, :width]
            at += 1
    return out


def _of_copy(lab: np.ndarray) -> Iterator[np.ndarray]:
    """The `PER_LEVEL` maps (h, w) float32 of one copy (h, w, 3)."""
    smooth = cv2.GaussianBlur(lab, (0, 0), SIGMA)
    yield from cv2.split(smooth)
    dx, dy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    xx, xy, yy = ((a * b).sum(axis=2) for a, b in ((dx, dx), (dx, dy), (dy, dy)))
    yield np.sqrt(xx + yy)
    light = np.ascontiguousarray(smooth[..., 0])
    yield from _eigenvalues(*(cv2.Sobel(light, cv2.CV_32F, n, 2 - n, scale=0.25) for n in (2, 1, 0)))
    window = (cv2.GaussianBlur(m, (0, 0), TENSOR_SIGMA) for m in (xx, xy, yy))
    yield from (np.sqrt(np.maximum(value, 0)) for value in _eigenvalues(*window))
    raw = np.ascontiguousarray(lab[..., 0])
    mean, square = (cv2.GaussianBlur(m, (0, 0), TENSOR_SIGMA) for m in (raw, raw * raw))
    yield np.sqrt(np.maximum(square - mean * mean, 0))


def _eigenvalues(xx: np.ndarray, xy: np.ndarray, yy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of symmetric 2x2 matrices, the larger first."""
    middle, half = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
    return middle + half, middle - half


def tiles(size: tuple[int, int], tile: int = TILE) -> list[Rect]:
    """Rectangles (x0, y0, x1, y1) of `tile` pixels, a multiple of `STEP`, that cover a picture of (H, W)."""
    height, width = size
    return [
        (x, y, min(x + tile, width), min(y + tile, height))
        for y in range(0, height, tile)
        for x in range(0, width, tile)
    ]


def of_tile(image: np.ndarray, rect: Rect) -> np.ndarray:
    """(COUNT, h, w) float16: `whole(image)` inside a rectangle that begins at multiples of `STEP`."""
    kept = RECENT.find(image)
    height, width = image.shape[:2]
    x0, y0, x1, y1 = rect
    if kept is not None:
        return kept[:, y0:y1, x0:x1]
    left, top = max(0, x0 - MARGIN), max(0, y0 - MARGIN)
    part = image[top : min(height, y1 + MARGIN), left : min(width, x1 + MARGIN)]
    return whole(part)[:, y0 - top : y1 - top, x0 - left : x1 - left]


def at_pixels(
    image: np.ndarray, rows: np.ndarray, columns: np.ndarray, cancelled: Cancel = lambda: False
) -> np.ndarray:
    """(N, COUNT) float16: the features of single pixels of a picture that is going to be asked about again. A small
    one is kept whole; of a large one only tiles that hold some of the pixels are computed. Raises `Cancelled`."""
    RECENT.keep(image)
    out = np.empty((rows.size, COUNT), np.float16)
    for x0, y0, x1, y1 in tiles((image.shape[0], image.shape[1]), TILE // 4):
        inside = np.flatnonzero((rows >= y0) & (rows < y1) & (columns >= x0) & (columns < x1))
        if inside.size:
            if cancelled():
                raise Cancelled
            out[inside] = of_tile(image, (x0, y0, x1, y1))[:, rows[inside] - y0, columns[inside] - x0].T
    return out


def no_samples() -> np.ndarray:
    """What `at_pixels` gives for no pixels."""
    return np.empty((0, COUNT), np.float16)


class Recent:
    """The features of the picture that was sampled last, if it is not large: after each stroke it is asked for again.
    Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[bytes, np.ndarray] | None = None

    def keep(self, image: np.ndarray) -> None:
        """Compute and keep a picture's features, in the place of those that were kept."""
        if self.find(image) is None:
            self.clear()
            if image.shape[0] * image.shape[1] <= KEPT_PIXELS:
                made = whole(image)
                with self._lock:
                    self._kept = _digest(image), made

    def find(self, image: np.ndarray) -> np.ndarray | None:
        """The features of a picture, if they are those that are kept."""
        kept = self._kept
        if kept is None or kept[1].shape[1:] != image.shape[:2] or kept[0] != _digest(image):
            return None
        return kept[1]

    def clear(self) -> None:
        """Let go of them."""
        with self._lock:
            self._kept = None


def _digest(image: np.ndarray) -> bytes:
    return blake2b(np.ascontiguousarray(image).data, digest_size=16).digest()


RECENT = Recent()
