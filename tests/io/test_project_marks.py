"""Locked objects, the state before a mark, and going on in a copy elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segdesk.domain.edit import Edit, Stroke
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import project_schema
from segdesk.io.project import Project

SIZE = (300, 520)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.segdesk", tmp_path) as made:
        made.add_pictures(["a.jpg", "b.jpg", "c.jpg"])
        yield made


def reopened(project: Project) -> Project:
    project.close()
    return Project.open(project.path)


def test_locks_come_back_after_reopening(project: Project):
    assert project.locks() == {}
    project.set_locks(1, [7, 3, 7])
    project.set_locks(2, {65535})
    with reopened(project) as again:
        assert again.locks() == {1: frozenset({3, 7}), 2: frozenset({65535})}
        again.set_locks(1, [])
        assert again.locks() == {2: frozenset({65535})}


def test_the_state_before_a_mark_comes_back_after_reopening(project: Project):
    for key, before in ((1, "predicted"), (2, "new"), (3, "edited")):
        project.set_mark(key, "skipped" if key == 2 else "verified", before)
    project.set_before(3, "")
    with reopened(project) as again:
        assert [p.state for p in again.pictures()] == ["verified", "skipped", "verified"]
        assert again.marks() == {1: "predicted", 2: "new"}
        again.set_state(1, "predicted")
        assert again.marks() == {2: "new"}, "it is marked no more"


def test_a_state_that_does_not_exist_marks_nothing(project: Project):
    with pytest.raises(ValueError, match="no such state"):
        project.set_mark(1, "fine", "new")
    assert project.marks() == {}


def version_two(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    project_schema.migrate(connection, project_schema.STEPS[:2])
    connection.execute("INSERT INTO pictures (id, path, sort_key, state) VALUES (1, 'a.jpg', 'a', 'verified')")
    connection.close()


def test_a_file_of_the_second_version_is_brought_up(tmp_path: Path):
    version_two(tmp_path / "old.segdesk")
    with Project.open(tmp_path / "old.segdesk") as project:
        assert project.pictures()[0].state == "verified"
        assert (project.marks(), project.locks()) == ({}, {})
        project.set_locks(1, [4])
        project.set_mark(1, "verified", "predicted")
        assert (project.marks(), project.locks()) == ({1: "predicted"}, {1: frozenset({4})})


def test_a_file_of_the_second_version_is_read_where_it_cannot_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "old.segdesk"
    version_two(path)
    before = path.read_bytes()
    monkeypatch.setattr("segdesk.io.project_database.os.access", lambda *_: False)  # also for the superuser
    with Project.open(path) as project:
        assert (project.marks(), project.locks()) == ({}, {})
    assert path.read_bytes() == before


def paint(here: Segmentation, history: History, row: int) -> Edit:
    stroke = Stroke(here, "brush")
    stroke.set_segment(1, Segment(1))
    stroke.write(0, row, np.ones((4, 100), bool), 1)
    edit = stroke.commit()
    assert edit is not None
    history.push(edit)
    return edit


def test_work_goes_on_in_a_copy_when_the_folder_is_gone(project: Project, tmp_path: Path):
    here, history = Segmentation.empty(*SIZE), History(1 << 20)
    project.save_step(1, here, paint(here, history, 0), "push")
    project.path.unlink()
    missed = paint(here, history, 10)
    with pytest.raises(SegDeskError, match="no longer there"):
        project.save_step(1, here, missed, "push")
    other = tmp_path / "elsewhere" / "copy.segdesk"
    project.move_to(other)
    assert project.path == other
    project.save_step(1, here, missed, "push")
    project.close()
    with Project.open(other) as again:
        assert again.folder == tmp_path
        found, steps = again.load_map(1, "annotation"), again.load_history(1)
        assert found is not None
        assert np.array_equal(found.ids, here.ids)
        assert len(steps.done) == 2


def test_a_copy_never_replaces_a_project_that_is_open(project: Project, tmp_path: Path):
    for verb in (project.copy_to, project.move_to):
        with pytest.raises(SegDeskError, match="already open"):
            verb(project.path)
    with Project.create(tmp_path / "q.segdesk", tmp_path) as other:
        with pytest.raises(SegDeskError, match="already open"):
            project.move_to(other.path)
        assert other.pictures() == []
    assert len(project.pictures()) == 3


def test_a_copy_that_cannot_be_written_leaves_everything_as_it_was(project: Project, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SegDeskError):
        project.move_to(tmp_path / "file" / "copy.segdesk")
    assert project.path == tmp_path / "p.segdesk"
    project.set_state(1, "edited")
    assert project.picture(1).state == "edited"
