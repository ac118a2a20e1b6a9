"""Bits flipped in the project file: whatever is damaged is told, what is not comes back exactly."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segdesk.app.guarding import Guard
from segdesk.app.reports import ProjectDamaged
from segdesk.cli import main
from segdesk.domain.edit import Stroke
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.io import project_care as care
from segdesk.io import project_schema as schema
from segdesk.io.project import Project
from segdesk.io.project_database import DamagedProject
from segdesk.io.project_rescue import Rescued, free_name, recovered_copies, rescue
from tests.faults.damage import PAGE, blobs, damage, make_project, same

FLIPS = 20


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, PackedMap]]:
    """The bytes of a project file, and its labels."""
    path = tmp_path_factory.mktemp("sound") / "p.segdesk"
    maps = make_project(path)
    return path.read_bytes(), maps


@pytest.fixture
def file(tmp_path: Path, sound: tuple[bytes, dict[str, PackedMap]]) -> Path:
    """A copy of the project."""
    path = tmp_path / "p.segdesk"
    path.write_bytes(sound[0])
    return path


def check_rescued(found: Rescued, maps: dict[str, PackedMap]) -> None:
    """Each picture's labels are what they were, or the picture is named."""
    named = {one.picture for one in found.damaged}
    with Project.open(found.path) as project:
        assert project.look_after() == []
        rows = {row.path: row for row in project.pictures()}
        assert set(rows) - set(maps) <= named
        for path, labels in maps.items():
            if path not in rows:
                assert path in named or "" in named or found.broken
                continue
            got = project.load_packed(rows[path].id, "annotation")
            assert same(got, labels) or path in named
            history = project.load_history(rows[path].id)
            if got is not None:
                plain = got.unpacked()
                plain.check(project.classes)
                while history.undo(plain):
                    pass


def test_flipped_bits_and_pages_are_never_a_wrong_map(
    tmp_path: Path, sound: tuple[bytes, dict[str, PackedMap]]
) -> None:
    data, maps = sound
    rescued = 0
    for seed in range(FLIPS):
        path, target = tmp_path / "x.segdesk", tmp_path / "recovered.segdesk"
        damaged = damage(data, np.random.default_rng(seed))
        path.write_bytes(damaged)
        with contextlib.suppress(SegDeskError):
            found = rescue(path, target)
            check_rescued(found, maps)
            rescued += 1
        assert path.read_bytes() == damaged
        target.unlink(missing_ok=True)
    assert rescued > FLIPS * 0.9


def test_a_damaged_project_that_still_opens_never_shows_a_wrong_map(
    tmp_path: Path, sound: tuple[bytes, dict[str, PackedMap]]
) -> None:
    data, maps = sound
    opened = 0
    for seed in range(1000, 1000 + FLIPS):
        path = tmp_path / "x.segdesk"
        path.write_bytes(damage(data, np.random.default_rng(seed)))
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        with contextlib.suppress(SegDeskError), Project.open(path) as project:
            opened += 1
            told = bool(project.look_after())
            for row in project.pictures():
                try:
                    found = project.load_packed(row.id, "annotation")
                    assert told or (row.path in maps and same(found, maps[row.path]))
                    assert found is None or same(found, maps.get(row.path))  # the check names what has gone
                except SegDeskError:
                    assert told
    assert opened > FLIPS * 0.7


def test_a_sound_project_is_copied_whole(file: Path, sound: tuple[bytes, dict[str, PackedMap]]) -> None:
    found = rescue(file, free_name(file))
    assert found.sound
    assert (found.pictures, found.maps) == (len(sound[1]), 2 * len(sound[1]))
    check_rescued(found, sound[1])
    with Project.open(file) as before, Project.open(found.path) as after:
        assert after.pictures() == before.pictures()
        assert after.classes == before.classes
        assert after.folder == before.folder
        for row in before.pictures():
            assert after.load_history(row.id) == before.load_history(row.id)
            assert after.label_source(row.id) == before.label_source(row.id)
    assert recovered_copies(file) == [found.path]
    assert free_name(file).name == "p recovered 2.segdesk"


