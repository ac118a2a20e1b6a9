"""Keys: which hold, what clashes, presets, files; they act and are shown everywhere at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from segdesk.domain.errors import SegDeskError
from segdesk.ui.main_window import MainWindow
from segdesk.ui.shortcut_presets import FIXED, PRESETS
from segdesk.ui.shortcuts import Shortcuts, acts_in_canvas, normal

HOSTILE = (
    "",
    "[]",
    "null",
    "{",
    "[" * 5000,
    '{"kind": "segdesk-keys"}',
    '{"kind": "segdesk-keys", "preset": "emacs"}',
    '{"kind": "segdesk-keys", "preset": ["cvat"]}',
    '{"kind": "other", "preset": "cvat"}',
    " " * 300_000,
)


def doubles(shortcuts: Shortcuts) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for command_id in shortcuts.commands:
        for key in shortcuts.keys(command_id):
            (twice if key in seen else seen).add(key)
    return twice


def test_every_action_tool_operation_and_class_key_is_a_command(window: MainWindow):
    commands = set(window.desk.shortcuts.commands)
    assert set(window.action_set.by_id) <= commands
    assert {f"tool_{key}" for key in window.tools.by_id} <= commands
    assert {f"operation_{key}" for key in window.operations.by_id} <= commands
    assert set(window.class_keys.by_id) <= commands


def test_presets_name_commands_and_no_key_twice(window: MainWindow):
    for preset in PRESETS:
        check_preset(window.desk.shortcuts, preset)


def check_preset(shortcuts: Shortcuts, preset: str) -> None:
    keys = PRESETS[preset][1]
    assert set(keys) <= set(shortcuts.commands)
    shortcuts.use_preset(preset)
    assert not doubles(shortcuts)
    for command_id, wanted in keys.items():
        assert shortcuts.keys(command_id) == wanted
        assert all(normal(key) == key and key not in FIXED for key in wanted), command_id
    for command in shortcuts.commands.values():
        assert not command.held or all("+" not in key for key in shortcuts.keys(command.id))


def test_a_given_key_is_taken_from_its_holder_and_comes_back(window: MainWindow):
    shortcuts = window.desk.shortcuts
    clash = shortcuts.clash("export_labels", "Ctrl+B")
    assert clash is not None
    assert clash.command is not None
    assert clash.command.id == "run_all"
    shortcuts.give("export_labels", "Ctrl+B")
    assert shortcuts.keys("export_labels") == ("Ctrl+E", "Ctrl+B")
    assert shortcuts.keys("run_all") == ()
    assert [k.toString() for k in window.action_set.by_id["export_labels"].shortcuts()] == ["Ctrl+E", "Ctrl+B"]
    assert "Ctrl+B" not in window.action_set.by_id["run_all"].toolTip()
    assert "Ctrl+E, Ctrl+B" in window.action_set.by_id["export_labels"].toolTip()
    shortcuts.reset("run_all")
    assert shortcuts.keys("run_all") == ("Ctrl+B",)
    assert shortcuts.keys("export_labels") == ("Ctrl+E",)
    assert window.desk.session.settings.ui["keys"] == {"preset": "segdesk", "own": {}}


def test_only_differences_are_kept(window: MainWindow):
    shortcuts = window.desk.shortcuts
    shortcuts.use_preset("cvat")
    shortcuts.give("next", "Ctrl+Right")
    kept = window.desk.session.settings.ui["keys"]
    assert kept == {"preset": "cvat", "own": {"next": ["F", "PgDown", "Ctrl+Right"]}}
    again = Shortcuts(window.desk)
    again.commands = dict(shortcuts.commands)
    assert [again.keys(c) for c in again.commands] == [shortcuts.keys(c) for c in again.commands]


def test_fixed_and_held_keys_say_why_not(window: MainWindow):
    shortcuts = window.desk.shortcuts
    for command_id, key in (("undo", "Esc"), ("undo", "Return"), ("held_pan", "Ctrl+P")):
        clash = shortcuts.clash(command_id, key)
        assert clash is not None
        assert clash.command is None
        assert clash.text


def test_keys_act_where_they_should(opened: MainWindow, qtbot, until):
    shortcuts = opened.desk.shortcuts
    shortcuts.give("tool_fill", "Ctrl+Alt+G")
    qtbot.keyClick(opened.canvas, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    until(lambda: opened.desk.labels.tool == "fill")
    shortcuts.give("tool_lasso", "O")
    qtbot.keyClick(opened.canvas, Qt.Key.Key_O)
    until(lambda: opened.desk.labels.tool == "lasso")
    opened.files.search.setFocus()
    qtbot.keyClick(opened.files.search, Qt.Key.Key_B)
    assert opened.files.search.text() == "b"
    assert opened.desk.labels.tool == "lasso"


def test_held_keys_follow(opened: MainWindow, qtbot):
    opened.desk.shortcuts.give("hide_labels", "T")
    qtbot.keyPress(opened.canvas, Qt.Key.Key_T)
    assert opened.canvas.seeing.peeking
    qtbot.keyRelease(opened.canvas, Qt.Key.Key_T)
    assert not opened.canvas.seeing.peeking
    qtbot.keyPress(opened.canvas, Qt.Key.Key_V)
    assert not opened.canvas.seeing.peeking
    assert opened.action_set.by_id["hide_labels"].text().endswith("\tT")


def test_number_keys(opened: MainWindow, qtbot):
    labels = opened.desk.labels
    for name in ("one", "two"):
        labels.add_class(name)
    for key, name in ((Qt.Key.Key_1, "one"), (Qt.Key.Key_2, "two")):
        opened.canvas.setFocus()
        qtbot.keyClick(opened.canvas, key)
        chosen = opened.desk.session.classes.get(labels.hand.active_class)
        assert chosen is not None
        assert chosen.name == name


def test_files_come_back(window: MainWindow):
    shortcuts = window.desk.shortcuts
    shortcuts.use_preset("photoshop")
    shortcuts.give("report", "Ctrl+Alt+R")
    text = shortcuts.as_text()
    before = {c: shortcuts.keys(c) for c in shortcuts.commands}
    shortcuts.use_preset("segdesk")
    assert shortcuts.use_text(text) == 0
    assert {c: shortcuts.keys(c) for c in shortcuts.commands} == before


def test_what_is_no_file_of_keys_changes_nothing(window: MainWindow):
    shortcuts = window.desk.shortcuts
    shortcuts.give("report", "Ctrl+Alt+R")
    for text in HOSTILE:
        with pytest.raises(SegDeskError, match="no keys of SegDesk"):
            shortcuts.use_text(text)
    assert "Ctrl+Alt+R" in shortcuts.keys("report")


def test_bad_entries_of_a_file_are_left_out_and_counted(window: MainWindow):
    own = {"undo": ["Ctrl+Z", "nonsense+", 7], "next": "D", "nothing": ["F9"], "report": ["Ctrl+J"], "crf": ["Ctrl+J"]}
    data = {"kind": "segdesk-keys", "preset": "segdesk", "own": own}
    shortcuts = window.desk.shortcuts
    assert shortcuts.use_text(json.dumps(data)) == 4
    assert shortcuts.keys("report") == ("Ctrl+J",)
    assert shortcuts.keys("crf") == ("C",)
    assert shortcuts.keys("undo") == ("Ctrl+Z",)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["give", "take", "reset", "preset"]),
            st.sampled_from(["undo", "run_all", "next", "tool_brush", "held_pan", "hide_labels", "class_1", "report"]),
            st.sampled_from(["Ctrl+B", "B", "D", "Ctrl+1", "Shift+1", "F", "F7", "Space", "V"]),
            st.sampled_from(sorted(PRESETS)),
        ),
        max_size=8,
    )
)
def test_no_key_is_ever_there_twice(window: MainWindow, steps):
    shortcuts = window.desk.shortcuts
    shortcuts.use_preset("segdesk")
    for verb, command_id, key, preset in steps:
        if verb == "give":
            clash = shortcuts.clash(command_id, key)
            if clash is None or clash.command is not None:
                shortcuts.give(command_id, key)
                assert key in shortcuts.keys(command_id)
        elif verb == "take":
            shortcuts.take(command_id, key)
            assert key not in shortcuts.keys(command_id)
        elif verb == "reset":
            shortcuts.reset(command_id)
            assert shortcuts.keys(command_id) == shortcuts.base(command_id)
        else:
            shortcuts.use_preset(preset)
        assert not doubles(shortcuts)


def test_which_keys_act_in_the_picture_alone():
    assert [acts_in_canvas(k) for k in ("B", "Shift+B", "Tab", "Del", "+")] == [True] * 5
    assert [acts_in_canvas(k) for k in ("Ctrl+B", "Alt+Shift+B", "F5", "Shift+F5", "Ctrl++")] == [False] * 5
    assert normal("ctrl+shift+z") == "Ctrl+Shift+Z"
    assert normal("Ctrl+K, Ctrl+B") == ""
    assert normal("") == ""
