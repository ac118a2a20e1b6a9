"""The tables of a project file and the steps that bring an older file up to date.

`PRAGMA application_id` tells a project from other SQLite files, `PRAGMA user_version` counts the steps it has seen. A
change of the tables is a new entry at the end of `STEPS`; an entry that was released is never edited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

APPLICATION_ID = 0x53674473  # "SgDs"

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE classes (
    id INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    red INTEGER NOT NULL,
    green INTEGER NOT NULL,
    blue INTEGER NOT NULL,
    is_thing INTEGER NOT NULL
);

CREATE TABLE pictures (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    sort_key TEXT NOT NULL,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'new',
    doubt REAL NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    pixels_changed INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX pictures_in_order ON pictures (sort_key);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    card_id TEXT NOT NULL,
    card_name TEXT NOT NULL,
    options TEXT NOT NULL,
    device TEXT NOT NULL,
    started TEXT NOT NULL
);

CREATE TABLE maps (
    id INTEGER PRIMARY KEY,
    picture_id INTEGER NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    layer TEXT NOT NULL,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    run_id INTEGER REFERENCES runs (id),
    UNIQUE (picture_id, layer)
);
CREATE INDEX maps_of_run ON maps (run_id);

-- 256x256 tiles; one that is void everywhere has no row
CREATE TABLE tiles (
    map_id INTEGER NOT NULL REFERENCES maps (id) ON DELETE CASCADE,
    tile_row INTEGER NOT NULL,
    tile_col INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (map_id, tile_row, tile_col)
);

CREATE TABLE segments (
    map_id INTEGER NOT NULL REFERENCES maps (id) ON DELETE CASCADE,
    id INTEGER NOT NULL,
    class_id INTEGER NOT NULL,
    score REAL NOT NULL,
    by_human INTEGER NOT NULL,
    crowd INTEGER NOT NULL,
    PRIMARY KEY (map_id, id)
) WITHOUT ROWID;

-- raw objects of the last prediction, best first; they may overlap
CREATE TABLE instances (
    picture_id INTEGER NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    class_id INTEGER NOT NULL,
    score REAL NOT NULL,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    counts BLOB NOT NULL,
    PRIMARY KEY (picture_id, position)
) WITHOUT ROWID;

-- undo (stack 0) and redo (stack 1) of the annotation, the newest of each last
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    picture_id INTEGER NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    stack INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    edit BLOB NOT NULL
);
CREATE INDEX journal_of_picture ON journal (picture_id, stack, id, bytes);
"""

# where the model was unsure of its last answer, and an index for "which pictures have this class"
_DOUBTS = """
CREATE TABLE doubts (
    picture_id INTEGER PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    map BLOB NOT NULL,
    places TEXT NOT NULL
);
CREATE INDEX segments_of_class ON segments (class_id, map_id);
"""

# objects that a person has locked, and the state that a picture had before it was marked as verified or skipped
_MARKS = """
CREATE TABLE locks (
    picture_id INTEGER NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    segment_id INTEGER NOT NULL,
    PRIMARY KEY (picture_id, segment_id)
) WITHOUT ROWID;
CREATE TABLE marks (
    picture_id INTEGER PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
    before TEXT NOT NULL
);
"""

# checksums (`project_sums`): NULL in rows of an older version. `total` of a map is the sum of its rows' checksums;
# `below` the undo step under a step, NULL at the bottom; `journal_tops` the newest step of each stack
_SUMS = """
ALTER TABLE meta ADD COLUMN crc INTEGER;
ALTER TABLE classes ADD COLUMN crc INTEGER;
ALTER TABLE pictures ADD COLUMN crc INTEGER;
ALTER TABLE runs ADD COLUMN crc INTEGER;
ALTER TABLE maps ADD COLUMN total INTEGER;
ALTER TABLE maps ADD COLUMN crc INTEGER;
ALTER TABLE tiles ADD COLUMN crc INTEGER;
ALTER TABLE segments ADD COLUMN crc INTEGER;
ALTER TABLE instances ADD COLUMN crc INTEGER;
ALTER TABLE journal ADD COLUMN below INTEGER;
ALTER TABLE journal ADD COLUMN crc INTEGER;
ALTER TABLE doubts ADD COLUMN crc INTEGER;
CREATE TABLE journal_tops (
    picture_id INTEGER PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
    done INTEGER,
    undone INTEGER,
    crc INTEGER
);
"""

# how many rows each table has (`project_counts`), NULL where they were not counted yet; `steps` of a picture in the
# journal; checksums of marks and locks
_COUNTS = """
ALTER TABLE marks ADD COLUMN crc INTEGER;
ALTER TABLE locks ADD COLUMN crc INTEGER;
ALTER TABLE journal_tops ADD COLUMN steps INTEGER;
INSERT OR IGNORE INTO journal_tops (picture_id, done, undone)
    SELECT picture_id, max(CASE WHEN stack = 0 THEN id END), max(CASE WHEN stack = 1 THEN id END)
    FROM journal GROUP BY picture_id;
UPDATE journal_tops SET steps =
    (SELECT count(*) FROM journal WHERE journal.picture_id = journal_tops.picture_id);
CREATE TABLE counts (
    id INTEGER PRIMARY KEY,
    meta INTEGER,
    pictures INTEGER,
    runs INTEGER,
    maps INTEGER,
    instances INTEGER,
    journal INTEGER,
    journal_tops INTEGER,
    doubts INTEGER,
    marks INTEGER,
    locks INTEGER
);
INSERT INTO counts SELECT 1,
    CASE WHEN EXISTS (SELECT 1 FROM meta) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM pictures) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM runs) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM maps) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM instances) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM journal) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM journal_tops) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM doubts) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM marks) THEN NULL ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM locks) THEN NULL ELSE 0 END;
"""

STEPS: tuple[str, ...] = (_FIRST, _DOUBTS, _MARKS, _SUMS, _COUNTS)
WITH_DOUBTS = 2  # the version from which on there is the table `doubts`
WITH_MARKS = 3  # and `locks` and `marks`
WITH_SUMS = 4  # and the columns `crc`
WITH_COUNTS = 5  # and `counts`, and `crc` of marks and locks


def version(connection: sqlite3.Connection) -> int:
    """How many steps the file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def application(connection: sqlite3.Connection) -> int:
    """The file's application id; 0 for an SQLite file that nobody marked."""
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def migrate(connection: sqlite3.Connection, steps: Sequence[str] = STEPS) -> None:
    """Take the steps that the file has not seen, all of them or none. The connection is in autocommit mode."""
    seen = version(connection)
    if seen >= len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in steps[seen:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    """The single statements of a script: `executescript` would commit before it begins."""
    found, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            found.append(current)
            current = ""
    return found
