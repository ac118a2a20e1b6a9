"""How well the outlines of the classes agree: boundary IoU (Cheng et al., CVPR 2021) and the boundary F measure (Martin
et al., PAMI 2004, as Perazzi et al., CVPR 2016, take it for DAVIS).

Boundary IoU: of each class, the pixels of its mask that lie at most d pixels (along rows, columns and diagonals) from
its edge, the border of the picture included; their IoU between the maps, pixels of all pictures pooled as for mIoU. d
is 2 % of the picture's diagonal. Bands are taken of the maps as they are; with `void_ignored`, pixels that are void in
the reference are then left out.
Boundary F: of each class, the pixels of one map's outline that have a pixel of the other's within a disc of 0.8 % of
the diagonal, rounded up; F = 2 P R / (P + R) in each picture where the class occurs, averaged over those pictures. With
`void_ignored`, pixels that are void in the reference are first made void in both maps, as DAVIS does.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.confusion import mean
from segdesk.domain.metrics.overlaps import VOID_COUNTED, VOID_IGNORED, VoidRule, class_index
from segdesk.domain.segmentation import Segmentation

BAND = 0.02  # of the diagonal: the width of the band of boundary IoU
DISC = 0.008  # of the diagonal: the tolerance of boundary F
RULES: tuple[VoidRule, ...] = (VOID_IGNORED, VOID_COUNTED)


@dataclass(frozen=True, slots=True)
class ClassBoundary:
    """One class's outlines. `intersection`, `union`: pixels of the bands; `f_sum`: of the F of so many `pictures`."""

    class_id: int
    intersection: int
    union: int
    f_sum: float
    pictures: int

    @property
    def iou(self) -> float | None:
        """Boundary IoU, 0..1; None where the class occurs in neither map."""
        return self.intersection / self.union if self.union else None

    @property
    def f(self) -> float | None:
        """Boundary F, 0..1; None where the class occurs in neither map."""
        return self.f_sum / self.pictures if self.pictures else None


@dataclass(frozen=True)
class BoundaryResult:
    """Boundary measures in one convention; `classes`: a row for each class of the set, in its order."""

    rule: VoidRule
    classes: tuple[ClassBoundary, ...]

    @property
    def mean_iou(self) -> float | None:
        """Mean boundary IoU over the classes that occur."""
        return mean([c.iou for c in self.classes])

    @property
    def mean_f(self) -> float | None:
        """Mean boundary F over the classes that occur."""
        return mean([c.f for c in self.classes])


class Boundaries:
    """Accumulates boundary measures of many pictures, in both conventions.

    `counts` (rules, K, 2) int64: intersection and union of the bands. `scores` (rules, K, 2) float64: the sum of F and
    the number of pictures.
    """

    def __init__(self, classes: ClassSet) -> None:
        self.classes = classes
        self.counts = np.zeros((len(RULES), len(classes), 2), np.int64)
        self.scores = np.zeros((len(RULES), len(classes), 2))

    @classmethod
    def of(cls, prediction: Segmentation, reference: Segmentation, classes: ClassSet) -> Boundaries:
        """The boundaries of one picture; the maps have one size."""
        one = cls(classes)
        index = class_index(classes).astype(np.uint16)
        ref, pred = index[reference.class_table()][reference.ids], index[prediction.class_table()][prediction.ids]
        if not ref.size:
            return one
        bands, void = (band(ref), band(pred)), ref == 0
        radius = ceil(DISC * _diagonal(ref.shape))
        ignored = RULES.index(VOID_IGNORED)
        one.counts[:] = _band_counts(ref, pred, bands, len(classes))
        # A class that occurs in a map has a band there.
        one.scores[:] = _f_scores(ref, pred, radius, occurs=one.counts[0, :, 1] > 0)
        if void.any():
            kept = (bands[0] & ~void, bands[1] & ~void)
            one.counts[ignored] = _band_counts(ref, pred, kept, len(classes))
            judged = np.where(void, 0, pred)
            occurs = np.isin(np.arange(1, len(classes) + 1), [*_present(ref), *_present(judged)])
            one.scores[ignored] = _f_scores(ref, judged, radius, occurs=occurs)
        return one

    def merge(self, other: Boundaries) -> None:
        """Count another accumulator's pictures in; the class sets must be equal (ValueError)."""
        if self.classes != other.classes:
            raise ValueError("accumulators of different class sets cannot be merged")
        self.counts += other.counts
        self.scores += other.scores

    def result(self, rule: VoidRule = VOID_IGNORED) -> BoundaryResult:
        """The measures of all pictures together, in one convention."""
        at = RULES.index(rule)
        rows = []
        for info, counts, scores in zip(self.classes, self.counts[at].tolist(), self.scores[at].tolist(), strict=True):
            rows.append(ClassBoundary(info.id, counts[0], counts[1], scores[0], int(scores[1])))
        return BoundaryResult(rule, tuple(rows))


