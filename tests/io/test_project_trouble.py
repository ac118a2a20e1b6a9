"""Projects in trouble: killed programs, full disks, second programs, damaged and foreign files, read-only places."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segdesk.domain.edit import Edit, Stroke
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import project_database, project_schema
from segdesk.io.project import Project

SIZE = (700, 600)

# A program that paints without end: step n is a square whose place and id follow from n alone; every seventh step is an
# undo. After each save it says n.
PAINTER = """
import sys
from pathlib import Path
import numpy as np
from segdesk.domain.edit import Edit, Stroke
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segment
from segdesk.io.project import Project
sys.path.insert(0, {tests!r})
from test_project_trouble import do_step
project = Project.open(Path({path!r}))
here, history, n = project.load_map(1, "annotation"), project.load_history(1), project.get_meta("steps", 0)
while True:
    n += 1
    edit, kind = do_step(n, here, history)
    project.save_step(1, here, edit, kind)
    print(n, flush=True)
"""


def do_step(n: int, here: Segmentation, history: History) -> tuple[Edit, str]:
    if n % 7 == 0:
        undone = history.undo(here)
        assert undone is not None
        return undone, "undo"
    rng = np.random.default_rng(n)
    stroke = Stroke(here, "brush")
    stroke.set_segment(1 + n % 50, Segment(1 + n % 3))
    mask = rng.random((rng.integers(5, 120), rng.integers(5, 120))) < 0.7
    stroke.write(int(rng.integers(0, 600)), int(rng.integers(0, 700)), mask, 1 + n % 50)
    edit = stroke.commit()
    assert edit is not None
    history.push(edit)
    return edit, "push"


def python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def painted(path: Path) -> tuple[Segmentation, History]:
    with Project.open(path) as project:
        found = project.load_map(1, "annotation")
        assert found is not None
        return found, project.load_history(1)


def same(a: Segmentation, b: Segmentation) -> bool:
    return np.array_equal(a.ids, b.ids) and a.segments == b.segments


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    path = tmp_path / "killed.segdesk"
    with Project.create(path, tmp_path) as project:
        project.add_pictures(["a.jpg"])
        project.save_map(1, "annotation", Segmentation.empty(*SIZE))
    here, history, done = Segmentation.empty(*SIZE), History(), 0
    chance = random.Random(5)
    for _ in range(10):
        with python(PAINTER.format(path=str(path), tests=str(Path(__file__).parent))) as painter:
            assert painter.stdout is not None
            said = [int(painter.stdout.readline()) for _ in range(chance.randint(1, 25))]
            painter.send_signal(signal.SIGKILL)
            said += [int(line) for line in painter.stdout.read().splitlines() if line.strip()]
        assert said[0] == done + 1
        for n in range(done + 1, said[-1] + 1):
            do_step(n, here, history)
        done = said[-1]
        found, stored = painted(path)
        if not same(found, here):  # the save was done, its word was not out yet
            done += 1
            do_step(done, here, history)
        assert same(found, here)
        assert (stored.done, stored.undone) == (history.done, history.undone)
        with Project.open(path) as project:
            project.set_meta("steps", done)
    while history.undo(here):
        stored.undo(found)
        assert same(found, here)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.segdesk", tmp_path) as made:
        made.add_pictures(["a.jpg", "b.jpg"])
        made.save_map(1, "annotation", Segmentation.empty(*SIZE))
        yield made


def test_a_second_program_gets_a_clear_message(project: Project) -> None:
    code = f"""
from pathlib import Path
from segdesk.domain.errors import SegDeskError
from segdesk.io.project import Project
try:
    Project.open(Path({str(project.path)!r}))
except SegDeskError as error:
    print(error)
