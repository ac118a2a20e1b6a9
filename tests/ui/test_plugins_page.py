"""The page of plug-ins and the page of licences on the real window."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from segdesk import plugins
from segdesk.app.models import own_models_dir
from segdesk.ui.about_page import AboutPage
from segdesk.ui.main_window import MainWindow
from segdesk.ui.plugins_page import ADDS, NAME, STATE, VERSION, PluginsPage, switch_off_broken
from tests.plugin_package import BAD, CARD, GOOD, install


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site = tmp_path / "site"
    install(site, "seg-window", GOOD, version="1.2")
    install(site, "seg-window-bad", BAD)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv(plugins.VARIABLE, "")
    monkeypatch.setattr(plugins, "_faults", {})
    return site


def test_a_package_is_on_only_after_consent_and_off_again_when_it_fails(site: Path, window: MainWindow, until) -> None:
    own_models_dir().mkdir(parents=True)
    (own_models_dir() / "bright.toml").write_text(CARD, encoding="utf-8")
    (own_models_dir() / "broken.toml").write_text("id = 3", encoding="utf-8")
    window.action_set.by_id["plugins"].trigger()
    page = window.findChild(PluginsPage)
    until(lambda: page.packages.topLevelItemCount() >= 2 and page.cards.topLevelItemCount() == 2)
    rows = {page.packages.topLevelItem(at).text(NAME): page.packages.topLevelItem(at) for at in range(2)}
    row = rows["seg-window"]
    assert (row.text(VERSION), row.text(STATE)) == ("1.2", "off")
    assert "Tools: stamp" in row.text(ADDS)
    cards = [page.cards.topLevelItem(at) for at in range(2)]
    assert [c.text(NAME) for c in cards] == ["bright.toml", "broken.toml"]
    assert [c.text(ADDS) for c in cards] == ["bright", ""]
    assert "cannot be read" in cards[1].text(STATE)

    def ask(item, answer: int) -> None:
        item.setCheckState(NAME, Qt.CheckState.Checked)
        box = next(b for b in page.findChildren(QMessageBox) if b.isVisible())
        assert "somebody else's program" in box.informativeText()
        box.buttons()[answer].click()

    ask(row, 1)
    assert window.desk.session.settings.plugins == ()
    assert row.checkState(NAME) == Qt.CheckState.Unchecked
    ask(row, 0)
    ask(rows["seg-window-bad"], 0)
    assert window.desk.session.settings.plugins == ("seg-window", "seg-window-bad")
    assert row.text(STATE) == "on from the next start"
    assert page.later.isVisibleTo(page)
    assert not (site / "imported").exists()
    page.reject()

    plugins.enable(window.desk.session.settings.plugins)  # what the next start does
    with_faults = [loaded for loaded in plugins.load("segdesk.operations") if loaded.fault]
    assert [loaded.entry.name for loaded in with_faults] == ["crash"]
    switch_off_broken(window.desk)
    assert window.desk.session.settings.plugins == ("seg-window",)
    again = PluginsPage(window.desk, window)
    until(lambda: again.packages.topLevelItemCount() >= 2)
    bad = again.packages.findItems("seg-window-bad", Qt.MatchFlag.MatchExactly, NAME)[0]
    assert "ZeroDivisionError" in bad.text(STATE)
    again.reject()
    for name in [m for m in sys.modules if m.startswith("seg_window")]:
        del sys.modules[name]


def test_licences_are_shown_and_the_system_information_copied(window: MainWindow, until) -> None:
    window.action_set.by_id["about"].trigger()
    page = window.findChild(AboutPage)
    until(lambda: page.parts.topLevelItemCount() > 5)
    names = [page.parts.topLevelItem(at).text(0).lower() for at in range(page.parts.topLevelItemCount())]
    assert {"numpy", "pillow", "torch", "pyside6_essentials"} <= set(names)
    page.parts.setCurrentItem(page.parts.topLevelItem(names.index("numpy")))
    assert "Redistribution and use in source and binary forms" in page.text.toPlainText()
    weights = [page.weights.topLevelItem(at).text(0) for at in range(page.weights.topLevelItemCount())]
    assert "Nuclei U-Net" in weights
    page.copy_system_info()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("SegDesk ")
    assert "torch " in copied
    assert str(Path.home()) not in copied
    page.reject()
