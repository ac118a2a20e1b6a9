"""Model runs in the project file: which card, with which options, on what device; and the doubt about each answer.

The functions take the connection of an open transaction.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from segdesk.domain.doubt import Doubts, Place
from segdesk.io import project_schema as schema
from segdesk.io import project_sums as sums
from segdesk.io.project_types import RunInfo

_COLUMNS = "runs.id, card_id, card_name, options, device, started"


def add(
    connection: sqlite3.Connection, card_id: str, card_name: str, options: Mapping[str, object], device: str
) -> int:
    """Note a run; returns its id."""
    cursor = connection.execute(
        "INSERT INTO runs (card_id, card_name, options, device, started) VALUES (?, ?, ?, ?, ?)",
        (card_id, card_name, _canonical(options), device, datetime.now(UTC).isoformat(timespec="seconds")),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def find(connection: sqlite3.Connection, card_id: str, options: Mapping[str, object], device: str | None) -> int | None:
    """The id of the latest run of a card with exactly these options (on this device), or None."""
    row = connection.execute(
        "SELECT max(id) FROM runs WHERE card_id = ? AND options = ? AND (? IS NULL OR device = ?)",
        (card_id, _canonical(options), device, device),
    ).fetchone()
    return row[0]


def pictures(connection: sqlite3.Connection, run_id: int) -> set[int]:
    """Ids of the pictures whose prediction layer is of this run."""
    rows = connection.execute("SELECT picture_id FROM maps WHERE run_id = ? AND layer = 'prediction'", (run_id,))
    return {i for (i,) in rows}


def source(connection: sqlite3.Connection, picture_id: int, layer: str) -> RunInfo | None:
    """The run that a layer's labels came from, or None."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM maps JOIN runs ON runs.id = run_id WHERE picture_id = ? AND layer = ?",
        (picture_id, layer),
    ).fetchone()
    return row and RunInfo(row[0], row[1], row[2], _options(row[3]), row[4], row[5])


def _options(text: object) -> Mapping[str, object]:
    """The options of a run; none where they are damaged: the labels are not touched by it."""
    try:
        found = json.loads(text) if isinstance(text, (str, bytes)) else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _canonical(options: Mapping[str, object]) -> str:
    """JSON that is equal for equal options."""
    return json.dumps(options, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def write_doubts(connection: sqlite3.Connection, picture_id: int, doubts: Doubts | None) -> None:
    """Replace the doubt about a picture's answer; None forgets it."""
    connection.execute("DELETE FROM doubts WHERE picture_id = ?", (picture_id,))
    if doubts is not None:
        places = json.dumps([[p.kind, *p.box, round(p.doubt, 4)] for p in doubts.places], separators=(",", ":"))
        packed = zlib.compress(np.ascontiguousarray(doubts.map, np.uint8).tobytes(), 6)
        connection.execute(
            "INSERT INTO doubts (picture_id, height, width, map, places) VALUES (?, ?, ?, ?, ?)",
            (picture_id, *doubts.map.shape, packed, places),
        )


def read_doubts(connection: sqlite3.Connection, picture_id: int) -> Doubts | None:
    """The doubt about a picture's answer; None where none was kept, or what was kept is damaged."""
    if schema.version(connection) < schema.WITH_DOUBTS:  # an old file on a read-only medium
        return None
    row = connection.execute(
        "SELECT doubts.height, doubts.width, map, places, doubt FROM doubts JOIN pictures ON pictures.id = picture_id "
        "WHERE picture_id = ?",
        (picture_id,),
    ).fetchone()
    kept = connection.execute(
        f"SELECT {sums.selected(connection, 'doubts')} FROM doubts WHERE picture_id = ?", (picture_id,)
    ).fetchone()
    if row is None or not sums.fits("doubts", kept):
        return None
    try:
        cells = np.frombuffer(zlib.decompress(row[2]), np.uint8).reshape(row[0], row[1]).copy()
        places = tuple(Place(kind, (x0, y0, x1, y1), doubt) for kind, x0, y0, x1, y1, doubt in json.loads(row[3]))
    except (zlib.error, ValueError, TypeError, RecursionError):  # only a hint: the labels are not touched by it
        return None
    return Doubts(cells, places, row[4])
