"""The size at which a net looks at a picture, and the one way in which pictures are brought to it. No torch here."""

from __future__ import annotations

import cv2
import numpy as np


def fitted(height: int, width: int, fit: str) -> tuple[int, int]:
    """(h, w) of the input for a picture of (height, width).

    "short:N" makes the shorter side N, up or down, "short:N/M" too, but the longer one at most M (rounded, as
    OpenMMLab does); "long:N" makes a longer side N, only down. The other side keeps the proportion, cut down to whole
    pixels as torchvision does. "square:N" squeezes. "native" and "slide:N/S" change nothing; a slide may
    follow a resize: "short:512 slide:512/341".
    """
    kind, _, number = fit.split(" ")[0].partition(":")
    if kind in ("native", "slide"):
        return height, width
    if "/" in number:
        short, long = (int(n) for n in number.split("/"))
        scale = min(short / min(height, width), long / max(height, width))
        return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))
    side = int(number)
    if kind == "square":
        return side, side
    if kind == "short":
        return (side, max(1, side * width // height)) if height <= width else (max(1, side * height // width), side)
    if max(height, width) <= side:
        return height, width
    return (max(1, side * height // width), side) if width >= height else (side, max(1, side * width // height))


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture at another size: pixel averages going down, bilinear going up."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
