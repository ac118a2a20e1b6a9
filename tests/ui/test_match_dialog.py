"""The page that matches classes and the box of looks, on the real model with the real engine."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox

from segdesk.domain.matching import Match
from segdesk.ui.main_window import MainWindow
from segdesk.ui.match_dialog import BECOMES, MODEL, MatchDialog
from tests.ui.test_crf_toggle import MODEL as VOC
from tests.ui.test_crf_toggle import semantic

__all__ = ["semantic"]


def classes_here(window: MainWindow) -> set[str]:
    document = window.desk.labels.document
    assert document is not None
    present = {s.class_id for s in document.segmentation.segments.values()}
    return {info.name for info in window.desk.session.classes if info.id in present}


def choose(dialog: MatchDialog, *names: str) -> None:
    dialog.list.clearSelection()
    for name in names:
        item = dialog.list.findItems(name, Qt.MatchFlag.MatchExactly, MODEL)[0]
        item.setSelected(True)


def write(dialog: MatchDialog, text: str) -> None:
    edit = dialog.box.lineEdit()
    assert edit is not None
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def test_classes_are_merged_renamed_and_left_out(semantic: MainWindow, until):
    before = classes_here(semantic)
    assert len(before) >= 2
    first, *others = sorted(before)
    dialog = MatchDialog(semantic.desk, VOC, semantic)
    dialog.show()
    choose(dialog, *others)
    write(dialog, "Everything else")
    choose(dialog, first)
    dialog.box.setCurrentIndex(dialog.box.findText("Left out"))
    dialog.box.activated.emit(dialog.box.currentIndex())
    assert dialog.choices[first] == Match(0)
    assert dialog.isVisible()  # Enter in the box is not OK
    assert classes_here(semantic) == before
    dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Apply).click()
    until(lambda: classes_here(semantic) == {"Everything else"})
    document = semantic.desk.labels.document
    assert len(document.segmentation.segments) == 1  # one region of the semantic map, not one an old class
    dialog.list.selectAll()
    dialog.reset.click()
    dialog.accept()
    until(lambda: classes_here(semantic) == before)


def test_search_hides_rows_and_hidden_rows_are_not_changed(semantic: MainWindow):
    dialog = MatchDialog(semantic.desk, VOC, semantic)
    dialog.show()
    dialog.list.selectAll()
    QTest.keyClicks(dialog.search, "person")
    shown = [dialog.list.topLevelItem(i) for i in range(dialog.list.topLevelItemCount())]
    assert [i.text(MODEL) for i in shown if not i.isHidden()] == ["person"]
    dialog.list.selectAll()
    write(dialog, "people")
    assert dialog.choices == {"person": "people"}
    assert "people" in [i.text(BECOMES).split(" ")[0] for i in shown]
    dialog.reject()
    assert all(not row.chosen for row in semantic.desk.session.matching.rows(VOC))


def test_the_rest_can_be_left_out_with_one_click(semantic: MainWindow, until):
    keep = sorted(classes_here(semantic))[0]
    dialog = MatchDialog(semantic.desk, VOC, semantic)
    choose(dialog, keep)
    dialog.rest.click()
    dialog.accept()
    until(lambda: classes_here(semantic) == {keep})


def test_the_menu_opens_the_page(semantic: MainWindow, until):
    semantic.action_set.by_id["match_classes"].trigger()
    until(lambda: semantic.findChild(MatchDialog) is not None)
    semantic.findChild(MatchDialog).reject()


def test_more_looks_are_taken_when_they_are_chosen(semantic: MainWindow, until):
    document = semantic.desk.labels.document
    once = document.segmentation.ids.copy()
    box = semantic.options_panel.looks.box
    assert box.isEnabled()
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert semantic.desk.runs.options.average.mirror
    until(lambda: (document.segmentation.ids != once).any())
    box.activated.emit(0)
    until(lambda: not (document.segmentation.ids != once).any())
    assert semantic.options_panel.looks.samples.isHidden()
