"""Shapes of segments: holes, growing, shrinking, smoothing, loose parts. Pure functions on a label map; any thread.

Each yields what is to change, worked out on the map as it was: masks (x, y, (h, w) bool, new id) or whole windows
(x, y, (h, w) uint16). Nothing is written here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np

from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.edit import Rect, clip

if TYPE_CHECKING:
    from scipy.spatial import KDTree

Patch = tuple[int, int, np.ndarray, int]
Window = tuple[int, int, np.ndarray]
PASSES = ((1024, 64), (2048, 1024))  # side of a window, and how far around it the nearest label is looked for
CHUNK = 1 << 18  # pixels that are looked up at a time
BAND_PIXELS = 1 << 22


def boxes(ids: np.ndarray, table: np.ndarray) -> Iterator[tuple[int, Rect]]:
    """(id, box (x0, y0, x1, y1)) of each id that is set in (65536,) bool `table` and occurs."""
    from scipy import ndimage  # slow to import: not before it is needed

    for key, found in enumerate(ndimage.find_objects(ids), 1):
        if found is not None and table[key]:
            rows, columns = found
            yield key, (columns.start, rows.start, columns.stop, rows.stop)


def holes(ids: np.ndarray, table: np.ndarray, *, only_void: bool = True) -> Iterator[Patch]:
    """What each segment encloses: pixels that are not its own and cannot reach the map's border over pixel sides.
    `only_void`: only the void among them."""
    for key, (x0, y0, x1, y1) in boxes(ids, table):
        crop = ids[y0:y1, x0:x1]
        outside = np.pad((crop != key).astype(np.uint8), 1, constant_values=1)
        cv2.floodFill(outside, None, (0, 0), 0, flags=4)  # type: ignore[call-overload]  # no mask is fine
        found = outside[1:-1, 1:-1].astype(bool)
        if only_void:
            found &= crop == VOID
        if found.any():
            yield x0, y0, found, key


def shrunk(ids: np.ndarray, table: np.ndarray, pixels: float) -> Iterator[Patch]:
    """The pixels of each segment that lie within `pixels` of one that is not its own (centres, Euclidean); the
    picture's border is no edge."""
    size = (ids.shape[0], ids.shape[1])
    for key, (x0, y0, x1, y1) in boxes(ids, table):
        left, top, right, bottom = clip((x0 - 1, y0 - 1, x1 + 1, y1 + 1), size)
        own = ids[top:bottom, left:right] == key
        if own.all():
            continue  # it fills the picture
        depth = cv2.distanceTransform(own.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        lost = own & (depth <= pixels + 1e-3)
        if lost.any():
            yield left, top, lost, VOID


def smaller_parts(ids: np.ndarray, table: np.ndarray) -> Iterator[Patch]:
    """All parts of each segment but its largest (over sides and corners; of equal ones the first stays)."""
    for key, (x0, y0, x1, y1) in boxes(ids, table):
        own = (ids[y0:y1, x0:x1] == key).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(own, connectivity=8)
        if count > 2:
            largest = int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1
            yield x0, y0, (labels != largest) & (labels > 0), VOID


def islands(ids: np.ndarray, table: np.ndarray, pixels: int, *, to_neighbour: bool = True) -> Iterator[Patch]:
    """Connected parts (over sides) of segments under `pixels` pixels, one by one, with what they become: the label
    that they share the longest border with, or void."""
    size = (ids.shape[0], ids.shape[1])
    for key, (x0, y0, x1, y1) in boxes(ids, table):
        own = (ids[y0:y1, x0:x1] == key).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(own, connectivity=4)
        for part in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < pixels).tolist():
            if part == 0:
                continue
            left, top, width, height = (int(v) for v in stats[part, :4])
            island = labels[top : top + height, left : left + width] == part
            x, y = x0 + left, y0 + top
            yield x, y, island, _neighbour(ids, size, island, x, y) if to_neighbour else VOID


