"""A project that has everything, damaged: whatever is lost or changed is told, down to the oldest undo step."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from segdesk.io import project_mending as mending
from segdesk.io.project import Project
from segdesk.io.project_rescue import rescue
from tests.faults.damage import PAGE
from tests.faults.whole import Contents, contents, make_whole, trial, unsaid

TRIALS = 30
Whole = tuple[bytes, Contents]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """The bytes of the project, and what is in it."""
    path = tmp_path_factory.mktemp("whole") / "p.segdesk"
    found = make_whole(path)
    return path.read_bytes(), found


@pytest.fixture
def file(tmp_path: Path, whole: Whole) -> Path:
    """A copy of the project."""
    path = tmp_path / "p.segdesk"
    path.write_bytes(whole[0])
    return path


def changed(file: Path, change: str) -> None:
    """Change the file behind the program's back."""
    with sqlite3.connect(file) as raw:
        assert raw.execute(change).rowcount > 0
    raw.close()


def test_it_has_everything_and_is_sound(file: Path, whole: Whole):
    there = {what for (_, what), value in whole[1].items() if value not in (None, (), ((), ()), (None, None))}
    kinds = {"annotation", "prediction", "reference", "scribbles", "undo", "objects", "doubts", "marks", "source"}
    assert there == {*kinds, "line", "classes", "notes"}
    assert any(value[1] for (_, what), value in whole[1].items() if what == "undo")  # type: ignore[index]
    with Project.open(file) as project:
        assert project.look_after() == []
        assert contents(project) == whole[1]


def test_random_damage_is_never_passed_over(tmp_path: Path, whole: Whole):
    for seed in range(TRIALS):
        end, what = trial(*whole, seed, tmp_path)
        assert end in ("named", "whole", "only pages that hold nothing", "nothing readable"), (seed, end, what)


OLDEST = "(SELECT min(id) FROM journal WHERE picture_id = 2)"


@pytest.mark.parametrize(
    ("change", "table", "said"),
    [
        (f"DELETE FROM journal WHERE id = {OLDEST}", "journal", mending.UNDO),
        ("DELETE FROM journal WHERE picture_id = 2", "journal", mending.UNDO),
        ("DELETE FROM journal_tops WHERE picture_id = 2", "journal", mending.UNDO),
        ("DELETE FROM journal_tops", "journal", mending.UNDO),
        ("DELETE FROM runs WHERE id = 1", "runs", mending.RUNS),
        ("DELETE FROM instances WHERE picture_id = 2", "instances", mending.OBJECTS),
        ("DELETE FROM doubts WHERE picture_id = 2", "doubts", mending.DOUBTS),
        ("DELETE FROM meta WHERE key = 'strength'", "meta", mending.PROJECT),
        ("DELETE FROM marks WHERE picture_id = 4", "marks", mending.MARKS),
        ("UPDATE marks SET before = 'new' WHERE picture_id = 4", "marks", mending.MARKS),
        ("DELETE FROM locks WHERE picture_id = 4", "locks", mending.MARKS),
        ("UPDATE locks SET segment_id = 9 WHERE segment_id = 2", "locks", mending.MARKS),
        ("UPDATE locks SET picture_id = 13 WHERE picture_id = 12 AND segment_id = 1", "locks", mending.MARKS),
        ("UPDATE instances SET picture_id = 15 WHERE picture_id = 14 AND position = 0", "instances", mending.OBJECTS),
        ("DELETE FROM pictures WHERE id = 7", "pictures", mending.LIST),
    ],
)
def test_rows_that_went_by_themselves_are_missed(file: Path, whole: Whole, change: str, table: str, said: str):
    changed(file, change)
    with Project.open(file) as project:
        assert any(line.startswith(f"{table}: ") for line in project.look_after())
    found = rescue(file, file.with_name("recovered.segdesk"))
    assert said in {one.what for one in found.damaged}
    with Project.open(found.path) as project:
        assert project.look_after() == []
        assert unsaid(whole[1], contents(project), found.damaged) == []


def test_the_picture_that_lost_its_oldest_step_is_named_and_no_other(file: Path):
    changed(file, f"DELETE FROM journal WHERE id = {OLDEST}")
    found = rescue(file, file.with_name("recovered.segdesk"))
    assert found.damaged == (mending.Damage("field 001/picture number 1.png", mending.UNDO),)


@pytest.mark.parametrize(("lost", "kept"), [(1, 4), (2, 3), (5, 0)])
def test_undo_ends_above_a_step_that_is_lost(file: Path, lost: int, kept: int):
    """What lies below it would undo something else. `lost`: the how manieth from the bottom."""
    steps = "SELECT id FROM journal WHERE picture_id = 2 AND stack = 0 ORDER BY id"
    with Project.open(file) as project:
        before = project.load_history(2)
        assert len(before.done) == 5
    changed(file, f"DELETE FROM journal WHERE id = ({steps} LIMIT 1 OFFSET {lost - 1})")
    with Project.open(file) as project:
        assert project.load_history(2).done == list(before.done)[5 - kept :]


