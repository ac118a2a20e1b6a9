"""Superpixels: small areas that keep to the edges of the picture, worked out block by block where they are needed.

One seed a cell of a regular grid over the whole picture is flooded over the picture's edges (marker-controlled
watershed). A block is worked out with a margin of one cell, so that its areas hardly depend on where it ends; each
pixel belongs to exactly one block, so no pixel is in two superpixels.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import cv2
import numpy as np

from segdesk.app.region import Region

KEEP = 256  # blocks
BLOCK = 96  # pixels of a block's side, about
CROSS = np.ones((3, 3), np.uint8)


class Superpixels:
    """The superpixels of one picture at one size.

    `pixels` (H, W, 3) uint8; `cell` is the side of a grid cell in image pixels; `reduce` an integer by which the
    picture is reduced first (what the screen does not show need not be computed). One thread at a time.
    """

    def __init__(self, pixels: np.ndarray, *, cell: float, reduce: int = 1) -> None:
        self._pixels = pixels
        self._reduce = reduce
        self._cell = max(4, round(cell / reduce))
        self._side = max(1, BLOCK // self._cell) * self._cell
        self._height, self._width = (math.ceil(n / reduce) for n in pixels.shape[:2])
        self._columns = math.ceil(self._width / self._cell)
        self._blocks: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()

    def number_at(self, x: float, y: float) -> int:
        """The number of the superpixel at image coordinates, -1 outside the picture."""
        column, row = math.floor(x / self._reduce), math.floor(y / self._reduce)
        if not (0 <= x < self._pixels.shape[1] and 0 <= y < self._pixels.shape[0]):
            return -1
        side = self._side
        return int(self._block(row // side, column // side)[row % side, column % side])

    def region(self, number: int) -> Region:
        """The pixels of a superpixel."""
        row, column = divmod(number, self._columns)
        cell, side = self._cell, self._side
        top, left = max(0, (row - 1) * cell), max(0, (column - 1) * cell)
        bottom, right = min(self._height, (row + 2) * cell), min(self._width, (column + 2) * cell)
        found = np.zeros((bottom - top, right - left), bool)
        for r in range(top // side, (bottom - 1) // side + 1):
            for c in range(left // side, (right - 1) // side + 1):
                block = self._block(r, c) == number
                y0, x0 = max(top, r * side), max(left, c * side)
                y1, x1 = min(bottom, r * side + block.shape[0]), min(right, c * side + block.shape[1])
                part = block[y0 - r * side : y1 - r * side, x0 - c * side : x1 - c * side]
                found[y0 - top : y1 - top, x0 - left : x1 - left] = part
        return self._enlarged(found, left, top)

    def _enlarged(self, found: np.ndarray, left: int, top: int) -> Region:
        rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
        tight = found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else found[:0, :0]
        k = self._reduce
        x, y = (left + int(columns[0])) * k if rows.size else 0, (top + int(rows[0])) * k if rows.size else 0
        mask = np.repeat(np.repeat(tight, k, axis=0), k, axis=1)
        return Region(x, y, mask[: self._pixels.shape[0] - y, : self._pixels.shape[1] - x])

    def _block(self, row: int, column: int) -> np.ndarray:
        """(h, w) int32 numbers of a block."""
        known = self._blocks.get((row, column))
        if known is None:
            known = self._blocks[row, column] = self._flooded(row, column)
            if len(self._blocks) > KEEP:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end((row, column))
        return known

    def _flooded(self, row: int, column: int) -> np.ndarray:
        side, cell = self._side, self._cell
        top, left = max(0, row * side - cell), max(0, column * side - cell)
        bottom, right = min(self._height, (row + 1) * side + cell), min(self._width, (column + 1) * side + cell)
        picture = cv2.GaussianBlur(self._reduced(left, top, right, bottom), (5, 5), 0)
        seeds, numbers = self._seeds(picture, left, top)
        framed = cv2.copyMakeBorder(picture, 1, 1, 1, 1, cv2.BORDER_REPLICATE)  # watershed spoils the outermost pixels
        marks = cv2.watershed(framed, np.pad(seeds, 1))[1:-1, 1:-1]
        labels = np.maximum(marks, 0).astype(np.uint16)
        while not labels.all():  # the lines between areas go to a neighbour
            labels = np.where(labels == 0, cv2.dilate(labels, CROSS), labels)
        y, x = row * side - top, column * side - left
        return self._near(numbers[labels[y : y + side, x : x + side]], row * side, column * side)

    def _near(self, found: np.ndarray, top: int, left: int) -> np.ndarray:
        """Pixels whose seed is not in their own cell or one beside it go to their own cell, so that a superpixel is
        never larger than 3x3 cells and can be found without looking far."""
        own_row = (np.arange(found.shape[0]) + top)[:, None] // self._cell
        own_column = (np.arange(found.shape[1]) + left)[None] // self._cell
        row, column = np.divmod(found, self._columns)
        near = (np.abs(row - own_row) <= 1) & (np.abs(column - own_column) <= 1)
        return np.where(near, found, own_row * self._columns + own_column).astype(np.int32)

    def _reduced(self, left: int, top: int, right: int, bottom: int) -> np.ndarray:
        k = self._reduce
        crop = np.ascontiguousarray(self._pixels[top * k : bottom * k, left * k : right * k])
        if k == 1:
            return crop
        height, width = (bottom - top) * k, (right - left) * k
        whole = cv2.copyMakeBorder(
            crop, 0, height - crop.shape[0], 0, width - crop.shape[1], cv2.BORDER_REPLICATE
        )  # the picture's last column may be cut
        return cv2.resize(whole, (right - left, bottom - top), interpolation=cv2.INTER_AREA)

    def _seeds(self, picture: np.ndarray, left: int, top: int) -> tuple[np.ndarray, np.ndarray]:
        """Markers (h, w) int32, one a cell where the picture is smoothest near its middle; and the superpixel's number
        for each marker."""
        cell = self._cell
        slope = cv2.morphologyEx(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.MORPH_GRADIENT, CROSS)
        seeds = np.zeros(slope.shape, np.int32)
        numbers = [0]
        for y in range(0, slope.shape[0], cell):
            for x in range(0, slope.shape[1], cell):
                low_y, low_x = y + cell // 4, x + cell // 4
                middle = slope[low_y : y + cell - cell // 4, low_x : x + cell - cell // 4]
                if middle.size == 0:
                    middle, low_y, low_x = slope[y : y + cell, x : x + cell], y, x
                dy, dx = divmod(int(middle.argmin()), middle.shape[1])
                seeds[low_y + dy, low_x + dx] = len(numbers)
                numbers.append((top + y) // cell * self._columns + (left + x) // cell)
        return seeds, np.array(numbers, np.int32)
