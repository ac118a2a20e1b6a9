"""Steps of work that could not be saved (disk full, drive gone): kept until a later save carries them along."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from segdesk.domain.edit import Edit
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment
from segdesk.io.project_maps import Tiles


@dataclass(frozen=True, eq=False)
class Step:
    """One step as the file wants it: the edit and its kind for the journal, tiles and segments as they are after it."""

    edit: Edit
    kind: str
    tiles: Tiles
    segments: Mapping[int, Segment | None]


class MissedSteps:
    """The steps of every picture that wait for the disk, oldest first. Thread-safe.

    A step is known by its edit object and kind, so that a repeated save does not enter the journal twice.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, list[Step]] = {}
        self._lock = threading.RLock()

    @contextmanager
    def until_saved(self, picture_id: int, step: Step | None = None) -> Iterator[list[Step]]:
        """Give the steps to write now, `step` the last of them; they are kept if the block raises `SegDeskError`."""
        with self._lock:
            before = self._waiting.pop(picture_id, [])
            known = [n for n, one in enumerate(before) if step and one.edit is step.edit and one.kind == step.kind]
            waiting = before if known or step is None else [*before, step]
            count = known[0] + 1 if known else len(waiting)
            rest = before  # any other error is a fault of the step itself, which no later save would cure
            try:
                yield waiting[:count]
                rest = waiting[count:]
            except SegDeskError:
                rest = waiting
                raise
            finally:
                if rest:
                    self._waiting[picture_id] = rest
