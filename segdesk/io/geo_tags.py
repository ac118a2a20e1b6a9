"""The georeference of a TIFF: its tags, to be written again as they are, and the transform from pixels to the map.

(OGC GeoTIFF standard 1.1: tags 33550, 33922, 34264 and 34735 to 34737; 42113 is GDAL's for the value without data.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

SCALE, TIE, MATRIX, KEYS, DOUBLES, TEXT = 33550, 33922, 34264, 34735, 34736, 34737
NODATA = 42113
RASTER_TYPE, IS_POINT = 1025, 2  # a key of KEYS, and its value where a pixel's centre is what lies at its coordinates
ExtraTag = tuple[int, int, int, object, bool]
_KINDS = {SCALE: 12, TIE: 12, MATRIX: 12, KEYS: 3, DOUBLES: 12, TEXT: 2}  # TIFF's DOUBLE, SHORT, ASCII


@dataclass(frozen=True)
class Georeference:
    """`transform` (a, b, c, d, e, f): map x = a column + b row + c, map y = d column + e row + f, of pixel corners.
    `tags`: for `tifffile`'s `extratags`."""

    transform: tuple[float, float, float, float, float, float]
    tags: tuple[ExtraTag, ...] = ()

    @classmethod
    def of(cls, path: Path) -> Georeference | None:
        """That of a TIFF; None for any other picture, for one without, and for one that cannot be read."""
        if path.suffix.lower() not in (".tif", ".tiff"):
            return None
        try:
            with tifffile.TiffFile(path) as file:
                tags = file.pages.first.tags
                found = {code: tag.value for code in _KINDS if (tag := tags.get(code)) is not None}
            return cls(_transform(found), tuple(_tag(code, value) for code, value in found.items()))
        except Exception:  # damaged tags do not make the picture worthless
            return None

    @classmethod
    def from_list(cls, given: object) -> Georeference | None:
        """From six numbers; None for anything else, or where pixels would fall on one line."""
        if not isinstance(given, list) or len(given) != 6 or not all(isinstance(v, (int, float)) for v in given):
            return None
        a, b, c, d, e, f = (float(v) for v in given)
        return cls((a, b, c, d, e, f)) if abs(a * e - b * d) > 0 else None

    def to_map(self, corners: np.ndarray) -> np.ndarray:
        """(n, 2) map x, y of (n, 2) pixel x, y."""
        a, b, c, d, e, f = self.transform
        return corners @ np.array([[a, d], [b, e]]) + (c, f)

    def to_pixels(self, places: np.ndarray) -> np.ndarray:
        """The inverse of `to_map`."""
        a, b, c, d, e, f = self.transform
        return (places - (c, f)) @ np.linalg.inv(np.array([[a, d], [b, e]]))


def _transform(tags: dict[int, object]) -> tuple[float, float, float, float, float, float]:
    if MATRIX in tags:
        m = np.array(tags[MATRIX], float).reshape(4, 4)
        a, b, c, d, e, f = m[0, 0], m[0, 1], m[0, 3], m[1, 0], m[1, 1], m[1, 3]
    else:
        sx, sy = np.array(tags[SCALE], float)[:2]
        column, row, _, x, y = np.array(tags[TIE], float)[:5]
        a, b, c, d, e, f = sx, 0.0, x - column * sx, 0.0, -sy, y + row * sy
    keys = np.array(tags.get(KEYS, ()), int)
    if keys.size and [RASTER_TYPE, IS_POINT] in keys.reshape(-1, 4)[:, [0, 3]].tolist():
        c, f = c - (a + b) / 2, f - (d + e) / 2
    if a * e - b * d == 0:
        raise ValueError("the pixels fall on one line")
    return float(a), float(b), float(c), float(d), float(e), float(f)


def _tag(code: int, value: object) -> ExtraTag:
    if _KINDS[code] == 2:
        text = str(value)
        return code, 2, 0, text, True
    values = tuple(np.atleast_1d(np.array(value)).ravel().tolist())
    return code, _KINDS[code], len(values), values, True
