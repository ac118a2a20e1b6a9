"""The thresholds of objects and stuff: which of them a model has, and that they act on the kept answer."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from segdesk.domain.card import ModelCard, NetSpec, Text
from segdesk.domain.classes import ClassSet
from segdesk.ui.main_window import MainWindow
from segdesk.ui.objects_card import object_fields

# Stuff from a semantic net, objects from no net at all.
CARD = """
id = "both"
name = "Both"
task = "panoptic"
parts = ["deeplabv3-mobilenetv2-voc21", "regions"]
net = { type = "merge", options = { background = "background" } }
classes = { names = ["background", "person", "dog", "cat", "bicycle", "car", "region"], things = ["region"] }
decide = { confidence = 0.0, overlap = 0.25, stuff_area = 64 }
"""


@pytest.fixture
def panoptic(window: MainWindow, shared: Path, tmp_path: Path, until) -> MainWindow:
    """The window on a photograph that a panoptic model has answered."""
    photo = sorted((shared / "data" / "photos" / "coco").rglob("*562150.jpg"))[0]
    folder, models = tmp_path / "photos", tmp_path / "models"
    folder.mkdir()
    models.mkdir()
    shutil.copy(photo, folder)
    (models / "both.toml").write_text(CARD)
    desk = window.desk
    folders = (str(models), str(shared / "data" / "checkpoints"))
    desk.session.use_settings(replace(desk.session.settings, model_folders=folders))
    desk.open_path(folder)
    until(lambda: desk.labels.document is not None and not desk.scanning)
    desk.runs.choose_model("both")
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_R)
    until(lambda: desk.labels.document.segmentation.segments)
    return window


def card(task: str, net: str = "some_net") -> ModelCard:
    return ModelCard("c", Text("c"), task, "", Text(""), NetSpec(net), ClassSet([]))


def test_a_model_has_the_thresholds_that_act_on_its_answers():
    assert object_fields(None) == object_fields(card("semantic")) == ()
    assert object_fields(card("instance")) == ("overlap",)
    assert object_fields(card("panoptic")) == ("overlap", "stuff_area")
    assert object_fields(card("panoptic", "transformers")) == ("overlap", "stuff_area", "mask_threshold")


def test_the_button_is_there_for_models_of_objects_only(opened: MainWindow):
    panel = opened.options_panel
    assert panel.objects_button.isVisible()
    QTest.mouseClick(panel.objects_button, Qt.MouseButton.LeftButton)
    assert panel.objects.isVisible()
    assert panel.objects.sliders["overlap"].isVisible()
    assert not panel.objects.sliders["stuff_area"].isVisible()
    panel.objects.sliders["overlap"].slider.setValue(30)
    assert opened.desk.session.options.decide.overlap == 0.3
    panel.objects.reset.click()
    card = opened.desk.runs.card
    assert card is not None
    assert opened.desk.session.options.decide.overlap == card.decide.overlap
    panel.objects.close()
    opened.desk.runs.choose_model("deeplabv3-mobilenetv2-voc21")
    assert not panel.objects_button.isVisible()


def test_stuff_goes_and_comes_back_without_a_second_pass(panoptic: MainWindow, until):
    desk, card = panoptic.desk, panoptic.options_panel.objects
    document = desk.labels.document
    assert document is not None
    assert [slider.value() for slider in card.sliders.values()] == [0.25, 64, 0.5]
    answers: list[bool] = []
    desk.runs.answered.connect(lambda answer: answers.append(answer.again))

    def classes() -> set[str]:
        table = document.segmentation.segments.values()
        return {desk.session.classes.get(s.class_id).name for s in table}

    assert classes() == {"region"}
    panoptic.options_panel.confidence.slider.setValue(100)  # no region is as sure as that
    until(lambda: "region" not in classes())
    areas = {
        desk.session.classes.get(document.segmentation.segments[i].class_id).name: a
        for i, a in document.segmentation.areas().items()
        if i
    }
    assert len(areas) > 1
    small, least = min(areas, key=areas.__getitem__), min(areas.values())
    card.sliders["stuff_area"].slider.setValue(card.sliders["stuff_area"].slider.maximum())
    if least < 16384:
        until(lambda: small not in classes())
        assert "background" in classes()
    card.reset.click()
    assert desk.session.options.decide.stuff_area == 64
    until(lambda: small in classes())
    assert answers
    assert all(answers)  # decided again, each time
