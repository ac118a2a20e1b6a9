"""A plain model of what the window must hold: labels and undo steps of each picture, states, the active class."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import PictureRow

Kind = Literal["none", "edit", "replace", "undo", "redo"]
MACHINE = ("new", "predicted", "failed")


class Broken(AssertionError):
    """The window does not hold what it must."""


def digest(labels: Segmentation) -> str:
    """What tells two label maps apart; segments that occur nowhere do not count."""
    table = sorted((k, s.class_id) for k, s in labels.pruned().segments.items())
    return hashlib.sha256(np.ascontiguousarray(labels.ids).tobytes() + repr(table).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Seen:
    """What is to be seen of a picture: its labels, and how many steps can be undone and done again."""

    labels: str
    done: int
    undone: int


@dataclass
class Picture:
    """What a picture must hold. `below`: labels after each undo, the next one last; `above`: after each redo."""

    state: str
    labels: str | None = None  # None: not known (new, or a batch has been over it)
    below: list[str | None] = field(default_factory=list)
    above: list[str | None] = field(default_factory=list)

    def adopt(self, seen: Seen) -> None:
        """Take what is there for right: the labels of the steps are not known."""
        self.labels, self.below, self.above = seen.labels, [None] * seen.done, [None] * seen.undone

    def follow(self, kind: Kind, seen: Seen) -> bool:
        """Follow an action and compare; returns whether a step was made. Raises `Broken`."""
        if self.labels is None:
            self.adopt(seen)
            return False
        if kind == "undo" and self.below:
            self.above.append(self.labels)
            self._expect(self.below.pop(), seen)
        elif kind == "redo" and self.above:
            self.below.append(self.labels)
            self._expect(self.above.pop(), seen)
        elif kind == "replace" and seen.done == len(self.below) - 1:  # the last answer made way for the same as below
            self.above.append(self.labels)
            self._expect(self.below.pop(), seen)
        elif kind in ("edit", "replace") and seen.done > len(self.below):
            return self._step(seen)
        elif kind == "replace" and seen.done == len(self.below) and seen.labels != self.labels:
            self.labels, self.above = seen.labels, [None] * seen.undone  # the last answer was decided again
        else:
            self._expect(self.labels, seen)
            return False
        return True

    def _step(self, seen: Seen) -> bool:
        if seen.undone:
            raise Broken(f"{seen.undone} steps can be done again after a new one")
        steps = seen.done - len(self.below)
        self.below += [self.labels, *[None] * (steps - 1)]
        self.labels, self.above = seen.labels, []
        return True

    def _expect(self, labels: str | None, seen: Seen) -> None:
        if labels is None:
            labels = seen.labels
        wanted = Seen(labels, len(self.below), len(self.above))
        if seen != wanted:
            raise Broken(f"{seen} instead of {wanted}")
        self.labels = labels


class Model:
    """All pictures of the project by path, and the active class."""

    def __init__(self) -> None:
        self.pictures: dict[str, Picture] = {}
        self.active: int | None = None

    def take_rows(self, rows: Iterable[PictureRow]) -> None:
        """Begin with the pictures that are listed."""
        for row in rows:
            self.pictures.setdefault(row.path, Picture(row.state))

    def step(self, path: str, kind: Kind, seen: Seen, state: str) -> None:
        """An action on the open picture has ended: compare its labels, steps and state."""
        picture = self.pictures[path]
        made = picture.follow(kind, seen)
        if kind in ("undo", "redo", "replace") and picture.state in MACHINE and state in ("edited", "predicted"):
            picture.state = state  # whose step it was decides
        elif made and picture.state in MACHINE:
            picture.state = "edited"
        if kind == "edit" and picture.state in MACHINE and state == "edited" and not made:
            raise Broken(f"{path} is edited without a step")
        if state != picture.state:
            raise Broken(f"{path} is {state} instead of {picture.state}")

    def batch(self, rows: Iterable[PictureRow], open_path: str) -> None:
        """A model has run on all: pictures that no person has worked on have new labels."""
        for row in rows:
            picture = self.pictures[row.path]
            if picture.state in MACHINE:
                if row.state != "predicted":
                    raise Broken(f"{row.path} is {row.state} after a run on all")
                picture.state = "predicted"
                if row.path != open_path:
                    picture.labels = None

    def check_list(self, rows: Iterable[PictureRow]) -> None:
        """Compare the states of the whole list."""
        found = {row.path: row.state for row in rows}
        wanted = {path: picture.state for path, picture in self.pictures.items()}
        if found != wanted:
            wrong = sorted(p for p in found.keys() | wanted if found.get(p) != wanted.get(p))
            raise Broken(f"states differ: {[(p, found.get(p), wanted.get(p)) for p in wrong]}")

    def counts(self) -> Counter[str]:
        """Pictures in each state."""
        return Counter(picture.state for picture in self.pictures.values())
