"""The project's classes while it is open, and how a model's classes join them: as a person has chosen, else by name,
once, and then by memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from segdesk.domain.classes import VOID, ClassInfo, ClassSet
from segdesk.domain.matching import Match
from segdesk.domain.recasting import Recast

Memory = dict[str, dict[str, int]]
"""Card id -> name of the model's class -> id of the project's class."""

Choices = dict[str, dict[str, Match]]
"""Card id -> name of the model's class -> what a person wants it to become."""


@dataclass(frozen=True)
class Row:
    """A line of the page that matches classes. `to`: the project's class, None = it will join as a new one, `VOID` = it
    is ignored. `chosen`: by a person; else by name or memory."""

    model: ClassInfo
    to: int | None
    whole: bool = False
    chosen: bool = False


def join(project: ClassSet, model: ClassSet, remembered: Mapping[str, int]) -> tuple[ClassSet, dict[int, int]]:
    """The project's classes with those of the model that they lack, and the map from the model's ids to them.

    `remembered`: which class a name has become before (`VOID`: none), so that one which the user has renamed since
    keeps its place; other classes are found by name (`ClassSet.merged`).
    """
    known = {c.id: remembered[c.name] for c in model if _holds(project, remembered.get(c.name))}
    merged, mapping = project.merged(ClassSet(info for info in model if info.id not in known))
    return merged, {**mapping, **known, VOID: VOID}


def _holds(project: ClassSet, class_id: int | None) -> bool:
    return class_id is not None and (class_id == VOID or project.get(class_id) is not None)


class ClassBook:
    """Holds the classes; `on_change(classes, memory, choices)` is called, inside the lock, to have them saved and
    shown."""

    def __init__(
        self,
        classes: ClassSet,
        memory: Mapping[str, Mapping[str, int]],
        on_change: Callable[[ClassSet, Memory, Choices], None],
        choices: Mapping[str, Mapping[str, Match]] | None = None,
        retired: Mapping[int, ClassInfo] | None = None,
    ) -> None:
        self._retired = dict(retired or {})
        self._classes = classes.with_reserved(self._retired)
        self._memory: Memory = {card: dict(ids) for card, ids in memory.items()}
        self._choices: Choices = {card: dict(found) for card, found in (choices or {}).items()}
        self._on_change = on_change
        self._lock = threading.RLock()

    @property
    def classes(self) -> ClassSet:
        """The classes now."""
        return self._classes

    def set(self, classes: ClassSet) -> None:
        """Replace the classes. What models' classes have become is forgotten where that class is gone, or its id would
        lead to another class later."""
        with self._lock:
            for ids in self._memory.values():
                for name in [n for n, class_id in ids.items() if not _holds(classes, class_id)]:
                    del ids[name]
            for found in self._choices.values():
                for name in [n for n, match in found.items() if not _holds(classes, match.to)]:
                    del found[name]
            self._store(classes)

    @property
    def retired(self) -> Mapping[int, ClassInfo]:
        """Classes that are gone and come back where an undo step wants them."""
        return self._retired

    def recast(self, change: Recast) -> None:
        """Take a list in which classes have been merged or removed. What models' classes have become follows; what led
        to a class that was removed goes by name again."""
        with self._lock:
            gone = [c for c in self._classes if change.classes.get(c.id) is None]
            self._retired.update((c.id, c) for c in gone)
            for ids in self._memory.values():
                ids.update({name: change.become.get(i, i) or -1 for name, i in ids.items() if i})  # -1: of no class
            for found in self._choices.values():
                found.update({n: replace(m, to=change.become.get(m.to, m.to) or -1) for n, m in found.items() if m.to})
            self.set(change.classes.with_reserved(self._retired))

    def revive(self, class_ids: Iterable[int]) -> None:
        """An undo step has brought labels of these classes back: those that are gone join the list again."""
        missing = [i for i in class_ids if i in self._retired and self._classes.get(i) is None]
        if not missing:
            return
        with self._lock:
            classes = self._classes
            for class_id in missing:
                info = self._retired.pop(class_id)
                name, at = info.name, 2
                while classes.named(name) is not None:
                    name, at = f"{info.name} {at}", at + 1
                classes = classes.with_class(replace(info, name=name))
            self._store(ClassSet(classes, reserved=self._retired))

    def adopt(self, card_id: str, model: ClassSet) -> dict[int, int]:
        """Join a model's classes; returns the map from its ids to the project's. A `card_id` of "" (labels from a
        file) goes by the names alone."""
        with self._lock:
            remembered = self._memory.get(card_id, {})
            wanted = {name: match.to for name, match in self._choices.get(card_id, {}).items()}
            classes, mapping = join(self._classes, model, {**remembered, **wanted})
            fresh = {**remembered, **{c.name: mapping[c.id] for c in model if c.name not in wanted}}
            if card_id and fresh != remembered:
                self._memory[card_id] = fresh
                self._store(classes)
            elif classes != self._classes:
                self._store(classes)
            return mapping

    # -- what a person chooses ------------------------------------------------------------------------------------

    def rows(self, card_id: str, model: ClassSet) -> list[Row]:
        """What each class of a model becomes as things are."""
        with self._lock:
            chosen, remembered = self._choices.get(card_id, {}), self._memory.get(card_id, {})
            return [self._row(info, chosen.get(info.name), remembered.get(info.name)) for info in model]

    def _row(self, info: ClassInfo, match: Match | None, remembered: int | None) -> Row:
        if match is not None:
            return Row(info, match.to, match.whole, chosen=True)
        if remembered is not None and _holds(self._classes, remembered):
            return Row(info, remembered)
        same = self._classes.named(info.name)
        return Row(info, same.id if same else None)

    def match(self, card_id: str, choices: Mapping[str, Match]) -> None:
        """Replace what a person has chosen for a model's classes; a name that is not in it goes by name again."""
        with self._lock:
            for name in choices:
                self._memory.get(card_id, {}).pop(name, None)
            for name in self._choices.get(card_id, {}):
                self._memory.get(card_id, {}).pop(name, None)
            self._choices[card_id] = dict(choices)
            self._store(self._classes)

    def match_names(self, card_id: str, model: ClassSet, wanted: Mapping[str, Match | str]) -> None:
        """Add choices by name: the project's class (added with the model's colour if it lacks it), or a `Match`."""
        with self._lock:
            choices = dict(self._choices.get(card_id, {}))
            for name, to in wanted.items():
                info = model.named(name)
                if info is None:
                    raise KeyError(name)
                choices[info.name] = to if isinstance(to, Match) else Match(self._named(to, info))
            self.match(card_id, choices)

    def _named(self, name: str, model: ClassInfo) -> int:
        known = self._classes.named(name)
        if known is None:
            known = replace(model, id=self._classes.next_id(), name=name)
            self._classes = self._classes.with_class(known)
        return known.id

    def whole(self, card_id: str, model: ClassSet) -> frozenset[int]:
        """The model's ids whose objects become one region."""
        chosen = self._choices.get(card_id, {})
        return frozenset(c.id for c in model if c.name in chosen and chosen[c.name].whole)

    def record(self, card_id: str) -> dict[str, object]:
        """What a run's record keeps of the choices, as JSON values; empty where there are none."""
        chosen = {name: asdict(match) for name, match in sorted(self._choices.get(card_id, {}).items())}
        return {"classes": chosen} if chosen else {}

    def _store(self, classes: ClassSet) -> None:
        self._classes = classes.with_reserved(self._retired)
        memory = {card: dict(ids) for card, ids in self._memory.items()}
        self._on_change(classes, memory, {card: dict(found) for card, found in self._choices.items()})