def _neighbour(ids: np.ndarray, size: tuple[int, int], island: np.ndarray, x: int, y: int) -> int:
    """The label with the longest common border; of equal ones the smallest id. Void for all of a picture."""
    h, w = island.shape
    padded = np.pad(island, 1)
    window = np.zeros(padded.shape, np.uint16)
    x0, y0, x1, y1 = clip((x - 1, y - 1, x + w + 1, y + h + 1), size)
    inner = slice(y0 - y + 1, y1 - y + 1), slice(x0 - x + 1, x1 - x + 1)
    window[inner] = ids[y0:y1, x0:x1]
    inside = np.zeros(padded.shape, bool)
    inside[inner] = True
    counts = np.zeros(MAX_ID + 1, np.int64)
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        touching = np.roll(padded, step, axis) & ~padded & inside
        counts += np.bincount(window[touching], minlength=MAX_ID + 1)
    return int(counts.argmax())


# ---- growing


def spread(ids: np.ndarray, sources: np.ndarray, over: np.ndarray, *, most: float = math.inf) -> Iterator[Window]:
    """Labels grow: each pixel whose id is set in `over` gets the label of the nearest pixel whose id is set in
    `sources`, if that is at most `most` away (centres, Euclidean, exact). Both (65536,) bool. Windows with a change.

    Looks around each window first, then further; pixels with nothing near at all are looked up among the borders of
    all sources. So memory does not follow the size of the picture.
    """
    size = (ids.shape[0], ids.shape[1])
    far: list[Rect] = [(0, 0, size[1], size[0])]
    for side, halo in PASSES:
        halo = min(halo, math.ceil(min(most, halo)) + 1)
        again: list[Rect] = []
        for rect in sorted({w for r in far for w in _windows(r, side, size)}):
            window, beyond = _grown(ids, sources, over, rect, halo, most)
            if beyond.any() and most > halo:
                again.append(rect)
            elif (window != ids[rect[1] : rect[3], rect[0] : rect[2]]).any():
                yield rect[0], rect[1], window
        far = again
    if far:
        tree, border = _tree(ids, sources)
        for rect in far:
            window, beyond = _grown(ids, sources, over, rect, 1, most)
            yield rect[0], rect[1], _looked_up(ids, window, np.argwhere(beyond), rect[:2], (tree, border), most)


