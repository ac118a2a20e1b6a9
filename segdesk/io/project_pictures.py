"""The pictures of a project: their rows in the project file, with state, size and the work spent on them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import starmap
from pathlib import Path

from segdesk.io.project_database import Database
from segdesk.io.project_types import STATES, PictureRow
from segdesk.io.scanning import natural_key

# a state that is none (a damaged row) is one that no run touches
_KNOWN = ", ".join(f"'{state}'" for state in STATES)
_STATE = f"CASE WHEN state IN ({_KNOWN}) THEN state ELSE 'edited' END"
_COLUMNS = f"id, path, width, height, {_STATE}, doubt, seconds, pixels_changed, error"


class Pictures:
    """Part of `Project`, which sets `_database` and `folder`."""

    _database: Database
    folder: Path

    def add_pictures(self, paths: Iterable[str]) -> int:
        """Add relative POSIX paths in one transaction; known ones are skipped. Returns how many are new."""
        rows = [(path, natural_key(path)) for path in paths]
        with self._database.writing() as db:
            before = db.execute("SELECT count(*) FROM pictures").fetchone()[0]
            db.executemany("INSERT OR IGNORE INTO pictures (path, sort_key) VALUES (?, ?)", rows)
            return db.execute("SELECT count(*) FROM pictures").fetchone()[0] - before

    def pictures(self) -> list[PictureRow]:
        """All pictures in natural order of their paths."""
        with self._database.reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM pictures ORDER BY sort_key").fetchall()
        return list(starmap(PictureRow, rows))

    def picture(self, picture_id: int) -> PictureRow:
        """One picture; `KeyError` if there is none with this id."""
        with self._database.reading() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM pictures WHERE id = ?", (picture_id,)).fetchone()
        if row is None:
            raise KeyError(picture_id)
        return PictureRow(*row)

    def find(self, path: str) -> PictureRow | None:
        """The picture with exactly this relative path."""
        with self._database.reading() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM pictures WHERE path = ?", (path,)).fetchone()
        return row and PictureRow(*row)

    def counts(self) -> dict[str, int]:
        """Pictures in every state."""
        with self._database.reading() as db:
            found = dict(db.execute("SELECT state, count(*) FROM pictures GROUP BY state").fetchall())
        return {state: found.get(state, 0) for state in STATES}

    def picture_path(self, picture_id: int) -> Path:
        """The picture's file."""
        return self.folder / self.picture(picture_id).path

    def set_state(self, picture_id: int, state: str, error: str | None = None) -> None:
        """Set the state; `error` says why it failed and is cleared otherwise."""
        if state not in STATES:
            raise ValueError(f"no such state: {state}")
        self._update(picture_id, "state = ?, error = ?", state, error or "")

    def set_size(self, picture_id: int, width: int, height: int) -> None:
        """Remember the upright size."""
        self._update(picture_id, "width = ?, height = ?", width, height)

    def add_cost(self, picture_id: int, seconds: float, pixels: int) -> None:
        """Add time and pixels spent on correction."""
        self._update(picture_id, "seconds = seconds + ?, pixels_changed = pixels_changed + ?", seconds, pixels)

    def _update(self, picture_id: int, what: str, *values: object) -> None:
        with self._database.writing() as db:
            changed = db.execute(f"UPDATE pictures SET {what} WHERE id = ?", (*values, picture_id))
            if changed.rowcount == 0:
                raise KeyError(picture_id)
