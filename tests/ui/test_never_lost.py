"""Full disk, removed folder, read-only medium, second program: the window says so, keeps the work, saves it later."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from segdesk.domain.classes import ClassSet
from segdesk.io.project import Project
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def project_file(pictures: Path) -> Path:
    """A project of the three pictures with a class to paint."""
    path = pictures / "pictures.segdesk"
    with Project.create(path, pictures, ClassSet.from_names(["cell"], things=["cell"])) as project:
        project.add_pictures(["a.png", "b.png", "c.png"])
    return path


@pytest.fixture
def painting(window: MainWindow, project_file: Path, until: Until) -> MainWindow:
    """The window with the brush in hand."""
    open_in(window, project_file, until)
    return window


def open_in(window: MainWindow, path: Path, until: Until) -> None:
    window.desk.open_path(path)
    until(lambda: window.desk.labels.document is not None and not window.desk.scanning)
    window.activateWindow()
    window.canvas.setFocus()
    window.desk.labels.choose_tool("brush")


def paint(window: MainWindow, line: int) -> None:
    """A stroke by mouse, across the canvas; `line` 0 to 9 from top to bottom."""
    canvas = window.canvas
    y = canvas.height() * (2 * line + 5) // 26
    left, right = QPoint(canvas.width() // 4, y), QPoint(canvas.width() // 2, y)
    QTest.mousePress(canvas, LEFT, pos=left)
    QTest.mouseMove(canvas, (left + right) / 2)
    QTest.mouseMove(canvas, right)
    QTest.mouseRelease(canvas, LEFT, pos=right)


def messages(window: MainWindow) -> str:
    return " ".join(toast.key[1] for toast in window.toasts.shown if toast.key[0] != "good")


def pages(window: MainWindow, most: int | None) -> None:
    """Let the project's file grow no more (as a full disk does), or let it grow again."""
    project = window.desk.session.project
    assert project is not None
    with project._database.reading() as connection:
        now = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {now if most is None else most}")


def check_saved(window: MainWindow, until: Until, *, strokes: int) -> None:
    """All is on disk: the project reopened by itself has the window's labels and its undo."""
    until(lambda: window.desk.save_state.status == "saved")
    document = window.desk.labels.document
    assert document is not None
    labels, row = document.segmentation.copy(), document.row
    path = window.desk.session.project.path
    window.desk.close_project()
    until(lambda: window.stage.currentWidget() is window.welcome)
    with Project.open(path) as project:
        found, history = project.load_map(row.id, "annotation"), project.load_history(row.id)
        assert np.array_equal(found.ids, labels.ids)
        assert len(history.done) == strokes
        while history.undo(found):
            pass
        assert not found.ids.any()


def test_a_full_disk(painting: MainWindow, until: Until):
    paint(painting, 0)
    until(lambda: painting.desk.save_state.status == "saved" and painting.desk.labels.document.can_undo)
    pages(painting, None)
    noise = np.random.default_rng(0)
    document = painting.desk.labels.document
    for _ in range(6):  # strokes that need room
        stroke = document.begin("Brush")
        stroke.write(0, 0, noise.random((64, 96)) < 0.5, 1)
        document.commit()
    until(lambda: painting.desk.save_state.status == "failed")
    assert "disk is full" in messages(painting)
    assert "not saved" in painting.footer.saved.text()
    assert len(document.history.done) == 7
    paint(painting, 3)  # work goes on
    assert len(document.history.done) == 8
    pages(painting, 1 << 30)
    QTest.keyClick(painting.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    check_saved(painting, until, strokes=8)


def test_a_project_whose_folder_goes_away_and_comes_back(painting: MainWindow, pictures: Path, until: Until):
    away = pictures.with_name("away")
    paint(painting, 0)
    until(lambda: painting.desk.save_state.status == "saved" and painting.desk.labels.document.can_undo)
    pictures.rename(away)
    for line in range(1, 4):
        paint(painting, line)
    until(lambda: painting.desk.save_state.status == "failed")
    assert "no longer there" in messages(painting)
    painting.desk.queue.next()  # pictures that cannot be read are said, too
    until(lambda: painting.stage.currentWidget() is painting.stage.message)
    away.rename(pictures)
    painting.desk.save_now()
    until(lambda: painting.desk.save_state.status == "saved")
    painting.desk.queue.previous()
    until(lambda: painting.desk.labels.document is not None)
    assert len(painting.desk.labels.document.history.done) == 4
    check_saved(painting, until, strokes=4)


def answer_question(words: str) -> list[str]:
    """Click the button with these words in the next question; gives the texts of the questions that came."""
    asked: list[str] = []

    def click() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, click)
            return
        asked.append(box.text())
        next(b for b in box.buttons() if b.text() == words).click()

    QTimer.singleShot(0, click)
    return asked


