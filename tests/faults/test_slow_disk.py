"""A network drive that does not answer: the window is not frozen, work goes on, all of it is saved when it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from segdesk.domain.classes import ClassSet
from segdesk.io import images
from segdesk.io.project import Project
from segdesk.ui.main_window import MainWindow
from tests.ui.conftest import WAIT, app, pictures, until, window  # noqa: F401  # fixtures of the window

Until = Callable[[Callable[[], object]], None]
LEFT = Qt.MouseButton.LeftButton


class Drive:
    """Answers, or lets everybody wait who reads or writes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.asked = threading.Semaphore(0)
        for owner, name in ((Project, "save_step"), (Project, "load_packed"), (images, "read"), (images, "probe")):
            monkeypatch.setattr(owner, name, self._slow(getattr(owner, name)))

    def _slow(self, real: Callable[..., object]) -> Callable[..., object]:
        def slow(*arguments: object, **more: object) -> object:
            assert threading.current_thread() is not threading.main_thread(), f"the window waits for {real.__name__}"
            self.asked.release()
            assert self.answers.wait(WAIT / 1000)
            return real(*arguments, **more)

        return slow


@pytest.fixture
def painting(
    window: MainWindow,  # noqa: F811
    pictures: Path,  # noqa: F811
    until: Until,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[MainWindow, Drive]]:
    """The window with a brush, on a drive that answers."""
    path = pictures / "pictures.segdesk"
    with Project.create(path, pictures, ClassSet.from_names(["cell"], things=["cell"])) as project:
        project.add_pictures(["a.png", "b.png", "c.png"])
    drive = Drive(monkeypatch)
    window.desk.open_path(path)
    until(lambda: window.desk.labels.document is not None and not window.desk.scanning)
    window.desk.labels.choose_tool("brush")
    yield window, drive
    drive.answers.set()


def stroke(window: MainWindow, line: int) -> None:  # noqa: F811
    canvas = window.canvas
    y = canvas.height() * (2 * line + 5) // 26
    QTest.mousePress(canvas, LEFT, pos=QPoint(canvas.width() // 4, y))
    QTest.mouseMove(canvas, QPoint(canvas.width() // 2, y))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(canvas.width() // 2, y))


def turns(until: Until) -> None:  # noqa: F811
    """The event loop comes round."""
    ticked: list[int] = []
    QTimer.singleShot(0, lambda: ticked.append(1))
    until(lambda: ticked)


def test_a_stalled_drive_does_not_freeze_the_window(painting: tuple[MainWindow, Drive], until: Until):  # noqa: F811
    window, drive = painting  # noqa: F811
    stroke(window, 0)
    until(lambda: window.desk.save_state.status == "saved" and window.desk.labels.document.can_undo)
    while drive.asked.acquire(blocking=False):
        pass
    drive.answers.clear()
    for line in range(1, 5):
        stroke(window, line)
    assert drive.asked.acquire(timeout=WAIT / 1000)  # the store thread waits for the drive
    window.action_set.by_id["undo"].trigger()
    window.desk.change_settings(theme="dark")
    window.resize(1000, 700)
    turns(until)
    document = window.desk.labels.document
    assert len(document.history.done) == 4
    assert window.desk.session.save_state.status == "saving"
    labels = document.segmentation.copy()
    window.desk.go_to(2)  # its pixels do not come
    turns(until)
    assert window.desk.labels.document is None
    window.desk.go_to(1)
    turns(until)
    drive.answers.set()
    until(lambda: window.desk.labels.document is not None and window.desk.save_state.status == "saved")
    shown = window.desk.labels.document
    assert shown.row.id == 1
    assert np.array_equal(shown.segmentation.ids, labels.ids)
    assert (len(shown.history.done), len(shown.history.undone)) == (4, 1)
    window.desk.change_settings(theme="light")


def test_labels_of_the_previous_picture_are_waited_for_in_a_thread(
    painting: tuple[MainWindow, Drive],
    until: Until,  # noqa: F811
):
    window, drive = painting  # noqa: F811
    stroke(window, 2)
    until(lambda: window.desk.save_state.status == "saved" and window.desk.labels.document.can_undo)
    labels = window.desk.labels.document.segmentation.class_map()
    window.desk.go_to(2)
    until(lambda: window.desk.labels.document is not None and window.desk.labels.document.row.id == 2)
    drive.answers.clear()
    window.operations.run("copy_previous")
    turns(until)
    assert not window.desk.labels.document.segmentation.ids.any()
    drive.answers.set()
    until(lambda: np.array_equal(window.desk.labels.document.segmentation.class_map(), labels))
