"""The project's classes while it is open, and how a model's classes join them: by name, once, and then by memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from segdesk.domain.classes import VOID, ClassSet

Memory = dict[str, dict[str, int]]
"""Card id -> name of the model's class -> id of the project's class."""


def join(project: ClassSet, model: ClassSet, remembered: Mapping[str, int]) -> tuple[ClassSet, dict[int, int]]:
    """The project's classes with those of the model that they lack, and the map from the model's ids to them.

    `remembered`: which class a name has become before, so that one which the user has renamed since keeps its place;
    other classes are found by name (`ClassSet.merged`).
    """
    known = {c.id: remembered[c.name] for c in model if project.get(remembered.get(c.name, VOID)) is not None}
    merged, mapping = project.merged(ClassSet(info for info in model if info.id not in known))
    return merged, {**mapping, **known, VOID: VOID}


class ClassBook:
    """Holds the classes; `on_change(classes, memory)` is called, inside the lock, to have them saved and shown."""

    def __init__(
        self, classes: ClassSet, memory: Mapping[str, Mapping[str, int]], on_change: Callable[[ClassSet, Memory], None]
    ) -> None:
        self._classes = classes
        self._memory: Memory = {card: dict(ids) for card, ids in memory.items()}
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
                for name in [n for n, class_id in ids.items() if classes.get(class_id) is None]:
                    del ids[name]
            self._store(classes)

    def adopt(self, card_id: str, model: ClassSet) -> dict[int, int]:
        """Join a model's classes; returns the map from its ids to the project's. A `card_id` of "" (labels from a
        file) goes by the names alone."""
        with self._lock:
            remembered = self._memory.get(card_id, {})
            classes, mapping = join(self._classes, model, remembered)
            fresh = {**remembered, **{c.name: mapping[c.id] for c in model}}
            if card_id and fresh != remembered:
                self._memory[card_id] = fresh
                self._store(classes)
            elif classes != self._classes:
                self._store(classes)
            return mapping

    def _store(self, classes: ClassSet) -> None:
        self._classes = classes
        self._on_change(classes, {card: dict(ids) for card, ids in self._memory.items()})
