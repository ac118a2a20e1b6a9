"""Masks as polygons, by the two conventions that other programs read: corners of pixels, and centres of pixels.

Corner polygons (`edge_outlines`) run between the pixels: filled by the even-odd rule they give the mask again, and
COCO's own rasteriser draws them exactly. Centre polygons (`centre_outlines`) run through the outermost pixels, which
`cv2.fillPoly` and Pillow draw with the border; one with holes is a single closed line by way of bridges, as YOLO's
text files want it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

Points = np.ndarray
_MANY = 40


@dataclass(frozen=True, eq=False)
class Outline:
    """One 4-connected part of a mask: (n, 2) int32 corners (x, y) of its outer border, clockwise on the screen, and of
    its holes, counter-clockwise. Pixel (x, y) has the corners (x, y) and (x + 1, y + 1)."""

    outer: Points
    holes: tuple[Points, ...] = ()


def edge_outlines(mask: np.ndarray) -> list[Outline]:
    """The outlines of an (H, W) mask along the edges of its pixels, one for each 4-connected part; only the corners
    where the line turns. Costs the mask's area plus its corners."""
    solid = np.asarray(mask, bool)
    if not solid.any():
        return []
    _, parts = cv2.connectedComponents(solid.astype(np.uint8), connectivity=4)
    outer: dict[int, Points] = {}
    holes: dict[int, list[Points]] = {}
    for loop in _loops(solid):
        part, is_hole = _owner(loop, parts)
        if is_hole:
            holes.setdefault(part, []).append(loop)
        else:
            outer[part] = loop
    return [Outline(points, tuple(holes.get(part, ()))) for part, points in sorted(outer.items())]


def _loops(solid: np.ndarray) -> list[Points]:
    """All closed border lines, interior on the right hand.

    A corner of the border joins one horizontal and one vertical edge. Sorted along a row, corners pair up into
    horizontal edges; sorted along a column, into vertical ones; following partners in turn gives the loops. Where two
    pixels touch only by a corner there are two corners in one place, one for each pixel.
    """
    padded = np.pad(solid, 1)
    codes = padded[:-1, :-1] * 1 + padded[:-1, 1:] * 2 + padded[1:, :-1] * 4 + padded[1:, 1:] * 8  # NW, NE, SW, SE
    y, x = np.nonzero(np.isin(codes, (1, 2, 4, 8, 7, 11, 13, 14, 6, 9)))
    code = codes[y, x]
    double = np.isin(code, (6, 9))
    # Of two corners in one place the western one comes first in its row, the northern one first in its column.
    order_x = np.concatenate([np.zeros(x.size, int), np.ones(int(double.sum()), int)])
    late_y = np.concatenate([(code == 6).astype(int), (code[double] == 9).astype(int)])
    x, y = np.concatenate([x, x[double]]), np.concatenate([y, y[double]])
    along = _partners(np.lexsort((order_x, x, y)))
    down = _partners(np.lexsort((late_y, y, x)))
    return _followed(x, y, along, down, padded)


def _partners(order: np.ndarray) -> list[int]:
    """The corner at the other end of each corner's edge: neighbours in the order form pairs."""
    partner = np.empty(order.size, np.int64)
    partner[order[::2]] = order[1::2]
    partner[order[1::2]] = order[::2]
    return partner.tolist()


def _followed(x: np.ndarray, y: np.ndarray, along: list[int], down: list[int], padded: np.ndarray) -> list[Points]:
    taken = bytearray(x.size)
    loops = []
    for start in range(x.size):
        if taken[start]:
            continue
        visited, at = [], start
        while not taken[at]:
            visited.append(at)
            beside = along[at]
            visited.append(beside)
            taken[at] = taken[beside] = 1
            at = down[beside]
        points = np.stack([x[visited], y[visited]], axis=1).astype(np.int32)
        left, top = int(min(points[0, 0], points[1, 0])), int(points[0, 1])
        below = bool(padded[top + 1, left + 1])  # the pixel under the first edge
        runs_right = points[1, 0] > points[0, 0]
        loops.append(points if below == runs_right else points[::-1])
    return loops


def _owner(loop: Points, parts: np.ndarray) -> tuple[int, bool]:
    """(number of the part that a loop bounds, whether the loop is a hole of it)."""
    (x0, y0), (x1, y1) = loop[0].tolist(), loop[1].tolist()
    if y0 == y1:
        inside = parts[y0, x0] if x1 > x0 else parts[y0 - 1, x1]
    else:
        inside = parts[y0, x0 - 1] if y1 > y0 else parts[y1, x0]
    return int(inside), signed_area(loop) < 0


