"""The menu of models in a real window: searching, filters, keys, what is used last, cards that cannot be used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from segdesk.domain.card import ModelCard
from segdesk.paths import models_dir
from segdesk.ui.main_window import MainWindow
from segdesk.ui.model_browser import ModelBrowser
from segdesk.ui.model_menu import FEW

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def browser(opened: MainWindow, until: Until) -> ModelBrowser:
    """The menu, opened by a click, with all models in it."""
    opened.model_panel.picker.click()
    browser = opened.model_panel.browser
    assert browser is not None
    until(lambda: browser.model.listing.entries)
    return browser


def shown(browser: ModelBrowser) -> list[ModelCard]:
    return [row.entry.card for row in browser.model.rows if row.entry is not None]


def current(browser: ModelBrowser) -> str:
    return browser.list.currentIndex().data(Qt.ItemDataRole.UserRole)


def test_it_opens_at_the_current_model_with_systems_closed(browser: ModelBrowser):
    assert browser.isVisible()
    assert browser.search.hasFocus()
    assert current(browser) == "regions"
    heads = [row for row in browser.model.rows if row.is_head]
    assert heads[0].text == "Ready here"
    assert {"PSPNet", "SegFormer", "U-Net"} <= {row.text for row in heads}
    assert not any(row.open for row in heads if row.section.kind == "system")
    assert browser.model.found > 500
    assert browser.count.text() == f"{browser.model.found} of {browser.model.found} models"


def test_what_is_typed_is_searched_and_enter_chooses(opened: MainWindow, browser: ModelBrowser):
    QTest.keyClicks(browser.search, "danet voc")
    assert 0 < browser.model.found <= FEW
    assert {card.system for card in shown(browser)} == {"DANet"}
    first = current(browser)
    assert first == shown(browser)[0].id
    QTest.keyClick(browser.search, Qt.Key.Key_Down)
    assert current(browser) == shown(browser)[1].id
    assert "Licence of the code" in browser.facts.text()
    QTest.keyClick(browser.search, Qt.Key.Key_Return)
    assert not browser.isVisible()
    assert opened.desk.session.model_id == shown(browser)[1].id
    assert opened.model_panel.picker.text().startswith("DANet")
    assert not opened.model_panel.download.isHidden()


def test_heads_open_and_close_by_keys_and_by_a_click(browser: ModelBrowser):
    at = next(i for i, row in enumerate(browser.model.rows) if row.is_head and row.text == "PIDNet")
    browser.list.setCurrentIndex(browser.model.index(at, 0))
    QTest.keyClick(browser.search, Qt.Key.Key_Right)
    assert [card.system for card in shown(browser) if card.system == "PIDNet"] == ["PIDNet"] * 3
    QTest.keyClick(browser.search, Qt.Key.Key_Left)
    assert "PIDNet" not in {card.system for card in shown(browser)}
    place = browser.list.visualRect(browser.model.index(at, 0)).center()
    QTest.mouseClick(browser.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert browser.isVisible()
    assert "PIDNet" in {card.system for card in shown(browser)}


def test_a_letter_typed_on_the_list_goes_to_the_search(browser: ModelBrowser):
    browser.list.setFocus()
    QTest.keyClick(browser.list, Qt.Key.Key_P)
    assert browser.search.text() == "p"
    assert browser.search.hasFocus()


def choose(browser: ModelBrowser, **values: str) -> None:
    for key, value in values.items():
        box = browser.boxes[key]
        assert box.findData(value) > 0, (key, value)
        box.setCurrentIndex(box.findData(value))


def test_filters_narrow_and_clear_widens(browser: ModelBrowser):
    everything = browser.model.found
    choose(browser, task="semantic", data="ADE20K", size="small", weights="download")
    assert browser.model.found
    for card in shown(browser):
        assert (card.task, card.data) == ("semantic", "ADE20K")
        assert card.parameters <= 10e6
    browser.reset.click()
    assert browser.model.found == everything
    assert all(box.currentIndex() == 0 for box in browser.boxes.values())
    choose(browser, licence="commercial")
    assert {card.licence.commercial for card in shown(browser)} == {"yes"}


def test_models_without_public_weights_say_so(opened: MainWindow, browser: ModelBrowser):
    choose(browser, weights="none")
    assert browser.choose("attention-unet")
    panel = opened.model_panel
    assert panel.where.text() == "no public weights"
    assert panel.where.toolTip() == "no public weights: train it or locate a file"
    assert not panel.train.isHidden()
    assert not panel.locate.isHidden()
    assert panel.locate.isEnabled()
    assert panel.download.isHidden()
    assert not opened.action_set.enabling.allows("run_here")


def test_what_was_chosen_stands_first_the_next_time(opened: MainWindow, browser: ModelBrowser):
    for model in ("segnet", "nuclei-unet"):
        browser.choose(model)
        opened.model_panel.picker.click()
    rows = browser.model.rows
    assert [row.text for row in rows[:3]] == ["Used last", "Nuclei U-Net", "SegNet"]
    assert opened.desk.session.settings.ui["recent_models"] == ["nuclei-unet", "segnet"]


def test_a_card_that_cannot_be_used_is_shown_with_its_reason(
    opened: MainWindow, browser: ModelBrowser, tmp_path: Path, until: Until
):
    (tmp_path / "mine.toml").write_text('id = "mine"\n')
    opened.desk.runs.set_model_folders([str(tmp_path)])
    until(lambda: browser.model.listing.broken)
    QTest.keyClicks(browser.search, "mine")
    (row,) = (row for row in browser.model.rows if row.broken is not None)
    assert row.text == "mine.toml"
    at = browser.model.rows.index(row)
    browser.list.setCurrentIndex(browser.model.index(at, 0))
    assert "is missing" in browser.facts.text()
    QTest.keyClick(browser.search, Qt.Key.Key_Return)
    assert browser.isVisible()
    assert opened.desk.session.model_id == "regions"


def test_it_is_drawn_in_both_languages_and_looks(opened: MainWindow, browser: ModelBrowser, until: Until):
    QTest.keyClicks(browser.search, "pspnet")
    opened.desk.change_settings(language="zh_CN", theme="dark")
    until(lambda: browser.count.text().endswith("个模型"))
    image = browser.grab().toImage()
    colors = {image.pixelColor(x, y).rgb() for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
    assert len(colors) > 8


def test_weights_that_come_or_go_behind_the_window_are_seen_with_the_next_list(
    opened: MainWindow, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
):
    """What is asked at each change does not ask the disk; opening the menu does."""
    folder = tmp_path / "models"
    folder.mkdir()
    own = folder / "nuclei-unet.pth"
    shutil.copy(models_dir() / own.name, own)
    card = (models_dir() / "nuclei-unet.toml").read_text(encoding="utf-8")
    (folder / "own.toml").write_text(card.replace('id    = "nuclei-unet"', 'id = "own"'), encoding="utf-8")
    opened.desk.runs.set_model_folders([str(folder)])
    opened.desk.runs.choose_model("own")
    assert opened.action_set.enabling.allows("run_here")
    asked: list[str] = []
    status = opened.desk.session.weights_status
    monkeypatch.setattr(opened.desk.session, "weights_status", lambda card_id: asked.append(card_id) or status(card_id))
    for _ in range(5):
        opened.desk.conditions_changed.emit()
    assert asked == []
    for there in (False, True):
        own.rename(folder / "away") if not there else (folder / "away").rename(own)
        opened.model_panel.open_browser().hide()
        until(lambda there=there: opened.action_set.enabling.allows("run_here") is there)
