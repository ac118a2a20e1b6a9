"""The page on which keys are changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from segdesk.ui.main_window import MainWindow
from segdesk.ui.shortcuts_dialog import KEYS, TITLE, ShortcutsDialog

Key, Held = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def page(window: MainWindow) -> ShortcutsDialog:
    window.desk.ask("edit_keys")
    found = window.findChild(ShortcutsDialog)
    assert isinstance(found, ShortcutsDialog)
    return found


def press(qtbot: QtBot, page: ShortcutsDialog, key: Qt.Key, held: Qt.KeyboardModifier = Held.NoModifier) -> None:
    page.recorder.setFocus()
    qtbot.keyClick(page.recorder, Key.Key_Space)
    assert page.recorder.isChecked()
    qtbot.keyClick(page.recorder, key, held)


def test_a_free_key_holds_at_once(window: MainWindow, page: ShortcutsDialog, qtbot: QtBot):
    keys = window.desk.shortcuts
    page.choose("report")
    press(qtbot, page, Key.Key_R, Held.ControlModifier | Held.AltModifier)
    assert keys.keys("report") == ("Ctrl+Shift+R", "Ctrl+Alt+R")
    line = next(line for line in page.lines() if line.data(TITLE, 256) == "report")
    assert line.text(KEYS) == "Ctrl+Shift+R, Ctrl+Alt+R"
    first = page.chips.itemAt(0)
    chip = None if first is None else first.widget()
    assert isinstance(chip, QPushButton)
    chip.click()
    assert keys.keys("report") == ("Ctrl+Alt+R",)
    page.reset.click()
    assert keys.keys("report") == ("Ctrl+Shift+R",)


def test_a_taken_key_is_asked_for(window: MainWindow, page: ShortcutsDialog, qtbot: QtBot):
    keys = window.desk.shortcuts
    page.choose("report")
    press(qtbot, page, Key.Key_B, Held.ControlModifier)
    assert page.clash is not None
    assert "Run on all" in page.note.text()
    assert "Run on all" in page.take.text()
    assert keys.keys("run_all") == ("Ctrl+B",)
    page.keep.click()
    assert page.clash is None
    press(qtbot, page, Key.Key_B, Held.ControlModifier)
    page.take.click()
    assert keys.keys("run_all") == ()
    assert keys.keys("report") == ("Ctrl+Shift+R", "Ctrl+B")
    press(qtbot, page, Key.Key_Tab)
    assert page.clash is not None
    assert page.clash.key == "Tab"
    press(qtbot, page, Key.Key_Return)
    assert page.clash is not None
    assert page.clash.command is None
    assert not page.take.isVisible()


def test_figures_with_shift_are_figures(window: MainWindow, page: ShortcutsDialog, qtbot: QtBot):
    page.choose("report")
    press(qtbot, page, Key.Key_At, Held.ShiftModifier)
    assert page.clash is not None
    assert page.clash.key == "Shift+2"
    page.choose("hide_labels")
    press(qtbot, page, Key.Key_T)
    page.take.click()
    assert window.desk.shortcuts.keys("hide_labels") == ("T",)


def test_escape_ends_the_recording_and_not_the_page(page: ShortcutsDialog, qtbot: QtBot):
    page.choose("report")
    press(qtbot, page, Key.Key_Escape)
    assert not page.recorder.isChecked()
    assert page.isVisible()


def test_search_presets_and_taking_back(window: MainWindow, page: ShortcutsDialog):
    keys = window.desk.shortcuts
    page.search.setText("ctrl+b")
    assert [line.data(TITLE, 256) for line in page.lines()] == ["run_all"]
    page.search.clear()
    assert len(page.lines()) == len(keys.commands)
    keys.give("report", "Ctrl+Alt+R")
    page.preset.setCurrentIndex(page.preset.findData("cvat"))
    page.preset.activated.emit(0)
    assert keys.keys("next") == ("F", "PgDown")
    page.undo.click()
    assert keys.preset == "segdesk"
    assert keys.keys("report") == ("Ctrl+Shift+R", "Ctrl+Alt+R")
    page.reset_all.click()
    assert keys.keys("report") == ("Ctrl+Shift+R",)


def test_files(window: MainWindow, page: ShortcutsDialog, tmp_path: Path):
    keys = window.desk.shortcuts
    keys.give("report", "Ctrl+Alt+R")
    page.save_to(tmp_path / "keys.json")
    keys.use_preset("labelme")
    page.load_from(tmp_path / "keys.json")
    assert keys.keys("report") == ("Ctrl+Shift+R", "Ctrl+Alt+R")
    for bad in (b"\xff\xfe\x00", b"{}", b"x" * 300_000):
        (tmp_path / "bad.json").write_bytes(bad)
        page.load_from(tmp_path / "bad.json")
        assert "no keys of SegDesk" in page.note.text()
    page.load_from(tmp_path / "absent.json")
    assert "absent.json" in page.note.text()
    assert "Ctrl+Alt+R" in keys.keys("report")