def _windows(rect: Rect, side: int, size: tuple[int, int]) -> Iterator[Rect]:
    """The squares of a regular grid that a rectangle touches, cut to the map."""
    for top in range(rect[1] // side * side, rect[3], side):
        for left in range(rect[0] // side * side, rect[2], side):
            yield clip((left, top, left + side, top + side), size)


def _grown(
    ids: np.ndarray, sources: np.ndarray, over: np.ndarray, rect: Rect, halo: int, most: float
) -> tuple[np.ndarray, np.ndarray]:
    """The window with the labels that grow into it from at most `halo` away, and where that did not decide: (h, w)
    uint16 and bool."""
    from scipy import ndimage

    x0, y0, x1, y1 = rect
    window = ids[y0:y1, x0:x1].copy()
    wanted = over[window]
    box = _box_of(wanted)
    if box is None:
        return window, wanted
    crop, inner = _around(ids, (x0 + box[0], y0 + box[1], x0 + box[2], y0 + box[3]), halo)
    free = ~sources[crop]
    if free.all():
        return window, wanted
    distance = np.full(window.shape, np.inf, np.float32)
    exact = cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    distance[box[1] : box[3], box[0] : box[2]] = exact[inner]
    near = wanted & (distance <= min(most, halo) + 1e-3)
    box = _box_of(near)
    if box is not None:
        crop, inner = _around(ids, (x0 + box[0], y0 + box[1], x0 + box[2], y0 + box[3]), halo)
        row, column = ndimage.distance_transform_edt(~sources[crop], return_distances=False, return_indices=True)  # type: ignore[misc]  # the indices alone
        part = near[box[1] : box[3], box[0] : box[2]]
        window[box[1] : box[3], box[0] : box[2]][part] = crop[row[inner][part], column[inner][part]]
    return window, wanted & (distance > halo + 1e-3)


def _around(ids: np.ndarray, box: Rect, halo: int) -> tuple[np.ndarray, tuple[slice, slice]]:
    """The part of the map up to `halo` around a box, and where the box lies in it."""
    left, top, right, bottom = clip(
        (box[0] - halo, box[1] - halo, box[2] + halo, box[3] + halo), (ids.shape[0], ids.shape[1])
    )
    return ids[top:bottom, left:right], (slice(box[1] - top, box[3] - top), slice(box[0] - left, box[2] - left))


def _tree(ids: np.ndarray, sources: np.ndarray) -> tuple[KDTree | None, np.ndarray]:
    from scipy.spatial import KDTree

    border = _borders(ids, sources)
    return (KDTree(border) if len(border) else None), border


def _looked_up(
    ids: np.ndarray,
    window: np.ndarray,
    places: np.ndarray,
    corner: tuple[int, int],
    known: tuple[KDTree | None, np.ndarray],
    most: float,
) -> np.ndarray:
    """The window with the labels of the nearest borders at `places` (n, 2) [row, column]."""
    tree, border = known
    if tree is None:
        return window
    for chunk in np.array_split(places, max(1, math.ceil(len(places) / CHUNK))):
        distance, index = tree.query(np.add(chunk, corner[::-1]), distance_upper_bound=most * (1 + 1e-9) + 1e-9)
        near = np.isfinite(distance)
        row, column = border[np.asarray(index)[near]].T
        window[tuple(chunk[near].T)] = ids[row, column]
    return window


def _borders(ids: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """(n, 2) [row, column] of the source pixels that have another pixel at a side or corner: the nearest source to
    any pixel is one of them."""
    found = []
    rows = max(1, BAND_PIXELS // max(1, ids.shape[1]))
    for top in range(0, ids.shape[0], rows):
        first, stop = max(0, top - 1), min(ids.shape[0], top + rows + 1)
        own = sources[ids[first:stop]].astype(np.uint8)
        deep = cv2.erode(own, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
        edge = np.argwhere((own > deep)[top - first : top - first + rows])
        found.append(np.add(edge, (top, 0)))
    return np.concatenate(found)


# ---- smoothing


def smoothed(ids: np.ndarray, table: np.ndarray, pixels: float) -> Iterator[Window]:
    """Borders without details narrower than about `pixels`: each pixel takes the label that has most weight around it
    (Gaussian), where its old or new label is set in `table`. Void is a label like others."""
    sigma = pixels / 1.35  # a strip of this width then has just half of the weight at its middle
    margin = math.ceil(3 * sigma) + 1
    rows = max(4 * margin, BAND_PIXELS // max(1, ids.shape[1]))
    for top in range(0, ids.shape[0], rows):
        first, stop = max(0, top - margin), min(ids.shape[0], top + rows + margin)
        band = ids[first:stop]
        box = _box_of(table[band])
        if box is None:
            continue
        x0, y0, x1, y1 = clip(
            (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin), (band.shape[0], band.shape[1])
        )
        crop = band[y0:y1, x0:x1]
        new = _heaviest(crop, sigma, margin)
        new = np.where(table[crop] | table[new], new, crop)
        skip, end = max(0, top - first - y0), max(0, min(y1, top + rows - first) - y0)
        if (new[skip:end] != crop[skip:end]).any():
            yield x0, first + y0 + skip, new[skip:end]


def _heaviest(crop: np.ndarray, sigma: float, margin: int) -> np.ndarray:
    """(h, w) uint16: the label with most Gaussian weight around each pixel; its own label where two are equal."""
    size = (crop.shape[0], crop.shape[1])
    best = np.zeros(size, np.float32)
    label = crop.copy()
    every = np.ones(MAX_ID + 1, bool)
    known = [(VOID, (0, 0, size[1], size[0]))] if (crop == VOID).any() else []
    for key, (x0, y0, x1, y1) in [*known, *boxes(crop, every)]:
        x0, y0, x1, y1 = clip((x0 - margin, y0 - margin, x1 + margin, y1 + margin), size)
        own = (crop[y0:y1, x0:x1] == key).astype(np.float32)
        weight = cv2.GaussianBlur(own, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        weight += 1e-5 * own  # a tie changes nothing
        here = best[y0:y1, x0:x1]
        more = weight > here
        here[more] = weight[more]
        label[y0:y1, x0:x1][more] = key
    return label


def _box_of(mask: np.ndarray) -> Rect | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
