"""Locks and "paint only over" by mouse and keys in the real window: in rows, buttons, menus, and over a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project
from segdesk.ui import object_panel
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]
LEFT, CTRL, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
CELL, GROUND = 1, 2


@pytest.fixture
def project_file(pictures: Path) -> Path:
    """Ground on the left, a cell on the right, a hole of no label between them, in the first picture."""
    path = pictures / "pictures.segdesk"
    classes = ClassSet([ClassInfo(CELL, "cell", (200, 0, 0), is_thing=True), ClassInfo(GROUND, "ground", (0, 0, 200))])
    with Project.create(path, pictures, classes) as project:
        project.add_pictures(["a.png", "b.png", "c.png"])
        ids = np.zeros((64, 96), np.uint16)
        ids[:, :40], ids[:, 56:] = 1, 2
        project.save_map(1, "annotation", Segmentation(ids, {1: Segment(GROUND), 2: Segment(CELL)}))
        project.set_state(1, "edited")
    return path


@pytest.fixture
def work(window: MainWindow, project_file: Path, until: Until) -> MainWindow:
    """The window with brush and both lists filled."""
    open_in(window, project_file, until)
    until(lambda: window.objects.model.rowCount() == 2)
    return window


def open_in(window: MainWindow, path: Path, until: Until) -> None:
    window.desk.open_path(path)
    until(lambda: window.desk.labels.document is not None and not window.desk.scanning)
    window.activateWindow()
    window.canvas.setFocus()
    window.desk.labels.choose_tool("brush")


def at(window: MainWindow, x: float, y: float) -> QPoint:
    """The place on the canvas that shows an image point."""
    left, top = window.canvas.view.to_device(x, y)
    scale = window.canvas.devicePixelRatioF()
    return QPoint(round(left / scale), round(top / scale))


def stroke(window: MainWindow, y: float = 32.0) -> None:
    """A horizontal stroke across the whole picture, by mouse."""
    QTest.mousePress(window.canvas, LEFT, pos=at(window, 2, y))
    for x in range(4, 96, 6):
        QTest.mouseMove(window.canvas, at(window, x, y))
    QTest.mouseRelease(window.canvas, LEFT, pos=at(window, 94, y))


def choose(window: MainWindow, key: Qt.Key) -> None:
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, key)


def choose_class(window: MainWindow, line: int) -> None:
    """Click a row of the classes: keys need a window that is active, which a menu ends where no one manages windows."""
    panel = window.classes.list
    QTest.mouseClick(panel.viewport(), LEFT, pos=panel.visualItemRect(panel.topLevelItem(line)).center())


def click_cell(view: QWidget, place: QPoint) -> None:
    QTest.mouseClick(view, LEFT, pos=place)


def class_lock(window: MainWindow, line: int) -> None:
    """Click the lock in a row of the classes."""
    panel = window.classes.list
    header = panel.header()
    x = header.sectionViewportPosition(3) + header.sectionSize(3) // 2
    click_cell(panel.viewport(), QPoint(x, panel.visualItemRect(panel.topLevelItem(line)).center().y()))


def object_lock(window: MainWindow, segment: int) -> None:
    """Click the lock in a row of the objects."""
    panel = window.objects
    index = panel.model.index(panel.model.line_of(segment), object_panel.LOCK)
    click_cell(panel.view.viewport(), panel.view.visualRect(index).center())


def messages(window: MainWindow) -> str:
    return " ".join(toast.key[1] for toast in window.toasts.shown)


def test_a_click_on_the_lock_of_a_class_protects_it(work: MainWindow):
    document = work.desk.labels.document
    before = document.segmentation.ids.copy()
    item = work.classes.list.topLevelItem(1)
    assert item.data(3, Qt.ItemDataRole.AccessibleTextRole).startswith("Not locked")
    class_lock(work, 1)
    item = work.classes.list.topLevelItem(1)
    assert item.data(3, Qt.ItemDataRole.AccessibleTextRole).startswith("Locked")
    assert work.desk.labels.hand.locked_classes == {GROUND}
    choose(work, Qt.Key.Key_1)
    stroke(work)
    now = document.segmentation.ids
    assert np.array_equal(now == 1, before == 1), "no pixel of the locked class changed"
    assert (now[32, 40:56] != 0).all()
    choose(work, Qt.Key.Key_2)
    stroke(work, 10.0)
    assert "locked" in messages(work)
    assert np.array_equal(document.segmentation.ids == 1, before == 1)
    class_lock(work, 1)
    assert work.desk.labels.hand.locked_classes == set()
    choose(work, Qt.Key.Key_2)
    stroke(work, 10.0)
    assert (document.segmentation.ids[10] == 1).all()


def test_locks_by_key_from_the_canvas_and_from_the_lists(work: MainWindow):
    hand = work.desk.labels.hand
    choose(work, Qt.Key.Key_1)
    for focus in (work.canvas, work.classes.list, work.objects.view):
        focus.setFocus()
        QTest.keyClick(focus, Qt.Key.Key_L, CTRL | SHIFT)
        assert hand.locked_classes == {CELL}
        QTest.keyClick(focus, Qt.Key.Key_L, CTRL | SHIFT)
        assert hand.locked_classes == set()
    work.desk.labels.select(2)
    for focus in (work.canvas, work.objects.view):
        focus.setFocus()
        QTest.keyClick(focus, Qt.Key.Key_L, CTRL)
        assert hand.locked_segments == {(1, 2)}
        QTest.keyClick(focus, Qt.Key.Key_L, CTRL)
        assert hand.locked_segments == set()
    work.objects.lock.click()
    assert hand.locked_segments == {(1, 2)}
    assert work.objects.lock.accessibleName().startswith("Unlock object")
    work.classes.lock.click()
    assert hand.locked_classes == {CELL}
    assert work.classes.lock.accessibleName().startswith("Unlock the class")


def test_a_locked_object_is_kept_over_pictures_and_a_restart(
    work: MainWindow, app, project_file: Path, until: Until, qtbot
):
    object_lock(work, 2)
    class_lock(work, 1)
    model = work.objects.model
    cell = model.index(model.line_of(2), object_panel.LOCK)
    assert model.data(cell, Qt.ItemDataRole.AccessibleTextRole).startswith("Locked")
    desk = work.desk
    desk.queue.next()
    until(lambda: desk.labels.document is not None and desk.labels.document.row.id == 2)
    assert desk.labels.hand.locked_segments == set()
    desk.queue.previous()
    until(lambda: desk.labels.document is not None and desk.labels.document.row.id == 1)
    assert desk.labels.hand.locked_segments == {(1, 2)}
    desk.close_project()
    until(lambda: work.stage.currentWidget() is work.welcome)
    with Project.open(project_file) as project:
        assert project.locks() == {1: frozenset({2})}
        assert project.get_meta("locked_classes") == [GROUND]
    open_in(work, project_file, until)
    until(lambda: work.objects.model.rowCount() == 2)
    assert desk.labels.hand.locked_segments == {(1, 2)}
    assert desk.labels.hand.locked_classes == {GROUND}
    before = desk.labels.document.segmentation.ids.copy()
    desk.labels.select(2)
    choose(work, Qt.Key.Key_Delete)
    stroke(work)
    assert np.array_equal(np.isin(desk.labels.document.segmentation.ids, (1, 2)), np.isin(before, (1, 2)))
    object_lock(work, 2)
    desk.labels.select(2)
    choose(work, Qt.Key.Key_Delete)
    until(lambda: not (desk.labels.document.segmentation.ids == 2).any())


def test_locks_do_not_go_into_another_project(work: MainWindow, tmp_path: Path, until: Until):
    class_lock(work, 1)
    other = tmp_path / "other.segdesk"
    with Project.create(other, tmp_path / "pictures", work.desk.session.classes) as project:
        project.add_pictures(["b.png"])
    open_in(work, other, until)
    assert work.desk.labels.hand.locked_classes == set()
    work.desk.labels.choose_class(CELL)
    work.desk.close_project()
    until(lambda: work.stage.currentWidget() is work.welcome)
    with Project.open(other) as project:
        assert project.get_meta("locked_classes") is None


def test_painting_only_over_one_class_by_the_row_of_the_tool(work: MainWindow, until: Until):
    chip, document = work.tool_row.only_over, work.desk.labels.document
    assert chip.isVisible()
    assert chip.button.text() == "Over: everything"
    assert not chip.clear.isVisible()
    choose_in_menu(chip.button, "ground")
    assert chip.button.text() == "Over: ground"
    assert chip.button.isChecked()
    choose_class(work, 0)
    before = document.segmentation.ids.copy()
    stroke(work)
    changed = document.segmentation.ids != before
    assert changed[32, :40].all()
    assert not changed[:, 40:].any()
    choose_in_menu(chip.button, "What has no label")
    assert chip.button.text() == "Over: no label"
    before = document.segmentation.ids.copy()
    stroke(work, 50.0)
    changed = document.segmentation.ids != before
    assert changed[50, 40:56].all()
    assert not changed[:, :40].any()
    assert not changed[:, 56:].any()
    QTest.mouseClick(chip.clear, LEFT, pos=chip.clear.rect().center())
    assert work.desk.labels.hand.only_over is None
    assert not chip.clear.isVisible()
    choose_class(work, 1)
    stroke(work, 20.0)
    assert (document.segmentation.ids[20] == 1).all()


def choose_in_menu(button: QWidget, text: str) -> None:
    """Open the button's menu by mouse and choose an entry by mouse."""

    def pick() -> None:
        menu = QApplication.activePopupWidget()
        if not isinstance(menu, QMenu):
            QTimer.singleShot(20, pick)
            return
        action = next(a for a in menu.actions() if a.text() == text)
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())

    QTimer.singleShot(0, pick)
    QTest.mouseClick(button, LEFT, pos=button.rect().center())


