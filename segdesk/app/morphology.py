"""Shapes of segments: holes, growing, shrinking, smoothing, loose parts. Pure functions on a label map; any thread.

Each yields what is to change, worked out on the map as it was: masks (x, y, (h, w) bool, new id) or whole windows
(x, y, (h, w) uint16). Nothing is written here, and nothing may be until all is worked out (`segdesk.app.held`). Memory
does not follow the size of the picture; `tick(done, total)` is told between pieces of work, and what it raises ends it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from segdesk.app.runs import Runs
from segdesk.app.watch import part_of
from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.edit import Rect, Tick, clip, no_tick

Patch = tuple[int, int, np.ndarray, int]
Sources = tuple[np.ndarray, np.ndarray]  # (n, 2) [row, column] and (n,) label
Window = tuple[int, int, np.ndarray]
PASSES = ((1024, 64),)  # side of a window, and how far around it the nearest label is looked for
CHUNK = 1 << 20  # pairs of a pixel and a border that are compared at a time
LEAF = 32  # side of a square whose pixels are looked at one by one
BAND_PIXELS = 1 << 21


def boxes(ids: np.ndarray, table: np.ndarray, tick: Tick = no_tick) -> list[tuple[int, Rect]]:
    """(id, box (x0, y0, x1, y1)) of each id that is set in (65536,) bool `table` and occurs, in order."""
    from scipy import ndimage  # slow to import: not before it is needed

    found: dict[int, Rect] = {}
    rows = max(1, BAND_PIXELS // max(1, ids.shape[1]))
    for top in range(0, ids.shape[0], rows):
        tick(0, 1)
        for key, place in enumerate(ndimage.find_objects(ids[top : top + rows]), 1):
            if place is not None and table[key]:
                down, across = place
                part = across.start, top + down.start, across.stop, top + down.stop
                found[key] = part if key not in found else _around_both(found[key], part)
    return sorted(found.items())


def _around_both(a: Rect, b: Rect) -> Rect:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _one_by_one(ids: np.ndarray, table: np.ndarray, tick: Tick) -> Iterator[tuple[int, Rect, Tick]]:
    """`boxes`, telling how far it is, with a `Tick` for the work on each."""
    known = boxes(ids, table, tick)
    areas = [(r[2] - r[0]) * (r[3] - r[1]) for _, r in known]
    total, done = max(1, sum(areas)), 0
    for (key, rect), area in zip(known, areas, strict=True):
        tick(done, total)
        yield key, rect, part_of(tick, done, area, total)
        done += area


def holes(ids: np.ndarray, table: np.ndarray, *, only_void: bool = True, tick: Tick = no_tick) -> Iterator[Patch]:
    """What each segment encloses: pixels that are not its own and cannot reach the map's border over pixel sides.
    `only_void`: only the void among them."""
    for key, (x0, y0, x1, y1), inner in _one_by_one(ids, table, tick):
        crop = ids[y0:y1, x0:x1]
        others = Runs.where(crop, lambda part, key=key: part != key, inner)
        part_of_run, count = others.connected(corners=False)
        outside = np.zeros(count, bool)
        outside[part_of_run[others.at_border(crop.shape)]] = True
        for y, mask in others.chosen(~outside[part_of_run]).masks(crop.shape[1]):
            found = mask & (crop[y : y + mask.shape[0]] == VOID) if only_void else mask
            if found.any():
                yield x0, y0 + y, found, key


def shrunk(ids: np.ndarray, table: np.ndarray, pixels: float, *, tick: Tick = no_tick) -> Iterator[Patch]:
    """The pixels of each segment that lie within `pixels` of one that is not its own (centres, Euclidean); the
    picture's border is no edge."""
    size = (ids.shape[0], ids.shape[1])
    halo = math.ceil(pixels) + 2
    for key, (x0, y0, x1, y1), inner in _one_by_one(ids, table, tick):
        rows = max(halo, BAND_PIXELS // max(1, x1 - x0))
        for top in range(y0, y1, rows):
            inner(top - y0, y1 - y0)
            stop = min(y1, top + rows)
            left, first, right, last = clip((x0 - 1, top - halo, x1 + 1, stop + halo), size)
            own = ids[first:last, left:right] == key
            if own.all():
                continue  # no edge is near
            depth = cv2.distanceTransform(own.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
            lost = (own & (depth <= pixels + 1e-3))[top - first : stop - first]
            if lost.any():
                yield left, top, lost, VOID


def smaller_parts(ids: np.ndarray, table: np.ndarray, *, tick: Tick = no_tick) -> Iterator[Patch]:
    """All parts of each segment but its largest (over sides and corners; of equal ones the first stays)."""
    for key, (x0, y0, x1, y1), inner in _one_by_one(ids, table, tick):
        own = Runs.where(ids[y0:y1, x0:x1], lambda part, key=key: part == key, inner)
        part_of_run, count = own.connected(corners=True)
        if count > 1:
            largest = int(own.areas(part_of_run, count).argmax())
            for y, mask in own.chosen(part_of_run != largest).masks(x1 - x0):
                yield x0, y0 + y, mask, VOID


def islands(
    ids: np.ndarray, table: np.ndarray, pixels: int, *, to_neighbour: bool = True, tick: Tick = no_tick
) -> Iterator[Patch]:
    """Connected parts (over sides) of segments under `pixels` pixels, one by one, with what they become: the label
    that they share the longest border with, or void."""
    size = (ids.shape[0], ids.shape[1])
    for key, (x0, y0, x1, y1), inner in _one_by_one(ids, table, tick):
        own = Runs.where(ids[y0:y1, x0:x1], lambda part, key=key: part == key, inner)
        part_of_run, count = own.connected(corners=False)
        small = own.areas(part_of_run, count) < pixels
        for left, top, island in own.chosen(small[part_of_run]).one_by_one(part_of_run[small[part_of_run]]):
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
    rolled = (np.roll(padded, step, axis) for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)))
    labels, counts = np.unique(
        np.concatenate([window[touching & ~padded & inside] for touching in rolled]), return_counts=True
    )
    return int(labels[counts.argmax()]) if labels.size else VOID


