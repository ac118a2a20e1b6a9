"""A taught model's answer for a large picture, band by band: it tells how far it is, and can be stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from segdesk.app.jobs import Context
from segdesk.domain.packed import Labels, PackedMap
from segdesk.domain.segmentation import Segment

BAND_PIXELS = 3_000_000
STEP, MARGIN = 64, 64  # rows: bands begin at multiples that suit the features' smallest copy; more than their reach


def bands(size: tuple[int, int], pixels: int = BAND_PIXELS) -> Iterator[tuple[int, int]]:
    """(first row, row after the last) of bands of about `pixels` that cover a picture of (H, W)."""
    height, width = size
    rows = max(STEP, pixels // width // STEP * STEP)
    for first in range(0, height, rows):
        yield first, min(height, first + rows)


def in_bands(
    image: np.ndarray, ask: Callable[[np.ndarray], Labels], ctx: Context, pixels: int = BAND_PIXELS
) -> PackedMap:
    """The labels of an (H, W, 3) picture: `ask` gives those of a part of it, one segment of each class. Their ids are
    the class ids. Raises what `ask` raises, and `Cancelled`."""
    height, width = image.shape[:2]
    out = np.zeros((height, width), np.uint16)
    parts = list(bands((height, width), pixels))
    for done, (first, last) in enumerate(parts):
        ctx.check()
        if len(parts) > 1:
            ctx.progress(done, len(parts))
        top, bottom = max(0, first - MARGIN), min(height, last + MARGIN)
        found = ask(image[top:bottom])
        out[first:last] = found.class_table()[found.read((0, first - top, width, last - top))]
    segments = {int(i): Segment(int(i)) for i in np.unique(out) if i}
    return PackedMap.of_ids(lambda r: out[r[1] : r[3], r[0] : r[2]], (height, width), segments)
