"""The class manager on the real window: what is done in it holds in the labels after Apply, and only then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLineEdit

from segdesk.app.class_draft import safe_colours
from segdesk.domain.segmentation import Segmentation
from segdesk.ui.class_manager import ClassManager
from segdesk.ui.class_manager_table import KEY, KIND, NAME, OBJECTS, PICTURES, PIXELS
from segdesk.ui.main_window import MainWindow
from tests.traffic import BUS, CAR, CLASSES, ROAD, SKY, banded


def labels() -> Segmentation:
    """Two cars, a bus and road."""
    return banded((64, 96), (CAR, BUS, ROAD, CAR))


@pytest.fixture
def manager(opened: MainWindow, until):
    """The manager over a project with labels in two pictures; the first of them is open."""
    session = opened.desk.session
    session.set_classes(CLASSES)
    session.save_now()
    until(lambda: opened.desk.save_state.status == "saved")
    for row in session.pictures[:2]:
        session.project.save_map(row.id, "annotation", labels())
    opened.desk.go_to(session.pictures[0].id)
    until(lambda: opened.desk.labels.document is not None and opened.desk.labels.document.segmentation.segments)
    opened.action_set.by_id["classes"].trigger()
    until(lambda: opened.findChild(ClassManager) is not None)
    dialog = opened.findChild(ClassManager)
    until(lambda: dialog._counted and all(c.pixels is not None for c in dialog._counts.values()))
    return dialog


def names(dialog: ClassManager, column: int = NAME) -> list[str]:
    return [dialog.table.topLevelItem(at).text(column) for at in range(dialog.table.topLevelItemCount())]


def type_into(dialog: ClassManager, text: str) -> None:
    editor = next(e for e in dialog.table.viewport().findChildren(QLineEdit) if e.isVisible())
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()


def asked(dialog: ClassManager) -> QDialog:
    return next(box for box in dialog.findChildren(QDialog) if box.isVisible())


def press(dialog: QDialog, which: QDialogButtonBox.StandardButton) -> None:
    dialog.findChild(QDialogButtonBox).button(which).click()


def test_a_merge_holds_in_all_pictures_after_apply_and_not_before(manager, opened, until) -> None:
    assert names(manager, PICTURES) == ["2", "2", "2", "0"]
    assert names(manager, OBJECTS) == ["4", "2", "2", "0"]
    assert [text.split()[0] for text in names(manager, PIXELS)] == ["864", "432", "432", "0"]
    assert names(manager, KEY) == ["1", "2", "3", "4"]
    assert names(manager, KIND) == ["thing", "thing", "stuff", "stuff"]
    session = opened.desk.session
    manager.table.pick([CAR, ROAD])
    QTest.keyClick(manager, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    box = asked(manager)
    press(box, QDialogButtonBox.StandardButton.Ok)
    assert names(manager) in (["bus", "road", "sky"], ["car", "bus", "sky"])
    assert session.classes == CLASSES
    assert "at least 2 pictures" in manager.note.text()
    QTest.keyClick(manager, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(manager) == ["car", "bus", "road", "sky"]
    manager._take("merge", manager.drafting.draft.merged([CAR], ROAD))
    manager.apply()
    until(lambda: manager._job is None and opened.desk.labels.document is not None)
    assert [c.name for c in session.classes] == ["bus", "road", "sky"]
    table = np.array([0, ROAD, BUS, ROAD, ROAD])
    for row in session.pictures[:2]:
        now = session.project.load_map(row.id, "annotation")
        assert np.array_equal(now.class_map(), table[labels().ids])
        assert sorted(now.segments) == [1, 2]  # of stuff there is one segment
    document = opened.desk.labels.document
    assert np.array_equal(document.segmentation.class_map(), table[labels().ids])
    assert not manager.drafting.changed
    opened.desk.labels.undo()
    until(lambda: session.classes.named("car") is not None)
    assert document.segmentation.segments == labels().segments
    until(lambda: names(manager) == ["bus", "road", "sky", "car"])


def test_typing_names_and_keys(manager, opened, until) -> None:
    manager.table.pick([BUS])
    manager.verbs["rename"].click()
    type_into(manager, "tram")
    assert names(manager) == ["car", "tram", "road", "sky"]
    manager.verbs["rename"].click()
    type_into(manager, "ROAD")
    assert manager.problem.isVisibleTo(manager)
    assert names(manager)[1] == "tram"
    manager.verbs["key"].click()
    type_into(manager, "9")
    assert names(manager, KEY) == ["1", "9", "2", "3"]
    manager.verbs["key"].click()
    type_into(manager, "b")  # the brush has it
    assert "Brush" in manager.problem.text()
    assert names(manager, KEY)[1] == "9"
    manager.table.pick([ROAD])
    manager.verbs["key"].click()
    type_into(manager, "shift+q")
    assert names(manager, KEY) == ["1", "9", "Shift+Q", "2"]
    manager.accept()
    until(lambda: opened.desk.session.classes.named("tram") is not None)
    until(lambda: dict(opened.desk.session.classing.keys) == {BUS: "9", ROAD: "Shift+Q"})
    until(lambda: opened.findChild(ClassManager) is None)
    opened.activateWindow()
    opened.canvas.setFocus()
    until(opened.canvas.hasFocus)
    QTest.keyClick(opened.canvas, Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
    assert opened.desk.labels.hand.active_class == ROAD
    opened.desk.labels.choose_nth(8)
    assert opened.desk.labels.hand.active_class == BUS
    opened.desk.labels.choose_nth(1)
    assert opened.desk.labels.hand.active_class == SKY


def test_adding_ordering_colours_and_kind_by_keys(manager) -> None:
    QTest.keyClick(manager, Qt.Key.Key_Insert)
    type_into(manager, "tree")
    assert names(manager) == ["car", "bus", "road", "sky", "tree"]
    manager.table.pick([5])
    for _ in range(2):
        QTest.keyClick(manager, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert names(manager) == ["car", "bus", "tree", "road", "sky"]
    assert manager.table.picked() == [5]
    QTest.keyClick(manager, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert names(manager, KIND)[2] == "stuff"
    manager.table.moved.emit([5], 0)  # dropped above the first row
    assert names(manager)[0] == "tree"
    manager._take("colours", manager._coloured(safe_colours))
    assert [c.color for c in manager.drafting.draft.classes] == safe_colours(5)
    for _ in range(6):
        manager.verbs["undo"].click()
    assert names(manager) == ["car", "bus", "road", "sky", "class 5"]
    manager.verbs["undo"].click()
    assert not manager.drafting.changed
    assert not manager.verbs["undo"].isEnabled()


def test_deleting_and_lists_and_cancelling(manager, opened, tmp_path: Path) -> None:
    manager.table.pick([SKY])
    manager.verbs["delete"].click()
    assert names(manager) == ["car", "bus", "road"]
    manager.table.pick([BUS])
    manager.verbs["delete"].click()
    assert names(manager) == ["car", "bus", "road"]
    press(asked(manager), QDialogButtonBox.StandardButton.Ok)
    assert names(manager) == ["car", "road"]
    assert manager.drafting.draft.become == {SKY: 0, BUS: 0}
    manager.verbs["undo"].click()
    manager.verbs["undo"].click()
    evil = tmp_path / "evil.json"
    evil.write_bytes(b"[" * 5000)
    manager.import_list(evil)
    assert "evil.json is not a list of classes." in manager.problem.text()
    good = tmp_path / "labels.txt"
    good.write_text("Car\nboat\n", encoding="utf-8")
    manager.import_list(good)
    assert names(manager) == ["car", "bus", "road", "sky", "boat"]
    assert not manager.problem.isVisibleTo(manager)
    manager.export_list(tmp_path / "out.json", "coco")
    manager.import_list(tmp_path / "out.json")
    assert names(manager) == ["car", "bus", "road", "sky", "boat"]
    manager._take("merge", manager.drafting.draft.merged([CAR], ROAD))
    manager.reject()
    assert opened.desk.session.classes == CLASSES
    assert opened.desk.labels.document is not None
