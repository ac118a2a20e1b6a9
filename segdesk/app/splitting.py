"""Cutting an object in parts: along a line, or between seeds. No pixel is lost and none is added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from segdesk.app import rules
from segdesk.app.laying import AT_ONCE, Writer, change
from segdesk.app.region import Region
from segdesk.app.rules import Rules
from segdesk.app.shapes import Point
from segdesk.domain.errors import SegDeskError

if TYPE_CHECKING:
    from segdesk.app.document import Document


SLIGHT = 0.05  # of the half width: a notch that counts where a person says that there are two objects


@dataclass(frozen=True, eq=False)
class Parts:
    """An object in parts: `labels` (h, w) int32, 1..count for the parts, with the top-left pixel at (x, y); 0 is not
    touched. The largest part keeps the object's id."""

    segment: int
    x: int
    y: int
    labels: np.ndarray

    @property
    def count(self) -> int:
        """How many parts there are."""
        return int(self.labels.max(initial=0))


def check_object(doc: Document, segment_id: int) -> None:
    """Raise SegDeskError for what cannot be cut: stuff, and what is locked."""
    if not doc.is_thing(doc.class_of(segment_id)):
        raise SegDeskError(
            "Only objects of a countable class can be cut in parts.",
            "Make the class countable in the list of classes, or paint with another class.",
        )
    rules.check_unlocked(doc, segment_id)


def apply(doc: Document, name: str, cuts: Iterable[Parts]) -> None:
    """Give the parts ids of their own, as one undo step. UI thread."""
    cuts = [c for c in cuts if c.count > 1]
    if not cuts:
        return
    doc.discard_preview()

    def write(writer: Writer) -> None:
        for cut in cuts:
            segment = writer.target.segments[cut.segment]
            areas = np.bincount(cut.labels.ravel(), minlength=cut.count + 1)[1:]
            for part in np.argsort(-areas, kind="stable")[1:]:
                key = writer.add(replace(segment, by_human=True))
                writer.paint(cut.x, cut.y, cut.labels == part + 1, key)

    boxes = [(c.x, c.y, c.x + c.labels.shape[1], c.y + c.labels.shape[0]) for c in cuts]
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    rect = min(x0), min(y0), max(x1), max(y1)
    small = (rect[2] - rect[0]) * (rect[3] - rect[1]) <= AT_ONCE
    change(doc, name, write, rect=rect if small else None, permits=Rules.locks(doc))


# ---- between seeds


def between_seeds(mask: np.ndarray, seeds: Sequence[tuple[int, int]]) -> np.ndarray:
    """(h, w) int32: the parts of a connected (h, w) bool mask, one a seed (column, row). They meet where the object is
    narrow, if it is between all seeds (watershed of the distance to the border), else half way. Any thread."""
    from skimage.segmentation import watershed  # slow to import: not before it is needed

    marks = np.zeros(mask.shape, np.int32)
    for number, (column, row) in enumerate(seeds, 1):
        marks[row, column] = number
    humps = by_depth(mask, SLIGHT)
    if len({int(humps[row, column]) for column, row in seeds}) == len(seeds):
        return watershed(-depth(mask), marks * mask, mask=mask).astype(np.int32)
    level = np.zeros(mask.shape, np.float32)
    return watershed(level, marks * mask, mask=mask, compactness=1.0).astype(np.int32)  # type: ignore[arg-type]  # its stub wants an int


def by_depth(mask: np.ndarray, notch: float) -> np.ndarray:
    """(h, w) int32: the parts of a connected mask of touching round objects: one a summit of the distance to the border
    that stands out by more than `notch` (0..1) of the object's half width. Any thread."""
    from skimage.morphology import reconstruction
    from skimage.segmentation import watershed

    height = depth(mask)
    step = max(0.75, notch * float(height.max(initial=0.0)))
    flat = reconstruction(np.maximum(height - step, 0.0), height)
    summits = mask & (height - flat >= step - 1e-4)
    count, marks = cv2.connectedComponents(summits.astype(np.uint8), connectivity=8)
    if count <= 2:
        return mask.astype(np.int32)
    return watershed(-height, marks, mask=mask).astype(np.int32)


def depth(mask: np.ndarray) -> np.ndarray:
    """(h, w) float32: pixels to the nearest one that is not set; what lies beyond the mask is not set."""
    padded = np.pad(mask.astype(np.uint8), 1)
    return cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]


# ---- along a line


