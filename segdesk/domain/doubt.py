"""Where a model is unsure: a small map of doubt, and a short list of places that a person should look at first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from segdesk.domain import rle
from segdesk.domain.components import components
from segdesk.domain.numbering import numbered
from segdesk.domain.prediction import Instance, Prediction, doubt, margin_doubt, object_doubt
from segdesk.domain.rle import Box
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_

MAP_SIDE = 256  # cells of the doubt map's longer side, at most
ISLAND_SIDE = 512  # the label map is looked through for islands at this size, at most
SPOT = 0.5  # a spot's cells have at least this doubt, averaged with their neighbours
SPOT_CELLS = 4  # a smaller spot is noise
ISLAND_SHARE = 0.0005  # of the picture's area: a region below it is an island if its segment has a far larger one
SURE_OBJECT = 0.3  # objects with less doubt are not worth a look
MOST_PLACES = 30
MOST_OBJECTS = 400  # of very many doubtful objects only the most doubtful ones are drawn into the map
MOST_ISLANDS = 200  # of a very noisy map only the largest ones are ranked
REASONS = {
    "margin": N_("The two best classes are close here."),
    "island": N_("A small island of the label map."),
    "object": N_("An object that the model is not sure of."),
    "samples": N_("The samples that the model drew differ here."),
    "flip": N_("The answer changes when the picture is mirrored."),
}


@dataclass(frozen=True)
class Place:
    """A doubtful place. `kind`: a key of `REASONS`; `box` (x0, y0, x1, y1) in picture pixels, the end exclusive;
    `doubt` 0 (sure) to 1."""

    kind: str
    box: Box
    doubt: float


@dataclass(frozen=True, eq=False)
class Doubts:
    """The doubt about one answer. `map` (h, w) uint8, 0 sure to 255, covers the whole picture at a low resolution
    (cell (i, j) is the part from (i H / h, j W / w) on); `places`, those worth looking at first; `value` 0..1 for the
    whole picture, the key of the review queue."""

    map: np.ndarray
    places: tuple[Place, ...] = ()
    value: float = 0.0


def doubts(
    prediction: Prediction,
    segmentation: Segmentation,
    *,
    flipped: Prediction | None = None,
    spread: np.ndarray | None = None,
    confidence: float = 0.5,
) -> Doubts:
    """Find the doubtful places of an answer.

    `segmentation`: what was decided from it. `flipped`: the model's answer for the mirrored picture, as it came out,
    where it was asked for. `spread`: (h, w) float32 0..1, how many of the samples that a model drew differ from most.
    `confidence`: the score from which objects count when the two answers are compared.
    """
    size = map_size(prediction)
    spots = np.zeros(size, np.float32)
    margin = None
    if prediction.scores is not None and prediction.scores.shape[0] > 1:
        margin = margin_doubt(prediction.scores)
        spots = block_mean(margin, size)
    value = doubt(prediction, margin)
    found = _spots(spots, prediction.size, "margin")
    if flipped is not None:
        differs = disagreement(prediction, flipped, size, confidence=confidence)
        found += _spots(differs, prediction.size, "flip")
        spots = np.maximum(spots, differs)
        value = max(value, float(differs.mean()))
    if spread is not None:
        differs = block_mean(spread, size)
        found += _spots(differs, prediction.size, "samples")
        spots = np.maximum(spots, differs)
        value = max(value, float(differs.mean()))
    whole = spots.copy()
    unsure = sorted((i for i in prediction.instances if object_doubt(i) > 0.1), key=lambda i: -object_doubt(i))
    unsure = unsure[:MOST_OBJECTS]
    _paint(whole, unsure, prediction.size)
    found += _object_places(unsure)
    found += _islands(segmentation, whole)
    return Doubts(np.rint(whole * 255).astype(np.uint8), _ranked(found, prediction.size), min(1.0, value))


def map_size(prediction: Prediction) -> tuple[int, int]:
    """(h, w) of the doubt map: that of the scores or of the picture, reduced to `MAP_SIDE`."""
    height, width = prediction.size if prediction.scores is None else prediction.scores.shape[1:]
    scale = min(1.0, MAP_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def block_mean(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) float32: the mean of the block of (H, W) `values` that each cell covers; `size` is not larger."""
    rows = np.arange(size[0]) * values.shape[0] // size[0]
    cols = np.arange(size[1]) * values.shape[1] // size[1]
    if values.shape == size:
        return values.astype(np.float32)
    sums = np.add.reduceat(np.add.reduceat(values, rows, axis=0, dtype=np.float32), cols, axis=1)
    counts = np.diff(rows, append=values.shape[0])[:, None] * np.diff(cols, append=values.shape[1])[None]
    return (sums / counts).astype(np.float32)


