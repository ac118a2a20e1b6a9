"""The second half of a rescue: rows that were read from a damaged project are checked against their checksums, brought
into agreement with each other, and what is missing is told by the name of its picture."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from segdesk.domain.classes import MAX_ID
from segdesk.domain.edit import unpack_tile
from segdesk.domain.packed import pack_labels, tile_rect
from segdesk.domain.text import N_
from segdesk.io import project_counts as counts
from segdesk.io import project_journal as journal
from segdesk.io import project_sums as sums
from segdesk.io.project_check import CLASS_COUNT, broken_journals
from segdesk.io.project_types import LAYERS, STATES
from segdesk.io.scanning import natural_key

LABELS = N_("labels")
ANSWER = N_("the model's answer")
REFERENCE = N_("reference labels")
STROKES = N_("strokes for teaching")
UNDO = N_("undo steps")
ENTRY = N_("its line in the list")
OBJECTS = N_("the model's objects")
DOUBTS = N_("where the model was unsure")
CLASSES = N_("the list of classes")
PROJECT = N_("notes of the project")
RUNS = N_("notes of model runs")
OLD = N_("labels that may be older than the last ones")
STRAYS = N_("labels of pictures whose names are lost")
MARKS = N_("locked objects and marks")
LIST = N_("lines of the list of pictures")
SOME_LABELS = N_("labels, or the model's answers, of some pictures")
WORDS = {"annotation": LABELS, "prediction": ANSWER, "reference": REFERENCE, "scribbles": STROKES}
MARKED = N_("Part of this picture's labels was damaged in the project file; check them.")
MISSED = {  # what a table's rows are to a person
    "meta": PROJECT,
    "pictures": LIST,
    "runs": RUNS,
    "maps": SOME_LABELS,
    "instances": OBJECTS,
    "journal": UNDO,
    "journal_tops": UNDO,
    "doubts": DOUBTS,
    "marks": MARKS,
    "locks": MARKS,
}
LARGEST_SIDE = 1 << 17  # pixels; a larger map is a damaged one


@dataclass(frozen=True, order=True)
class Damage:
    """Something that is damaged: `what`, an English text marked with `N_`, of a picture (its path), or, with "", of the
    whole project."""

    picture: str
    what: str


def mend(
    connection: sqlite3.Connection, *, loose: Collection[int], lost: bool, hurt: Collection[str] = ()
) -> list[Damage]:
    """Make a sound project of the rows in a new file; returns what is damaged, sorted.

    `loose`: maps of which rows came from pages that nothing pointed to. `lost`: some pages could not be read;
    `hurt`: tables that such pages belonged to.
    """
    mending = _Mending(connection, lost=lost)
    connection.execute("BEGIN")
    missing = mending.missing()
    mending.pictures()
    mending.whole_project()
    mending.labels(loose)
    mending.steps()
    mending.rest()
    if mending.lost:
        mending.without_labels()
    mending.tell_missing(missing, hurt)
    mending.tell_pictures()
    counts.recount(connection)
    while sums.seal_some(connection):
        pass
    connection.execute("COMMIT")
    return sorted(mending.found)


class _Mending:
    def __init__(self, connection: sqlite3.Connection, *, lost: bool) -> None:
        self._db = connection
        self.found: set[Damage] = set()
        self.lost = lost  # something may be lost that nothing tells of
        self._touched: set[int] = set()  # pictures with damaged labels
        self._complete = False  # the file counts its rows
        self._steps_told = 0  # undo steps that are missing and whose pictures are named

    def _note(self, picture_id: int | None, what: str) -> None:
        row = self._db.execute("SELECT path FROM pictures WHERE id = ?", (picture_id,)).fetchone()
        self.found.add(Damage("" if row is None else row[0], what))

    def _unfit(self, table: str, columns: str) -> list[tuple[int, ...]]:
        """These columns of the rows that do not fit their checksums."""
        crc = f"row_crc('{table}', {', '.join(sums.COLUMNS[table])})"
        return self._db.execute(f"SELECT {columns} FROM {table} WHERE crc <> {crc}").fetchall()

    def missing(self) -> dict[str, int]:
        """Table -> rows that were there once and have not been found; some may turn up, or are told of by name."""
        self._complete = counts.there(self._db)
        found = counts.missing(self._db)
        self.lost |= "maps" in found
        return found

    def tell_missing(self, missing: Mapping[str, int], hurt: Collection[str]) -> None:
        """Of rows that are missing but belong to nobody who has been named, the whole project tells; where the number
        of rows is not known, of all tables that cannot be read to the end (`hurt`)."""
        if not self._complete:
            self.found |= {Damage("", MISSED[table]) for table in hurt if table in MISSED}
        named = {what: len({one.picture for one in self.found if one.what == what}) for what in (ENTRY, UNDO)}
        for table, gone in missing.items():
            by_name = named[ENTRY] if table == "pictures" else named[UNDO] if table == "journal_tops" else 0
            if table == "journal":
                by_name = self._steps_told
            if gone < 0 or gone > by_name:
                self.found.add(Damage("", MISSED[table]))

    def pictures(self) -> None:
        """Damaged lines of the list keep what can be believed; lost ones come back as far as the index knows them."""
        for (key,) in self._unfit("pictures", "id"):
            path = self._db.execute("SELECT path FROM pictures WHERE id = ?", (key,)).fetchone()[0]
            number = self._db.execute("SELECT id FROM names WHERE path = ?", (path,)).fetchone()
            name = self._db.execute("SELECT path FROM names WHERE id = ?", (key,)).fetchone()
            if number is not None and number[0] != key:  # its number is what is damaged
                self._db.execute("UPDATE OR IGNORE pictures SET id = ? WHERE id = ?", (number[0], key))
                key, name = number[0], (path,)
            self._repair_line(key, str(name[0] if name is not None else path))
        for key, path, order in self._db.execute("SELECT id, path, sort_key FROM pictures").fetchall():
            if natural_key(path) != order:
                self._db.execute("UPDATE pictures SET sort_key = ? WHERE id = ?", (natural_key(path), key))
        lost = self._db.execute("SELECT id, path FROM names WHERE id NOT IN (SELECT id FROM pictures)").fetchall()
        for key, path in lost:
            if _plausible(path):
                self._db.execute(
                    "INSERT OR IGNORE INTO pictures (id, path, sort_key, state) VALUES (?, ?, ?, "
                    "CASE WHEN EXISTS (SELECT 1 FROM maps WHERE picture_id = ?) THEN 'edited' ELSE 'new' END)",
                    (key, path, natural_key(path), key),
                )
                self._note(key, ENTRY)
                self._touched.add(key)

    def _repair_line(self, key: int, path: str) -> None:
        taken = self._db.execute("SELECT 1 FROM pictures WHERE path = ? AND id <> ?", (path, key)).fetchone()
        if taken is not None or not _plausible(path):
            self._note(key, ENTRY)
            self._db.execute("DELETE FROM pictures WHERE id = ?", (key,))
            return
        marks = ", ".join("?" * len(STATES))
        self._db.execute(
            f"UPDATE pictures SET crc = NULL, path = ?, sort_key = ?, width = 0, height = 0, seconds = 0, "
            "pixels_changed = 0, error = '', doubt = 0, "
            f"state = CASE WHEN state IN ({marks}) THEN state ELSE 'edited' END WHERE id = ?",
            (path, natural_key(path), *STATES, key),
        )
        self._note(key, ENTRY)
        self._touched.add(key)

    def whole_project(self) -> None:
        """Classes, notes, runs."""
        for table, what in (("meta", PROJECT), ("runs", RUNS)):
            key = sums.COLUMNS[table][0]
            for (value,) in self._unfit(table, key):
                self.found.add(Damage("", what))
                self._db.execute(f"DELETE FROM {table} WHERE {key} = ?", (value,))
        unfit = self._unfit("classes", "id")
        places = [row[0] for row in self._db.execute("SELECT position FROM classes ORDER BY position, id")]
        known = {row[0] for row in self._db.execute("SELECT id FROM classes")}
        used = self._db.execute(
            "SELECT DISTINCT class_id FROM segments WHERE crc IS NULL OR crc = "
            f"row_crc('segments', {', '.join(sums.COLUMNS['segments'])})"
        ).fetchall()
        missing = sorted(key for (key,) in used if key not in known and isinstance(key, int) and 0 < key <= MAX_ID)
        count = self._db.execute("SELECT value FROM meta WHERE key = ?", (CLASS_COUNT,)).fetchone()
        short = places != list(range(len(places))) or (count is not None and count[0] != str(len(places)))
        if unfit or short or (missing and self.lost):
            self.found.add(Damage("", CLASSES))
            self._repair_classes([key for (key,) in unfit], missing)

    def _repair_classes(self, unfit: list[int], missing: list[int]) -> None:
        """Names and colours that cannot be believed are made new ones; an id that is used gets a class again."""
        for key in unfit:
            self._db.execute("DELETE FROM classes WHERE id = ?", (key,))
        used = {row[0] for row in self._db.execute("SELECT DISTINCT class_id FROM segments")}
        for key in sorted({k for k in unfit if k in used and 0 < k <= MAX_ID} | set(missing)):
            colour = (key * 67 % 200 + 40, key * 151 % 200 + 40, key * 211 % 200 + 40)
            self._db.execute(
                "INSERT OR IGNORE INTO classes (id, position, name, red, green, blue, is_thing) "
                "VALUES (?, ?, ?, ?, ?, ?, 0)",
                (key, key, f"class {key}", *colour),
            )
        ids = [row[0] for row in self._db.execute("SELECT id FROM classes ORDER BY position, id")]
        self._db.execute("DELETE FROM meta WHERE key = ?", (CLASS_COUNT,))
        for at, key in enumerate(ids):
            self._db.execute("UPDATE classes SET position = ?, crc = NULL WHERE id = ?", (at, key))
        self._name_apart()

    def _name_apart(self) -> None:
        """Two classes of one name are told apart by a number; one that a person gave stays."""
        rows = self._db.execute("SELECT id, name FROM classes ORDER BY name = 'class ' || id, position").fetchall()
        taken = {name.casefold() for _, name in rows}
        seen: set[str] = set()
        for key, name in rows:
            new, number = name, 2
            while new.casefold() in seen or (new != name and new.casefold() in taken):
                new, number = f"{name} ({number})", number + 1
            seen.add(new.casefold())
            if new != name:
                self._db.execute("UPDATE classes SET name = ?, crc = NULL WHERE id = ?", (new, key))

    def labels(self, loose: Collection[int]) -> None:
        """Label maps: damaged tiles become void, what belongs to nobody goes."""
        for row in self._unfit("maps", ", ".join(sums.COLUMNS["maps"]) + ", crc"):
            self._refit_map(row)
        broken = {row[0] for table in ("tiles", "segments") for row in self._unfit(table, "map_id")}
        for table in ("tiles", "segments"):
            crc = f"row_crc('{table}', {', '.join(sums.COLUMNS[table])})"
            self._db.execute(f"DELETE FROM {table} WHERE crc <> {crc}")
        broken |= {row[0] for row in self._db.execute(f"SELECT id FROM maps WHERE total <> {sums.TOTAL}")}
        broken |= {row[0] for row in self._db.execute("SELECT id FROM maps WHERE total IS NULL")}  # no checksums: look
        for map_id in sorted(k for k in broken if isinstance(k, int)):
            self._repair_map(map_id)
        for map_id in loose:
            row = self._db.execute("SELECT picture_id FROM maps WHERE id = ?", (map_id,)).fetchone()
            if row is not None:
                self._note(row[0], OLD)
                self._touched.add(row[0])
        strays = self._db.execute("SELECT 1 FROM maps WHERE picture_id NOT IN (SELECT id FROM pictures)").fetchone()
        if strays is not None:
            self.found.add(Damage("", STRAYS))
        for table in ("tiles", "segments"):
            if self._db.execute(f"DELETE FROM {table} WHERE map_id NOT IN (SELECT id FROM maps)").rowcount:
                self.lost = True

    def _refit_map(self, row: tuple[Any, ...]) -> None:
        """Find what the line of a map was before a value in it was damaged; one that cannot be found goes."""
        for candidate in self._candidates(row):
            if sums.fits("maps", (*candidate, row[-1])):
                columns = ", ".join(f"{c} = ?" for c in sums.COLUMNS["maps"])
                self._db.execute(f"UPDATE OR IGNORE maps SET {columns} WHERE id = ?", (*candidate, row[0]))
                return
        self._db.execute("DELETE FROM maps WHERE id = ?", (row[0],))
        self.lost = True
        self._note(row[1], WORDS.get(row[2], LABELS))  # if these two values are the right ones
        self.found.add(Damage("", SOME_LABELS))
        self._touched.add(row[1])

    def _candidates(self, row: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """What the line may have been: another number, picture, layer, size, run or sum."""
        map_id, picture_id, layer, height, width, run_id, total, _ = row
        rest = (layer, height, width, run_id, total)
        for (key,) in self._db.execute("SELECT map_id FROM tiles WHERE map_id NOT IN (SELECT id FROM maps)").fetchall():
            yield key, picture_id, *rest
        for (key,) in self._db.execute("SELECT id FROM pictures").fetchall():
            yield map_id, key, *rest
        for other in (*LAYERS, "scribbles"):
            yield map_id, picture_id, other, *rest[1:]
        size = self._db.execute("SELECT height, width FROM pictures WHERE id = ?", (picture_id,)).fetchone()
        if size is not None:
            yield map_id, picture_id, layer, *size, run_id, total
        for (key,) in [(None,), *self._db.execute("SELECT id FROM runs").fetchall()]:
            yield map_id, picture_id, layer, height, width, key, total
        found = self._db.execute(f"SELECT {sums.TOTAL} FROM maps WHERE id = ?", (map_id,)).fetchone()
        yield map_id, picture_id, layer, height, width, run_id, found[0]

    def _repair_map(self, map_id: int) -> None:
        row = self._db.execute(
            "SELECT picture_id, layer, height, width, total FROM maps WHERE id = ?", (map_id,)
        ).fetchone()
        if row is None:
            return
        picture_id, layer, height, width, total = row
        if layer not in WORDS or not _is_size(height) or not _is_size(width):
            self._db.execute("DELETE FROM maps WHERE id = ?", (map_id,))
            self.found.add(Damage("", SOME_LABELS))
            damaged, layer = True, "annotation"
        else:  # an old map without a sum is damaged if it cannot be read
            damaged = self._repair_tiles(map_id, (height, width)) or total is not None
            self._db.execute("UPDATE maps SET total = NULL, crc = NULL WHERE id = ?", (map_id,))
        if damaged:
            self._note(picture_id, WORDS[layer])
            self._touched.add(picture_id)

    def _repair_tiles(self, map_id: int, size: tuple[int, int]) -> bool:
        """Pixels whose segment is lost, and tiles that cannot be read, become void. Whether there were any."""
        known = np.zeros(MAX_ID + 1, bool)
        ids = [row[0] for row in self._db.execute("SELECT id FROM segments WHERE map_id = ?", (map_id,))]
        known[[0, *(i for i in ids if 0 < i <= MAX_ID)]] = True
        changed = False
        rows = self._db.execute("SELECT tile_row, tile_col, data FROM tiles WHERE map_id = ?", (map_id,)).fetchall()
        for tile_row, tile_col, data in rows:
            x0, y0, x1, y1 = tile_rect((tile_row, tile_col), size)
            key = (map_id, tile_row, tile_col)
            try:
                if tile_row < 0 or tile_col < 0 or x1 <= x0 or y1 <= y0:
                    raise ValueError("outside")
                tile = unpack_tile(data, (y1 - y0, x1 - x0))
            except (ValueError, TypeError):
                tile = np.zeros((0, 0), np.uint16)
            if tile.size and known[tile].all():
                continue
            changed = True
            packed = pack_labels(np.where(known[tile], tile, 0).astype(np.uint16)) if tile.size else b""
            where = "map_id = ? AND tile_row = ? AND tile_col = ?"
            if packed:
                self._db.execute(f"UPDATE tiles SET data = ?, crc = NULL WHERE {where}", (packed, *key))
            else:
                self._db.execute(f"DELETE FROM tiles WHERE {where}", key)
        return changed

    def steps(self) -> None:
        """Undo steps go as a whole where one of a picture is damaged: the others would undo something else."""
        gone = {row[0] for row in self._unfit("journal", "picture_id")}
        gone |= {row[0] for row in self._unfit("journal_tops", "picture_id")}
        gone |= {row[0] for row in broken_journals(self._db, complete=self._complete).fetchall()}
        self._steps_told = self._db.execute(
            "SELECT coalesce(sum(max(0, steps - (SELECT count(*) FROM journal WHERE "
            "journal.picture_id = journal_tops.picture_id))), 0) FROM journal_tops WHERE typeof(steps) = 'integer'"
        ).fetchone()[0]
        for picture_id in gone:
            self._note(picture_id, UNDO)
        for picture_id in gone | self._touched:
            for table in ("journal", "journal_tops"):
                self._db.execute(f"DELETE FROM {table} WHERE picture_id = ?", (picture_id,))
        journal.note_all_tops(self._db)

    def rest(self) -> None:
        """Objects and doubts of the models, marks, locks; and whatever belongs to a row that is not there."""
        for table in ("instances", "doubts", "marks", "locks"):
            for (picture_id,) in set(self._unfit(table, "picture_id")):
                self._note(picture_id, MISSED[table])
                self.found.add(Damage("", MISSED[table]))  # its number may be what is damaged: then it is another's
                self._db.execute(f"DELETE FROM {table} WHERE picture_id = ?", (picture_id,))
        marks = ", ".join("?" * len(STATES))
        self._db.execute(f"DELETE FROM marks WHERE before NOT IN ({marks})", STATES)
        self._db.execute(
            "UPDATE maps SET run_id = NULL, total = NULL, crc = NULL WHERE run_id NOT IN (SELECT id FROM runs)"
        )
        for table in ("maps", "instances", "journal", "journal_tops", "doubts", "marks", "locks"):
            self._db.execute(f"DELETE FROM {table} WHERE picture_id NOT IN (SELECT id FROM pictures)")
        for table in ("tiles", "segments"):
            self._db.execute(f"DELETE FROM {table} WHERE map_id NOT IN (SELECT id FROM maps)")

    def without_labels(self) -> None:
        """Where pages are lost, pictures that were worked on and have no labels: these may have been lost."""
        rows = self._db.execute(
            "SELECT id FROM pictures WHERE state <> 'new' AND id NOT IN "
            "(SELECT picture_id FROM maps WHERE layer = 'annotation')"
        ).fetchall()
        for (picture_id,) in rows:
            self._note(picture_id, LABELS)
            self._touched.add(picture_id)

    def tell_pictures(self) -> None:
        """The list shows which pictures are to be checked; none of them stays verified."""
        for picture_id in self._touched:
            self._db.execute(
                "UPDATE pictures SET error = ?, crc = NULL, "
                "state = CASE WHEN state = 'verified' THEN 'edited' ELSE state END WHERE id = ?",
                (MARKED, picture_id),
            )


def _is_size(value: object) -> bool:
    return isinstance(value, int) and 0 < value <= LARGEST_SIDE


def _plausible(path: str) -> bool:
    """Whether a path may be one of a picture inside the folder."""
    return bool(path) and "\0" not in path and not path.startswith("/") and ".." not in path.split("/")
