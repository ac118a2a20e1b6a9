"""Classes: what a pixel can be. Id 0 is void, belongs to no class and counts in no metric."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

VOID = 0
MAX_ID = 65_535

Color = tuple[int, int, int]
LONGEST_NAME = 200  # letters
_JOINERS = "\u200c\u200d"  # without a width, but part of words in several scripts


def plain_name(name: object) -> str:
    """A name from a file as a class can have it: one line of text that can be shown and stored; "" if nothing is left.

    Controls, halves of surrogate pairs and signs that turn the direction of writing go away; a name of any length is
    cut.
    """
    return "".join(c for c in str(name)[: 4 * LONGEST_NAME] if c.isprintable() or c in _JOINERS).strip()[:LONGEST_NAME]


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """One class. `id` 1..65535; `color` is RGB 0..255; a thing is countable (car), stuff is not (sky)."""

    id: int
    name: str
    color: Color
    is_thing: bool = False


class ClassSet(Sequence[ClassInfo]):
    """The classes of a model or a project, in order. Immutable; ids and names are unique.

    `reserved`: ids of classes that are gone and may come back by an undo step; no new class gets one of them. They do
    not count where two sets are compared.
    """

    def __init__(self, classes: Iterable[ClassInfo] = (), *, reserved: Iterable[int] = ()) -> None:
        self._classes = tuple(classes)
        self.reserved = frozenset(reserved).difference(c.id for c in self._classes)
        self._by_id = {c.id: c for c in self._classes}
        self._by_name = {c.name.casefold(): c for c in self._classes}
        self._hash: int | None = None  # of many classes it costs more than what is looked up with it
        if len(self._by_id) != len(self._classes):
            raise ValueError("two classes share an id")
        if len(self._by_name) != len(self._classes):
            raise ValueError("two classes share a name")
        if any(not 0 < c.id <= MAX_ID for c in self._classes):
            raise ValueError(f"class ids run from 1 to {MAX_ID}")

    @classmethod
    def from_names(cls, names: Sequence[str], colors: Sequence[Color] = (), things: Iterable[str] = ()) -> ClassSet:
        """Classes 1..n in the order of `names`; a colour that is not given is chosen."""
        wanted = {t.casefold() for t in things}
        return cls(
            ClassInfo(i + 1, name, colors[i] if i < len(colors) else spread_color(i), name.casefold() in wanted)
            for i, name in enumerate(names)
        )

    def __len__(self) -> int:
        return len(self._classes)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # Sequence's overloads add nothing here
        return self._classes[index]

    def __iter__(self) -> Iterator[ClassInfo]:
        return iter(self._classes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClassSet) and self._classes == other._classes

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self._classes)
        return self._hash

    def __reduce__(self) -> tuple[type[ClassSet], tuple[tuple[ClassInfo, ...]]]:
        return ClassSet, (self._classes,)  # without the hash, which is another in each process

    def with_reserved(self, ids: Iterable[int]) -> ClassSet:
        """The same classes; these ids, too, are not given to new ones."""
        return ClassSet(self._classes, reserved=self.reserved.union(ids))

    def __repr__(self) -> str:
        return f"ClassSet({', '.join(c.name for c in self._classes)})"

    def get(self, class_id: int) -> ClassInfo | None:
        """The class with this id, or None."""
        return self._by_id.get(class_id)

    def named(self, name: str) -> ClassInfo | None:
        """The class with this name, letter case ignored, or None."""
        return self._by_name.get(name.casefold())

    @property
    def things(self) -> frozenset[int]:
        """Ids of the countable classes."""
        return frozenset(c.id for c in self._classes if c.is_thing)

    def with_class(self, info: ClassInfo) -> ClassSet:
        """A copy with `info` added, or put in the place of the class that has its id."""
        if info.id in self._by_id:
            return ClassSet((info if c.id == info.id else c for c in self._classes), reserved=self.reserved)
        return ClassSet((*self._classes, info), reserved=self.reserved)

    def without(self, class_id: int) -> ClassSet:
        """A copy without the class of this id."""
        return ClassSet((c for c in self._classes if c.id != class_id), reserved=self.reserved)

    def is_free(self, class_id: int) -> bool:
        """Whether a new class may have this id."""
        return class_id not in self._by_id and class_id not in self.reserved

    def next_id(self) -> int:
        """The lowest id that is free."""
        return next(i for i in range(1, MAX_ID + 1) if self.is_free(i))

    def merged(self, other: ClassSet) -> tuple[ClassSet, dict[int, int]]:
        """This set with the classes of `other` that it lacks by name, and the map from `other`'s ids to the result's.

        A class keeps its own id where that is free; void maps to void.
        """
        result, mapping = self, {VOID: VOID}
        for info in other:
            known = result.named(info.name)
            if known is None:
                known = info if result.is_free(info.id) else replace(info, id=result.next_id())
                result = result.with_class(known)
            mapping[info.id] = known.id
        return result, mapping

    def color_table(self) -> np.ndarray:
        """(65536, 3) uint8 RGB by class id; black where there is no class."""
        table = np.zeros((MAX_ID + 1, 3), np.uint8)
        for info in self._classes:
            table[info.id] = info.color
        return table


# Found by a search over calm colours for the largest least distance. Any two are at least 10 CIEDE2000 apart as people
# with protanopia, deuteranopia and tritanopia see them (simulated after Machado, Oliveira and Fernandes 2009, "A
# Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1.0), 17 for everybody else; of the
# first four at least 28. `tests/domain/test_class_colors.py` computes it.
FIRST_COLORS: tuple[Color, ...] = (
    (38, 115, 191), (224, 151, 79), (153, 31, 31), (124, 227, 247), (81, 75, 115), (224, 79, 103),
    (161, 161, 247), (198, 224, 146), (153, 112, 31), (191, 124, 169), (54, 153, 120), (95, 115, 75),
)  # fmt: skip


def spread_color(index: int) -> Color:
    """A calm colour for the class at a position: the first twelve can be told apart by people who are colour-blind;
    beyond, each differs from those of the neighbouring positions (golden-angle hue steps). Any whole number has one."""
    index %= MAX_ID + 1
    if index < len(FIRST_COLORS):
        return FIRST_COLORS[index]
    hue = (0.58 + index * 0.618_033_988_75) % 1.0
    value = (0.86, 0.70, 0.94)[(index // 8) % 3]
    saturation = (0.58, 0.72, 0.42)[(index // 5) % 3]
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)
