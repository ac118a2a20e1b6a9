"""Reading an export back, before anybody relies on it, and comparing it with the project pixel by pixel.

Two labels are alike where their classes have the same name; the countable ones also where two pixels are one object
here if, and only if, they are there. What comes back is counted in pixels of the pictures that were written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segmentation
from segdesk.io.export_choice import ChosenLabels
from segdesk.io.export_files import merged_stuff
from segdesk.io.formats.base import Cancel, Problem, Report
from segdesk.io.picture_index import PictureIndex
from segdesk.io.project import PictureRow

EXAMPLES = 5


@dataclass(frozen=True)
class Verified:
    """What was found. `class_pixels`: pixels whose class differs; `object_pixels`: pixels of countable classes with the
    right class that belong to another object. `missing`: pictures with labels that did not come back. `readers`: who
    read it, by name. `worst`: (picture, pixels that differ), the worst first."""

    pictures: int
    pixels: int
    class_pixels: int
    object_pixels: int
    missing: int
    readers: tuple[str, ...]
    worst: tuple[tuple[str, int], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether 0 pixels differ."""
        return not (self.class_pixels or self.object_pixels or self.missing)


@dataclass
class ComparingSink:
    """An `ImportSink` that stores nothing: it compares what is read with what was chosen for the export."""

    chosen: ChosenLabels
    pictures: int = 0
    pixels: int = 0
    class_pixels: int = 0
    object_pixels: int = 0
    differing: dict[str, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Look at the names once."""
        self._index = PictureIndex(self.chosen.rows)
        self._names: dict[str, int] = {c.name.casefold(): c.id for c in self.chosen.classes}

    def class_ids(self, classes: ClassSet) -> dict[int, int]:
        """See `ImportSink.class_ids`; a name that the project does not have gets an id that nothing has."""
        free = (i for i in range(MAX_ID, 0, -1) if i not in self._names.values())
        result = {VOID: VOID}
        for info in classes:
            if info.name.casefold() not in self._names:
                self._names[info.name.casefold()] = next(free)
            result[info.id] = self._names[info.name.casefold()]
        return result

    def size_of(self, name: str) -> tuple[int, int]:
        """See `ImportSink.size_of`."""
        return self._wanted(self._index.row(name)).size

    def put(self, name: str, segmentation: Segmentation, *, instances: Sequence[Instance] | None = None) -> None:
        """Compare a map; its picture counts once. Raw objects are not compared."""
        row = self._index.row(name)
        wanted = self._wanted(row)
        if segmentation.size != wanted.size:
            raise SegDeskError("The labels of {name} came back in another size.", name=row.path)
        if row.id in self.seen:
            return
        self.seen.add(row.id)
        self.pictures += 1
        self.pixels += wanted.ids.size
        self._count(row, *differing(wanted, segmentation, self.chosen.classes.things))

    def _count(self, row: PictureRow, by_class: int, by_object: int) -> None:
        self.class_pixels += by_class
        self.object_pixels += by_object
        if by_class + by_object:
            self.differing[row.path] = by_class + by_object

    def finish(self, left_out: frozenset[str], cancelled: Cancel) -> int:
        """Pictures that did not come back: labels that are not there differ. Returns how many had some."""
        missing = 0
        for row in self.chosen.rows:
            if cancelled():
                raise Cancelled
            if row.id in self.seen or row.path in left_out:
                continue
            labelled = int(np.count_nonzero(self._wanted(row).ids))
            self.pictures += 1
            self.pixels += row.width * row.height
            if labelled:
                missing += 1
                self._count(row, labelled, 0)
        return missing

    def _wanted(self, row: PictureRow) -> Segmentation:
        labels = self.chosen.labels(row)
        if labels is None:
            raise SegDeskError("{name} has no labels any more.", name=row.path)
        return merged_stuff(labels, self.chosen.classes)[0]

    def result(self, missing: int, readers: tuple[str, ...], problems: tuple[Problem, ...]) -> Verified:
        """All of it."""
        worst = tuple(sorted(self.differing.items(), key=lambda item: -item[1])[:EXAMPLES])
        return Verified(
            self.pictures, self.pixels, self.class_pixels, self.object_pixels, missing, readers, worst, problems
        )


def differing(wanted: Segmentation, found: Segmentation, things: frozenset[int]) -> tuple[int, int]:
    """(pixels whose class differs, pixels of things with the right class that belong to another object): two objects
    are the same where they share more pixels than either shares with any other."""
    classes, back = wanted.class_map(), found.class_map()
    other = int(np.count_nonzero(classes != back))
    table = np.zeros(MAX_ID + 1, bool)
    table[list(things)] = True
    same = (classes == back) & table[classes]
    if not same.any():
        return other, 0
    pairs = wanted.ids[same].astype(np.uint32) << 16 | found.ids[same]
    value, count = np.unique(pairs, return_counts=True)
    here, there = value >> 16, value & 0xFFFF
    best_here, best_there = np.zeros(MAX_ID + 1, np.int64), np.zeros(MAX_ID + 1, np.int64)
    np.maximum.at(best_here, here, count)
    np.maximum.at(best_there, there, count)
    partner = (count == best_here[here]) & (count == best_there[there])
    return other, int(count[~partner].sum()) + _ties(here[partner], there[partner], count[partner])


def _ties(here: np.ndarray, there: np.ndarray, count: np.ndarray) -> int:
    """Pixels of equal partners beyond the first one of each object."""
    used_here: set[int] = set()
    used_there: set[int] = set()
    lost = 0
    for a, b, n in zip(here.tolist(), there.tolist(), count.tolist(), strict=True):
        if a in used_here or b in used_there:
            lost += n
        used_here.add(a)
        used_there.add(b)
    return lost


def quiet(progress: Report, share: tuple[float, float], total: int) -> Report:
    """A part of a progress: what is done of it is moved between two shares of `total`."""
    first, last = share

    def told(done: int, of: int) -> None:
        progress(round(total * (first + (last - first) * (done / of if of else 1.0))), total)

    return told