def test_work_in_the_log_of_a_killed_program_is_recovered(file: Path, tmp_path: Path) -> None:
    """The last strokes are in the write-ahead log beside a file whose first page is gone."""
    with Project.open(file) as project:
        labels = project.load_map(1, "annotation")
        assert labels is not None
        stroke = Stroke(labels, "brush")
        stroke.write(5, 5, np.ones((9, 9), bool), 2)
        edit = stroke.commit()
        assert edit is not None
        project.save_step(1, labels, edit, "push")
        for end in ("", "-wal"):
            shutil.copyfile(f"{file}{end}", f"{tmp_path}/killed.segdesk{end}")
    killed = tmp_path / "killed.segdesk"
    killed.write_bytes(bytes(PAGE) + killed.read_bytes()[PAGE:])
    found = rescue(killed, tmp_path / "rescued.segdesk")
    with Project.open(found.path) as project:
        assert same(project.load_map(1, "annotation"), labels)


def test_an_older_project_gets_its_checksums_bit_by_bit(file: Path) -> None:
    with sqlite3.connect(file) as raw:  # as the version before left it
        for table in ("meta", "classes", "pictures", "runs", "maps", "tiles", "segments", "journal"):
            raw.execute(f"UPDATE {table} SET crc = NULL")
        raw.execute("UPDATE maps SET total = NULL")
        raw.execute("UPDATE journal SET below = NULL")
        raw.execute("DROP TABLE journal_tops")
        raw.execute("DROP TABLE counts")
        for table in ("meta", "classes", "pictures", "runs", "maps", "tiles", "segments", "instances", "journal"):
            raw.execute(f"ALTER TABLE {table} DROP COLUMN crc")
        for table, column in (
            *(("doubts", "crc"), ("maps", "total"), ("journal", "below")),
            *(("marks", "crc"), ("locks", "crc")),
        ):
            raw.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        raw.execute("PRAGMA user_version = 3")
    raw.close()
    with Project.open(file) as project:
        before = {row.id: project.load_map(row.id, "annotation") for row in project.pictures()}
        assert project.look_after() == []
        labels = before[1]
        assert labels is not None
        stroke = Stroke(labels, "brush")
        stroke.write(5, 5, np.ones((9, 9), bool), 2)
        edit = stroke.commit()
        assert edit is not None
        project.save_step(1, labels, edit, "push")  # a step on labels without checksums
        rounds = 0
        while project.seal_some():
            rounds += 1
        assert rounds > len(before)
        assert project.look_after() == []
        assert all(same(project.load_map(key, "annotation"), labels) for key, labels in before.items())
        assert len(project.load_history(1).done) == 4
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE segments SET class_id = class_id + 1 WHERE map_id = 2")
    raw.close()
    with Project.open(file) as project:
        assert any("segments" in line for line in project.look_after())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("UPDATE pictures SET path = 'field 000/other.png' WHERE id = 1", "pictures"),
        ("UPDATE maps SET layer = 'reference' WHERE id = 4", "maps"),
        ("DELETE FROM tiles WHERE map_id = 4 AND tile_row = 0", "maps"),
        ("UPDATE tiles SET tile_row = tile_row", ""),
        ("DELETE FROM journal WHERE id = (SELECT max(id) FROM journal)", "journal"),
        ("DELETE FROM journal WHERE id = 5", "journal"),
        ("UPDATE classes SET name = 'wheat' WHERE id = 2", "classes"),
        ("DELETE FROM classes WHERE id = 1", "classes"),
        ("DELETE FROM classes WHERE id = 3", "classes"),
        ("DELETE FROM pictures WHERE id = 3", "maps"),
    ],
)
def test_rows_that_changed_by_themselves_are_found(file: Path, change: str, word: str) -> None:
    with sqlite3.connect(file) as raw:
        raw.execute(change)
    raw.close()
    try:
        with Project.open(file) as project:
            found = " ".join(project.look_after())
    except DamagedProject as error:
        found = "classes" if error.__cause__ is not None else ""
    assert word in found
    assert bool(found) == bool(word)


