"""No permission to write: a project is opened for reading, everything else says so in a sentence."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from segdesk.app import settings
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import project_care as care
from segdesk.io.atomic import new_folder, write_text
from segdesk.io.project import Project
from segdesk.io.project_rescue import rescue
from tests.faults.damage import make_project

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of the superuser, whom the system refuses nothing."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def locked() -> Iterator[Path]:
    """A folder with a project, in which nothing may be written."""
    if os.name == "nt":
        pytest.skip("rights are another matter on Windows")
    with tempfile.TemporaryDirectory() as name:  # the folders of the tests are closed to nobody
        Path(name).chmod(0o755)
        folder = Path(name) / "locked"
        folder.mkdir()
        make_project(folder / "p.segdesk")
        folder.chmod(0o555)
        (folder / "p.segdesk").chmod(0o444)
        yield folder
        folder.chmod(0o755)


def test_no_write_permission_is_said_and_changes_nothing(locked: Path, monkeypatch: pytest.MonkeyPatch):
    before = (locked / "p.segdesk").read_bytes()
    monkeypatch.setattr(care.paths, "user_data_dir", lambda: locked)  # there can be no backup copy either
    with as_nobody():
        if os.access(locked, os.W_OK):
            pytest.skip("this system does not keep anybody from writing")
        with Project.open(locked / "p.segdesk") as project:
            assert project.read_only
            assert project.load_map(1, "annotation") is not None
            assert project.look_after(back_up=True) == []
            for change in (
                lambda: project.set_state(1, "skipped"),
                lambda: project.save_map(1, "annotation", Segmentation(np.ones((9, 9), np.uint16), {1: Segment(1)})),
            ):
                with pytest.raises(SegDeskError, match="read-only medium"):
                    change()
        for write in (
            lambda: Project.create(locked / "new.segdesk", locked),
            lambda: write_text(locked / "new.txt", "words"),
            lambda: settings.save(settings.Settings(), locked / "settings.json"),
            lambda: rescue(locked / "p.segdesk", locked / "recovered.segdesk"),
            lambda: new_folder(locked / "export", "labels").__enter__(),
        ):
            with pytest.raises(SegDeskError, match="no permission"):
                write()
    assert os.listdir(locked) == ["p.segdesk"]
    assert (locked / "p.segdesk").read_bytes() == before


def test_a_journal_that_a_killed_program_left_is_rolled_back(tmp_path: Path):
    """On drives without a write-ahead log: half of a transaction is in the file, the rest in the journal beside it."""
    path, killed = tmp_path / "p.segdesk", tmp_path / "killed.segdesk"
    maps = make_project(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA cache_size = 5")  # pages: the others go into the file before the end
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE tiles SET data = x'00', crc = 1")
    connection.execute("UPDATE pictures SET state = 'failed'")
    journal = path.with_name("p.segdesk-journal")
    assert journal.stat().st_size > 0
    for end in ("", "-journal"):
        killed.with_name(killed.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    connection.execute("ROLLBACK")
    connection.close()
    assert killed.read_bytes() != path.read_bytes()
    with Project.open(killed) as project:
        assert project.look_after() == []
        assert project.counts()["failed"] == 0
        for row in project.pictures():
            assert np.array_equal(project.load_map(row.id, "annotation").ids, maps[row.path].unpacked().ids)
