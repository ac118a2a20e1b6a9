"""What can be done is enabled at once, what cannot is greyed a moment later and refused at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from segdesk.domain.text import N_
from segdesk.ui.enabling import Enabling
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]
WHY = N_("Open a picture first.")


@pytest.fixture
def three(qtbot) -> Iterator[tuple[dict[str, QAction], Enabling, list[str]]]:
    owner = QObject()
    actions = {key: QAction(owner) for key in ("one", "two", "three")}
    changes: list[str] = []
    for key, action in actions.items():
        action.changed.connect(lambda key=key: changes.append(key))
    yield actions, Enabling(owner, actions, lambda key, why: f"{key} {why}".strip()), changes
    owner.deleteLater()


def test_greyed_a_moment_later_and_refused_at_once(three, until: Until):
    actions, enabling, _ = three
    enabling.say("one", "")
    assert actions["one"].isEnabled()
    assert actions["one"].toolTip() == "one"
    enabling.say("one", WHY)
    assert not enabling.allows("one")
    assert enabling.why("one") == WHY
    assert actions["one"].isEnabled()
    until(lambda: not actions["one"].isEnabled())
    assert (actions["one"].toolTip(), actions["one"].statusTip()) == (f"one {WHY}", WHY)
    enabling.say("one", "")
    assert enabling.allows("one")
    assert actions["one"].isEnabled()
    until(lambda: actions["one"].toolTip() == "one")
    assert actions["one"].statusTip() == ""


def test_the_first_word_holds_at_once(three):
    actions, enabling, _ = three
    enabling.say("two", WHY)
    assert not actions["two"].isEnabled()
    assert actions["two"].toolTip() == f"two {WHY}"


def test_there_and_back_changes_nothing(three):
    actions, enabling, changes = three
    for key in actions:
        enabling.say(key, "")
    changes.clear()
    for why in (WHY, ""):
        for key in actions:
            enabling.say(key, why)
    enabling.settle()
    assert changes == []


def test_the_next_picture_leaves_the_actions_as_they_are(opened: MainWindow, until: Until):
    """Going to the next picture used to grey all actions and to light them up again: half of its work."""
    parts = (opened.action_set.enabling, opened.tools.enabling, opened.operations.enabling)
    for part in parts:
        part.settle()
        part._timer.setInterval(600_000)  # however slow the machine is
    changes: list[str] = []
    for key, action in (*opened.tools.by_id.items(), *opened.operations.by_id.items()):
        action.changed.connect(lambda key=key: changes.append(key))
    before = opened.desk.labels.document
    opened.desk.go_to(1)
    assert opened.desk.labels.document is not before
    until(lambda: opened.desk.labels.document is not None)
    for part in parts:
        part.settle()
    assert len(changes) < 6, changes


def test_what_is_not_there_yet_is_refused(opened: MainWindow, until: Until):
    """A key between two pictures does nothing, though the action is not grey yet."""
    opened.desk.go_to(1)
    assert opened.desk.labels.document is None
    protect = opened.action_set.by_id["protect"]
    assert protect.isEnabled()
    assert not opened.action_set.enabling.allows("protect")
    checked = protect.isChecked()
    protect.trigger()
    assert protect.isChecked() is checked
    until(lambda: opened.desk.labels.document is not None)
    protect.trigger()
    assert protect.isChecked() is not checked
