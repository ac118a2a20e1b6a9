"""Which pictures stand behind a cell of the confusion matrix: those with the most pixels in it."""

from __future__ import annotations

import heapq

import numpy as np

from segdesk.domain.classes import VOID, ClassSet

ROOM = 24


class CellPictures:
    """Keeps, for each pair of differing classes, the pictures that confuse them most; memory grows with the pairs that
    occur, not with the pictures."""

    def __init__(self, classes: ClassSet, *, room: int = ROOM) -> None:
        self._ids = [VOID, *(c.id for c in classes)]
        self._room, self._order = room, 0
        self._heaps: dict[tuple[int, int], list[tuple[int, int, str]]] = {}

    def add(self, name: str, counts: np.ndarray) -> None:
        """Take in a picture's confusion matrix (K + 1, K + 1): [reference, prediction], void first."""
        self._order -= 1  # of equal counts the earlier picture stays
        for row, column in np.argwhere(counts).tolist():
            if row != column:
                heap = self._heaps.setdefault((self._ids[row], self._ids[column]), [])
                entry = (int(counts[row, column]), self._order, name)
                if len(heap) < self._room:
                    heapq.heappush(heap, entry)
                elif self._room:
                    heapq.heappushpop(heap, entry)

    def pictures(self, reference: int, prediction: int) -> list[tuple[str, int]]:
        """(picture, pixels) of a cell by class ids (0 = void), most pixels first; at most as many as there is room."""
        return [
            (name, pixels) for pixels, _, name in sorted(self._heaps.get((reference, prediction), []), reverse=True)
        ]
