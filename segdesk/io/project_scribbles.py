"""Scribbles in the project file: the strokes from which teach mode learns, a layer beside the labels of a picture.

They are label maps like the others (`project_maps`), with a segment for each class, but no one's labels: nothing
exports or compares them.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping

from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment
from segdesk.io import project_maps as maps
from segdesk.io.project_database import Database

LAYER = "scribbles"
log = logging.getLogger(__name__)


class ScribbleLayer:
    """The part of `Project` that keeps them."""

    _database: Database

    def save_scribbles(
        self, picture_id: int, size: tuple[int, int], tiles: maps.Tiles, segments: Mapping[int, Segment]
    ) -> None:
        """Store tiles that have changed (b"" = void), and the whole table of segments, in one transaction. A map of
        another size is replaced; one that has lost its last tile goes."""
        with self._database.writing() as db:
            found = maps.find(db, picture_id, LAYER)
            if found is not None and found[1] != size:
                db.execute("DELETE FROM maps WHERE id = ?", (found[0],))
                found = None
            map_id = found[0] if found is not None else maps.add(db, picture_id, LAYER, size)
            maps.write_tiles(db, map_id, tiles)
            maps.clear_segments(db, map_id)
            maps.write_segments(db, map_id, segments)
            if db.execute("SELECT 1 FROM tiles WHERE map_id = ? LIMIT 1", (map_id,)).fetchone() is None:
                db.execute("DELETE FROM maps WHERE id = ?", (map_id,))

    def load_scribbles(self) -> dict[int, PackedMap]:
        """Picture id -> its scribbles as they are stored, of all pictures that have some; damaged ones are left out."""
        with self._database.reading() as db:
            ids = [
                i for (i,) in db.execute("SELECT picture_id FROM maps WHERE layer = ? ORDER BY picture_id", (LAYER,))
            ]
            found = {picture_id: _load(db, picture_id) for picture_id in ids}
        return {picture_id: map_ for picture_id, map_ in found.items() if map_ is not None}

    def clear_scribbles(self, picture_ids: Iterable[int]) -> None:
        """Forget the scribbles of pictures."""
        with self._database.writing() as db:
            db.executemany("DELETE FROM maps WHERE picture_id = ? AND layer = ?", [(key, LAYER) for key in picture_ids])


def _load(connection: sqlite3.Connection, picture_id: int) -> PackedMap | None:
    try:
        return maps.load(connection, picture_id, LAYER)
    except ValueError:
        log.warning("the scribbles on picture %s are damaged in the project file", picture_id)
        return None