def test_a_damaged_project_is_named_by_the_command_line_and_recovered(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(file)]) == 0
    assert "sound" in capsys.readouterr().out
    with sqlite3.connect(file) as raw:
        raw.execute(
            "UPDATE tiles SET data = substr(data, 1, length(data) - 1) || x'77' WHERE map_id = 4 AND tile_row = 1"
        )
    raw.close()
    damaged = file.read_bytes()
    assert main(["check", str(file)]) == 1
    said = capsys.readouterr()
    assert "damaged: field 001/picture number 1.png: labels" in said.out
    assert "Nothing was changed" in said.err
    assert main(["rescue", str(file), "--output", str(file.with_name("new.segdesk")), "--quiet"]) == 1
    assert "field 001/picture number 1.png" in capsys.readouterr().out
    assert file.read_bytes() == damaged
    assert main(["rescue", str(file), "--output", str(file.with_name("new.segdesk"))]) == 2  # never over another file
    with Project.open(file.with_name("new.segdesk")) as project:
        row = project.find("field 001/picture number 1.png")
        assert row is not None
        assert "check them" in row.error
        assert project.load_packed(row.id, "annotation") is not None  # the tiles that are left


def test_what_holds_nothing_of_a_project_says_so(tmp_path: Path) -> None:
    path = tmp_path / "noise.segdesk"
    path.write_bytes(np.random.default_rng(0).bytes(40_000))
    with pytest.raises(SegDeskError, match="Nothing in"):
        rescue(path, tmp_path / "out.segdesk")
    with pytest.raises(SegDeskError, match="not there"):
        rescue(tmp_path / "gone.segdesk", tmp_path / "out.segdesk")
    assert os.listdir(tmp_path) == ["noise.segdesk"]


