"""Classes of a project that are merged or removed, in all its labels at once; and how much of each class there is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from segdesk.domain.classes import MAX_ID, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.domain.prediction import Instance
from segdesk.domain.recasting import Recast, recast_edit
from segdesk.domain.text import N_
from segdesk.io import project_journal as journal
from segdesk.io import project_maps as maps
from segdesk.io.project_database import Database
from segdesk.io.project_scribbles import LAYER as SCRIBBLES

STEP = N_("merge classes")  # the name of the undo step of each picture


@dataclass(frozen=True)
class Recasted:
    """What a change of the classes has touched. `pictures` and `segments` of the annotation; `others`: maps of the
    model's answers, reference labels and strokes."""

    pictures: tuple[int, ...] = ()
    segments: int = 0
    others: int = 0


class ClassWork:
    """The part of `Project` that does it."""

    _database: Database
    journal_budget: int

    def set_classes(self, classes: ClassSet) -> None:
        """See `Project`."""
        raise NotImplementedError

    def load_instances(self, picture_id: int) -> tuple[Instance, ...]:
        """See `Project`."""
        raise NotImplementedError

    def set_meta(self, key: str, value: object) -> None:
        """See `Project`."""
        raise NotImplementedError

    def recast(
        self, change: Recast, tick: Callable[[int, int], object], *, meta: Mapping[str, object] | None = None
    ) -> Recasted:
        """Carry a change of the classes out in every layer of every picture, in one transaction: what `tick(done,
        total)` raises, or a full disk, leaves everything as it was. Each annotation gets an undo step; the states of
        the pictures stay. `meta`: values to keep with it (`set_meta`). Holds the project's lock meanwhile."""
        with self._database.writing() as db:
            found = _maps_with(db, list(change.become))
            pictures, segments, others = [], 0, 0
            for done, (map_id, picture_id, layer) in enumerate(found):
                tick(done, len(found))
                count = _recast_map(db, change, map_id, picture_id, layer, self.journal_budget)
                if layer == "annotation":
                    pictures.append(picture_id)
                    segments += count
                else:
                    others += 1
            for picture_id in _pictures_with(db, list(change.become)):
                objects = [replace(i, class_id=change.of(i.class_id)) for i in self.load_instances(picture_id)]
                maps.write_instances(db, picture_id, [i for i in objects if i.class_id])
            db.execute(
                "DELETE FROM locks WHERE NOT EXISTS (SELECT 1 FROM maps JOIN segments ON map_id = maps.id WHERE "
                "maps.picture_id = locks.picture_id AND layer = 'annotation' AND segments.id = segment_id)"
            )
            for key, value in (meta or {}).items():
                self.set_meta(key, value)
            self.set_classes(change.classes)
        return Recasted(tuple(pictures), segments, others)

    def count_classes(self, layer: str = "annotation") -> dict[int, tuple[int, int]]:
        """Class id -> (pictures, segments) of a layer; classes without any are left out. Quick."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT class_id, count(DISTINCT picture_id), count(*) FROM segments JOIN maps ON maps.id = map_id "
                "WHERE layer = ? GROUP BY class_id",
                (layer,),
            ).fetchall()
        return {key: (pictures, segments) for key, pictures, segments in rows}

    def class_pixels(self, layer: str = "annotation") -> Iterator[tuple[int, int, np.ndarray]]:
        """(pictures done, of how many, (65536,) int64 pixels by class id so far), one picture after another. A damaged
        one is passed over."""
        with self._database.reading() as db:
            ids = [i for (i,) in db.execute("SELECT picture_id FROM maps WHERE layer = ? ORDER BY id", (layer,))]
        counts = np.zeros(MAX_ID + 1, np.int64)
        for done, picture_id in enumerate(ids, start=1):
            with suppress(ValueError), self._database.reading() as db:
                labels = maps.load(db, picture_id, layer)
                if labels is not None:
                    counts += _pixels(labels)
            yield done, len(ids), counts


def _pixels(labels: PackedMap) -> np.ndarray:
    """(65536,) int64 pixels by class id. Raises ValueError for damaged data."""
    pixels = np.zeros(MAX_ID + 1, np.int64)
    for key in labels.tiles:
        found = np.bincount(labels.tile(key).ravel())
        pixels[: found.size] += found
    pixels[0] = 0  # void, of which not all tiles are stored
    counts = np.zeros(MAX_ID + 1, np.int64)
    np.add.at(counts, labels.class_table(), pixels)
    return counts


def _maps_with(connection: sqlite3.Connection, class_ids: list[int]) -> list[tuple[int, int, str]]:
    """(map, picture, layer) of all maps with a segment of one of these classes."""
    found: dict[int, tuple[int, int, str]] = {}
    for class_id in class_ids:
        rows = connection.execute(
            "SELECT DISTINCT maps.id, picture_id, layer FROM segments JOIN maps ON maps.id = map_id WHERE class_id = ?",
            (class_id,),
        )
        found.update((row[0], row) for row in rows)
    return [found[key] for key in sorted(found)]


def _pictures_with(connection: sqlite3.Connection, class_ids: list[int]) -> list[int]:
    """Pictures whose last prediction has raw objects of these classes."""
    found: set[int] = set()
    for class_id in class_ids:
        rows = connection.execute("SELECT DISTINCT picture_id FROM instances WHERE class_id = ?", (class_id,))
        found.update(picture_id for (picture_id,) in rows)
    return sorted(found)


def _recast_map(
    connection: sqlite3.Connection, change: Recast, map_id: int, picture_id: int, layer: str, budget: int
) -> int:
    """Change one map and, of an annotation, its undo steps; returns how many segments belonged to the classes."""
    try:
        before = maps.load(connection, picture_id, layer)
        assert before is not None
        after = change.labels(before, one_segment=layer == SCRIBBLES)
        edit = recast_edit(before, after, STEP)
    except ValueError as error:
        name = connection.execute("SELECT path FROM pictures WHERE id = ?", (picture_id,)).fetchone()[0]
        raise SegDeskError(
            "The labels of {name} are damaged in the project file.",
            "Run a model on the picture again, or open a backup copy of the project.",
            name=name,
        ) from error
    if edit is None:
        return 0
    if after.tiles is not before.tiles:
        gone = before.tiles.keys() - after.tiles.keys()
        changed = {k: data for k, data in after.tiles.items() if before.tiles.get(k) != data}
        maps.write_tiles(connection, map_id, {**changed, **dict.fromkeys(gone, b"")})
    maps.write_segments(connection, map_id, {key: after.segments.get(key) for key in edit.segments})
    if layer == "annotation":
        journal.record(connection, picture_id, edit, "push", budget=budget)
    return sum(s.class_id in change.become for s in before.segments.values())
