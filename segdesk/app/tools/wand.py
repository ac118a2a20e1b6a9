"""Magic wand: the pixels of like colour around the pointer, or anywhere, become the active class or void."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from segdesk.app.laying import AT_ONCE, Writer, lay_masks
from segdesk.app.region import flood
from segdesk.app.shapes import Masks
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Option, ToolInfo
from segdesk.domain.edit import TILE, Rect
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

OPTIONS = (
    Option("tolerance", N_("Tolerance"), "int", 24, 0, 255),
    Option("contiguous", N_("Connected only"), "bool", True),
)
INFO = ToolInfo(
    id="wand",
    title=N_("Wand"),
    icon="wand",
    key="W",
    order=80,
    note=N_(
        "Give pixels of like colour around the pointer to the active class. Right button or Ctrl makes them void. "
        "Tolerance is the largest difference of red, green and blue."
    ),
    options=OPTIONS,
)
BAND = 16 * TILE


class Tool(BaseTool):
    """Acts at the press. A colour is alike if none of red, green and blue differs by more than the tolerance."""

    uses_right = True
    changes_pixels = True
    options = OPTIONS

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Take the pixels like the one under the pointer."""
        height, width = doc.segmentation.size
        if not (0 <= x < width and 0 <= y < height):
            return
        column, row, size = int(x), int(y), doc.segmentation.size
        alike = like(doc.pixels, doc.pixels[row, column], int(self.values["tolerance"]))
        contiguous = bool(self.values["contiguous"])
        near = flood(alike, column, row, size=size, most_pixels=AT_ONCE) if contiguous else None

        def masks(writer: Writer) -> Masks:
            if not contiguous:
                return ((0, top, alike((0, top, width, min(height, top + BAND)))) for top in range(0, height, BAND))
            region = near or flood(alike, column, row, size=size)
            return region.masks(size) if region else iter(())

        erase = modifiers.right or modifiers.ctrl
        lay_masks(doc, INFO.title, masks, (x, y), rect=near and near.rect, erase=erase, protect=modifiers.shift)


def like(pixels: np.ndarray, colour: np.ndarray, tolerance: int) -> Callable[[Rect], np.ndarray]:
    """A function that gives the pixels of a rectangle whose colour is like `colour` as a bool mask."""
    low = tuple(np.clip(colour.astype(int) - tolerance, 0, 255).tolist())
    high = tuple(np.clip(colour.astype(int) + tolerance, 0, 255).tolist())

    def within(rect: Rect) -> np.ndarray:
        x0, y0, x1, y1 = rect
        return (cv2.inRange(pixels[y0:y1, x0:x1], low, high) > 0).reshape(y1 - y0, x1 - x0)

    return within