def disagreement(
    prediction: Prediction, flipped: Prediction, size: tuple[int, int], *, confidence: float = 0.5
) -> np.ndarray:
    """(h, w) float32 0..1: how far two answers differ, the second being of the mirrored picture.

    For scores half the sum of the absolute differences over the classes; for objects 1 where the classes differ.
    """
    result = np.zeros(size, np.float32)
    a, b = prediction.scores, flipped.scores
    if a is not None and b is not None and a.shape == b.shape:
        total = np.zeros(a.shape[1:], np.float32)
        for one, other in zip(a, b, strict=True):
            total += np.abs(one.astype(np.float32) - other[:, ::-1])
        result = block_mean(np.minimum(total / 2, 1.0), size)
    if prediction.instances or flipped.instances:
        here = _class_cells(prediction, size, confidence)
        there = _class_cells(flipped, size, confidence)[:, ::-1]
        result = np.maximum(result, (here != there).astype(np.float32))
    return result


def _class_cells(prediction: Prediction, size: tuple[int, int], confidence: float) -> np.ndarray:
    """(h, w) uint16: the class of the best object at each cell, 0 where there is none."""
    cells = np.zeros(size, np.uint16)
    for instance in sorted(prediction.instances, key=lambda i: i.score):
        if instance.score >= confidence:
            window, mask = _cells_of(instance, size, prediction.size)
            cells[window][mask] = instance.class_id
    return cells


def _paint(target: np.ndarray, instances: Iterable[Instance], size: tuple[int, int]) -> None:
    """Raise the doubt to that of each object where it lies."""
    for instance in instances:
        window, mask = _cells_of(instance, target.shape, size)
        area = target[window]
        area[mask] = np.maximum(area[mask], object_doubt(instance))


