"""The day of a reviewer in the real window: order, filter, doubtful places, states, thumbnails, cost, preferences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segdesk.app.queue import FILTERS, ORDERS
from segdesk.domain.classes import ClassSet
from segdesk.domain.doubt import REASONS, Doubts, Place
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project
from segdesk.ui.main_window import MainWindow
from segdesk.ui.preferences import Preferences

Until = Callable[[Callable[[], object]], None]
DOUBT = {"a.png": 0.2, "b.png": 0.9, "c.png": 0.5}
PLACES = (Place("margin", (10, 5, 40, 30), 0.8), Place("island", (60, 40, 70, 50), 0.4))


@pytest.fixture
def predicted(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with a project in which a model has answered for every picture."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(pictures.parent / "cache"))
    classes = ClassSet.from_names(["cell", "soil"], things=["cell"])
    with Project.create(pictures / "pictures.segdesk", pictures, classes) as project:
        project.add_pictures(DOUBT)
        run = project.add_run("m", "M", {}, "cpu")
        for row in project.pictures():
            ids = np.zeros((64, 96), np.uint16)
            ids[8:20, 8:20] = 1
            segments = {1: Segment(2 if row.path == "b.png" else 1)}
            if row.path == "c.png":
                ids[30:40, 30:40], segments[2] = 2, Segment(1)
            doubts = Doubts(np.full((8, 12), 99, np.uint8), PLACES, DOUBT[row.path])
            labels = Segmentation(ids, segments)
            project.save_prediction(row.id, run, labels, (), DOUBT[row.path], to_annotation=True, doubts=doubts)
    return pictures


@pytest.fixture
def reviewing(window: MainWindow, predicted: Path, until: Until) -> MainWindow:
    """The window on that project, its first picture shown."""
    window.desk.open_path(predicted)
    until(lambda: window.desk.labels.document is not None and not window.desk.scanning)
    window.activateWindow()
    window.canvas.setFocus()
    return window


def names(window: MainWindow) -> list[str]:
    """The list as it is shown."""
    model = window.files.model
    return [model.index(n).data() for n in range(model.rowCount())]


def choose(box, key: str) -> None:  # a combo box
    box.setCurrentIndex(box.findData(key))


def at(window: MainWindow) -> str:
    row = window.desk.current
    return "" if row is None else row.path


def test_the_list_is_sorted_by_doubt_and_accepting_follows_it(reviewing: MainWindow, until: Until, qtbot: QtBot):
    desk = reviewing.desk
    choose(reviewing.files.order, "doubt")
    assert names(reviewing) == ["b.png", "c.png", "a.png"]
    desk.go_to(desk.session.pictures[1].id)
    until(lambda: desk.labels.document is not None and desk.labels.document.row.path == "b.png")
    for following in ("c.png", "a.png"):
        reviewing.action_set.by_id["accept"].trigger()
        until(lambda following=following: desk.labels.document is not None and at(reviewing) == following)
    assert desk.session.counts() == {"verified": 2, "predicted": 1}


def test_order_by_objects_needs_the_classes_of_the_labels(reviewing: MainWindow, until: Until):
    choose(reviewing.files.order, "objects")
    until(lambda: names(reviewing) == ["c.png", "a.png", "b.png"])
    choose(reviewing.files.order, "name")
    assert names(reviewing) == ["a.png", "b.png", "c.png"]
    assert reviewing.desk.session.settings.ui["order"] == "name"


def test_pictures_are_found_by_class_and_by_name(reviewing: MainWindow, until: Until):
    reviewing.files.search.setText("soil")
    until(lambda: names(reviewing) == ["b.png"])
    reviewing.files.search.setText("C.PNG")
    until(lambda: names(reviewing) == ["c.png"])
    reviewing.files.search.clear()
    until(lambda: len(names(reviewing)) == 3)


def test_skip_and_take_back_by_key_and_the_filter_with_its_counts(reviewing: MainWindow, until: Until, qtbot: QtBot):
    desk, files = reviewing.desk, reviewing.files
    reviewing.action_set.by_id["skip"].trigger()
    until(lambda: at(reviewing) == "b.png" and desk.labels.document is not None)
    qtbot.keyClick(reviewing.canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: at(reviewing) == "c.png" and desk.labels.document is not None)
    until(lambda: files.filter.itemText(files.filter.findData("skipped")).endswith("1"))
    assert files.filter.itemText(files.filter.findData("open")).endswith("1")
    choose(files.filter, "skipped")
    assert names(reviewing) == ["a.png"]
    files.view.setCurrentIndex(files.model.index(0))
    until(lambda: at(reviewing) == "a.png" and desk.labels.document is not None)
    assert reviewing.action_set.by_id["unverify"].isEnabled()
    qtbot.keyClick(
        reviewing.canvas,
        Qt.Key.Key_Return,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert desk.current.state == "predicted"
    until(lambda: reviewing.footer.counter.toolTip() == "Predicted  2\nVerified  1")
    until(lambda: not reviewing.action_set.by_id["unverify"].isEnabled())
    assert {files.filter.itemData(n) for n in range(files.filter.count())} == set(FILTERS)
    assert {files.order.itemData(n) for n in range(files.order.count())} == set(ORDERS)


def test_tab_goes_through_the_doubtful_places(reviewing: MainWindow, qtbot: QtBot, until: Until):
    places, note, canvas = reviewing.desk.places, reviewing.place_note, reviewing.canvas
    assert places.places == PLACES
    assert not note.isVisible()
    whole = canvas.zoom
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    assert places.current == PLACES[0]
    assert canvas.hasFocus()
    assert note.isVisible()
    assert REASONS["margin"] in note.reason.text()
    assert "1 of 2" in note.number.text()
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    assert REASONS["island"] in note.reason.text()
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    assert places.at == 0
    qtbot.keyClick(canvas, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert places.at == 1
    note.close_button.click()
    assert not note.isVisible()
    assert canvas.zoom == whole
    reviewing.desk.queue.next()
    until(lambda: reviewing.desk.labels.document is not None)
    assert places.at == -1


def test_a_place_lies_in_the_view(reviewing: MainWindow):
    places, canvas = reviewing.desk.places, reviewing.canvas
    for place in PLACES:
        places.next()
        x0, y0, x1, y1 = place.box
        width, height = canvas.area()
        for x, y in ((x0, y0), (x1, y1)):
            across, down = canvas.view.to_device(x, y)
            assert 0 <= across <= width
            assert 0 <= down <= height


def test_the_answer_of_a_run_brings_its_places(opened: MainWindow, until: Until):
    assert opened.desk.places.places == ()
    assert not opened.action_set.enabling.allows("next_place")
    opened.desk.runs.run_here()
    until(lambda: opened.desk.session.project.load_doubts(1) is not None)
    stored = opened.desk.session.project.load_doubts(1)
    assert opened.desk.places.places == stored.places
    assert opened.action_set.by_id["next_place"].isEnabled() == bool(stored.places)


def test_thumbnails_show_and_choose(reviewing: MainWindow, qtbot: QtBot, until: Until):
    files, desk = reviewing.files, reviewing.desk
    files.as_grid.click()
    grid = files.grid
    assert grid.isVisible()
    assert not files.view.isVisible()
    ids = [row.id for row in desk.session.pictures]
    until(lambda: all(desk.thumbs.known(i) for i in ids))
    assert all(desk.thumbs.image(i) is not None for i in ids)
    shown = grid.viewport().grab().toImage()
    assert len({shown.pixel(x, y) for x in range(0, shown.width(), 3) for y in range(0, shown.height(), 3)}) > 20
    second = next(p for x in range(400) for y in (40, 160) if grid.line_at(p := QPoint(x, y)) == 1)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=second)
    until(lambda: at(reviewing) == "b.png" and desk.labels.document is not None)
    assert grid.current == 1
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    until(lambda: at(reviewing) == "c.png" and desk.labels.document is not None)
    assert desk.session.settings.ui["grid"] is True
    files.as_grid.click()
    assert files.view.isVisible()


def test_a_changed_picture_gets_a_new_thumbnail(reviewing: MainWindow, until: Until):
    files, desk = reviewing.files, reviewing.desk
    files.as_grid.setChecked(True)
    first = desk.session.pictures[0].id
    until(lambda: desk.thumbs.known(first))
    before = desk.thumbs.image(first).copy()
    desk.labels.document.delete(1)
    until(lambda: desk.thumbs.image(first) is not None and desk.thumbs.image(first) != before)


def test_only_what_is_seen_of_many_pictures_is_asked_for(reviewing: MainWindow):
    reviewing.files.as_grid.setChecked(True)
    QApplication.processEvents()
    lines = reviewing.files.grid.visible_lines()
    assert lines.start == 0
    assert 1 <= len(lines) <= 3


def test_work_is_timed_and_counted(reviewing: MainWindow, until: Until, monkeypatch: pytest.MonkeyPatch):
    desk = reviewing.desk
    now = [100.0]
    monkeypatch.setattr(desk.labels._clock, "_now", lambda: now[0])
    desk.labels._clock.start()
    now[0] += 4.0
    reviewing.canvas.hovered.emit(5, 5)
    now[0] += 200.0  # a break
    desk.labels.document.delete(1)
    until(lambda: not desk.labels.document.busy and desk.session.pictures[0].pixels_changed)
    row = desk.session.pictures[0]
    assert (row.seconds, row.pixels_changed, row.state) == (34.0, 144, "edited")
    now[0] += 6.0
    desk.queue.next()
    assert desk.session.pictures[0].seconds == 40.0
    until(lambda: desk.session.project.picture(1).seconds == 40.0)


def test_preferences_hold_at_once(reviewing: MainWindow):
    desk = reviewing.desk
    dialog = Preferences(desk, reviewing)
    dialog.show()
    dialog.budgets["undo_megabytes"].setValue(7)
    dialog.budgets["prefetch_megabytes"].setValue(100)
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.accept()
    assert not dialog.dialog.isVisible()
    settings = desk.session.settings
    assert (settings.undo_megabytes, settings.prefetch_megabytes, settings.theme) == (7, 100, "dark")
    assert desk.labels.document.history.budget == 7 << 20
    assert desk.session.project.journal_budget == 7 << 20


def test_cancelled_preferences_change_nothing(reviewing: MainWindow):
    before = reviewing.desk.session.settings
    dialog = Preferences(reviewing.desk, reviewing)
    dialog.show()
    dialog.budgets["undo_megabytes"].setValue(9)
    dialog.dialog.reject()
    assert reviewing.desk.session.settings == before


def test_the_undo_budget_drops_the_oldest_steps(reviewing: MainWindow, until: Until):
    desk = reviewing.desk
    desk.set_budgets(undo_megabytes=1)
    document = desk.labels.document
    document.history.budget = desk.session.project.journal_budget = 3_000  # bytes: a few strokes
    noise = np.random.default_rng(0)
    for _ in range(30):
        stroke = document.begin("Brush")
        stroke.write(0, 0, noise.random((64, 96)) < 0.5, int(noise.integers(0, 2)))
        document.commit()
    assert 1 <= len(document.history.done) < 30
    until(lambda: desk.save_state.status == "saved")
    until(lambda: len(desk.session.project.load_history(1).done) == len(document.history.done))
