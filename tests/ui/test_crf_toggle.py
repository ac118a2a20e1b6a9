"""The CRF by key and by check box, on the real model with the real engine."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from segdesk.domain.options import CRF_PRESETS, CrfOptions
from segdesk.ui.main_window import MainWindow

MODEL = "deeplabv3-mobilenetv2-voc21"
needs_crf = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")


@pytest.fixture
def semantic(window: MainWindow, shared: Path, tmp_path: Path, until) -> MainWindow:
    """The window on a photograph that the semantic model has answered."""
    photo = sorted((shared / "data" / "photos" / "coco").rglob("*562150.jpg"))[0]
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(photo, folder)
    settings = replace(window.desk.session.settings, model_folders=(str(shared / "data" / "checkpoints"),))
    window.desk.session.use_settings(settings)
    window.desk.open_path(folder)
    until(lambda: window.desk.labels.document is not None and not window.desk.scanning)
    window.desk.runs.choose_model(MODEL)
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_R)
    until(lambda: window.desk.labels.document.segmentation.segments)
    return window


@needs_crf
def test_the_key_refines_and_takes_back(semantic: MainWindow, until):
    document = semantic.desk.labels.document
    assert document is not None
    plain = document.segmentation.ids.copy()
    panel = semantic.options_panel
    assert panel.crf.isEnabled()
    QTest.keyClick(semantic.canvas, Qt.Key.Key_C)
    assert panel.crf.isChecked()
    assert semantic.desk.runs.options.crf is not None
    until(lambda: (document.segmentation.ids != plain).any())
    QTest.keyClick(semantic.canvas, Qt.Key.Key_C)
    assert not panel.crf.isChecked()
    assert semantic.desk.runs.options.crf is None
    until(lambda: not (document.segmentation.ids != plain).any())


@needs_crf
def test_the_box_and_the_menu_agree(semantic: MainWindow):
    panel, action = semantic.options_panel, semantic.action_set.by_id["crf"]
    for wanted in (True, False, True):
        panel.crf.click()
        assert panel.crf.isChecked() is action.isChecked() is wanted
        assert (semantic.desk.runs.options.crf is not None) is wanted
    action.trigger()
    assert not panel.crf.isChecked()
    assert semantic.desk.runs.options.crf is None


@needs_crf
def test_a_preset_and_fast_are_chosen_in_the_card(semantic: MainWindow):
    card, runs = semantic.options_panel.card, semantic.desk.runs
    assert card.preset.currentIndex() == 0
    for index, options in enumerate(CRF_PRESETS.values()):
        card.preset.activated.emit(index)
        assert runs.crf == options
        assert card.preset.currentIndex() == index
    card.fast.click()
    assert runs.crf.quality == "fast"
    assert card.preset.currentIndex() == len(CRF_PRESETS) - 1
    card.sliders["w1"].changed.emit(17.5)
    assert card.preset.currentIndex() == -1
    card.reset.click()
    assert runs.crf == CrfOptions()