def along_line(region: Region, start: Point, end: Point) -> np.ndarray:
    """(h, w) int32: 1 and 2 where the line from `start` to `end` (x, y) cuts the region through, else 1 only.

    Neighbouring pixels (over their sides) are cut apart where the line passes between their centres. Parts of the
    region that the line does not sever stay with part 1; the severed pieces on the line's smaller side are part 2.
    """
    mask = region.mask
    local = [(px - region.x - 0.5, py - region.y - 0.5) for px, py in (start, end)]
    side, across, down = _cuts(mask.shape, local[0], local[1])
    whole, pieces = _pieces(mask, None, None), _pieces(mask, across, down)
    severed = _severed(whole, pieces)
    balance = _balance(pieces, side, across, down)
    left = severed[pieces] & (balance > 0)[pieces] & mask
    right = severed[pieces] & (balance < 0)[pieces] & mask
    if severed.sum() > 1 and not (left.any() and right.any()):  # they wind about the line: the largest is one part
        largest = np.where(severed, np.bincount(pieces.ravel()), 0).argmax()
        left, right = pieces == largest, severed[pieces] & (pieces != largest)
    labels = mask.astype(np.int32)
    if left.any() and right.any():
        labels[left if left.sum() <= right.sum() else right] = 2
    return labels


def _cuts(shape: tuple[int, ...], a: Point, b: Point) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """On which side of the line each pixel centre lies (bool), and whether the line severs it from its right
    (h, w-1) and its lower (h-1, w) neighbour."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    dx, dy = b[0] - a[0], b[1] - a[1]
    height = (columns - a[0]) * dy - (rows - a[1]) * dx
    along = (columns - a[0]) * dx + (rows - a[1]) * dy
    side = height > 0

    def severed(one: tuple[slice, slice], other: tuple[slice, slice]) -> np.ndarray:
        h0, h1, t0, t1 = height[one], height[other], along[one], along[other]
        gap = h0 - h1
        # Where the line between the two centres meets the cut, times its squared length, is met / gap. Nothing is
        # divided, so that a cut which begins or ends just there is judged without rounding.
        met = (t0 * gap + (t1 - t0) * h0) * np.sign(gap)
        return (side[one] != side[other]) & (met >= 0) & (met <= (dx * dx + dy * dy) * np.abs(gap))

    every = slice(None)
    across = severed((every, slice(None, -1)), (every, slice(1, None)))
    down = severed((slice(None, -1), every), (slice(1, None), every))
    return side, across, down


def _pieces(mask: np.ndarray, across: np.ndarray | None, down: np.ndarray | None) -> np.ndarray:
    """(h, w) int32: connected pieces (over sides) of the mask, 0 outside; cuts sever neighbours. Pixels and the steps
    between them are laid out on a grid twice as fine."""
    height, width = mask.shape
    fine = np.zeros((2 * height - 1, 2 * width - 1), np.uint8)
    fine[::2, ::2] = mask
    fine[::2, 1::2] = mask[:, :-1] & mask[:, 1:] if across is None else mask[:, :-1] & mask[:, 1:] & ~across
    fine[1::2, ::2] = mask[:-1] & mask[1:] if down is None else mask[:-1] & mask[1:] & ~down
    return cv2.connectedComponents(fine, connectivity=4)[1][::2, ::2]


def _severed(whole: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """(pieces,) bool: whether a piece was part of a larger one."""
    first = np.zeros(int(pieces.max()) + 1, np.int64)
    first[pieces.ravel()] = whole.ravel()
    siblings = np.bincount(first[1:], minlength=int(whole.max()) + 1)
    result = siblings[first] > 1
    result[0] = False
    return result


def _balance(pieces: np.ndarray, side: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(pieces,) int64: cut pixel sides of each piece on one side of the line minus those on the other."""
    result = np.zeros(int(pieces.max()) + 1, np.int64)
    across = across & (pieces[:, :-1] > 0) & (pieces[:, 1:] > 0)  # what lies beside the region is not parted from it
    down = down & (pieces[:-1] > 0) & (pieces[1:] > 0)
    ends: list[tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]] = [
        (lambda m: m[:, :-1], across),
        (lambda m: m[:, 1:], across),
        (lambda m: m[:-1], down),
        (lambda m: m[1:], down),
    ]
    for end, cut in ends:
        np.add.at(result, end(pieces)[cut], np.where(end(side)[cut], 1, -1))
    result[0] = 0
    return result
