"""How far two label maps of one picture agree, neither of which is the truth: a share of pixels, and IoU by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import VOID


@dataclass(frozen=True)
class ClassAgreement:
    """One class of two maps: its pixels in the first and the second, and in both at the same place."""

    class_id: int
    first: int
    second: int
    both: int

    @property
    def iou(self) -> float:
        """Shared pixels / pixels of either, 0..1."""
        return self.both / (self.first + self.second - self.both)


@dataclass(frozen=True)
class Agreement:
    """`pixels`: of the picture; `same`: of them with the same class in both maps, void counting as a class.
    `classes`: those that occur in either map, the largest first; void is not among them."""

    pixels: int
    same: int
    classes: tuple[ClassAgreement, ...]

    @property
    def share(self) -> float:
        """The share of pixels that agree, 0..1; 1 for an empty picture."""
        return self.same / self.pixels if self.pixels else 1.0

    @property
    def miou(self) -> float | None:
        """The mean IoU over the classes that occur in either map; None where neither has any."""
        return sum(c.iou for c in self.classes) / len(self.classes) if self.classes else None


def agreement(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Compare two (H, W) uint16 maps of class ids of one class set. Raises ValueError where their sizes differ."""
    if first.shape != second.shape:
        raise ValueError("the maps differ in size")
    same = first == second
    counts = [np.bincount(part.ravel(), minlength=1) for part in (first, second, first[same])]
    size = max(c.size for c in counts)
    table = np.stack([np.pad(c, (0, size - c.size)) for c in counts])
    ids = np.flatnonzero(table[:2].sum(axis=0))
    rows = (ClassAgreement(int(i), *(int(n) for n in table[:, i])) for i in ids if i != VOID)
    ordered = sorted(rows, key=lambda row: (-max(row.first, row.second), row.class_id))
    return Agreement(first.size, int(same.sum()), tuple(ordered))