# ---- growing


def spread(
    ids: np.ndarray, sources: np.ndarray, over: np.ndarray, *, most: float = math.inf, tick: Tick = no_tick
) -> Iterator[Window]:
    """Labels grow: each pixel whose id is set in `over` gets the label of the nearest pixel whose id is set in
    `sources`, if that is at most `most` away (centres, Euclidean, exact). Both (65536,) bool. Windows with a change.

    Looks around each window first, then further; pixels with nothing near at all are compared with the borders of all
    sources. So memory does not follow the size of the picture.
    """
    size = (ids.shape[0], ids.shape[1])
    far: list[Rect] = [(0, 0, size[1], size[0])]
    for n, (side, halo) in enumerate(PASSES):
        halo = min(halo, math.ceil(min(most, halo)) + 1)
        again: list[Rect] = []
        windows = sorted({w for r in far for w in _windows(r, side, size)})
        inner = part_of(tick, n, 1, len(PASSES) + 1)
        for at, rect in enumerate(windows):
            inner(at, len(windows))
            window, beyond = _grown(ids, sources, over, rect, halo, most)
            if beyond.any() and most > halo:
                again.append(rect)
            elif (window != ids[rect[1] : rect[3], rect[0] : rect[2]]).any():
                yield rect[0], rect[1], window
        far = again
    if far:
        places = _borders(ids, sources)
        known, inner = (places, ids[tuple(places.T)]), part_of(tick, len(PASSES), 1, len(PASSES) + 1)
        for at, rect in enumerate(far):
            window, beyond = _grown(ids, sources, over, rect, 1, most)
            each = part_of(inner, at, 1, len(far))
            yield rect[0], rect[1], _from_far(window, beyond, rect[:2], known, most, each)


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


