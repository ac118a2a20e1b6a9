"""The stack of refinements in the window: switches, values, reset, gains of steps; hand edits survive them all."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from segdesk.domain.options import CrfOptions
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.stack import CRF, Stack
from segdesk.ui.main_window import MainWindow
from segdesk.ui.refinements_card import RefinementsCard

MODEL = "deeplabv3-mobilenetv2-voc21"
needs_crf = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")


@pytest.fixture
def answered(opened: MainWindow, until) -> MainWindow:
    """The window on a small picture that the model of regions has answered."""
    opened.desk.runs.run_here()
    until(lambda: opened.desk.labels.document.segmentation.segments)
    until(lambda: not opened.desk.jobs)
    return opened


@pytest.fixture
def card(opened: MainWindow) -> RefinementsCard:
    return opened.options_panel.stack


def ids(window: MainWindow) -> np.ndarray:
    document = window.desk.labels.document
    assert document is not None
    return np.asarray(document.segmentation.ids)


def test_the_steps_stand_in_their_order(card: RefinementsCard):
    assert [row.info.order for row in card.rows] == sorted(row.info.order for row in card.rows)
    places = [row.switch.mapTo(card, row.switch.rect().topLeft()).y() for row in card.rows]
    assert places == sorted(places)


def test_what_does_nothing_with_the_model_says_why(card: RefinementsCard):
    for step in ("guided", "crf"):
        assert not card.by_id[step].switch.isEnabled()
        assert "follow the edges" in card.by_id[step].switch.toolTip()
    assert card.by_id["open"].switch.isEnabled()
    assert not card.by_id["open"].sliders["radius"].isEnabled()  # it is off


def test_a_step_goes_on_and_off_without_a_second_pass(answered: MainWindow, card: RefinementsCard, until):
    plain = ids(answered).copy()
    answers: list[bool] = []
    answered.desk.runs.answered.connect(lambda answer: answers.append(answer.again))
    row = card.by_id["smooth"]
    row.switch.click()
    row.sliders["width"].slider.setValue(11)
    assert answered.desk.session.options.stack == Stack().changed("smooth", {"width": 12})
    until(lambda: (ids(answered) != plain).any())
    assert answered.options_panel.stack_button.text() == "Refinements (1)"
    row.reset.click()
    assert answered.desk.session.options.stack.values("smooth") == {"width": 5}
    row.sliders["width"].slider.setValue(14)
    row.switch.click()
    assert not answered.desk.session.options.stack
    until(lambda: not (ids(answered) != plain).any())
    row.switch.click()  # the value was kept while it was off
    assert answered.desk.session.options.stack.values("smooth") == {"width": 15}
    assert all(answers)


def test_strip_and_stack_are_the_same_values(opened: MainWindow, card: RefinementsCard):
    opened.options_panel.area.slider.setValue(5)
    assert card.by_id["min_area"].switch.isChecked()
    assert card.by_id["min_area"].sliders["pixels"].value() == 50
    card.by_id["min_area"].switch.click()
    assert opened.options_panel.area.value() == 0
    card.by_id["confidence"].sliders["least"].slider.setValue(25)
    assert opened.options_panel.confidence.value() == 0.25


def test_reset_all(opened: MainWindow, card: RefinementsCard):
    usual = opened.desk.session.options
    assert not card.reset.isEnabled()
    for step in ("open", "close", "fill_holes", "keep_largest", "min_area"):
        card.by_id[step].switch.click()
    card.by_id["fill_holes"].sliders["area"].slider.setValue(2)
    assert opened.desk.session.options.stack.values("fill_holes") == {"area": 100, "behind": 1}
    assert card.by_id["fill_holes"].boxes["behind"].isHidden()  # of panoptic answers alone
    assert card.on == 5
    card.reset.click()
    assert opened.desk.session.options == usual
    assert card.on == 0
    assert card.by_id["fill_holes"].sliders["area"].value() == 500


def test_keys_reach_every_part(opened: MainWindow, card: RefinementsCard):
    opened.action_set.by_id["refinements"].trigger()
    assert card.isVisible()
    for row in card.rows:
        if row.switch.isEnabled() and not row.switch.isChecked():
            row.switch.click()
    reached = []
    for _ in range(60):
        focus = QApplication.focusWidget()
        if focus in reached:
            break
        reached.append(focus)
        QTest.keyClick(focus or card, Qt.Key.Key_Tab)
    assert reached[0] is next(row.switch for row in card.rows if row.switch.isEnabled())
    wanted = [stop for stop in card._stops() if stop.isEnabled() and stop.isVisible()]
    assert [stop for stop in reached if stop in wanted] == wanted
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert not card.isVisible()


def test_each_step_says_what_it_gains(answered: MainWindow, card: RefinementsCard, until):
    desk = answered.desk
    assert not card.judge_here.isEnabled()  # no step is on
    card.by_id["smooth"].switch.click()
    card.by_id["open"].switch.click()
    until(lambda: not desk.jobs and card.judge_here.isEnabled())
    failed: list[str] = []
    desk.notice.connect(lambda kind, text, hint: failed.append(text))
    card.judge_here.click()
    until(lambda: any("nothing to compare" in text for text in failed))
    document = desk.labels.document
    desk.session.project.save_map(
        document.row.id, "reference", Segmentation(ids(answered), dict(document.segmentation.segments))
    )
    until(lambda: card.judge_all.isEnabled())
    card.judge_all.click()
    assert not card.judge_all.isEnabled()
    until(lambda: card.judged is not None)
    assert [score.step.id for score in card.judged.scores[1:]] == ["open", "smooth"]
    assert card.figure.text() == "PQ"
    assert card.by_id["open"].gain.text()
    assert not card.by_id["close"].gain.text()
    assert "1 picture, against reference labels." in card.result.text()
    until(lambda: card.judge_all.isEnabled())
    card.by_id["close"].switch.click()
    assert "were others" in card.result.text()


def test_hand_edits_survive_every_switch(answered: MainWindow, card: RefinementsCard, until):
    """After work by hand a new answer is offered and never simply taken; discarding leaves every pixel."""
    desk = answered.desk
    document = desk.labels.document
    region = next(iter(document.segmentation.segments))
    class_id = document.segmentation.segments[region].class_id
    painted = ids(answered).copy()
    painted[30:40, 30:60] = 0
    document.apply(Segmentation(painted, dict(document.segmentation.segments)), "replace labels")
    mine = ids(answered).copy()
    assert class_id
    for row in card.rows:
        if not row.switch.isEnabled():
            continue
        for _ in (1, 2):
            row.switch.click()
            until(lambda: not desk.jobs and not desk.runs.live._rest.isActive())
            assert np.array_equal(ids(answered), mine), row.info.id
            if document.preview is not None:
                desk.labels.discard_preview()
    desk.runs.run_here()
    until(lambda: document.preview is not None)
    assert np.array_equal(ids(answered), mine)
    desk.labels.discard_preview()
    assert np.array_equal(ids(answered), mine)


@needs_crf
def test_with_the_real_model(window: MainWindow, shared: Path, tmp_path: Path, until):
    photo = sorted((shared / "data" / "photos" / "coco").rglob("*562150.jpg"))[0]
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(photo, folder)
    desk, card = window.desk, window.options_panel.stack
    desk.session.use_settings(replace(desk.session.settings, model_folders=(str(shared / "data" / "checkpoints"),)))
    desk.open_path(folder)
    until(lambda: desk.labels.document is not None and not desk.scanning)
    desk.runs.choose_model(MODEL)
    desk.runs.run_here()
    until(lambda: desk.labels.document.segmentation.segments)
    plain = ids(window).copy()
    for step in ("guided", "crf", "smooth"):
        before = ids(window).copy()
        card.by_id[step].switch.click()
        until(lambda b=before: (ids(window) != b).any())
    until(lambda: not desk.jobs)
    classes = card.crf_card.classes
    assert classes.count() == len(desk.runs.card.classes)
    first = classes.item(0)
    first.setCheckState(Qt.CheckState.Unchecked)
    assert desk.runs.options.crf == CrfOptions(off=(first.data(Qt.ItemDataRole.UserRole),))
    card.by_id[CRF.id].reset.click()
    assert desk.runs.options.crf == CrfOptions()
    assert first.checkState() == Qt.CheckState.Checked
    first.setCheckState(Qt.CheckState.Unchecked)
    card.reset.click()
    until(lambda: not (ids(window) != plain).any())
    desk.runs.choose_model("regions")
    assert desk.runs.crf.off == ()  # numbers of classes mean others there
