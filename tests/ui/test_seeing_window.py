"""Seeing in the real window: keys, menu and card say the same and reach the canvas; taste is kept, looks are not."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from segdesk.domain.classes import ClassSet
from segdesk.domain.doubt import Doubts
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.ui.main_window import MainWindow

Shift = Qt.KeyboardModifier.ShiftModifier
Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def labelled(opened: MainWindow, until: Until) -> MainWindow:
    """The window with classes "left" and "right" and labels of both."""
    opened.desk.session.set_classes(ClassSet.from_names(["left", "right"]))
    document = opened.desk.labels.document
    assert document is not None
    until(lambda: len(document.classes) == 2)
    ids = np.full(document.segmentation.size, 1, np.uint16)
    ids[:, 48:] = 2
    document.apply(Segmentation(ids, {1: Segment(1), 2: Segment(2)}), "Import")
    document.active_class = 2
    return opened


def drawn_kinds(window: MainWindow) -> str:
    return window.canvas.badge.accessibleName() if window.canvas.badge.isVisible() else ""


def below_card(window: MainWindow) -> QImage:
    """What the canvas draws, without the card."""
    return window.canvas.grab(window.canvas.rect().adjusted(0, 250, 0, 0)).toImage()


def test_keys_menu_and_card_agree(labelled: MainWindow, qtbot: QtBot):
    view, actions, canvas = labelled.desk.view, labelled.action_set.by_id, labelled.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_V, Shift)
    assert view.look == "difference"
    assert actions["difference"].isChecked()
    assert drawn_kinds(labelled) == "There is no model's answer to compare with"
    qtbot.keyClick(canvas, Qt.Key.Key_D, Shift)
    assert view.look == "doubt"
    assert not actions["difference"].isChecked()
    assert "no doubt map" in drawn_kinds(labelled)
    view.set_doubt(np.full((4, 6), 200, np.uint8))
    assert drawn_kinds(labelled) == "Doubt of the model"
    actions["doubt"].trigger()
    assert view.look == "labels"
    assert drawn_kinds(labelled) == ""


def test_only_the_active_class_is_shown_whichever_it_is(labelled: MainWindow, qtbot: QtBot):
    canvas, labels = labelled.canvas, labelled.desk.labels
    qtbot.keyClick(canvas, Qt.Key.Key_C, Shift)
    assert drawn_kinds(labelled) == "Only right"
    labels.choose_class(1)
    assert drawn_kinds(labelled) == "Only left"
    labels.swap_void()
    assert drawn_kinds(labelled) == "Only left"
    labelled.desk.view.toggle_dim(True)
    assert canvas.seeing.style.others > 0
    qtbot.keyClick(canvas, Qt.Key.Key_C, Shift)
    assert drawn_kinds(labelled) == ""


def test_what_is_typed_in_the_difference_stays_visible_on_the_next_picture(labelled: MainWindow, until: Until):
    labelled.desk.view.toggle_difference(True)
    first = labelled.desk.labels.document
    labelled.desk.queue.next()
    until(lambda: labelled.desk.labels.document not in (None, first))
    until(lambda: labelled.canvas.document is labelled.desk.labels.document)
    assert drawn_kinds(labelled) == "There is no model's answer to compare with"


def test_a_doubt_map_that_comes_before_its_picture_is_shown_with_it(labelled: MainWindow):
    desk = labelled.desk
    desk.view.toggle_doubt(True)
    desk.places.take(Doubts(np.zeros((4, 6), np.uint8)))
    desk.document_opened.emit(desk.labels.document)  # the canvas takes the document anew, after the doubts came
    assert drawn_kinds(labelled) == "Doubt of the model"


def test_picture_sliders_change_what_is_shown_and_can_be_put_back(labelled: MainWindow):
    card, view = labelled.view_card, labelled.desk.view
    plain = below_card(labelled)
    assert not card.contrast.isVisible()
    card.adjust.click()
    assert card.contrast.isVisible()
    assert card.gamma.isVisible()
    for slider in (card.contrast.slider, card.gamma.slider, card.brightness.slider):
        slider.setValue(slider.maximum())
    assert (view.brightness, view.contrast, view.gamma) == pytest.approx((0.5, 3.0, 2.5))
    assert below_card(labelled) != plain
    card.reset.click()
    assert (view.brightness, view.contrast, view.gamma) == (0.0, 1.0, 1.0)
    card.adjust.click()
    assert below_card(labelled) == plain


def test_taste_is_kept_and_looks_are_not(labelled: MainWindow, until: Until):
    view = labelled.desk.view
    view.toggle_minimap(False)
    view.toggle_dim(True)
    view.toggle_difference(True)
    until(lambda: "minimap" in labelled.desk.session.settings.ui)
    kept = labelled.desk.session.settings.ui
    assert kept["minimap"] is False
    assert kept["dim_others"] is True
    assert "look" not in kept


def test_a_picture_that_is_left_takes_no_memory(labelled: MainWindow, until: Until):
    """Without waiting for Python to look for circles: a large picture and its labels have 500 MB."""
    document = labelled.desk.labels.document
    assert document is not None
    stroke = document.begin("Brush")
    stroke.write(3, 3, np.ones((5, 5), bool), 1)
    document.commit()
    left, pixels = weakref.ref(document), weakref.ref(document.segmentation.ids)
    del document, stroke
    gc.collect()
    gc.disable()
    try:
        labelled.desk.queue.next()
        until(lambda: labelled.canvas.document is not None)
        until(lambda: labelled.desk.save_state.status == "saved")
        assert left() is None
        assert pixels() is None
    finally:
        gc.enable()
