"""Going to another picture and to another language sets no more of the window than what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPixmapCache
from PySide6.QtWidgets import QApplication

from segdesk.ui import icons, theme
from segdesk.ui.main_window import MainWindow
from segdesk.ui.widgets import swatch

Until = Callable[[Callable[[], object]], None]


def test_actions_change_twice_at_most_when_the_next_picture_comes(opened: MainWindow, until: Until):
    """Not at all where it is there soon; else off while it is read and on when it is there."""
    desk, changed, asked = opened.desk, Counter[str](), Counter[str]()
    until(lambda: not desk.jobs)
    for key, action in opened.action_set.by_id.items():
        action.changed.connect(lambda key=key: changed.update([key]))
    desk.conditions_changed.connect(lambda: asked.update(["asked"]))
    desk.telling.told.connect(lambda: asked.update(["told"]))
    desk.queue.next()
    until(lambda: desk.labels.document is not None and not desk.jobs)
    assert asked["asked"] >= 5
    assert 0 < asked["told"] < asked["asked"]
    assert max(changed.values(), default=0) <= 6  # the state, the tooltip and the line in the status bar, off and on
    before = changed.copy()
    for _ in range(5):
        desk.conditions_changed.emit()
    assert changed == before


def test_conditions_are_told_once_for_a_turn(opened: MainWindow, until: Until):
    told = Counter[str]()
    until(lambda: not opened.desk.jobs)
    QApplication.processEvents()
    opened.desk.telling.told.connect(lambda: told.update(["told"]))
    for _ in range(9):
        opened.desk.conditions_changed.emit()
    assert told["told"] == 0
    until(lambda: told["told"])
    assert told["told"] == 1


def test_an_action_can_be_used_in_the_same_turn(opened: MainWindow, until: Until):
    """A key may come before the event loop comes round."""
    until(lambda: not opened.desk.jobs)
    assert opened.action_set.by_id["accept"].isEnabled()
    opened.desk.queue.next()
    assert not opened.action_set.enabling.allows("accept")


def test_an_icon_is_drawn_once_in_each_colour(app: QApplication, monkeypatch: pytest.MonkeyPatch):
    QPixmapCache.clear()
    drawn: list[str] = []
    real = icons._renderer
    monkeypatch.setattr(icons, "_renderer", lambda name, color: drawn.append(color) or real(name, color))
    first = icons.icon("brush").pixmap(QSize(22, 22), 1.0)
    again = icons.icon("brush").pixmap(QSize(22, 22), 1.0)
    assert again.toImage() == first.toImage()
    icons.icon("brush").pixmap(QSize(22, 22), 1.0, QIcon.Mode.Disabled)
    assert drawn == [theme.LIGHT.text, theme.LIGHT.faint]
    theme.apply(app, "dark")
    assert icons.icon("brush").pixmap(QSize(22, 22), 1.0).toImage() != first.toImage()
    theme.apply(app, "light")
    assert icons.icon("brush").pixmap(QSize(22, 22), 1.0).toImage() == first.toImage()
    assert drawn == [theme.LIGHT.text, theme.LIGHT.faint, theme.DARK.text]


def test_a_swatch_keeps_its_colour_and_size(app: QApplication):
    assert swatch((1, 2, 3)).pixmap(14, 14).toImage() == swatch((1, 2, 3)).pixmap(14, 14).toImage()
    assert swatch((1, 2, 3)).pixmap(14, 14).toImage() != swatch((200, 2, 3)).pixmap(14, 14).toImage()
    assert swatch((1, 2, 3), 20).actualSize(QSize(64, 64)) != swatch((1, 2, 3), 14).actualSize(QSize(64, 64))


def test_another_language_does_not_lay_out_the_list_of_models_that_is_hidden(opened: MainWindow, until: Until):
    until(lambda: opened.model_panel.browser is not None)
    browser = opened.model_panel.browser
    assert browser is not None
    until(lambda: len(browser.model.listing.entries) > 100)
    resets = Counter[str]()
    browser.model.modelReset.connect(lambda: resets.update(["reset"]))
    opened.desk.change_settings(language="zh_CN")
    until(lambda: opened.docks["files"].windowTitle() == "图片")
    assert resets["reset"] == 0
    browser.open_under(opened.footer)
    assert resets["reset"] == 1
    assert "个模型" in browser.count.text()
    browser.hide()
    opened.desk.change_settings(language="en")
    until(lambda: opened.docks["files"].windowTitle() == "Pictures")
