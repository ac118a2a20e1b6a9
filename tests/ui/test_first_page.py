"""The first page for real: recent projects as cards, what is gone, the device, the tour, the layout of the window."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from segdesk.app.settings import Settings
from segdesk.domain.classes import ClassSet
from segdesk.engines.messages import DeviceInfo
from segdesk.io.project import Project
from segdesk.ui import i18n, motion
from segdesk.ui.main_window import MainWindow
from segdesk.ui.recent_cards import SHOWN, opened_text
from segdesk.ui.tour import KEPT, beside
from segdesk.ui.window_layout import screen_key
from tests.ui.conftest import write_picture


@pytest.fixture
def project(pictures: Path) -> Path:
    """A project of three pictures, one of them verified."""
    with Project.create(pictures / "cells.segdesk", pictures, ClassSet.from_names(["cell"])) as made:
        made.add_pictures(["a.png", "b.png", "c.png"])
        made.set_state(1, "verified")
    return pictures / "cells.segdesk"


def test_a_card_shows_picture_and_progress_and_opens(window: MainWindow, project: Path, until):
    window.desk.change_settings(recent=(str(project),))
    (card,) = window.welcome.recent.cards
    until(lambda: card.counts())
    assert "1 of 3 verified" in card.counts()
    assert "1 of 3 verified" in card.accessibleName()
    until(lambda: np.ptp([card.grab().toImage().pixelColor(x, card.height() // 2).red() for x in range(12, 80)]) > 40)
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(card.width() // 2, card.height() // 2))
    until(lambda: window.desk.labels.document is not None)
    assert window.desk.session.project.path == project
    assert abs(window.desk.session.settings.ui["opened"][str(project)] - time.time()) < 600


def test_a_project_that_is_gone_is_grey_and_leaves_the_list(window: MainWindow, project: Path, tmp_path: Path, until):
    gone = tmp_path / "usb" / "gone.segdesk"
    window.desk.change_settings(recent=(str(gone), str(project)))
    first, second = window.welcome.recent.cards
    until(lambda: first.gone and second.counts())
    assert "No longer there" in first.counts()
    first.click()
    assert window.desk.session.project is None
    assert not window.desk.jobs
    first.remove.click()
    assert [c.path for c in window.welcome.recent.cards] == [project]
    assert window.desk.session.settings.recent == (str(project),)
    assert project.exists()


def test_an_empty_list_says_what_to_do(window: MainWindow, project: Path):
    assert window.welcome.no_recent.isVisible()
    assert "sample project" in window.welcome.no_recent.hint.text()
    window.desk.change_settings(recent=tuple(str(project.with_name(f"{n}.segdesk")) for n in range(20)))
    assert len(window.welcome.recent.cards) == SHOWN
    assert not window.welcome.no_recent.isVisible()


def test_when_it_was_open_last(window: MainWindow):
    now = time.mktime((2026, 3, 10, 15, 0, 0, 0, 0, -1))
    day = 86_400
    assert opened_text(0, now) == ""
    assert opened_text(now - 3600, now).startswith("today ")
    assert opened_text(now - day, now) == "yesterday"
    assert opened_text(now - 3 * day, now) == "3 days ago"
    assert "26" in opened_text(now - 40 * day, now)


def test_what_this_computer_has(window: MainWindow):
    page, runs = window.welcome, window.desk.runs
    assert "processor core" in page.device.text()
    runs.devices = [DeviceInfo("cuda:0", "Graphics 9000", 12 << 30), DeviceInfo("cpu", "processor")]
    runs.devices_changed.emit()
    assert "Graphics 9000  12 GB" in page.device.text()
    runs.devices = [DeviceInfo("cpu", "processor")]
    runs.devices_changed.emit()
    assert "no graphics card" in page.device.text()


def test_the_page_fits_the_smallest_window_in_both_languages(window: MainWindow, project: Path, until):
    window.desk.change_settings(recent=(str(project),))
    window.resize(window.minimumSize())
    for language in ("zh_CN", "en"):
        window.desk.change_settings(language=language)
        until(lambda code=language: i18n.language() == code)
        QApplication.processEvents()
        assert window.welcome.horizontalScrollBar().maximum() == 0


# -- the tour


def key(window: MainWindow, code: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWidget() or window.tour.tour, code)


def test_the_tour_points_at_five_visible_parts(opened: MainWindow, until):
    motion.choose("less")
    opened.action_set.by_id["tour"].trigger()
    tour = opened.tour.tour
    titles = []
    for at in range(5):
        place = tour._steps[at].place()
        assert tour.at == at
        assert not place.isEmpty()
        assert opened.rect().contains(place)
        assert opened.rect().contains(tour.card.geometry())
        assert not tour.card.geometry().intersects(place)
        titles.append(tour.title.text())
        key(opened, Qt.Key.Key_Right)
    assert len(set(titles)) == 5
    assert opened.tour.tour is None
    assert opened.desk.session.settings.ui[KEPT] is True
    motion.choose("")


def test_the_tour_by_keys_and_its_end_by_escape(opened: MainWindow, until):
    opened.action_set.by_id["tour"].trigger()
    tour = opened.tour.tour
    assert QApplication.focusWidget() is tour.next
    key(opened, Qt.Key.Key_Space)
    assert tour.at == 1
    key(opened, Qt.Key.Key_Left)
    assert tour.at == 0
    key(opened, Qt.Key.Key_Return)
    for _ in range(4):  # Tab stays among the three buttons
        key(opened, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() in (tour.skip, tour.back, tour.next)
    key(opened, Qt.Key.Key_Escape)
    assert opened.tour.tour is None
    assert QApplication.focusWidget() is opened.canvas


def test_the_tour_follows_size_and_language(opened: MainWindow, until):
    opened.tour.start()
    tour = opened.tour.tour
    tour.go(1)
    opened.resize(1000, 640)
    until(lambda: tour.size() == opened.size())
    assert opened.rect().contains(tour.card.geometry())
    opened.desk.change_settings(language="zh_CN")
    until(lambda: tour.next.text() == "继续")
    opened.desk.change_settings(language="en")
    tour.end()


def test_offered_once_at_the_first_project(window: MainWindow, pictures: Path, until):
    assert not window.tour.offered, "who names a folder at the start has no tour"
    window.tour.offered = True
    window.desk.open_path(pictures)
    until(lambda: window.tour.tour is not None)
    window.tour.tour.skip.click()
    write_picture(pictures / "d.png", 3)
    window.desk.close_project()
    until(lambda: window.stage.currentWidget() is window.welcome)
    window.desk.open_path(pictures)
    until(lambda: window.desk.labels.document is not None)
    assert window.tour.tour is None


def test_the_card_is_beside_the_part_or_in_the_middle():
    room, size = QRect(0, 0, 1000, 700), QSize(300, 200)
    for part in (QRect(0, 0, 100, 700), QRect(880, 0, 120, 300), QRect(0, 0, 1000, 80), QRect(0, 600, 1000, 100)):
        card = QRect(beside(part, size, room), size)
        assert room.contains(card)
        assert not card.intersects(part)
    assert QRect(beside(QRect(), size, room), size).center() == QPoint(498, 348)
    assert room.contains(QRect(beside(room, size, room), size))


# -- the window's layout


def test_docks_are_remembered_for_this_screen(opened: MainWindow, until):
    opened.docks["objects"].hide()
    opened.resize(900, 620)  # the screen of the tests is no larger
    opened.layout_keeper.remember()
    kept = opened.desk.session.settings
    assert list(kept.ui["layouts"]) == [screen_key(opened.screen())]
    again = MainWindow(replace(kept, recent=()))
    assert again.size() == QSize(900, 620)
    again.layout_keeper.arrange()
    assert again.docks["objects"].isHidden()
    assert not again.docks["files"].isHidden()
    again.close()
    until(lambda: again.closing.finished)


@pytest.mark.parametrize(
    "layouts",
    [
        {"a screen that is gone 9x9": {"geometry": "AAAA", "docks": "AAAA"}},
        {"": None},
        [1, 2],
        "text",
    ],
)
def test_a_layout_of_no_use_does_no_harm(app: QApplication, layouts: object, until):
    window = MainWindow(Settings(language="en", theme="light", ui={"layouts": layouts}))
    window.layout_keeper.arrange()
    assert window.screen().availableGeometry().contains(window.geometry().topLeft())
    window.layout_keeper.remember()
    window.close()
    until(lambda: window.closing.finished)


def test_a_window_beyond_every_screen_comes_back(window: MainWindow):
    room = window.screen().availableGeometry()
    window.move(9000, 9000)
    window.layout_keeper.remember()
    window.layout_keeper.restore()
    assert room.intersects(QRect(window.pos(), QSize(window.width(), 60)))


def test_reset_layout(opened: MainWindow, until):
    for dock in opened.docks.values():
        dock.hide()
    opened.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, opened.docks["classes"])
    opened.action_set.by_id["reset_layout"].trigger()
    until(lambda: all(dock.isVisible() for dock in opened.docks.values()))
    assert {opened.dockWidgetArea(dock) for dock in opened.docks.values()} == {Qt.DockWidgetArea.RightDockWidgetArea}
    tops = [opened.docks[key].y() for key in ("files", "classes", "objects")]
    assert tops == sorted(tops)
