"""COCO's assignment of detections to references, for many pictures and all thresholds and areas at once.

In each cell (a picture and a class) detections come in order of score. At an IoU threshold and in an area range each
takes, of the references that reach the threshold and are free (a crowd always is), the one of highest IoU; references
to be ignored (crowds, and those out of the area range) only where no other is left; of equal ones the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NEARLY_ONE = 1 - 1e-10  # an IoU of one passes the highest threshold whatever its last digit


@dataclass(frozen=True, eq=False)
class Candidates:
    """The n pairs that may match at all: `ref`, `det` indices (n,) and `iou` (n,) float64."""

    ref: np.ndarray
    det: np.ndarray
    iou: np.ndarray

    def at_least(self, lowest: float) -> Candidates:
        """Those of at least this IoU."""
        kept = self.iou >= lowest
        return Candidates(self.ref[kept], self.det[kept], self.iou[kept])

    @classmethod
    def joined(cls, parts: Sequence[Candidates]) -> Candidates:
        """All of them, one part after the other."""
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("ref", "det", "iou")))

    def sorted(self) -> Candidates:
        """By detection, within it by IoU, within equal IoU by reference."""
        order = np.lexsort((self.ref, self.iou, self.det))
        return Candidates(self.ref[order], self.det[order], self.iou[order])


def match(
    candidates: Candidates, cells: np.ndarray, *, crowd: np.ndarray, ignored: np.ndarray, thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(D, T, A) bool each: whether a detection is matched, and whether it is matched to an ignored reference.

    `cells` (D,): the cell of each detection; detections of a cell stand together, best score first. `crowd` (R,) and
    `ignored` (A, R) bool: of the references. `thresholds` (T,) float64.
    """
    lanes = (thresholds.size, ignored.shape[0])
    matched, to_ignored = np.zeros((cells.size, *lanes), bool), np.zeros((cells.size, *lanes), bool)
    taken = np.zeros((crowd.size, *lanes), bool)
    pairs = candidates.sorted()
    reached = pairs.iou[:, None, None] >= np.minimum(thresholds, NEARLY_ONE)[:, None]
    aside = np.broadcast_to(ignored.T[:, None, :], taken.shape)
    for chosen in _rounds(pairs.det, cells):
        ref, starts = pairs.ref[chosen], np.flatnonzero(np.diff(pairs.det[chosen], prepend=-1))
        free = reached[chosen] & (~taken[ref] | crowd[ref][:, None, None])
        # Pairs stand in rising order of IoU, so their place is their merit; those not ignored go before all others.
        place = np.arange(1, ref.size + 1)[:, None, None]
        merit = np.where(free, np.where(aside[ref], place, place + ref.size), 0)
        best = np.maximum.reduceat(merit, starts, axis=0)
        det = pairs.det[chosen][starts]
        matched[det] = best > 0
        to_ignored[det] = (best > 0) & (best <= ref.size)
        at, lane_t, lane_a = np.nonzero(best)
        taken[ref[(best[at, lane_t, lane_a] - 1) % ref.size], lane_t, lane_a] = True
    return matched, to_ignored


def _rounds(det: np.ndarray, cells: np.ndarray) -> list[np.ndarray]:
    """Indices of pairs, such that a round has one detection of each cell and the rounds keep their order.

    `det` (n,): the detection of each pair, rising."""
    starts = np.flatnonzero(np.diff(det, prepend=-1))
    cell = cells[det[starts]]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    turn = np.arange(starts.size) - np.repeat(first, np.diff(first, append=starts.size))
    of_pair = np.repeat(turn, np.diff(starts, append=det.size))
    order = np.argsort(of_pair, kind="stable")
    sizes = np.bincount(of_pair)
    return np.split(order, np.cumsum(sizes)[:-1]) if sizes.size else []