def test_a_project_on_a_read_only_medium(
    window: MainWindow, project_file: Path, until: Until, monkeypatch: pytest.MonkeyPatch
):
    before = project_file.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("segdesk.io.project_database.os.access", lambda *_: False)  # also for the superuser
        open_in(window, project_file, until)
    assert "read-only medium" in messages(window)
    paint(window, 1)
    until(lambda: window.desk.save_state.status == "failed")
    assert window.desk.labels.document.segmentation.ids.any()
    asked = answer_question("Keep SegDesk open")
    window.close()
    until(lambda: bool(asked))
    assert "could not be saved" in asked[0]
    assert window.isVisible()
    assert window.desk.labels.document.segmentation.ids.any()
    asked = answer_question("Close and lose them")
    window.close()
    until(lambda: window.closing.finished)
    assert project_file.read_bytes() == before


def test_work_on_a_read_only_medium_goes_on_in_a_copy(
    window: MainWindow, project_file: Path, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
):
    before = project_file.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("segdesk.io.project_database.os.access", lambda *_: False)  # also for the superuser
        open_in(window, project_file, until)
    paint(window, 1)
    until(window.save_banner.isVisible)
    save_as(tmp_path / "copy.segdesk", monkeypatch)
    click(window.save_banner.elsewhere)
    until(lambda: not window.save_banner.isVisible())
    check_saved(window, until, strokes=1)
    assert project_file.read_bytes() == before


HOLDER = """
import sys
from pathlib import Path
from segdesk.io.project import Project
project = Project.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
project.close()
"""


def fill_up(folder: Path) -> Path:
    """Fill a file system to the last byte; returns the file that does."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


def six_strokes(window: MainWindow) -> None:
    """Strokes that need room on the disk."""
    noise, document = np.random.default_rng(0), window.desk.labels.document
    for _ in range(6):
        stroke = document.begin("Brush")
        stroke.write(0, 0, noise.random((64, 96)) < 0.5, 1)
        document.commit()


def save_as(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next file dialog chooses this file."""
    monkeypatch.setattr("segdesk.ui.dialogs.ask_new_file", lambda *_: path)