def _cells_of(
    instance: Instance, cells: tuple[int, ...], size: tuple[int, int]
) -> tuple[tuple[slice, slice], np.ndarray]:
    """The window of cells whose centres lie in an object's box, and which of them its mask covers; the cell under the
    middle of an object that no centre hits."""
    box = rle.bounding_box(instance.mask)
    ys, rows = _centres(box[1], box[3], cells[0], size[0])
    xs, cols = _centres(box[0], box[2], cells[1], size[1])
    window = (slice(ys, ys + rows.size), slice(xs, xs + cols.size))
    if rows.size and cols.size:
        mask = rle.decode_box(instance.mask, box)[np.ix_(rows - box[1], cols - box[0])]
        if mask.any():
            return window, mask
    y = min(cells[0] - 1, (box[1] + box[3]) * cells[0] // (2 * size[0]))
    x = min(cells[1] - 1, (box[0] + box[2]) * cells[1] // (2 * size[1]))
    return (slice(y, y + 1), slice(x, x + 1)), np.full((1, 1), box[2] > box[0])


def _centres(low: int, high: int, cells: int, full: int) -> tuple[int, np.ndarray]:
    """The first cell whose centre lies in [low, high), and the pixels under the centres of it and those that follow."""
    centres = (2 * np.arange(cells) + 1) * full // (2 * cells)
    first, last = np.searchsorted(centres, (low, high))
    return int(first), centres[first:last]


def _spots(values: np.ndarray, size: tuple[int, int], kind: str) -> list[Place]:
    """Connected spots above the threshold. The mean of 5 x 5 cells is looked at, so that borders between classes, which
    are always doubtful, do not count; a large spot is cut into handy pieces."""
    spot = _smooth(values) >= SPOT
    if not spot.any():
        return []
    regions = _cut(np.where(spot, components(spot.astype(np.uint16))[0] + 1, 0), max(8, max(values.shape) // 4))
    count = int(regions.max()) + 1
    area = np.bincount(regions.ravel(), minlength=count)
    mean = np.bincount(regions.ravel(), weights=values.ravel(), minlength=count) / np.maximum(area, 1)
    boxes = _boxes(regions, count)
    return [
        Place(kind, _scaled(boxes[n], values.shape, size), float(min(1.0, mean[n])))
        for n in range(1, count)
        if area[n] >= SPOT_CELLS
    ]


def _smooth(values: np.ndarray) -> np.ndarray:
    """The mean of each cell and its neighbours up to two cells away; the border is repeated outwards."""
    padded = np.pad(values, 2, mode="edge")
    height, width = values.shape
    rows = sum((padded[n : n + height] for n in range(5)), np.zeros(1, np.float32))
    return sum((rows[:, n : n + width] for n in range(5)), np.zeros(1, np.float32)) / 25


def _cut(regions: np.ndarray, side: int) -> np.ndarray:
    """Cut regions (0 = none) whose box is longer than `side` along a grid of that step; numbers run from 1 again."""
    count = int(regions.max()) + 1
    boxes = _boxes(regions, count)
    long = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) > side
    rows, cols = (np.arange(n) // side for n in regions.shape)
    tile = rows[:, None] * (int(cols[-1]) + 1) + cols[None] + 1
    keys = regions * (int(tile.max()) + 1) + np.where(long[regions], tile, 0)
    keys[regions == 0] = 0
    known, numbers = numbered(keys)
    return numbers + (0 if known[0] == 0 else 1)


def _boxes(regions: np.ndarray, count: int) -> np.ndarray:
    """(count, 4) int: x0, y0, x1, y1 of each number of a map; of a number that does not occur an empty box."""
    boxes = np.zeros((count, 4), np.intp)
    boxes[:, :2] = max(regions.shape)
    ys, xs = np.nonzero(regions)
    number = regions[ys, xs]
    np.minimum.at(boxes[:, 0], number, xs)
    np.minimum.at(boxes[:, 1], number, ys)
    np.maximum.at(boxes[:, 2], number, xs + 1)
    np.maximum.at(boxes[:, 3], number, ys + 1)
    return boxes


def _scaled(box: np.ndarray, cells: tuple[int, ...], size: tuple[int, int]) -> Box:
    """A box of cells in picture pixels."""
    x0, y0, x1, y1 = (int(v) for v in box)
    return (
        x0 * size[1] // cells[1],
        y0 * size[0] // cells[0],
        -(-x1 * size[1] // cells[1]),
        -(-y1 * size[0] // cells[0]),
    )


def _object_places(instances: Iterable[Instance]) -> list[Place]:
    return [
        Place("object", box, object_doubt(i))
        for i in instances
        if object_doubt(i) >= SURE_OBJECT and (box := rle.bounding_box(i.mask))[2] > box[0]
    ]


def _islands(segmentation: Segmentation, values: np.ndarray) -> list[Place]:
    """Small regions whose segment has a far larger region elsewhere, as doubtful as the map is there, at least 0.3."""
    height, width = segmentation.size
    step = max(1, -(-max(height, width) // ISLAND_SIDE))
    ids = segmentation.ids[step // 2 :: step, step // 2 :: step] if min(height, width) > step else segmentation.ids
    regions, count = components(ids)
    area = np.bincount(regions.ravel(), minlength=count)
    small = area <= max(1, int(ISLAND_SHARE * ids.size))
    if not small.any():
        return []
    label = np.zeros(count, np.intp)
    label[regions.ravel()] = ids.ravel()
    largest = np.zeros(int(label.max(initial=0)) + 1, np.intp)
    np.maximum.at(largest, label, area)
    small &= largest[label] > 8 * area
    picked = np.flatnonzero(small)
    picked = picked[np.argsort(-area[picked], kind="stable")][:MOST_ISLANDS]
    if not picked.size:
        return []
    number = np.zeros(count, np.intp)
    number[picked] = np.arange(1, picked.size + 1)
    boxes = _boxes(number[regions], picked.size + 1)[1:]
    return [_island(_scaled(box, ids.shape, segmentation.size), segmentation.size, values) for box in boxes]


def _island(box: Box, size: tuple[int, int], values: np.ndarray) -> Place:
    rows = slice(box[1] * values.shape[0] // size[0], -(-box[3] * values.shape[0] // size[0]))
    cols = slice(box[0] * values.shape[1] // size[1], -(-box[2] * values.shape[1] // size[1]))
    return Place("island", box, max(0.3, float(values[rows, cols].mean())))


def _ranked(places: list[Place], size: tuple[int, int]) -> tuple[Place, ...]:
    """The most doubtful places first, larger ones before smaller; of two that cover each other only the better."""
    whole = size[0] * size[1]
    ordered = sorted(places, key=lambda p: -p.doubt * (max(1, _area(p.box)) / whole) ** 0.25)
    kept: list[Place] = []
    for place in ordered:
        if len(kept) == MOST_PLACES:
            break
        if not any(_covers(other.box, place.box) for other in kept):
            kept.append(place)
    return tuple(kept)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _covers(a: Box, b: Box) -> bool:
    """Whether two boxes share more than half of their union."""
    shared = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return 2 * shared > _area(a) + _area(b) - shared
