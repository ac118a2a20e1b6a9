"""Objects from the centres and offsets of Panoptic-DeepLab (Cheng et al., arXiv:1911.10194, section 3.2): each pixel of
a thing goes to the centre nearest to where its offset points; an object takes the class of most of its pixels."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from segdesk.domain import rle
from segdesk.domain.classes import MAX_ID
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.upsampling import Taps, best_class, sampled, taps

BAND_PIXELS = 1 << 20  # pixels of the picture that are looked at together
BLOCK = 1 << 14  # of them, those whose distances stay in the processor's cache

Points = tuple[np.ndarray, np.ndarray]  # rows, columns


def instances(
    semantic: Prediction,
    centres: np.ndarray,
    offsets: np.ndarray,
    input_size: tuple[int, int],
    *,
    threshold: float = 0.1,
    window: int = 7,
    most: int = 200,
) -> tuple[Instance, ...]:
    """The objects of one picture, best first; they do not overlap.

    `semantic`: the classes; its pixels of thing classes are divided among the objects. `centres` (h, w) heat map and
    `offsets` (2, h, w) float32, rows and columns in pixels of the net's input of `input_size`; both cover the whole
    picture. `threshold`, `window`, `most`: see `peaks`, at the input's resolution.
    A score is the mean probability of the object's class over its pixels times the height of its centre, 0..1.
    """
    heat = cv2.resize(centres, input_size[::-1], interpolation=cv2.INTER_LINEAR)
    points, height = peaks(heat, threshold=threshold, window=window, most=most)
    if not height.size:
        return ()
    class_map = best_class(semantic)
    things = np.zeros(MAX_ID + 1, bool)
    things[list(semantic.classes.things)] = True
    numbers, votes = _grouped(semantic, class_map, things, points, offsets, input_size)
    class_of = votes.argmax(axis=1)  # of a tie the lower id
    area = votes.sum(axis=1)
    mean = _class_means(semantic, numbers, class_of) / np.maximum(area, 1)
    score = np.clip(mean * height, 0.0, 1.0)
    masks = rle.encode_labels(numbers, height.size)
    order = (int(n) for n in np.argsort(-score, kind="stable") if area[n])
    return tuple(Instance(int(class_of[n]), float(score[n]), masks[n]) for n in order)


def peaks(heat: np.ndarray, *, threshold: float, window: int, most: int) -> tuple[Points, np.ndarray]:
    """((rows, columns), heights) of the (h, w) float32 map's highest places, best first.

    They are above `threshold` and the highest of the `window` x `window` pixels around them (odd); at most `most`.
    A plateau, as bilinear upsampling makes at the border, is one place.
    """
    if window % 2 == 0:
        raise ValueError("the window must be odd")
    heat = np.ascontiguousarray(heat, np.float32)
    top = cv2.dilate(heat, np.ones((window, window), np.uint8))
    found = (heat == top) & (heat > threshold)
    plateaus = cv2.connectedComponents(found.astype(np.uint8), connectivity=8)[1]
    y, x = np.nonzero(found)
    _, first = np.unique(plateaus[y, x], return_index=True)
    y, x = y[first], x[first]
    best = np.argsort(-heat[y, x], kind="stable")[:most]
    return (y[best].astype(np.float32), x[best].astype(np.float32)), heat[y[best], x[best]]


def nearest(points: Points, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(n,) uint16: the index of the point nearest to each of the n places (y, x) float32; of a tie the lower one."""
    result = np.zeros(y.size, np.uint16)
    best, far, way, closer = (np.empty(BLOCK, t) for t in (np.float32, np.float32, np.float32, bool))
    for begin in range(0, y.size, BLOCK):
        here = slice(begin, min(begin + BLOCK, y.size))
        n = here.stop - begin
        least, distance, other, less = best[:n], far[:n], way[:n], closer[:n]
        for index, (row, column) in enumerate(zip(*points, strict=True)):
            np.subtract(y[here], row, out=distance)
            np.multiply(distance, distance, out=distance)
            np.subtract(x[here], column, out=other)
            np.multiply(other, other, out=other)
            np.add(distance, other, out=distance)
            if index == 0:
                least[:] = distance
                continue
            np.less(distance, least, out=less)
            np.minimum(least, distance, out=least)
            np.copyto(result[here], np.uint16(index), where=less)
    return result


def _grouped(
    semantic: Prediction,
    class_map: np.ndarray,
    things: np.ndarray,
    points: Points,
    offsets: np.ndarray,
    input_size: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """((H, W) uint16, 1..n at pixels of objects; (n, ids) pixels of each class in each object)."""
    (height, width), (h, w) = semantic.size, input_size
    rows, cols = taps(height, offsets.shape[1]), taps(width, offsets.shape[2])
    numbers = np.zeros((height, width), np.uint16)
    count, ids = points[0].size, max(semantic.score_ids) + 1
    votes = np.zeros(count * ids, np.int64)
    for top, y, x in _bands(things[class_map]):
        classes = class_map[top + y, x]
        y = y + top
        pointed = [
            sampled(offsets, np.full(y.size, axis), rows, cols, (y, x)) + _centre(place, scale)
            for axis, place, scale in ((0, y, h / height), (1, x, w / width))
        ]
        number = nearest(points, *pointed)
        numbers[y, x] = number + 1
        votes += np.bincount(number.astype(np.intp) * ids + classes, minlength=votes.size)
    return numbers, votes.reshape(count, ids)


def _centre(index: np.ndarray, scale: float) -> np.ndarray:
    """Where the centre of a picture's pixel lies in the input."""
    return ((index + 0.5) * scale - 0.5).astype(np.float32)


def _class_means(semantic: Prediction, numbers: np.ndarray, class_of: np.ndarray) -> np.ndarray:
    """(n,) float64: the sum of the probabilities of each object's class over its pixels."""
    scores = semantic.scores
    assert scores is not None
    rows: Taps = taps(semantic.size[0], scores.shape[1])
    cols: Taps = taps(semantic.size[1], scores.shape[2])
    channel = np.array([semantic.score_ids.index(i) if i in semantic.score_ids else 0 for i in class_of])
    total = np.zeros(class_of.size)
    for top, y, x in _bands(numbers > 0):
        number = numbers[top + y, x].astype(np.intp) - 1
        values = sampled(scores, channel[number], rows, cols, (top + y, x))
        total += np.bincount(number, weights=values, minlength=total.size)
    return total


def _bands(mask: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(first row, rows from there, columns) of the pixels that are set, band by band."""
    step = max(1, BAND_PIXELS // max(1, mask.shape[1]))
    for top in range(0, mask.shape[0], step):
        y, x = np.nonzero(mask[top : top + step])
        if y.size:
            yield top, y, x
