"""Regions of any picture without a model: superpixels, joined step by step where colour and boundary say that they
belong together (a region adjacency graph, cheapest edge first)."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from segdesk.domain.components import components
from segdesk.domain.errors import Cancelled
from segdesk.domain.prediction import Instance
from segdesk.domain.rle import encode_at

WORK_PIXELS = 800_000
SUPERPIXELS = 1500
SMALLEST_CELL = 8  # pixels
CLEAR_STEP = 50.0  # CIELAB units
SMALLEST = 0.0008  # of the picture

Pair = tuple[int, int]
Steps = tuple[np.ndarray, np.ndarray]


def regions(
    image: np.ndarray,
    *,
    count: int = 40,
    contrast: float = 7.0,
    class_id: int = 1,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Instance, ...]:
    """The regions of an (H, W, 3) uint8 RGB picture; they cover it and do not overlap.

    Joining goes on while there are more than `count` regions or the cheapest border costs less than `contrast`
    (CIELAB units), the first only up to six times that contrast (and whatever the contrast, while there are four
    times too many), so that a plain picture gives few regions and a rich one more. The score, 0..1, is how clearly a
    region stands out from its neighbours. Large pictures are worked on reduced; the borders are then enlarged smoothly.
    """
    height, width = image.shape[:2]
    scale = min(1.0, (WORK_PIXELS / (height * width)) ** 0.5)
    h, w = max(1, round(height * scale)), max(1, round(width * scale))
    small = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA) if scale < 1 else image
    lab = _smooth_lab(small)
    labels = superpixels(lab)
    if cancelled():
        raise Cancelled
    graph = _Graph(labels, lab, boundary_strength(lab))
    root = graph.joined(count, contrast)
    merged, total = components(root[labels])
    scores = _distinct(merged, total, lab)
    full = _enlarged(merged, (height, width))
    return _instances(full, scores, class_id)


def superpixels(lab: np.ndarray) -> np.ndarray:
    """(h, w) int32, 0..n-1: connected pieces that end at edges. A watershed of the boundary strength from the calmest
    pixel of each cell of a grid; unlike clusters of colour, no piece lies across an edge."""
    height, width = lab.shape[:2]
    strength = np.hypot(*boundary_strength(lab))
    cell = max(SMALLEST_CELL, round((height * width / SUPERPIXELS) ** 0.5))
    seeds = np.zeros((height, width), np.int32)
    for number, (y, x) in enumerate(_calmest(strength, cell), start=1):
        seeds[y, x] = number
    return np.asarray(watershed(strength, seeds), np.int32) - 1


def _calmest(strength: np.ndarray, cell: int) -> list[tuple[int, int]]:
    """The weakest pixel of each cell; the middle one where all are alike."""
    height, width = strength.shape
    found = []
    for top in range(0, height, cell):
        for left in range(0, width, cell):
            window = strength[top : top + cell, left : left + cell]
            y, x = window.shape[0] // 2, window.shape[1] // 2
            if window.min() < window[y, x]:
                y, x = divmod(int(window.argmin()), window.shape[1])
            found.append((top + y, left + x))
    return found


def boundary_strength(lab: np.ndarray) -> Steps:
    """The local change of colour along x and along y: two (h, w) float32, in CIELAB units across about two pixels."""
    dx = cv2.Sobel(lab, cv2.CV_32F, 1, 0, scale=0.25)
    dy = cv2.Sobel(lab, cv2.CV_32F, 0, 1, scale=0.25)
    return np.sqrt((dx * dx).sum(axis=2)), np.sqrt((dy * dy).sum(axis=2))


def _smooth_lab(image: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return cv2.bilateralFilter(lab, 7, 12, 4) if min(lab.shape[:2]) > 1 else lab


class _Graph:
    """Regions as nodes with area and mean colour, borders as edges with length and mean strength."""

    def __init__(self, labels: np.ndarray, lab: np.ndarray, steps: Steps) -> None:
        count = int(labels.max()) + 1
        flat = labels.ravel()
        self.area = np.bincount(flat, minlength=count).astype(float)
        # The median: the few pixels that a piece has on the wrong side of an edge do not count.
        self.color = np.stack([ndimage.median(lab[..., c], labels, np.arange(count)) for c in range(3)], axis=1)
        self.total = float(self.area.sum())
        self.neighbours: list[dict[int, list[float]]] = [{} for _ in range(count)]
        for (a, b), (length, weight) in _borders(labels, steps).items():
            self.neighbours[a][b] = self.neighbours[b][a] = [length, weight]
        self.version = [0] * count
        self.parent = np.arange(count)

    def cost(self, a: int, b: int) -> float:
        """What joining a and b costs: the difference of colour and the strength of the border between them; small
        regions join more easily."""
        length, weight = self.neighbours[a][b]
        difference = float(np.linalg.norm(self.color[a] - self.color[b]))
        smaller = min(self.area[a], self.area[b]) / self.total
        ease = min(1.0, 0.25 + (smaller / (8 * SMALLEST)) ** 0.5)
        return (0.6 * difference + 0.8 * weight / length) * ease

    def joined(self, count: int, contrast: float) -> np.ndarray:
        """The region that each node ends up in, by the node that stands for it."""
        heap = [(self.cost(a, b), a, b, 0, 0) for a in range(len(self.parent)) for b in self.neighbours[a] if a < b]
        heapq.heapify(heap)
        left = len(self.parent)
        while heap:
            cost, a, b, version_a, version_b = heapq.heappop(heap)
            if (version_a, version_b) != (self.version[a], self.version[b]):
                continue
            tiny = min(self.area[a], self.area[b]) < SMALLEST * self.total
            if not tiny and cost > self._limit(left, count, contrast):
                continue
            self._join(a, b)
            left -= 1
            for other in self.neighbours[a]:
                pair = (a, other) if a < other else (other, a)
                entry = (self.cost(a, other), *pair, self.version[pair[0]], self.version[pair[1]])
                heapq.heappush(heap, entry)
        return _roots(self.parent)

    @staticmethod
    def _limit(left: int, count: int, contrast: float) -> float:
        if left > 4 * count:
            return float("inf")
        return contrast if left <= count else 6 * contrast

    def _join(self, a: int, b: int) -> None:
        area = self.area[a] + self.area[b]
        self.color[a] = (self.color[a] * self.area[a] + self.color[b] * self.area[b]) / area
        self.area[a] = area
        for other, (length, weight) in self.neighbours[b].items():
            self.neighbours[other].pop(b)
            if other == a:
                continue
            have = self.neighbours[a].get(other, [0.0, 0.0])
            self.neighbours[a][other] = self.neighbours[other][a] = [have[0] + length, have[1] + weight]
        self.neighbours[b] = {}
        self.version[a] += 1
        self.version[b] = -1
        self.parent[b] = a


def _roots(parent: np.ndarray) -> np.ndarray:
    while True:
        jumped = parent[parent]
        if np.array_equal(jumped, parent):
            return parent
        parent = jumped


def _borders(labels: np.ndarray, steps: Steps) -> dict[Pair, tuple[float, float]]:
    """For each pair of touching regions: (border length in pixels, summed step across it)."""
    count = int(labels.max()) + 1
    found = []
    every, but_last, but_first = slice(None), slice(None, -1), slice(1, None)
    across = ((every, but_last), (every, but_first), steps[0]), ((but_last, every), (but_first, every), steps[1])
    for first, second, step in across:
        a, b = labels[first].ravel().astype(np.int64), labels[second].ravel().astype(np.int64)
        weight = np.minimum(step[first], step[second]).ravel()  # a true edge is strong on both sides
        differ = a != b
        a, b, weight = a[differ], b[differ], weight[differ]
        found.append((np.minimum(a, b) * count + np.maximum(a, b), weight))
    keys, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    pairs, index = np.unique(keys, return_inverse=True)
    lengths, sums = np.bincount(index, minlength=pairs.size), np.bincount(index, weights, minlength=pairs.size)
    return {
        (int(key // count), int(key % count)): (float(n), float(s))
        for key, n, s in zip(pairs, lengths, sums, strict=True)
    }


def _distinct(labels: np.ndarray, count: int, lab: np.ndarray) -> np.ndarray:
    """(count,) 0..1: the mean colour step at a region's border, against `CLEAR_STEP`."""
    borders = _borders(labels, boundary_strength(lab))
    length, weight = np.zeros(count), np.zeros(count)
    for pair, (n, s) in borders.items():
        length[list(pair)] += n
        weight[list(pair)] += s
    return np.clip(weight / np.maximum(length, 1) / CLEAR_STEP, 0.05, 1.0)


def _enlarged(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The map at the picture's size. A median takes the steps away: where two values meet it is their majority."""
    if labels.shape == size:
        return labels
    full = cv2.resize(labels, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
    if labels.max() > 255:
        return full
    reach = 2 * -(-size[1] // labels.shape[1]) + 1
    return cv2.medianBlur(full.astype(np.uint8), reach).astype(np.int32)


def _instances(labels: np.ndarray, scores: np.ndarray, class_id: int) -> tuple[Instance, ...]:
    found = []
    for index, window in enumerate(ndimage.find_objects(labels + 1)):
        if window is not None:
            rows, cols = window
            mask = labels[window] == index
            rle = encode_at(mask, cols.start, rows.start, (labels.shape[0], labels.shape[1]))
            found.append(Instance(class_id, round(float(scores[index]), 4), rle))
    return tuple(sorted(found, key=lambda i: -i.score))