def _from_far(
    window: np.ndarray, beyond: np.ndarray, corner: tuple[int, int], sources: Sources, most: float, tick: Tick
) -> np.ndarray:
    """The window, whose top-left is `corner` (x, y), with the labels of the nearest `sources` where (h, w) bool
    `beyond` is set. Squares for which one label alone can be the nearest are filled at once; others are quartered."""
    places, labels = sources
    if not len(places):
        return window
    todo = [(0, 0, *window.shape, np.arange(len(places)))]
    done, total = 0, window.size
    while todo:
        top, left, height, width, near = todo.pop()
        tick(done, total)
        part = np.s_[top : top + height, left : left + width]
        done += height * width
        if not beyond[part].any():
            continue
        centre = corner[1] + top + (height - 1) / 2, corner[0] + left + (width - 1) / 2
        reach = math.hypot(height - 1, width - 1) / 2
        distance = np.hypot(places[near, 0] - centre[0], places[near, 1] - centre[1])
        least = float(distance.min())
        near = near[distance <= least + 2 * reach + 1e-6]
        alone = bool((labels[near] == labels[near[0]]).all())
        if alone and least + reach <= most:
            window[part][beyond[part]] = labels[near[0]]
        elif least - reach <= most + 1e-6 and max(height, width) <= LEAF:
            spots = np.argwhere(beyond[part])
            found, close = _nearest(np.add(spots, (corner[1] + top, corner[0] + left)), places[near], most)
            window[part][tuple(spots[close].T)] = labels[near[found[close]]]
        elif least - reach <= most + 1e-6:
            done -= height * width
            todo += [(*quarter, near) for quarter in _quarters(top, left, height, width)]
    return window


def _nearest(spots: np.ndarray, places: np.ndarray, most: float) -> tuple[np.ndarray, np.ndarray]:
    """For (n, 2) spots the index of the nearest of (m, 2) places, and whether that is within `most`."""
    index, near = np.zeros(len(spots), np.intp), np.zeros(len(spots), bool)
    step = max(1, CHUNK // len(places))
    for first in range(0, len(spots), step):
        some = slice(first, first + step)
        square = ((spots[some, None, :] - places[None, :, :]) ** 2).sum(axis=2)
        index[some] = square.argmin(axis=1)
        near[some] = square.min(axis=1) <= most * most * (1 + 1e-9) + 1e-9
    return index, near


def _quarters(top: int, left: int, height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """Up to four parts of a rectangle: (top, left, height, width)."""
    rows = ((top, height // 2), (top + height // 2, height - height // 2)) if height > 1 else ((top, height),)
    columns = ((left, width // 2), (left + width // 2, width - width // 2)) if width > 1 else ((left, width),)
    return ((y, x, h, w) for y, h in rows for x, w in columns)


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


def smoothed(ids: np.ndarray, table: np.ndarray, pixels: float, *, tick: Tick = no_tick) -> Iterator[Window]:
    """Borders without details narrower than about `pixels`: each pixel takes the label that has most weight around it
    (Gaussian), where its old or new label is set in `table`. Void is a label like others."""
    sigma = pixels / 1.35  # a strip of this width then has just half of the weight at its middle
    margin = math.ceil(3 * sigma) + 1
    rows = max(4 * margin, BAND_PIXELS // max(1, ids.shape[1]))
    for top in range(0, ids.shape[0], rows):
        tick(top, ids.shape[0])
        first, stop = max(0, top - margin), min(ids.shape[0], top + rows + margin)
        band = ids[first:stop]
        box = _box_of(table[band])
        if box is None:
            continue
        x0, y0, x1, y1 = clip(
            (box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin), (band.shape[0], band.shape[1])
        )
        crop = band[y0:y1, x0:x1]
        new = _heaviest(crop, sigma, margin, part_of(tick, top, min(rows, ids.shape[0] - top), ids.shape[0]))
        new = np.where(table[crop] | table[new], new, crop)
        skip, end = max(0, top - first - y0), max(0, min(y1, top + rows - first) - y0)
        if (new[skip:end] != crop[skip:end]).any():
            yield x0, first + y0 + skip, new[skip:end]


def _heaviest(crop: np.ndarray, sigma: float, margin: int, tick: Tick) -> np.ndarray:
    """(h, w) uint16: the label with most Gaussian weight around each pixel; its own label where two are equal."""
    size = (crop.shape[0], crop.shape[1])
    best = np.zeros(size, np.float32)
    label = crop.copy()
    every = np.ones(MAX_ID + 1, bool)
    known = [(VOID, (0, 0, size[1], size[0]))] if (crop == VOID).any() else []
    every_box = [*known, *boxes(crop, every)]
    for n, (key, (x0, y0, x1, y1)) in enumerate(every_box):
        tick(n, len(every_box))
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
