"""Which net a state dict belongs to, by the names and shapes of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod

from segdesk.domain.errors import SegDeskError
from segdesk.engines.fingerprints import (
    ClassSizes,
    Fingerprint,
    Shapes,
    built,
    digest,
    likeness,
    named_words,
    shape_words,
    shapes_of,
    sketch,
    table,
)
from segdesk.engines.loading import named
from segdesk.engines.messages import Candidate
from segdesk.engines.safeload import State, spellings
from segdesk.nets.layouts import LAYOUTS

ALIKE = 0.15  # below this share of common parameters nothing is said to be near
EXAMPLES = 3


@dataclass(frozen=True)
class Match:
    """The nets that a file's parameters fit exactly, the likeliest first, and the number of classes it was made for.

    `task`: "semantic", "instance" or "panoptic"; `parameters`: how many numbers the net has.
    """

    candidates: tuple[Candidate, ...]
    num_classes: int
    task: str
    parameters: int


@dataclass(frozen=True)
class _Found:
    print: Fingerprint
    layout: str
    num_classes: int
    stuff: int = 0

    @property
    def candidate(self) -> Candidate:
        """What is told of it."""
        entry = self.print
        return Candidate(entry.type, entry.variant, entry.title, self.options, self.layout, entry.strides, entry.aligns)

    @property
    def options(self) -> Mapping[str, object]:
        """What builds it, with the number of stuff classes where the net is told it."""
        return {**self.print.options, "stuff": self.stuff} if self.print.stuff else self.print.options


def recognise(state: State, *, arch: str = "", file: str = "") -> Match:
    """The nets whose parameters these are. Wrappings of training programs and the names of known makers are seen
    through; heads that serve training only are left out.

    `arch`: "TYPE" or "TYPE/VARIANT", to look among these only. `file`: its name, for errors. Raises `SegDeskError`
    that names the nearest net and what differs.
    """
    prints = [p for p in table() if not arch or arch in (p.type, f"{p.type}/{p.variant}")]
    if not prints:
        raise SegDeskError(
            "There is no architecture called {net}.",
            "Known are: {known}.",
            net=arch,
            known=", ".join(sorted({p.type for p in table()})),
        )
    views = list(_views(state))
    for layout, shapes in views:
        found = [_Found(p, layout, n, stuff) for p, n, stuff in _fitting(shapes, prints)]
        if found:
            return _match(found)
    raise _unknown(views, prints, file)


def _match(found: list[_Found]) -> Match:
    first = found[0]
    return Match(tuple(f.candidate for f in found), first.num_classes, first.print.task, first.print.count)


def _views(state: State) -> Iterator[tuple[str, Shapes]]:
    """(layout, shapes) of the state in every spelling and every maker's names, those first that change nothing."""
    seen: set[frozenset[str]] = set()
    for spelling in spellings(state):
        for name, layout in LAYOUTS.items():
            shapes = shapes_of(named(spelling, layout))
            names = frozenset(shapes)
            if shapes and names not in seen:
                seen.add(names)
                yield name, shapes


def _fitting(shapes: Shapes, prints: list[Fingerprint]) -> list[tuple[Fingerprint, int, int]]:
    """The nets with exactly these parameters, each with its number of classes and how many of them are stuff that has
    a classifier of its own."""
    found = []
    hashes: dict[str, tuple[int, int, str] | None] = {}
    for entry in prints:
        group = repr((entry.classes, entry.stuff))
        if group not in hashes:
            hashes[group] = _hashed(shapes, entry)
        known = hashes[group]
        if known is not None and known[2] == entry.digest:
            found.append((entry, known[0], known[1]))
    return found


def _hashed(shapes: Shapes, entry: Fingerprint) -> tuple[int, int, str] | None:
    number = classes_of(shapes, entry.classes)
    stuff = classes_of(shapes, entry.stuff) if entry.stuff else 0
    if number is None or stuff is None:
        return None
    return number + stuff, stuff, digest(shapes, {**entry.classes, **entry.stuff})


def classes_of(shapes: Shapes, classes: ClassSizes) -> int | None:
    """The number of classes that the sizes of the classifier tell, None if they contradict each other."""
    numbers = set()
    for key, sizes in classes.items():
        shape = shapes.get(key, ())
        for at, factor, offset in sizes:
            if len(shape) <= at or (shape[at] - offset) % factor:
                return None
            numbers.add((shape[at] - offset) // factor)
    return numbers.pop() if len(numbers) == 1 and min(numbers) > 0 else None


# -- what to say of an unknown one ---------------------------------------------------------------------------------


def _unknown(views: list[tuple[str, Shapes]], prints: list[Fingerprint], file: str) -> SegDeskError:
    sketched = [(sketch(named_words(shapes)), shapes) for _, shapes in views]
    nearest = max(
        ((likeness(mine, p.sketch), -_apart(shapes, p), p, shapes) for mine, shapes in sketched for p in prints),
        key=lambda row: row[:2],
    )
    share, _, entry, shapes = nearest
    if share < ALIKE:
        return _strange(views, prints, file)
    number = classes_of(shapes, entry.classes) or 5
    wanted = _wanted(entry.type, entry.variant, number)
    missing = sorted(key for key in wanted if key not in shapes)
    surplus = sorted(key for key in shapes if key not in wanted)
    other = [key for key in wanted if key in shapes and shapes[key] != wanted[key]]
    examples = [*missing[:EXAMPLES], *surplus[:EXAMPLES]]
    if not examples:
        examples = [f"{key} ({_size(shapes[key])} / {_size(wanted[key])})" for key in other[:EXAMPLES]]
    return SegDeskError(
        "No known architecture fits {file}. The nearest is {title} ({net}): {missing} of its parameters are missing,"
        " {surplus} are foreign, {other} have another shape, such as {examples}.",
        "If it is a variant of it, export the model as ONNX: that runs without a known architecture.",
        file=file,
        title=entry.title,
        net=f"{entry.type}/{entry.variant}",
        missing=len(missing),
        surplus=len(surplus),
        other=len(other),
        examples=", ".join(examples),
    )


def _strange(views: list[tuple[str, Shapes]], prints: list[Fingerprint], file: str) -> SegDeskError:
    """Of parameters with names that no known net has."""
    shapes = views[0][1]
    mine = sketch(shape_words(shapes))
    found = ((likeness(mine, p.shapes), -_apart(shapes, p), p) for p in prints)
    share, _, entry = max(found, key=lambda row: row[:2])
    if share >= ALIKE:
        return SegDeskError(
            "No known architecture fits {file}. By the shapes of its parameters the nearest is {title} ({net}), but"
            " they have other names, such as {examples}.",
            'Export the model as ONNX, or write a card with [weights] rename = [["old", "new"]].',
            file=file,
            title=entry.title,
            net=f"{entry.type}/{entry.variant}",
            examples=", ".join(list(shapes)[:EXAMPLES]),
        )
    return SegDeskError(
        "No known architecture is like {file}. Its parameters are called {examples}.",
        "Export the model as ONNX: that runs without a known architecture.",
        file=file,
        examples=", ".join(list(shapes)[:EXAMPLES]),
    )


def _apart(shapes: Shapes, entry: Fingerprint) -> int:
    """How far the file and the net are apart in size."""
    return abs(sum(map(prod, shapes.values())) - entry.count)


@cache
def _wanted(net_type: str, variant: str, number: int) -> Mapping[str, tuple[int, ...]]:
    options = next(p.options for p in table() if (p.type, p.variant) == (net_type, variant))
    return shapes_of(built(net_type, options, number).state_dict())


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "1"
