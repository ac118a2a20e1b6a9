"""The page that compares labels: figures, the confusion matrix that leads to the places, and the live card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from segdesk.app.transfer import Comparison
from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import Project
from segdesk.ui.main_window import MainWindow
from segdesk.ui.report_dock import OTHER, ReportDock

Until = Callable[[Callable[[], object]], None]
CLASSES = ClassSet.from_names(["wall", "block"], things=["block"])


def _labels(shift: int) -> Segmentation:
    """A wall with a block on it, `shift` pixels to the right of its place."""
    class_map = np.ones((64, 96), np.uint8)
    class_map[16:48, 20 + shift : 60 + shift] = 2
    return Segmentation.from_class_map(class_map)


@pytest.fixture
def dock(opened: MainWindow, until: Until) -> ReportDock:
    """The page with references of all pictures; the annotations of the first two are moved."""
    desk = opened.desk
    desk.session.set_classes(CLASSES)
    project = desk.session.project
    assert project is not None
    for at, row in enumerate(project.pictures()):
        project.save_map(row.id, "reference", _labels(0))
        project.save_map(row.id, "annotation", _labels((4, 10, 0)[at]))
    third = project.pictures()[2].id
    desk.go_to(third)
    until(lambda: desk.labels.document is not None and desk.labels.document.row.id == third)
    desk.ask("compare")
    page = opened.findChild(ReportDock, "comparison")
    assert isinstance(page, ReportDock)
    return page


def test_nothing_is_shown_before_it_is_asked_for(dock: ReportDock) -> None:
    assert dock.isVisible()
    assert dock.report is None
    assert not dock.matrix.isVisible()
    assert not dock.write.isEnabled()


def test_a_cell_opens_its_pictures_at_the_place(
    opened: MainWindow, dock: ReportDock, qtbot: QtBot, until: Until
) -> None:
    dock.compare()
    until(lambda: dock.report is not None)
    assert dock.classes.topLevelItemCount() == 2
    assert any(part.text().startswith("[") for part in dock.headline.parts)  # an interval
    cell = dock.matrix.cell_rect(*dock.matrix.cell_of(2, 1)).center()
    qtbot.mouseClick(dock.matrix, Qt.MouseButton.LeftButton, pos=cell)
    names = [dock.cells.list.item(k).data(Qt.ItemDataRole.UserRole) for k in range(dock.cells.list.count())]
    assert names == ["b.png", "a.png"]
    box = dock.cells.list.visualItemRect(dock.cells.list.item(0))
    qtbot.mouseClick(dock.cells.list.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    until(lambda: opened.desk.labels.document is not None and opened.desk.labels.document.row.path == "b.png")
    until(lambda: dock.cells.places is not None)
    places = dock.cells.places
    assert places is not None
    assert (places.boxes, places.total) == (((20, 16, 30, 48),), 320)
    assert "1" in dock.cells.which.text()


def test_the_diagonal_opens_nothing_and_every_cell_says_what_it_is(
    dock: ReportDock, qtbot: QtBot, until: Until
) -> None:
    dock.compare()
    until(lambda: dock.report is not None)
    at = dock.matrix.cell_of(2, 2)
    qtbot.mouseClick(dock.matrix, Qt.MouseButton.LeftButton, pos=dock.matrix.cell_rect(*at).center())
    assert dock.cells.list.count() == 0
    assert "block" in dock.matrix.tip(*at)
    qtbot.keyClick(dock.matrix, Qt.Key.Key_Left)
    assert dock.cells.list.count() == 2


def test_the_card_follows_each_stroke(opened: MainWindow, dock: ReportDock, qtbot: QtBot, until: Until) -> None:
    until(lambda: dock.live.figures is not None)
    assert dock.live.figures is not None
    assert dock.live.figures.wrong == 0
    opened.desk.labels.choose_tool("brush")
    opened.desk.labels.choose_class(1)
    middle = QPoint(opened.canvas.width() // 2, opened.canvas.height() // 2)
    qtbot.mouseClick(opened.canvas, Qt.MouseButton.LeftButton, pos=middle)
    until(lambda: dock.live.figures is not None and dock.live.figures.wrong > 0)
    opened.desk.labels.undo()
    until(lambda: dock.live.figures is not None and dock.live.figures.wrong == 0)


def test_another_project_is_compared(opened: MainWindow, dock: ReportDock, tmp_path: Path, until: Until) -> None:
    project = opened.desk.session.project
    assert project is not None
    project.copy_to(tmp_path / "copy.segdesk")
    with Project.open(tmp_path / "copy.segdesk") as copy:
        copy.save_map(copy.pictures()[2].id, "annotation", _labels(6))
    dock._other = tmp_path / "copy.segdesk"
    dock.against.setCurrentIndex(dock.against.findData(OTHER))
    assert dock.wanted() == Comparison("annotation", "annotation", tmp_path / "copy.segdesk")
    dock.compare()
    until(lambda: dock.report is not None)
    assert dock.report is not None
    assert [p.name for p in dock.report.pictures if p.miou != 1.0] == ["c.png"]


def test_the_same_layer_twice_is_refused_in_words(opened: MainWindow, dock: ReportDock, qtbot: QtBot) -> None:
    dock.against.setCurrentIndex(dock.against.findData("annotation"))
    with qtbot.waitSignal(opened.desk.notice):
        dock.compare()
    assert dock.report is None
