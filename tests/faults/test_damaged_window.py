"""The window and a damaged project: it is told, recovered, restored from the backup copy or only looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from segdesk.app import guarding
from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project
from segdesk.io.project_care import backup_path
from segdesk.ui.damaged_dialog import DamagedDialog, RecoveredDialog
from segdesk.ui.main_window import MainWindow
from tests.ui.conftest import app, pictures, until, window  # noqa: F401  # fixtures of the window

Until = Callable[[Callable[[], object]], None]
LABELS = np.kron(np.array([[0, 1], [2, 1]], np.uint16), np.ones((32, 48), np.uint16))


@pytest.fixture
def damaged(pictures: Path) -> Path:  # noqa: F811
    """A project of three labelled pictures with a backup copy; the first one's labels have been damaged since."""
    path = pictures / "pictures.segdesk"
    with Project.create(path, pictures, ClassSet.from_names(["cell", "soil"])) as project:
        project.add_pictures(["a.png", "b.png", "c.png"])
        for key in (1, 2, 3):
            project.save_map(key, "annotation", Segmentation(LABELS, {1: Segment(1), 2: Segment(2)}))
        project.look_after(back_up=True)
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE segments SET class_id = 2 WHERE map_id = 1 AND id = 1")
    raw.close()
    return path


def break_head(path: Path) -> None:
    """Damage that keeps the project from opening: its list of tables."""
    data = bytearray(path.read_bytes())
    data[100:120] = bytes(20)
    path.write_bytes(data)


def dialog(kind: type[DamagedDialog] | type[RecoveredDialog]) -> DamagedDialog | RecoveredDialog | None:
    return next((w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()), None)


def answer(until: Until, way: str) -> None:  # noqa: F811
    """Press a button of the page."""
    until(lambda: dialog(DamagedDialog))
    page = dialog(DamagedDialog)
    assert isinstance(page, DamagedDialog)
    page.ways[way].click()


def shown(window: MainWindow, until: Until, name: str) -> None:  # noqa: F811
    """Wait until a project of this name and a picture of it are open."""
    project = window.desk.session
    until(lambda: project.project is not None and project.project.path.name == name)
    until(lambda: window.desk.current is not None and not window.desk.scanning)


def test_what_is_readable_is_recovered_and_the_rest_named(window: MainWindow, damaged: Path, until: Until):  # noqa: F811
    break_head(damaged)
    before = damaged.read_bytes()
    window.desk.open_path(damaged)
    answer(until, "recover")
    shown(window, until, "pictures recovered.segdesk")
    until(lambda: dialog(RecoveredDialog))
    page = dialog(RecoveredDialog)
    assert isinstance(page, RecoveredDialog)
    assert "a.png: labels" in page.lines.toPlainText()
    assert "b.png: labels" not in page.lines.toPlainText()
    page.reject()
    until(lambda: window.desk.labels.document is not None)
    window.desk.go_to(2)
    until(lambda: window.desk.labels.document is not None and window.desk.labels.document.row.path == "b.png")
    assert np.array_equal(window.desk.labels.document.segmentation.ids, LABELS)
    assert damaged.read_bytes() == before
    window.desk.open_path(damaged)
    answer(until, "copy")  # the second time, the copy is offered
    shown(window, until, "pictures recovered.segdesk")


def test_the_backup_copy_opens_beside_the_damaged_file(window: MainWindow, damaged: Path, until: Until):  # noqa: F811
    break_head(damaged)
    before = damaged.read_bytes()
    window.desk.open_path(damaged.parent)
    answer(until, "backup")
    shown(window, until, "pictures backup.segdesk")
    until(lambda: window.desk.labels.document is not None)
    assert window.desk.labels.document.row.path == "a.png"  # it was made before the damage
    assert np.array_equal(window.desk.labels.document.segmentation.ids, LABELS)
    assert window.desk.session.project.folder == damaged.parent
    assert damaged.read_bytes() == before
    assert backup_path(damaged).exists()


def test_damage_inside_is_told_while_the_project_is_open(
    window: MainWindow,  # noqa: F811
    damaged: Path,
    until: Until,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(guarding.Guard.__init__.__kwdefaults__, "first_look", 0.0)
    window.desk.open_path(damaged)
    until(lambda: dialog(DamagedDialog))
    page = dialog(DamagedDialog)
    assert set(page.ways) == {"recover", "backup"}
    until(lambda: window.stage.currentWidget() is window.stage.message)  # the labels of a.png are not shown
    assert "labels of a.png are damaged" in window.stage.message.head.text()
    answer(until, "recover")
    shown(window, until, "pictures recovered.segdesk")
    until(lambda: dialog(RecoveredDialog))
    dialog(RecoveredDialog).reject()


def test_a_damaged_project_can_be_opened_for_reading(window: MainWindow, damaged: Path, until: Until):  # noqa: F811
    with sqlite3.connect(damaged) as raw:
        raw.execute("UPDATE meta SET value = '{}' WHERE key = 'folder'")
    raw.close()
    window.desk.open_path(damaged)
    answer(until, "look")
    shown(window, until, "pictures.segdesk")
    assert window.desk.session.project.read_only
    window.desk.go_to(2)
    until(lambda: window.desk.labels.document is not None and window.desk.labels.document.row.path == "b.png")
    assert np.array_equal(window.desk.labels.document.segmentation.ids, LABELS)