def test_a_lost_note_of_the_counts_is_told_and_written_anew(file: Path, whole: Whole):
    changed(file, "DELETE FROM counts")
    with Project.open(file) as project:
        assert project.look_after() == ["counts: the row is lost"]
    found = rescue(file, file.with_name("recovered.segdesk"))
    with Project.open(found.path) as project:
        assert project.look_after() == []
        assert contents(project) == whole[1]


def test_what_is_rescued_without_any_notes_is_sound(file: Path, whole: Whole):
    """The counts and the notes of the newest steps are lost; the steps are there."""
    changed(file, "DELETE FROM counts")
    changed(file, "DELETE FROM journal_tops")
    found = rescue(file, file.with_name("recovered.segdesk"))
    with Project.open(found.path) as project:
        assert project.look_after() == []
        assert contents(project) == whole[1]


def test_tables_whose_pages_are_lost_with_the_counts_are_told(file: Path, whole: Whole):
    """Nothing knows then how many rows there were."""
    with sqlite3.connect(file) as raw:
        roots = dict(raw.execute("SELECT name, rootpage FROM sqlite_master WHERE name IN ('doubts', 'counts')"))
    raw.close()
    data = bytearray(whole[0])
    for root in roots.values():
        data[(root - 1) * PAGE : root * PAGE] = bytes(PAGE)
    file.write_bytes(data)
    found = rescue(file, file.with_name("recovered.segdesk"))
    assert mending.Damage("", mending.DOUBTS) in found.damaged


def test_rows_of_another_table_do_not_take_the_place_of_maps(file: Path, whole: Whole):
    """The page of the maps and one of undo steps have changed places: all rows find their tables again."""
    with sqlite3.connect(file) as raw:
        (maps,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'maps'").fetchone()
    raw.close()
    data = whole[0]
    pages = [data[at : at + PAGE] for at in range(0, len(data), PAGE)]
    for number, page in enumerate(pages):
        if page[0] == 13 and b'"name":"brush"' in page:
            changed_file = [*pages]
            changed_file[maps - 1], changed_file[number] = page, pages[maps - 1]
            file.write_bytes(b"".join(changed_file))
            target = file.with_name("recovered.segdesk")
            found = rescue(file, target)
            with Project.open(target) as project:
                assert unsaid(whole[1], contents(project), found.damaged) == []
                assert len(project.labelled("annotation")) == 21
            target.unlink()


def test_two_classes_of_one_name_are_told_apart(file: Path):
    """A name that was lost is made anew, and somebody has a class of that name."""
    changed(file, "UPDATE classes SET name = 'Class 1', crc = NULL WHERE id = 2")
    changed(file, "UPDATE classes SET name = 'grass' WHERE id = 1")
    with Project.open(rescue(file, file.with_name("recovered.segdesk")).path) as project:
        assert [c.name for c in project.classes] == ["class 1 (2)", "Class 1", "root"]


def test_a_project_of_the_version_before_is_counted_bit_by_bit(file: Path, whole: Whole):
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TABLE counts")
        for table, column in (("marks", "crc"), ("locks", "crc"), ("journal_tops", "steps")):
            raw.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        raw.execute("PRAGMA user_version = 4")
    raw.close()
    before = file.read_bytes()
    file.chmod(0o444)
    with Project.only_read(file) as project:  # as from a read-only medium: it stays as it is
        assert project.look_after() == []
        assert contents(project) == whole[1]
    file.chmod(0o644)
    assert file.read_bytes() == before
    rescued = rescue(file, file.with_name("recovered.segdesk"))
    assert rescued.sound
    with Project.open(file) as project:
        assert project.look_after() == []
        project.set_meta("strength", {"snap": 4})
        while project.seal_some():
            pass
        project.set_locks(2, [5])
        assert project.look_after() == []
    changed(file, "DELETE FROM instances WHERE picture_id = 2")
    with Project.open(file) as project:
        assert any(line.startswith("instances: ") for line in project.look_after())


def test_the_counts_follow_all_work(file: Path):
    """Pictures, runs, steps in both directions, marks and locks come and go; nothing is counted twice."""
    with Project.open(file) as project:
        project.add_pictures(["new.png", "field 000/picture number 0.png"])
        project.add_run("other", "Other", {}, "cpu")
        labels = project.load_map(1, "annotation")
        assert labels is not None
        history = project.load_history(1)
        while (edit := history.undo(labels)) is not None:
            project.save_step(1, labels, edit, "undo")
        while (edit := history.redo(labels)) is not None:
            project.save_step(1, labels, edit, "redo")
        project.set_mark(2, "verified", "edited")
        project.set_before(2, "")
        project.set_locks(4, [])
        project.save_map(8, "annotation", labels)
        project.clear_scribbles([5, 10])
        project.set_classes(project.classes)
        assert project.look_after() == []
