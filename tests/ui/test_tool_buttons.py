"""Buttons that follow their actions, for days."""

from __future__ import annotations

from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from segdesk.ui.main_window import MainWindow
from segdesk.ui.tool_buttons import ActionButton

CHANGED = "2changed()"


def test_a_button_shows_its_action_and_does_it(app, qtbot: QtBot):
    action = QAction("Brush")
    action.setCheckable(True)
    button = ActionButton(action)
    qtbot.addWidget(button)
    before = action.receivers(CHANGED)
    done: list[bool] = []
    action.triggered.connect(lambda on: done.append(on))
    for turn in range(20):
        action.setEnabled(turn % 2 == 0)
        action.setToolTip(f"tip {turn}")
        assert button.isEnabled() == (turn % 2 == 0)
        assert button.toolTip() == f"tip {turn}"
    action.setEnabled(True)
    action.setText("Pinsel")
    assert button.text() == "Pinsel"
    button.click()
    assert (done, button.isChecked(), action.isChecked()) == ([True], True, True)
    action.setChecked(False)
    assert not button.isChecked()
    assert action.receivers(CHANGED) == before


def test_no_action_of_the_window_gathers_listeners(opened: MainWindow, until):
    """Each change of an action would take longer, without an end."""
    actions = [*opened.action_set.by_id.values(), *opened.tools.by_id.values()]

    def round_trip() -> int:
        for tool in ("eraser", "wand", "brush"):
            opened.tools.by_id[tool].trigger()
        for _ in range(2):
            opened.action_set.by_id["next"].trigger()
            until(lambda: opened.desk.labels.document is not None and not opened.desk.jobs)
            opened.action_set.by_id["previous"].trigger()
            until(lambda: opened.desk.labels.document is not None and not opened.desk.jobs)
        return sum(action.receivers(CHANGED) for action in actions)

    round_trip()
    assert round_trip() == round_trip()