"""
    with python(code) as second:
        said, trouble = second.communicate()
    assert "already open" in said, trouble
    with pytest.raises(SegDeskError, match="already open"):
        Project.open(project.path)
    with pytest.raises(SegDeskError, match="already open"):  # the refusal above must not have let go of the lock
        Project.open(project.path)
    with python(code) as third:
        assert "already open" in third.communicate()[0]
    here = Segmentation.empty(*SIZE)
    project.save_step(1, here, do_step(1, here, History())[0], "push")
    project.close()
    with python(code) as fourth:
        assert fourth.communicate() == ("", "")


def test_an_older_file_is_brought_up_to_date_and_a_newer_one_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.close()
    more = (*project_schema.STEPS, "CREATE TABLE later (id INTEGER);\nINSERT INTO later VALUES (7);")
    with monkeypatch.context() as patch:
        patch.setattr(project_schema, "STEPS", more)
        patch.setattr(project_schema.migrate, "__defaults__", (more,))
        Project.open(project.path).close()
    with sqlite3.connect(project.path) as raw:
        assert raw.execute("SELECT id FROM later").fetchall() == [(7,)]
    raw.close()
    with pytest.raises(SegDeskError, match="newer version"):
        Project.open(project.path)


def test_a_migration_that_fails_changes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.close()
    before = project.path.read_bytes()
    broken = (*project_schema.STEPS, "CREATE TABLE later (id INTEGER);\nINSERT INTO nowhere VALUES (7);")
    with monkeypatch.context() as patch:
        patch.setattr(project_schema, "STEPS", broken)
        patch.setattr(project_schema.migrate, "__defaults__", (broken,))
        with pytest.raises(SegDeskError):
            Project.open(project.path)
    assert project.path.read_bytes() == before
    Project.open(project.path).close()


@pytest.mark.parametrize("content", [b"", b"a", b"hello world\n" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_files_that_are_no_projects(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.segdesk"
    path.write_bytes(content)
    with pytest.raises(SegDeskError, match=r"not a SegDesk project|damaged"):
        Project.open(path)
    assert path.read_bytes() == content


def test_another_programs_database_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "other.segdesk"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(SegDeskError, match="not a SegDesk project"):
        Project.open(path)
    with pytest.raises(SegDeskError, match="not there"):
        Project.open(tmp_path / "gone.segdesk")
    with pytest.raises(SegDeskError, match="not a SegDesk project"):
        Project.open(tmp_path)
    with pytest.raises(SegDeskError, match="exists already"):
        Project.create(path, tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_is_a_clear_error_or_harmless(project: Project, seed: int) -> None:
    rng = np.random.default_rng(seed)
    here = Segmentation(rng.integers(0, 5, SIZE).astype(np.uint16), {k: Segment(1) for k in range(1, 5)})
    project.save_map(1, "annotation", here)
    project.save_step(1, here, do_step(1, here, History())[0], "push")
    project.close()
    data = bytearray(project.path.read_bytes())
    if seed % 3 == 0:
        del data[len(data) // 2 :]
    for at in rng.integers(100, len(data), 400):
        data[at] = rng.integers(0, 256)
    project.path.write_bytes(data)
    with contextlib.suppress(SegDeskError, KeyError), Project.open(project.path) as opened:
        opened.pictures()
        opened.load_map(1, "annotation")
        opened.load_history(1)
        opened.save_map(1, "annotation", here)


def test_damaged_labels_do_not_close_the_project(project: Project) -> None:
    here = Segmentation(np.ones(SIZE, np.uint16), {1: Segment(1)})
    project.save_map(1, "annotation", here)
    project.close()
    with sqlite3.connect(project.path) as raw:
        raw.execute("UPDATE tiles SET data = x'01ff'")
    raw.close()
    with Project.open(project.path) as opened:
        with pytest.raises(SegDeskError, match=r"labels of a\.jpg are damaged"):
            opened.load_map(1, "annotation")
        opened.save_map(1, "annotation", here)
        assert opened.load_map(1, "annotation") is not None


def test_read_only_medium(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Segmentation(np.ones(SIZE, np.uint16), {1: Segment(1)})
    project.save_map(1, "annotation", here)
    project.close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Project.open(project.path) as opened:
        assert opened.read_only
        found = opened.load_map(1, "annotation")
        assert found is not None
        assert same(found, here)
        for change in (
            lambda: opened.set_state(1, "verified"),
            lambda: opened.save_map(1, "annotation", here),
            lambda: opened.save_step(1, here, do_step(1, here, History())[0], "push"),
        ):
            with pytest.raises(SegDeskError, match="read-only"):
                change()
        opened.copy_to(project.path.with_name("copy.segdesk"))
    monkeypatch.undo()
    with Project.open(project.path.with_name("copy.segdesk")) as copy:
        assert not copy.read_only
        copy.set_state(1, "verified")


def test_a_crashed_project_on_a_read_only_medium_says_what_to_copy(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.close()
    project.path.with_name("p.segdesk-wal").write_bytes(b"x")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SegDeskError, match="not closed properly"):
        Project.open(project.path)


@pytest.mark.skipif(not Path("/proc/mounts").exists() or os.geteuid() != 0, reason="mounting needs root on Linux")
class TestSmallDisk:
    """On a real file system of 1 MB that fills up and turns read-only."""

    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[Path]:
        place = tmp_path / "disk"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False).returncode:
            pytest.skip("mounting is not allowed here")
        yield place
        subprocess.run(["umount", "-l", str(place)], check=True)

    def test_full_disk_loses_nothing(self, disk: Path) -> None:
        with Project.create(disk / "p.segdesk", disk) as project:
            project.add_pictures(["a.jpg"])
            here, history, failed = Segmentation.empty(*SIZE), History(), 0
            (disk / "ballast").write_bytes(b"x" * 500_000)
            for n in range(1, 200):
                edit, kind = do_step(n, here, history)
                failed += "The disk is full" in trouble_of(project, here, edit, kind)
                if failed == 5:
                    break
            assert failed == 5
            found = project.load_map(1, "annotation")
            assert found is not None
            assert not same(found, here)
            (disk / "ballast").unlink()
            edit, kind = do_step(500, here, history)
            project.save_step(1, here, edit, kind)
        found, stored = painted(disk / "p.segdesk")
        assert same(found, here)
        assert (stored.done, stored.undone) == (history.done, history.undone)

    def test_disk_that_turns_read_only(self, disk: Path) -> None:
        with Project.create(disk / "p.segdesk", disk) as project:
            project.add_pictures(["a.jpg"])
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with Project.open(disk / "p.segdesk") as project:
            assert project.read_only
            assert len(project.pictures()) == 1
            with pytest.raises(SegDeskError, match="read-only"):
                project.set_state(1, "verified")
        with pytest.raises(SegDeskError, match="read-only"):
            Project.create(disk / "q.segdesk", disk)

    def test_full_disk_at_creation(self, disk: Path) -> None:
        (disk / "ballast").write_bytes(b"x" * (disk_free(disk) - 4096))
        with pytest.raises(SegDeskError, match="disk is full"):
            Project.create(disk / "p.segdesk", disk)
        assert os.listdir(disk) == ["ballast"]


def trouble_of(project: Project, here: Segmentation, edit: Edit, kind: str) -> str:
    """What a person reads when the step cannot be saved; empty when it can."""
    try:
        project.save_step(1, here, edit, kind)
    except SegDeskError as error:
        return str(error)
    return ""


def disk_free(place: Path) -> int:
    return shutil.disk_usage(place).free


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """As a full disk, without root: the limit on file sizes of a process. The retry is of the same step."""
    resource = pytest.importorskip("resource")
    here, history = Segmentation.empty(*SIZE), History()
    with Project.create(tmp_path / "p.segdesk", tmp_path) as project:
        project.add_pictures(["a.jpg"])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        missed = []
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
            for n in range(1, 200):
                edit, kind = do_step(n, here, history)
                if "disk" in trouble_of(project, here, edit, kind):
                    missed.append((here.copy(), edit, kind))
                if len(missed) == 3:
                    break
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)
        assert len(missed) == 3
        for snapshot, edit, kind in missed:
            project.save_step(1, snapshot, edit, kind)
    found, stored = painted(tmp_path / "p.segdesk")
    assert same(found, here)
    assert (stored.done, stored.undone) == (history.done, history.undone)


def test_a_file_that_was_deleted_under_us(project: Project, tmp_path: Path) -> None:
    here, history = Segmentation.empty(*SIZE), History()
    edit, kind = do_step(1, here, history)
    project.path.unlink()
    with pytest.raises(SegDeskError, match="no longer there"):
        project.save_step(1, here, edit, kind)
    project.copy_to(tmp_path / "rescue.segdesk")
    with Project.open(tmp_path / "rescue.segdesk") as rescued:
        assert len(rescued.pictures()) == 2


def test_a_drive_without_write_ahead_log_gets_a_rollback_journal(tmp_path: Path) -> None:
    # unix-dotfile is SQLite's own file layer for drives without shared memory
    connection = sqlite3.connect(f"file:{tmp_path}/n.segdesk?vfs=unix-dotfile", uri=True, isolation_level=None)
    assert project_database.set_journal_mode(connection) == "truncate"
    connection.close()
    connection = sqlite3.connect(tmp_path / "m.segdesk", isolation_level=None)
    assert project_database.set_journal_mode(connection) == "wal"
    connection.close()


def test_a_closed_project_says_so(project: Project) -> None:
    project.close()
    with pytest.raises(SegDeskError, match="closed"):
        project.pictures()
    Project.open(project.path).close()


def test_a_stroke_in_the_middle_of_a_kill_is_all_or_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error between the tiles and the journal takes both back."""
    here, history = Segmentation.empty(*SIZE), History()
    edit, kind = do_step(1, here, history)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("between")

    with monkeypatch.context() as patch:
        patch.setattr("segdesk.io.project_journal.record", fail)
        with pytest.raises(RuntimeError):
            project.save_step(1, here, edit, kind)
    found = project.load_map(1, "annotation")
    assert found is not None
    assert not found.ids.any()
    assert project.load_history(1) == History()