def click(button: QWidget) -> None:
    QTest.mouseClick(button, LEFT, pos=button.rect().center())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte in memory; skipped where nobody may mount one."""
    place = tmp_path / "small disk"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or not sys.platform.startswith("linux"):
        pytest.skip("a small file system can be mounted on Linux only")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no right to mount a small file system: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_is_really_full(
    window: MainWindow, pictures: Path, small_disk: Path, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
):
    path = small_disk / "pictures.segdesk"
    with Project.create(path, pictures, ClassSet.from_names(["cell"], things=["cell"])) as project:
        project.add_pictures(["a.png", "b.png", "c.png"])
    open_in(window, path, until)
    paint(window, 0)
    until(lambda: window.desk.save_state.status == "saved" and window.desk.labels.document.can_undo)
    fill_up(small_disk)
    six_strokes(window)
    until(window.save_banner.isVisible)
    assert "disk is full" in window.save_banner.text.text()
    save_as(small_disk / "no room.segdesk", monkeypatch)
    click(window.save_banner.elsewhere)
    until(lambda: "could not be saved" in messages(window) or "could not be written" in messages(window))
    until(lambda: not window.desk.jobs)
    assert sorted(p.name for p in small_disk.iterdir() if "room" in p.name) == [], "no half copy is left"
    assert window.desk.session.project.path == path
    save_as(tmp_path / "copy.segdesk", monkeypatch)
    click(window.save_banner.elsewhere)
    until(lambda: not window.save_banner.isVisible())
    paint(window, 4)
    check_saved(window, until, strokes=8)


def test_a_really_full_disk_gets_room_again(window: MainWindow, pictures: Path, small_disk: Path, until: Until):
    path = small_disk / "pictures.segdesk"
    with Project.create(path, pictures, ClassSet.from_names(["cell"], things=["cell"])) as project:
        project.add_pictures(["a.png", "b.png", "c.png"])
    open_in(window, path, until)
    filler = fill_up(small_disk)
    six_strokes(window)
    until(window.save_banner.isVisible)
    filler.unlink()
    click(window.save_banner.again)
    until(lambda: not window.save_banner.isVisible())
    check_saved(window, until, strokes=6)


def test_a_full_disk_and_a_copy_on_another_one(
    painting: MainWindow, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
):
    banner, desk = painting.save_banner, painting.desk
    paint(painting, 0)
    until(lambda: desk.save_state.status == "saved" and desk.labels.document.can_undo)
    assert not banner.isVisible()
    pages(painting, None)
    six_strokes(painting)
    until(banner.isVisible)
    assert "disk is full" in banner.text.text()
    other = tmp_path / "other disk" / "copy.segdesk"
    save_as(other, monkeypatch)
    click(banner.elsewhere)
    until(lambda: not banner.isVisible())
    assert painting.windowTitle() == "a.png – copy – SegDesk"
    assert desk.session.settings.recent[0] == str(other)
    paint(painting, 5)
    assert desk.session.project.path == other
    check_saved(painting, until, strokes=8)


def test_a_folder_that_is_gone_and_a_copy_by_key(
    painting: MainWindow, pictures: Path, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
):
    paint(painting, 0)
    until(lambda: painting.desk.save_state.status == "saved" and painting.desk.labels.document.can_undo)
    pictures.rename(pictures.with_name("away"))
    paint(painting, 1)
    until(painting.save_banner.isVisible)
    assert "no longer there" in painting.save_banner.text.text()
    click(painting.save_banner.again)
    until(lambda: painting.desk.save_state.status == "failed")
    save_as(tmp_path / "copy", monkeypatch)
    QTest.keyClick(
        painting.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    until(lambda: not painting.save_banner.isVisible())
    assert painting.desk.session.project.path == tmp_path / "copy.segdesk"
    check_saved(painting, until, strokes=2)


def test_a_copy_does_not_replace_a_file_that_nobody_was_asked_about(
    painting: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "copy.segdesk").write_text("precious")
    save_as(tmp_path / "copy", monkeypatch)
    painting.action_set.by_id["save_elsewhere"].trigger()
    assert "exists already" in messages(painting)
    assert (tmp_path / "copy.segdesk").read_text() == "precious"


def test_closing_while_the_folder_is_gone_offers_a_copy(
    painting: MainWindow, pictures: Path, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
):
    paint(painting, 0)
    until(lambda: painting.desk.save_state.status == "saved" and painting.desk.labels.document.can_undo)
    pictures.rename(pictures.with_name("away"))
    other = tmp_path / "copy.segdesk"
    save_as(other, monkeypatch)
    asked = answer_question("Save a copy elsewhere…")
    paint(painting, 1)
    painting.close()
    until(lambda: bool(asked) and painting.desk.session.project.path == other)
    until(lambda: painting.desk.save_state.status == "saved")
    painting.close()
    until(lambda: painting.closing.finished)
    with Project.open(other) as project:
        assert len(project.load_history(1).done) == 2


def test_work_that_fails_to_be_saved_at_the_very_end_is_not_lost_silently(painting: MainWindow, until: Until):
    """All is saved when closing begins; what comes then (here, time spent) is refused by the disk."""
    paint(painting, 0)
    until(lambda: painting.desk.save_state.status == "saved" and painting.desk.labels.document.can_undo)
    path = painting.desk.session.project.path
    away = path.with_name("away.segdesk")
    real = painting.desk.session.save_all

    def refused() -> bool:
        path.rename(away)
        painting.desk.session.add_cost(1, 1.0, 0)
        return real()

    painting.desk.session.save_all = refused
    asked = answer_question("Keep SegDesk open")
    painting.close()
    until(lambda: bool(asked))
    until(painting.isEnabled)
    assert "could not be saved" in asked[0]
    assert not painting.closing.finished
    away.rename(path)
    painting.desk.session.save_all = real
    paint(painting, 2)
    check_saved(painting, until, strokes=2)


def test_a_project_that_another_program_has_open(window: MainWindow, project_file: Path, until: Until):
    command = [sys.executable, "-c", HOLDER, str(project_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "open\n"
        window.desk.open_path(project_file)
        until(lambda: "already open" in messages(window))
        assert window.desk.session.project is None
        assert window.stage.currentWidget() is window.welcome
        other.stdin.close()
        assert other.wait(60) == 0
    open_in(window, project_file, until)
    paint(window, 1)
    check_saved(window, until, strokes=1)