def test_painting_only_over_the_class_under_the_pointer_by_key(work: MainWindow):
    hand, action = work.desk.labels.hand, work.action_set.by_id["only_over"]
    QTest.mouseMove(work.canvas, at(work, 70, 30))
    QTest.keyClick(work.canvas, Qt.Key.Key_O, SHIFT)
    assert hand.only_over == CELL
    assert action.isChecked()
    QTest.keyClick(work.canvas, Qt.Key.Key_O, SHIFT)
    assert hand.only_over is None
    assert not action.isChecked()
    QTest.mouseMove(work.canvas, at(work, 48, 30))
    QTest.keyClick(work.canvas, Qt.Key.Key_O, SHIFT)
    assert hand.only_over == 0
    action.trigger()
    QTest.mouseMove(work.canvas, QPoint(1, 1))
    action.trigger()
    assert hand.only_over is None
    assert "Which class" in messages(work)
    assert not action.isChecked()


def test_painting_only_over_by_the_menu_of_a_class(work: MainWindow):
    panel = work.classes.list
    seen: list[str] = []

    def choose_entry(start: str) -> None:
        menu = QApplication.activePopupWidget()
        if not isinstance(menu, QMenu):
            QTimer.singleShot(20, lambda: choose_entry(start))
            return
        seen.extend(a.text() for a in menu.actions())
        action = next(a for a in menu.actions() if a.text().startswith(start))
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())

    place = panel.visualItemRect(panel.topLevelItem(1)).center()
    for start, over in (("Paint only over ground", GROUND), ("Paint over everything", None)):
        QTest.mouseClick(panel.viewport(), LEFT, pos=place)
        QTimer.singleShot(0, lambda start=start: choose_entry(start))
        panel.customContextMenuRequested.emit(place)
        assert work.desk.labels.hand.only_over == over
    assert any(text.startswith("Lock the class") for text in seen)


