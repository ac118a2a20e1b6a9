"""Reading a picture or a label map at the positions of a grid of device pixels. UI thread only: it keeps its buffers.

Fresh arrays of a screen's size cost more than what is computed in them, because the system hands them out page by page.
"""

from __future__ import annotations

import cv2
import numpy as np

MOST_REMAP = 32_767  # the largest side that OpenCV's remap takes


class Grid:
    """The (h, w) float32 maps that OpenCV's remap wants, of rows and columns; valid until the next call."""

    def __init__(self) -> None:
        self._x = np.zeros((0, 0), np.float32)
        self._y = np.zeros(0, np.float32)
        self._columns = np.zeros(0, np.float32)

    def maps(self, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(map_x, map_y) for (w,) columns and (h,) rows. Calls with the same columns share the first map."""
        columns, height = columns.astype(np.float32), rows.size
        if self._x.shape[0] < height or not np.array_equal(self._columns, columns):
            if self._x.shape[1] != columns.size or self._x.shape[0] < height:
                self._x = np.empty((height, columns.size), np.float32)
            self._x[...] = columns
            self._columns = columns
        size = height * columns.size
        if self._y.size < size:
            self._y = np.empty(size, np.float32)
        map_y = self._y[:size].reshape(height, columns.size)
        map_y[...] = rows.astype(np.float32)[:, None]
        return self._x[:height], map_y


_nearest, _linear = Grid(), Grid()


def gather(source: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """`source[rows][:, columns]` for sorted indices, the fastest way for each scale."""
    first, last = int(columns[0]), int(columns[-1]) + 1
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    source = source[top:bottom, first:last]
    if source.shape[:2] == (rows.size, columns.size):  # exactly one pixel each: sorted indices are all of them
        return source
    if source.shape[1] < columns.size:
        return np.take(np.take(source, columns - first, axis=1), rows - top, axis=0)
    if max(source.shape[:2]) > MOST_REMAP:
        return source[(rows - top)[:, None], columns - first]
    return cv2.remap(source, *_nearest.maps(columns - first, rows - top), cv2.INTER_NEAREST)


def blended(source: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """`source` (sides of at most `MOST_REMAP`) blended bilinearly at sorted positions; its border goes on for ever."""
    return cv2.remap(source, *_linear.maps(columns, rows), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