def band(labels: np.ndarray, ratio: float = BAND) -> np.ndarray:
    """(H, W) bool: pixels of an (H, W) label map that have another label, or the outside of the picture, at most d
    pixels away in rows and columns; d = `ratio` of the diagonal, rounded (to even), at least 1.

    For the mask of any label that is its boundary as the published code has it: the mask less its erosion d times by
    3 x 3 pixels.
    """
    height, width = labels.shape
    d = max(1, round(ratio * _diagonal(labels.shape)))
    inner = np.zeros(labels.shape, bool)
    if height > 2 * d and width > 2 * d:
        # Columns whose window in the row is all of one label, then the same down the column over uniform windows.
        steps = np.zeros((height, width), np.int32)
        np.cumsum(labels[:, 1:] != labels[:, :-1], axis=1, out=steps[:, 1:])
        uniform = steps[:, 2 * d :] == steps[:, : -2 * d]
        middle = labels[:, d:-d]
        broken = ~uniform
        broken[1:] |= middle[1:] != middle[:-1]
        steps = np.cumsum(broken, axis=0, dtype=np.int32)
        inner[d:-d, d:-d] = (steps[2 * d :] == steps[: -2 * d]) & uniform[: -2 * d]
    return ~inner


def _diagonal(shape: tuple[int, ...]) -> float:
    return sqrt(sum(side * side for side in shape))


def _band_counts(ref: np.ndarray, pred: np.ndarray, bands: tuple[np.ndarray, np.ndarray], kinds: int) -> np.ndarray:
    """(K, 2) int64: intersection and union of the bands of each class."""
    sizes = [np.bincount(m[b], minlength=kinds + 1)[1:] for m, b in zip((ref, pred), bands, strict=True)]
    shared = np.bincount(ref[bands[0] & bands[1] & (ref == pred)], minlength=kinds + 1)[1:]
    return np.stack([shared, sizes[0] + sizes[1] - shared], axis=1)


def _present(labels: np.ndarray) -> list[int]:
    """The labels that occur."""
    return np.flatnonzero(np.bincount(labels.ravel())).tolist()


def _f_scores(ref: np.ndarray, pred: np.ndarray, radius: int, *, occurs: np.ndarray) -> np.ndarray:
    """(K, 2) float64 of one picture: F of each class, and 1 where it `occurs` (K,) in either map."""
    ref_lines, pred_lines, kinds = outlines(ref), outlines(pred), occurs.size
    recall, no_ref = _share(ref_lines, pred_lines, ref.shape, radius, kinds)
    precision, no_pred = _share(pred_lines, ref_lines, ref.shape, radius, kinds)
    # Where only one map has an outline, nothing of it is met and the other, empty one is met in full.
    precision[no_pred], recall[no_ref] = 1.0, 1.0
    both = precision + recall
    f = np.divide(2 * precision * recall, both, out=np.zeros(kinds), where=both > 0)
    return np.stack([np.where(occurs, f, 0.0), occurs], axis=1)


def outlines(labels: np.ndarray) -> np.ndarray:
    """(n,) int64, sorted: label * (H * W) + pixel, row by row, for each label but 0 and each pixel of its outline.

    A pixel is on the outline of a label if it has the label and its neighbour to the right, below, or both does not, or
    the other way round; as in the boundary maps of DAVIS and BSDS.
    """
    padded = np.pad(labels, ((0, 1), (0, 1)), mode="edge")
    own, right, below, across = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    at = np.flatnonzero((own != right) | (own != below) | (own != across))
    row, column = at // labels.shape[1], at % labels.shape[1]
    own, right, below, across = (c[row, column].astype(np.int64) for c in (own, right, below, across))
    new = (own > 0, right != own, (below != own) & (below != right))
    new = (*new, (across != own) & (across != right) & (across != below))
    keys = [corner[n] * labels.size + at[n] for corner, n in zip((own, right, below, across), new, strict=True)]
    return np.sort(np.concatenate([k[k >= labels.size] for k in keys]))


def _share(
    lines: np.ndarray, other: np.ndarray, shape: tuple[int, ...], radius: int, kinds: int
) -> tuple[np.ndarray, np.ndarray]:
    """(K,) float64: of each class's outline `lines`, the share that has a pixel of `other` of the class within `radius`
    pixels; and (K,) bool, whether there is no such outline."""
    height, width = shape
    area = height * width
    total = np.bincount(lines // area, minlength=kinds + 1)[1:]
    left = np.setdiff1d(lines, other, assume_unique=True)
    for dy in sorted(range(-radius, radius + 1), key=abs):
        reach = int((radius * radius - dy * dy) ** 0.5)
        column, row = left % width, left % area // width + dy
        first = left + dy * width - np.minimum(reach, column)
        last = left + dy * width + np.minimum(reach, width - 1 - column)
        near = np.searchsorted(other, last, side="right") > np.searchsorted(other, first, side="left")
        left = left[~(near & (row >= 0) & (row < height))]
    missed = np.bincount(left // area, minlength=kinds + 1)[1:]
    return np.divide(total - missed, total, out=np.zeros(kinds), where=total > 0), total == 0