def signed_area(points: Points) -> float:
    """Twice the area inside a closed line, positive where it runs clockwise on the screen (y down)."""
    x, y = points[:, 0].astype(float), points[:, 1].astype(float)
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def centre_outlines(mask: np.ndarray) -> list[Points]:
    """Closed lines through pixel centres, (n, 2) int32 (x, y) pixel indices, one for each 8-connected part of an (H, W)
    mask. `cv2.fillPoly` draws exactly the part again: a hole is cut out by a bridge, a line to it and back that runs
    over the part's own pixels. Parts of one or two pixels have fewer than three points."""
    solid = np.ascontiguousarray(mask, np.uint8)
    found, tree = cv2.findContours(solid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if tree is None:
        return []
    result = []
    for number, contour in enumerate(found):
        if tree[0, number, 3] >= 0:
            continue  # a hole
        rings, hole = [], int(tree[0, number, 2])
        while hole >= 0:
            rings.append(found[hole][:, 0])
            hole = int(tree[0, hole, 0])
        result.append(_without_straights(_bridged(contour[:, 0], rings, solid)))
    return result


def _bridged(outer: Points, holes: list[Points], solid: np.ndarray) -> Points:
    """One closed line around a part and all its holes. Each hole is joined by a horizontal line from its leftmost pixel
    to the first border to the left, which is the outer one or one of a hole that is joined already."""
    line = _pairs(outer)
    after = [*range(1, len(line)), 0]  # the line as a ring of links: joining a hole costs its own points
    places = {point: n for n, point in enumerate(line)}
    for hole in sorted(holes, key=lambda h: int(h[:, 0].min())):
        first = int(np.argmin(hole[:, 0]))
        x, y = hole[first].tolist()
        gaps = np.flatnonzero(solid[y, : x + 1] == 0)
        goal = (int(gaps[-1]) + 1 if gaps.size else 0, y)
        ring = _pairs(np.roll(hole, -first, axis=0))
        begin, end = len(line), len(line) + len(ring) + 1
        line += [*ring, ring[0], goal]
        after += [*range(begin + 1, end + 1), after[places[goal]]]
        after[places[goal]] = begin
        places.update({point: begin + n for n, point in enumerate(ring)})
    order, at = [], 0
    for _ in line:
        order.append(line[at])
        at = after[at]
    return np.array(order, np.int32)


def _pairs(points: Points) -> list[tuple[int, int]]:
    return [(x, y) for x, y in points.tolist()]


def _without_straights(points: Points) -> Points:
    """The line without the points where it runs on in the same direction."""
    if len(points) < 3:
        return points
    into = points - np.roll(points, 1, axis=0)
    out = np.roll(points, -1, axis=0) - points
    return points[np.any(np.sign(into) != np.sign(out), axis=1) | (np.abs(into).max(1) != np.abs(out).max(1))]


def painted_outlines(ids: np.ndarray) -> Iterator[tuple[int, Points]]:
    """(value, (n, 2) int32 pixel centres) of every 4-connected part of an (H, W) map, void among them, without holes:
    drawn one after the other with `cv2.fillPoly` they give the map again, because what lies in a hole comes later.
    Void that lies in no hole is left out, as the ground that is painted on."""
    from scipy import ndimage  # slow to import
    from skimage.measure import label  # slow to import

    parts = np.asarray(label(ids.astype(np.int32), background=-1, connectivity=1), np.int32)
    rim = set(np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])).tolist())
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(parts), 1):
        crop = (parts[rows, columns] == number).astype(np.uint8)
        value = int(ids[rows, columns][crop > 0][0])
        if value == 0 and number in rim:
            continue
        contours, _ = cv2.findContours(crop, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        points = contours[0][:, 0]
        found.append((cv2.contourArea(points), crop.shape, value, np.add(points, (columns.start, rows.start))))
    for _, _, value, points in sorted(found, key=lambda f: (-f[0], -f[1][0] * f[1][1])):
        yield value, points.astype(np.int32)


def joined(parts: list[Points]) -> Points:
    """One closed line through several parts, (n, 2) each, by lines there and back between their nearest points: always
    the nearest part next; of more than `_MANY` parts, one after the other from left to right."""
    rest = sorted(parts, key=len, reverse=True)
    if len(parts) > _MANY:
        rest.sort(key=lambda p: float(p[:, 0].mean()), reverse=True)
        line = last = rest.pop()
        start = 0
        while rest:
            part = rest.pop()
            _, at, first = _nearest(last, part)
            ring = np.roll(part, -first, axis=0)
            place = start + at
            line = np.concatenate([line[: place + 1], ring, ring[:1], line[place:]])
            start, last = place + 1, ring
        return line
    line = rest.pop(0)
    while rest:
        _, at, first, number = min((*_nearest(line, p), n) for n, p in enumerate(rest))
        ring = np.roll(rest.pop(number), -first, axis=0)
        line = np.concatenate([line[: at + 1], ring, ring[:1], line[at:]])
    return line


def _nearest(line: Points, points: Points) -> tuple[float, int, int]:
    """(distance, index in `line`, index in `points`) of the nearest pair."""
    from scipy.spatial import KDTree  # slow to import

    distance, index = map(np.asarray, KDTree(line).query(points))
    start = int(np.argmin(distance))
    return float(distance[start]), int(index[start]), start


def even_odd(outline: Outline, size: tuple[int, int]) -> np.ndarray:
    """The (H, W) mask of a corner outline by the even-odd rule: its vertical edges, summed along the rows."""
    flips = np.zeros((size[0], size[1] + 1), np.int32)
    for ring in (outline.outer, *outline.holes):
        for (x0, y0), (x1, y1) in pairwise([*ring.tolist(), ring[0].tolist()]):
            if x0 == x1:
                flips[min(y0, y1) : max(y0, y1), x0] += 1
    return (np.cumsum(flips, axis=1) % 2 == 1)[:, :-1]