class TestBackup:
    """The rolling backup copy."""

    def test_it_is_a_whole_project_and_is_taken_back_under_a_free_name(
        self, file: Path, sound: tuple[bytes, dict[str, PackedMap]]
    ) -> None:
        with Project.open(file) as project:
            assert care.find_backup(file) is None
            assert project.look_after(back_up=True) == []
            found = care.find_backup(file)
            assert found is not None
            project.set_state(1, "skipped")
        care.take_backup(file, free_name(file, "backup"))
        with Project.open(free_name(file, "backup").with_name("p backup.segdesk")) as project:
            assert project.picture(1).state != "skipped"
            rows = {row.path: row.id for row in project.pictures()}
            assert all(same(project.load_packed(rows[p], "annotation"), labels) for p, labels in sound[1].items())

    def test_a_damaged_project_never_replaces_it(self, file: Path) -> None:
        with Project.open(file) as project:
            project.look_after(back_up=True)
        backup = care.backup_path(file)
        before = backup.read_bytes()
        with sqlite3.connect(file) as raw:
            raw.execute("UPDATE tiles SET data = x'010203' WHERE map_id = 4")
        raw.close()
        with Project.open(file) as project:
            assert project.look_after(back_up=True)
        assert backup.read_bytes() == before

    def test_writers_do_not_wait_for_it_and_another_program_stays_out(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While a copy is made, strokes are saved, and the lock holds; the copy is of the moment when it began."""
        begun, goes_on = threading.Event(), threading.Event()

        def slow(*arguments: object) -> None:
            begun.set()
            assert goes_on.wait(60)
            real(*arguments)  # type: ignore[arg-type]

        real = care._copy
        monkeypatch.setattr(care, "_copy", slow)
        with Project.open(file) as project:
            thread = threading.Thread(target=lambda: project.look_after(back_up=True))
            thread.start()
            assert begun.wait(60)
            for row in project.pictures():
                project.set_state(row.id, "skipped")
            project.save_map(2, "reference", blobs(np.random.default_rng(1)))
            assert second_program(file) == "already open"
            goes_on.set()
            thread.join()
            assert second_program(file) == "already open"
        with Project.open(care.backup_path(file)) as copy:
            assert copy.counts()["skipped"] == 0
        with Project.open(file) as project:
            assert project.counts()["skipped"] == len(project.pictures())
            assert project.look_after() == []

    def test_closing_ends_it(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        begun = threading.Event()

        def endless(looker: sqlite3.Connection, *_: object) -> None:
            begun.set()
            looker.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")

        monkeypatch.setattr(care, "_copy", endless)
        ended: list[type[BaseException]] = []
        project = Project.open(file)

        def run() -> None:
            try:
                project.look_after(back_up=True)
            except Cancelled as error:
                ended.append(type(error))

        thread = threading.Thread(target=run)
        thread.start()
        assert begun.wait(60)
        project.close()
        thread.join()
        assert ended == [Cancelled]
        assert care.find_backup(file) is None

    def test_disk_use_is_bounded(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        size = file.stat().st_size
        monkeypatch.setattr(care, "BACKUP_BYTES", int(size * 2.5))
        for n in range(4):
            other = file.with_name(f"other{n}.segdesk")
            shutil.copyfile(file, other)
            with Project.open(other) as project:
                project.look_after(back_up=True)
            os.utime(care.backup_path(other), (1e9 + n, 1e9 + n))
        kept = [n for n in range(4) if care.find_backup(file.with_name(f"other{n}.segdesk")) is not None]
        assert kept == [2, 3]
        monkeypatch.setattr(care, "FREE_BYTES", 1 << 62)
        with Project.open(file) as project:
            assert project.look_after(back_up=True) == []
        assert care.find_backup(file) is None


@contextlib.contextmanager
def guarded(file: Path, told: list[object]) -> Iterator[tuple[Project, Guard]]:
    """An open project with its guard, which looks at once and often."""
    with Project.open(file) as project:
        guard = Guard(project, told.append, first_look=0.0, looks=0.01)
        try:
            yield project, guard
        finally:
            guard.stop()


def until(check: object) -> None:
    """Wait for what another thread does."""
    event = threading.Event()
    for _ in range(6000):
        if check():  # type: ignore[operator]
            return
        event.wait(0.01)
    raise AssertionError("it never came")


def test_the_guard_backs_up_at_opening_after_many_steps_and_at_the_end(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr("segdesk.app.guarding.STEPS", 25)
    backup = care.backup_path(file)
    with guarded(file, told) as (project, _):
        until(backup.exists)
        first = backup.stat().st_ino
        for _ in range(25):
            project.set_state(1, "skipped")
        until(lambda: backup.stat().st_ino != first)
        second = backup.stat().st_ino
    with guarded(file, told):  # it is new: nothing to do
        pass
    assert backup.stat().st_ino == second
    os.utime(backup, (1e9, 1e9))
    with guarded(file, told):
        until(lambda: backup.stat().st_ino != second)
    third = backup.stat().st_ino
    with Project.open(file) as project:
        guard = Guard(project, told.append, first_look=100.0)
        for _ in range(25):
            project.set_state(1, "edited")
        guard.stop()
    assert backup.stat().st_ino != third
    assert told == []


def test_the_guard_tells_of_damage_once(file: Path) -> None:
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE tiles SET data = x'010203' WHERE map_id = 4")
    raw.close()
    told: list[object] = []
    with guarded(file, told) as (project, _):
        until(lambda: told)
        for _ in range(30):
            project.set_state(1, "skipped")
    assert len(told) == 1
    assert isinstance(told[0], ProjectDamaged)
    assert told[0].path == file
    assert care.find_backup(file) is None


def test_the_guard_tries_again_after_a_fault(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drive that was gone for a while costs one look, not all of the session."""
    real, calls = Project.look_after, iter(range(1000))

    def look(project: Project, *arguments: object, **words: object) -> list[str]:
        if next(calls) < 2:
            raise SegDeskError("The drive is gone.")
        return real(project, *arguments, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(Project, "look_after", look)
    told: list[object] = []
    with Project.open(file) as project:
        guard = Guard(project, told.append, first_look=0.0, retry=0.01)
        until(care.backup_path(file).exists)
        guard.stop()
    assert told == []


def test_a_damaged_project_can_be_looked_at_without_being_changed(file: Path) -> None:
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE tiles SET data = x'010203' WHERE map_id = 4")
    raw.close()
    before = file.read_bytes()
    with Project.only_read(file) as project:
        assert project.damaged
        assert len(project.pictures()) == 30
        with pytest.raises(SegDeskError, match="reading only"):
            project.set_state(1, "skipped")
    assert file.read_bytes() == before


def second_program(path: Path) -> str:
    """What another program is told that opens the project: "already open", or "" if it can."""
    code = (
        "from pathlib import Path\nfrom segdesk.domain.errors import SegDeskError\n"
        "from segdesk.io.project import Project\n"
        f"try:\n    Project.open(Path({str(path)!r})).close()\nexcept SegDeskError as error:\n    print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return "already open" if "already open" in said else said


def test_the_schema_step_is_the_last_one() -> None:
    assert len(schema.STEPS) == schema.WITH_COUNTS