def test_only_over_ends_with_its_class_and_its_project(work: MainWindow, project_file: Path, until: Until):
    labels = work.desk.labels
    labels.paint_only_over(GROUND)
    work.desk.session.set_classes(ClassSet([ClassInfo(CELL, "cell", (200, 0, 0), is_thing=True)]))
    until(lambda: labels.hand.only_over is None)
    labels.paint_only_over(CELL)
    work.desk.close_project()
    until(lambda: work.stage.currentWidget() is work.welcome)
    open_in(work, project_file, until)
    assert labels.hand.only_over is None


def test_a_name_that_is_typed_outlasts_a_change_of_the_classes(work: MainWindow, until: Until):
    panel = work.classes.list
    panel.setCurrentItem(panel.topLevelItem(1))
    work.classes.rename.click()
    (editor,) = panel.viewport().findChildren(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "gravel")
    QTest.keyClick(editor, Qt.Key.Key_Left)
    classes = work.desk.session.classes
    work.desk.session.set_classes(classes.with_class(ClassInfo(7, "moss", (0, 200, 0))))
    until(lambda: len(work.desk.labels.document.classes) == 3)
    editor = next(e for e in panel.viewport().findChildren(QLineEdit) if e.isVisible())
    assert (editor.text(), editor.cursorPosition()) == ("gravel", 5)
    QTest.keyClicks(editor, "l")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    until(lambda: work.desk.session.classes.get(GROUND).name == "gravell")
    assert [c.name for c in work.desk.session.classes] == ["cell", "gravell", "moss"]
    until(lambda: [panel.topLevelItem(n).text(0) for n in range(panel.topLevelItemCount())][1:] == ["gravell", "moss"])
