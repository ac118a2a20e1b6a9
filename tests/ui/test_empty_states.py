"""What is empty says what to do, and offers it where one button can do it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from segdesk.app.settings import Settings
from segdesk.domain.classes import ClassSet
from segdesk.ui import theme
from segdesk.ui.main_window import MainWindow
from segdesk.ui.widgets import EmptyNote


def test_a_filter_that_nothing_fits_can_be_taken_back(opened: MainWindow, until):
    files = opened.files
    assert not files.none.isVisible()
    files.search.setText("no such name")
    until(lambda: files.none.isVisible())
    assert not files.view.isVisible()
    assert files.none.hint.text()
    QTest.mouseClick(files.none.button, Qt.MouseButton.LeftButton)
    until(lambda: files.view.isVisible())
    assert files.search.text() == ""
    assert files.model.rowCount() == 3
    files.filter.setCurrentIndex(files.filter.findData("verified"))
    until(lambda: files.none.isVisible())
    files.none.button.click()
    until(lambda: files.model.rowCount() == 3)
    assert files.filter.currentIndex() == 0


def test_objects(opened: MainWindow, until):
    panel = opened.objects
    until(lambda: panel.none.isVisible() and "brush" in panel.none.hint.text())
    assert not panel.view.isVisible()
    opened.desk.session.set_classes(ClassSet.from_names(["cell"], things=["cell"]))
    document = opened.desk.labels.document
    assert document is not None
    until(lambda: len(document.classes) == 1)
    opened.desk.labels.choose_tool("brush")
    QTest.mouseClick(opened.canvas, Qt.MouseButton.LeftButton, pos=opened.canvas.rect().center())
    until(lambda: panel.view.isVisible())
    assert not panel.none.isVisible()
    assert len(panel.model.rows) == 1


def test_classes(opened: MainWindow, until):
    until(lambda: opened.classes.none.isVisible())
    opened.classes.none.button.click()
    until(lambda: [c.name for c in opened.desk.session.classes] == ["class 1"])
    assert not opened.classes.none.isVisible()


def test_no_model_is_chosen(app, pictures: Path, until):
    window = MainWindow(Settings(language="en", theme="light"))
    window.resize(1200, 760)
    window.show()
    window.desk.open_path(pictures)
    until(lambda: window.desk.labels.document is not None)
    panel, options = window.model_panel, window.options_panel
    assert panel.facts.text()
    for part in (panel.run_here, panel.run_all, options.stack_button, options.confidence, options.crf, options.flip):
        assert not part.isEnabled()
    assert "model" in options.stack_button.toolTip()
    assert panel.run_here.width() < 200, "buttons do not grow into what is empty"
    window.close()
    until(lambda: window.closing.finished)


def test_a_note_in_a_low_place_keeps_its_words(app, qtbot):
    note = EmptyNote("samples")
    qtbot.addWidget(note)
    note.say("Nothing here.", "Do this.")
    pressed = []
    note.act(lambda: pressed.append(1))
    note.offer("Do it")
    note.resize(260, 60)
    note.show()
    assert not note.sign.isVisible()
    assert not note.button.isVisible()
    assert note.head.isVisible()
    assert note.hint.isVisible()
    note.resize(260, 240)
    assert note.sign.isVisible()
    note.button.click()
    assert pressed == [1]
    before = note.sign.pixmap().toImage()
    theme.apply(app, "dark")
    assert note.sign.pixmap().toImage() != before
    theme.apply(app, "light")
