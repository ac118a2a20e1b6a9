"""`Segmentation`: one label map for semantic, instance and panoptic results alike, without overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.errors import SegDeskError


@dataclass(frozen=True, slots=True)
class Segment:
    """What a non-zero id of the map stands for. `score` 0..1 is the model's; a person's own segments have 1.

    `crowd`: a region of many objects that were not told apart (COCO's `iscrowd`); metrics do not count it as one.
    """

    class_id: int
    score: float = 1.0
    by_human: bool = False
    crowd: bool = False


@dataclass(slots=True)
class Segmentation:
    """A label map and the table of its segments.

    `ids` (H, W) uint16: 0 is void, any other value is a key of `segments`. A semantic map has one segment a class; an
    instance map one an object and leaves the rest void; a panoptic map has both. `segments` may list ids that occur
    nowhere in the map (an object that was painted over); `pruned()` drops them.
    """

    ids: np.ndarray
    segments: dict[int, Segment] = field(default_factory=dict)

    @classmethod
    def empty(cls, height: int, width: int) -> Segmentation:
        """All void."""
        return cls(np.zeros((height, width), np.uint16))

    @classmethod
    def from_class_map(cls, class_map: np.ndarray, score: float = 1.0) -> Segmentation:
        """A semantic map from (H, W) class ids (0 = void): segment id = class id."""
        present = _present(class_map)
        segments = {int(c): Segment(int(c), score) for c in present if c != VOID}
        return cls(class_map.astype(np.uint16), segments)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.ids.shape[0], self.ids.shape[1]

    def read(self, rect: tuple[int, int, int, int]) -> np.ndarray:
        """(h, w) uint16 of a rectangle (x0, y0, x1, y1) inside the map; a view, not to be written to."""
        x0, y0, x1, y1 = rect
        return self.ids[y0:y1, x0:x1]

    def copy(self) -> Segmentation:
        """An independent copy; `Segment` values are immutable and shared."""
        return Segmentation(self.ids.copy(), dict(self.segments))

    def areas(self) -> dict[int, int]:
        """Pixels of every id that occurs, void (0) included."""
        counts = np.bincount(self.ids.ravel())
        return {int(i): int(counts[i]) for i in np.flatnonzero(counts)}

    def class_table(self) -> np.ndarray:
        """(65536,) uint16: the class id of each segment id."""
        table = np.zeros(MAX_ID + 1, np.uint16)
        for key, segment in self.segments.items():
            table[key] = segment.class_id
        return table

    def class_map(self) -> np.ndarray:
        """(H, W) uint16 class ids, 0 = void."""
        return self.class_table()[self.ids]

    def new_id(self) -> int:
        """The lowest id that is not in the table; raises `SegDeskError` when all 65,535 are taken."""
        for key in range(1, MAX_ID + 1):
            if key not in self.segments:
                return key
        raise SegDeskError(
            "This picture already has {count} segments, the most that a map can hold.",
            "Merge or delete segments before adding new ones.",
            count=MAX_ID,
        )

    def pruned(self) -> Segmentation:
        """The same map with a table of just the ids that occur."""
        present = _present(self.ids)
        return Segmentation(self.ids, {int(i): self.segments[int(i)] for i in present if i != VOID})

    def remapped(self, class_ids: Mapping[int, int]) -> Segmentation:
        """The same map with other class ids; segments whose class maps to void (or nowhere) become void."""
        segments = {
            k: replace(s, class_id=class_ids[s.class_id])
            for k, s in self.segments.items()
            if class_ids.get(s.class_id, VOID) != VOID
        }
        if len(segments) == len(self.segments):
            return Segmentation(self.ids, segments)
        keep = np.zeros(MAX_ID + 1, np.uint16)
        keep[list(segments)] = list(segments)
        return self.renumbered(keep, segments)

    def renumbered(self, table: np.ndarray, segments: dict[int, Segment]) -> Segmentation:
        """The map with the ids that (65536,) uint16 `table` gives for its own, and another segment table."""
        return Segmentation(table[self.ids], segments)

    def check(self, classes: ClassSet | None = None) -> None:
        """Raise ValueError where an invariant is broken: dtype, shape, ids without a segment, unknown classes."""
        if self.ids.dtype != np.uint16 or self.ids.ndim != 2:
            raise ValueError("ids must be (H, W) uint16")
        if VOID in self.segments:
            raise ValueError("id 0 is void and has no segment")
        present = _present(self.ids)
        missing = [int(i) for i in present if i != VOID and int(i) not in self.segments]
        if missing:
            raise ValueError(f"ids without a segment: {missing[:5]}")
        if classes is not None and any(classes.get(s.class_id) is None for s in self.segments.values()):
            raise ValueError("a segment has a class that is not in the class set")


def _present(ids: np.ndarray) -> np.ndarray:
    """The values that occur in an (H, W) map, ascending: one of each run in a row is counted, not every pixel."""
    if ids.size == 0:
        return np.zeros(0, np.intp)
    starts = ids[:, 1:][ids[:, 1:] != ids[:, :-1]]
    return np.flatnonzero(np.bincount(np.concatenate([ids[:, 0], starts]), minlength=1))
