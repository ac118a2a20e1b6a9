"""The list of pictures in memory: what the window shows, kept in step with the project by whoever changes a picture."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

from segdesk.io.project import PictureRow

MACHINE_STATES = ("new", "predicted", "failed")  # nothing here is a person's work: a model may replace the labels


class Roster:
    """Rows in order. `rows` is replaced as a whole by `load`, its entries one by one by `change`; read it freely from
    any thread, write through the methods."""

    def __init__(self) -> None:
        self.rows: list[PictureRow] = []
        self._counts: Counter[str] = Counter()
        self._index: dict[int, int] = {}
        self._lock = threading.Lock()

    def load(self, rows: list[PictureRow]) -> None:
        """Take a new list; a known picture keeps the row that is here, which may be newer than what was read."""
        with self._lock:
            old, index = self.rows, self._index
            self.rows = [old[index[r.id]] if r.id in index else r for r in rows]
            self._index = {r.id: i for i, r in enumerate(self.rows)}
            self._counts = Counter(r.state for r in self.rows)

    def reload(self, rows: list[PictureRow]) -> None:
        """Take a new list that was read after everything had been saved."""
        with self._lock:
            self.rows = rows
            self._index = {r.id: i for i, r in enumerate(rows)}
            self._counts = Counter(r.state for r in rows)

    def row(self, picture_id: int) -> PictureRow | None:
        """The row of a picture."""
        index = self._index.get(picture_id)
        return None if index is None else self.rows[index]

    def index_of(self, picture_id: int) -> int | None:
        """Its place in `rows`."""
        return self._index.get(picture_id)

    def change(self, picture_id: int, **values: object) -> tuple[PictureRow, int] | None:
        """Replace fields of a row; returns the new row and its place, or None if nothing differs or it is unknown."""
        with self._lock:
            index = self._index.get(picture_id)
            if index is None:
                return None
            row = replace(self.rows[index], **values)  # type: ignore[arg-type]
            if row == self.rows[index]:
                return None
            self._counts[self.rows[index].state] -= 1
            self._counts[row.state] += 1
            self.rows[index] = row
            return row, index

    def counts(self) -> dict[str, int]:
        """Pictures by state; states without a picture are left out."""
        with self._lock:
            return {state: count for state, count in self._counts.items() if count}

    def around(self, picture_id: int, after: int = 2, before: int = 1) -> list[PictureRow]:
        """The neighbours that will be wanted next: following ones first."""
        index = self._index.get(picture_id)
        if index is None:
            return []
        return self.rows[index + 1 : index + 1 + after] + self.rows[max(0, index - before) : index]
