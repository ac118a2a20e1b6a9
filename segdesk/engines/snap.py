"""Labels that a person drew roughly, moved to the edges of the picture by the dense CRF inside a region."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from segdesk.engines import crf
from segdesk.engines.messages import SnapRequest

MOST_VALUES = 8_000_000  # labels x pixels that are worked on at once; a larger window is cut into parts
SMALLEST = 128  # side of a part
SHARE = 0.5  # a label that would keep less of its pixels keeps them all: no object is swallowed
LEAST = 0.02  # a label that lies farther off than this much of the blur cannot come here

Cancel = Callable[[], bool]
Part = tuple[slice, slice]


def snap(request: SnapRequest, cancelled: Cancel = lambda: False) -> np.ndarray:
    """(h, w) uint16: `request.ids` with their borders at the edges of the picture, changed inside its region only.

    The labels become probabilities: each label's mask, blurred over the reach, mixed with the mask itself by the
    certainty. So a pixel is the less sure the nearer it lies to a border, and a label can only get pixels near itself.
    Pixels outside the region are sure of their label and tell how it looks. A fully connected CRF (Kraehenbuehl and
    Koltun 2011) decides. A label that would lose more than half of its pixels keeps all of them. Any thread. Raises
    `SegDeskError` where the CRF is not there, and `Cancelled`.
    """
    result = request.ids.copy()
    for core, window in _parts(request):
        part = replace(
            request, ids=request.ids[window], image=request.image[window], region=_inside(request.region, core, window)
        )
        found = _snapped(part, cancelled)
        rows, columns = (slice(c.start - w.start, c.stop - w.start) for c, w in zip(core, window, strict=True))
        result[core] = found[rows, columns]
    _spare(result, request)
    return result


def _inside(region: np.ndarray, core: Part, window: Part) -> np.ndarray:
    """The region in a window, without what lies around the core."""
    only = np.zeros_like(region[window])
    rows, columns = (slice(c.start - w.start, c.stop - w.start) for c, w in zip(core, window, strict=True))
    only[rows, columns] = region[core]
    return only


def _parts(request: SnapRequest) -> Iterator[tuple[Part, Part]]:
    """(core, window with its surroundings), as few as memory allows; those without a pixel of the region are left
    out."""
    margin = int(max(request.options.sigma_alpha, 2 * request.reach))
    waiting = [(0, 0, *request.ids.shape)]
    while waiting:
        y0, x0, y1, x1 = waiting.pop()
        core = slice(y0, y1), slice(x0, x1)
        if not request.region[core].any():
            continue
        window = (
            slice(max(0, y0 - margin), min(request.ids.shape[0], y1 + margin)),
            slice(max(0, x0 - margin), min(request.ids.shape[1], x1 + margin)),
        )
        labels = np.unique(request.ids[window])
        height, width = y1 - y0, x1 - x0
        if labels.size * request.ids[window].size <= MOST_VALUES or max(height, width) <= SMALLEST:
            yield core, window
        elif height > width:
            waiting += [(y0, x0, y0 + height // 2, x1), (y0 + height // 2, x0, y1, x1)]
        else:
            waiting += [(y0, x0, y1, x0 + width // 2), (y0, x0 + width // 2, y1, x1)]


def _snapped(request: SnapRequest, cancelled: Cancel) -> np.ndarray:
    """One part, all at once."""
    labels, index = np.unique(request.ids, return_inverse=True)
    index = index.reshape(request.ids.shape)
    held = np.isin(labels, request.held)
    free = request.region & ~held[index]
    if labels.size < 2 or not free.any():
        return request.ids
    unary = _unary(index, labels.size, free, request)
    present, found = crf.refine_present(unary, request.image, request.options, cancelled, dtype=np.float32)
    scores = np.zeros(unary.shape, np.float32)
    scores[present] = found
    scores[unary < LEAST] = 0
    scores[held] = 0
    best = labels[scores.argmax(axis=0)]
    return np.where(free & (scores.max(axis=0) > 0), best, request.ids).astype(np.uint16)


def _unary(index: np.ndarray, count: int, free: np.ndarray, request: SnapRequest) -> np.ndarray:
    """(count, h, w) float32 probabilities of the labels 0..count-1 of an (h, w) `index`. Thin labels are blurred less,
    that they do not drown in their surroundings."""
    unary = np.empty((count, *index.shape), np.float32)
    for k in range(count):
        mask = (index == k).astype(np.uint8)
        thickness = float(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_3).max())
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.5, min(request.reach, thickness) / 2))
        unary[k] = np.where(free, soft + request.certainty * (mask - soft), mask)
    unary /= unary.sum(axis=0)
    return unary


def _spare(result: np.ndarray, request: SnapRequest) -> None:
    """Give back, in place, the pixels of labels that would lose too many."""
    before = np.bincount(request.ids.ravel())
    after = np.bincount(result.ravel(), minlength=before.size)
    for key in np.flatnonzero(after[: before.size] < SHARE * before):
        result[request.ids == key] = key
