"""Undo and redo of one map: two stacks of edits within a byte budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from segdesk.domain.edit import Edit, swap
from segdesk.domain.segmentation import Segmentation

BUDGET = 256 << 20  # bytes of undo a picture, in memory and in the project file


@dataclass(frozen=True)
class Packed:
    """An edit as `Edit.to_bytes` packed it. `nbytes`: what it counts against the budget; `size`: (H, W) of its map."""

    data: bytes
    nbytes: int
    size: tuple[int, int]

    def edit(self) -> Edit | None:
        """The edit, or None if it cannot be read or is of a map of another size."""
        try:
            edit = Edit.from_bytes(self.data)
        except ValueError:
            return None
        return edit if edit.size == self.size else None


class Steps:
    """A stack of edits, the newest last. Those of an earlier session stay packed until their turn comes: to unpack the
    thousands that a picture may have would keep the interpreter from the window for a tenth of a second.

    One that cannot be read ends the stack: those below it belong to maps that nobody can get back to.
    """

    def __init__(self, steps: Iterable[Edit | Packed] = ()) -> None:
        self._steps = list(steps)
        self.nbytes = sum(step.nbytes for step in self._steps)
        self._unpack_top()

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, place: int) -> Edit:
        depth = len(self) - range(len(self))[place]
        newest = list(islice(reversed(self), depth))
        if len(newest) < depth:
            raise IndexError("an undo step that is not older than this one cannot be read")
        return newest[-1]

    def __reversed__(self) -> Iterator[Edit]:
        for place in reversed(range(len(self))):
            if (edit := self._at(place)) is None:
                return
            yield edit

    def __iter__(self) -> Iterator[Edit]:
        return reversed(list(reversed(self)))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (Steps, list)) else NotImplemented

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def append(self, edit: Edit) -> None:
        """Put an edit on top."""
        self._steps.append(edit)
        self.nbytes += edit.nbytes

    def pop(self) -> Edit:
        """Take the newest away; raises IndexError where there is none."""
        edit = self[-1]
        self._steps.pop()
        self.nbytes -= edit.nbytes
        self._unpack_top()
        return edit

    def clear(self) -> None:
        """Take all away."""
        self._drop(len(self))

    def drop_oldest(self, budget: int) -> int:
        """Take the oldest away until the rest fits `budget` bytes, never the newest; returns how many."""
        left, count = self.nbytes, 0
        while left > budget and count < len(self) - 1:
            left -= self._steps[count].nbytes
            count += 1
        self._drop(count)
        return count

    def _at(self, place: int) -> Edit | None:
        step = self._steps[place]
        if isinstance(step, Edit):
            return step
        edit = step.edit()
        if edit is None:
            self._drop(place + 1)
        else:
            self._steps[place] = edit
            self.nbytes += edit.nbytes - step.nbytes
        return edit

    def _unpack_top(self) -> None:
        """There is a step to undo if, and only if, it can be read."""
        if self._steps:
            self._at(len(self) - 1)

    def _drop(self, count: int) -> None:
        self.nbytes -= sum(step.nbytes for step in self._steps[:count])
        del self._steps[:count]


@dataclass
class History:
    """Undo and redo of one picture, newest last, within a byte budget; the oldest steps are dropped first."""

    budget: int = BUDGET
    done: Steps = field(default_factory=Steps)
    undone: Steps = field(default_factory=Steps)

    def push(self, edit: Edit) -> int:
        """Add a finished edit and forget what was undone. Returns how many old steps fell out of the budget."""
        self.undone.clear()
        self.done.append(edit)
        return self.done.drop_oldest(self.budget)

    def undo(self, target: Segmentation) -> Edit | None:
        """Take the last edit back; returns it (its `rect` is to be repainted), or None if there is none."""
        return self._move(target, self.done, self.undone)

    def redo(self, target: Segmentation) -> Edit | None:
        """Do the last undone edit again; returns it, or None if there is none."""
        return self._move(target, self.undone, self.done)

    @staticmethod
    def _move(target: Segmentation, source: Steps, sink: Steps) -> Edit | None:
        if not source:
            return None
        edit = swap(target, source[-1])
        source.pop()
        sink.append(edit)
        return edit
