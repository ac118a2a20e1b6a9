"""The project's classes while it is open, and how a model's classes join them: by name, once, and then by memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from segdesk.domain.classes import VOID, ClassSet

Memory = dict[str, dict[int, int]]


def join(project: ClassSet, model: ClassSet, remembered: Mapping[int, int]) -> tuple[ClassSet, dict[int, int]]:
    """The project's classes with those of the model that they lack, and the map from the model's ids to them.

    `remembered`: the map of before. A class that the user has renamed since keeps its place through it; other classes
    are found by name (`ClassSet.merged`).
    """
    known = {m: p for m, p in remembered.items() if model.get(m) is not None and project.get(p) is not None}
    merged, mapping = project.merged(ClassSet(info for info in model if info.id not in known))
    return merged, {**mapping, **known, VOID: VOID}


class ClassBook:
    """Holds the classes; `on_change(classes, memory)` is called, inside the lock, to have them saved and shown."""

    def __init__(
        self, classes: ClassSet, memory: Mapping[str, Mapping[int, int]], on_change: Callable[[ClassSet, Memory], None]
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
        """Replace the classes. What models' classes of a deleted class would become is forgotten with it."""
        with self._lock:
            for ids in self._memory.values():
                gone = [m for m, p in ids.items() if p != VOID and classes.get(p) is None]
                for model_id in gone:
                    del ids[model_id]
            self._store(classes)

    def adopt(self, card_id: str, model: ClassSet) -> dict[int, int]:
        """Join a model's classes; returns the map from its ids to the project's."""
        with self._lock:
            remembered = self._memory.get(card_id, {})
            classes, mapping = join(self._classes, model, remembered)
            if mapping != remembered or classes != self._classes:
                self._memory[card_id] = mapping
                self._store(classes)
            return dict(mapping)

    def _store(self, classes: ClassSet) -> None:
        self._classes = classes
        self._on_change(classes, {card: dict(ids) for card, ids in self._memory.items()})
