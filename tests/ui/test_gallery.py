"""The gallery in a real window: finding a card, trying models on the open picture, comparing two, choosing one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from segdesk.app.model_search import ORDERS
from segdesk.domain.card import ModelCard
from segdesk.ui.gallery import Gallery
from segdesk.ui.gallery_pair import PairView
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def gallery(opened: MainWindow, until: Until) -> Gallery:
    """The gallery, opened by its action, without previews by itself, all models in it."""
    opened.desk.remember(gallery_preview=False)
    opened.action_set.by_id["gallery"].trigger()
    found = opened.findChild(Gallery, "gallery")
    assert isinstance(found, Gallery)
    until(lambda: found.listing.entries)
    return found


def cards(gallery: Gallery) -> list[ModelCard]:
    return [entry.card for entry in gallery.model.entries]


def search(gallery: Gallery, text: str, until: Until) -> None:
    gallery.search.setText(text)
    until(lambda: gallery._filter.text == text)


def choose(gallery: Gallery, card_id: str) -> None:
    at = gallery.model.row_of(card_id)
    assert at >= 0
    gallery.grid.setCurrentIndex(gallery.model.index(at, 0))


def test_hundreds_of_cards_are_found_by_words_filters_and_order(gallery: Gallery, until: Until):
    everything = len(cards(gallery))
    assert everything > 500
    assert all(entry.ready for entry in gallery.model.entries[:3]), "what can run at once stands first"
    search(gallery, "danet voc", until)
    assert {card.system for card in cards(gallery)} == {"DANet"}
    gallery.reset.click()
    for key, value in (("system", "SegFormer"), ("data", "ADE20K"), ("weights", "download")):
        box = gallery.boxes[key]
        box.setCurrentIndex(box.findData(value))
    assert {(card.system, card.data) for card in cards(gallery)} == {("SegFormer", "ADE20K")}
    gallery.order.setCurrentIndex(gallery.order.findData("score"))
    scores = [card.scores[0].value for card in cards(gallery) if card.scores]
    assert scores == sorted(scores, reverse=True)
    gallery.reset.click()
    assert len(cards(gallery)) == everything
    for order in ORDERS:
        gallery.order.setCurrentIndex(gallery.order.findData(order))
        assert len(cards(gallery)) == everything
    search(gallery, "no such model at all", until)
    assert gallery.none.isVisible()
    assert not gallery.detail.use.isEnabled()


def test_a_model_without_weights_says_so_and_cannot_be_tried(gallery: Gallery, until: Until):
    search(gallery, "segnet", until)
    bare = next(e for e in gallery.model.entries if e.status.kind == "untrained")
    choose(gallery, bare.card.id)
    assert "noise" in gallery.detail.preview.words
    assert not gallery.detail.look.isEnabled()
    assert not gallery.detail.measure.isEnabled()
    assert not gallery.detail.compare.isEnabled()
    assert gallery.detail.use.isEnabled()


def test_a_chosen_card_previews_itself_and_is_measured_beside_the_project(
    opened: MainWindow, gallery: Gallery, until: Until
):
    trials = opened.desk.runs.trials
    choose(gallery, "nuclei-unet")
    gallery.detail.automatic.setChecked(True)
    assert opened.desk.session.settings.ui["gallery_preview"] is True
    choose(gallery, "regions")
    until(lambda: trials.image("regions") is not None and not trials.busy)
    gallery.detail.automatic.setChecked(False)
    assert gallery.detail.preview.image is not None
    assert "MP" in gallery.detail.told.text()
    gallery.detail.measure.click()
    until(lambda: not trials.busy)
    assert len(opened.desk.session.classes) == 0
    assert opened.desk.session.counts() == {"new": 3}
    opened.desk.go_to(opened.desk.session.pictures[1].id)
    until(lambda: opened.desk.labels.document is not None)
    assert trials.image("regions") is None, "a preview is of the picture that is open"


def test_two_models_are_compared_and_one_is_used(opened: MainWindow, gallery: Gallery, until: Until):
    choose(gallery, "nuclei-unet")
    gallery.detail.compare.click()
    page = gallery.comparison
    assert page.isVisible()
    assert page.chosen()[0] == "nuclei-unet"
    page.choose("nuclei-unet", "regions")
    until(lambda: not opened.desk.runs.trials.comparing)
    page.run.click()
    until(lambda: page.pair is not None and page.pair.second.card_id == "regions")
    assert page.share.text().endswith("%")
    pair = page.pair
    assert pair is not None
    assert page.table.rowCount() == len(pair.agreement.classes)
    for pill in page.modes.values():
        pill.click()
        assert not page.view.grab().isNull()
    page.use[1].click()
    assert not gallery.isVisible()
    assert opened.desk.session.model_id == "regions"
    assert len(opened.desk.session.classes) == 0


def test_keys_search_move_choose_and_close(opened: MainWindow, gallery: Gallery, until: Until):
    QTest.keyClicks(gallery.search, "nuclei")
    until(lambda: "nuclei-unet" in [card.id for card in cards(gallery)])
    QTest.keyClick(gallery.grid, Qt.Key.Key_X)
    assert gallery.search.hasFocus()
    assert gallery.search.text() == "nucleix"
    QTest.keyClick(gallery.search, Qt.Key.Key_Backspace)
    until(lambda: cards(gallery))
    choose(gallery, "nuclei-unet")
    QTest.keyClick(gallery.search, Qt.Key.Key_Return)
    assert not gallery.isVisible()
    assert opened.desk.session.model_id == "nuclei-unet"


def test_both_sides_zoom_and_move_together(gallery: Gallery):
    view = PairView()
    view.resize(406, 200)
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:50, :50] = 255
    image = QImage(pixels.data, 100, 100, 300, QImage.Format.Format_RGB888).copy()
    view.show_pair((image, image, image), ("A", "B", ""))
    left, right = view.panes()
    assert left.size() == right.size()
    at = QPointF(150.0, 60.0)

    def under(point: QPointF) -> QPointF:
        target = view._target(view._pane(point))
        return QPointF((point.x() - target.x()) / target.width(), (point.y() - target.y()) / target.height())

    before = under(at)
    view.zoom_by(2.0, at)
    assert (under(at) - before).manhattanLength() < 1e-6, "what is under the pointer stays there"
    offset = QPointF(right.left() - left.left(), 0)
    assert (under(at + offset) - under(at)).manhattanLength() < 1e-6
    QTest.keyClick(view, Qt.Key.Key_0)
    assert under(at) == before
    view.set_mode("slider")
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.split == pytest.approx(0.52)
    view.deleteLater()


def test_it_is_drawn_in_both_languages_and_looks(opened: MainWindow, gallery: Gallery, until: Until):
    opened.desk.change_settings(language="zh_CN", theme="dark")
    until(lambda: gallery.count.text().endswith("个模型"))
    for page in range(2):
        gallery.pages.setCurrentIndex(page)
        image = gallery.grab().toImage()
        colors = {image.pixelColor(x, y).rgb() for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
        assert len(colors) > 8
