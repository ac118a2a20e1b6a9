"""From a few labelled pictures to a trained model that answers, all in the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication

from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import Project
from segdesk.paths import user_config_dir
from segdesk.ui.main_window import MainWindow
from segdesk.ui.train_dialog import TrainDialog
from segdesk.ui.train_sources import EarlierTrainings

CARD = "tiny"
TOML = """
id = "tiny"
name = "Tiny"
task = "semantic"
trainable = true
net = { type = "fast_scnn", options = { stem = [8, 16, 16], widths = [16, 16, 32], width = 32, bins = [2, 3, 6] } }
classes = { names = ["", "square"] }
weights = { file = "tiny.pth", urls = ["https://example.invalid/tiny.pth"], sha256 = "00000000" }
"""
COUNT = 4


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A project of four small pictures with a light square each; the last one is not verified."""
    folder = tmp_path / "squares"
    folder.mkdir()
    project = Project.create(folder / "squares.segdesk", folder, ClassSet.from_names(["square", "moon"]))
    project.add_pictures([f"{i}.png" for i in range(COUNT)])
    for i, row in enumerate(project.pictures()):
        labels = np.zeros((64, 64), np.uint16)
        labels[8 : 40 + i, 10 + 4 * i : 44] = 1
        pixels = np.where(labels[..., None] == 1, (220, 180, 90), (40, 50, 70)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
        project.save_map(row.id, "annotation", Segmentation.from_class_map(labels))
        if i < COUNT - 1:
            project.set_state(row.id, "verified")
    project.close()
    return folder


@pytest.fixture
def page(window: MainWindow, labelled: Path, until) -> TrainDialog:
    desk = window.desk
    (user_config_dir() / "models").mkdir(parents=True, exist_ok=True)
    (user_config_dir() / "models" / "tiny.toml").write_text(TOML, encoding="utf-8")
    desk.session.use_settings(desk.session.settings)
    desk.open_path(labelled)
    until(lambda: desk.labels.document is not None and not desk.scanning)
    until(lambda: len(desk.session.pictures) == COUNT)
    desk.training.ask(CARD)
    until(lambda: window.findChild(TrainDialog))
    found = window.findChild(TrainDialog)
    assert isinstance(found, TrainDialog)
    until(lambda: found.survey is not None)
    return found


def test_the_form_knows_what_there_is(page: TrainDialog, until):
    assert page.survey is not None
    assert len(page.survey.paths) == COUNT - 1
    assert page.start.currentData() == "scratch"  # its weights are not here
    assert page.ok.isEnabled()
    plan = page.plan()
    assert plan.classes == (1,)  # nothing shows a moon
    assert plan.judging is not None
    assert len(plan.judging) == 1
    page.start.setCurrentIndex(page.start.findData("card"))
    assert not page.ok.isEnabled()
    assert "download" in page.why.text()
    page.verified.setChecked(False)
    until(lambda: page.survey is not None and len(page.survey.paths) == COUNT)
    page.start.setCurrentIndex(page.start.findData("scratch"))
    page.epochs.setValue(0)
    assert "needs an end" in page.why.text()


def test_a_training_ends_with_a_model_that_is_kept(window: MainWindow, page: TrainDialog, until):
    desk = window.desk
    page.epochs.setValue(1)
    page.batch.setValue(8)
    page.crop.setValue(32)
    page.name.setText("My squares")
    page.accept()
    until(lambda: desk.training.stage == "running")
    assert page.pages.currentWidget() is page.run_page
    page.hide()  # it goes on without its page
    until(lambda: desk.training.stage == "ended")
    window.desk.training.ask()
    QApplication.processEvents()
    assert page.isVisible()
    assert page.pages.currentWidget() is page.result_page
    assert page.result_page.table.rowCount() == 2
    assert not page.run_page.sample.pixmap().isNull()
    page.grab()  # the plots paint
    page.result_page.keep.click()
    until(lambda: desk.session.model_id == "my-squares")
    assert (user_config_dir() / "models" / "my-squares.pth").exists()
    assert (user_config_dir() / "models" / "my-squares.training.json").exists()
    verified = next(r for r in desk.session.pictures if r.state == "verified")
    before = desk.session.project.load_map(verified.id, "annotation")
    desk.runs.run_all()
    until(lambda: desk.runs.batch_id is None)
    assert (desk.session.project.load_map(verified.id, "annotation").ids == before.ids).all()
    assert all(r.state != "failed" for r in desk.session.pictures)


def test_the_menu_of_models_offers_it(window: MainWindow, page: TrainDialog, until):
    page.hide()
    panel = window.model_panel
    until(lambda: panel.listing.entries)
    browser = panel.open_browser()
    browser.search.setText("attention u-net")
    assert browser.train.isEnabled()
    browser.train.click()
    until(page.isVisible)
    assert window.desk.training.card_id == "attention-unet"
    assert "nobody has published" in page.model.text()


def choose(box, key: str) -> None:
    box.setCurrentIndex(box.findData(key))
    assert box.currentData() == key


def test_a_data_set_instead_of_the_project(page: TrainDialog, tmp_path: Path):
    choose(page.layer, "data")
    assert page.data.isVisible()
    assert not page.lists.isVisible()
    assert not page.ok.isEnabled()
    assert "file or folder" in page.why.text()
    (tmp_path / "val").mkdir()
    choose(page.data.format, "index_png")
    page.data.labels.setText(str(tmp_path))
    assert page.ok.isEnabled()
    page.data.judging.setText(str(tmp_path / "none"))
    assert not page.ok.isEnabled()
    page.data.judging.setText(str(tmp_path / "val"))
    plan = page.plan()
    assert plan.data is not None
    assert plan.data.plugin.info.id == "index_png"
    assert (plan.data.paths, plan.data.judging) == ((tmp_path,), (tmp_path / "val",))
    assert not page.grab().isNull()
    choose(page.layer, "annotation")
    assert page.lists.isVisible()
    assert page.plan().data is None


def test_the_encoder_of_another_model_and_the_further_options(window: MainWindow, page: TrainDialog):
    choose(page.start, "other")
    assert page.encoders.isVisible()
    choose(page.encoders, "nuclei-unet")  # the shipped one is always here
    choose(page.loss, "border")
    choose(page.adversary, "patches")
    assert page.ok.isEnabled()
    plan = page.plan()
    assert (plan.mode, plan.encoder_from) == ("encoder", "nuclei-unet")
    assert (plan.options.loss, plan.options.adversary, plan.options.teacher) == ("border", "patches", 0.0)
    page.teacher.setChecked(True)
    assert "something to remember" in page.why.text()
    assert not page.grab().isNull()
    choose(page.start, "scratch")
    assert not page.encoders.isVisible()


def test_earlier_trainings_go_on_or_are_deleted(window: MainWindow, page: TrainDialog, until):
    desk = window.desk
    page.crop.setValue(32)
    for _ in range(2):
        job = desk.session.training.prepare(page.plan())
        desk.track(job, "preparing", shown=False)
        until(lambda job=job: job not in desk.jobs)
    page.begin()
    until(page.go_on.isVisible)
    page.go_on.click()
    listing = page.findChild(EarlierTrainings)
    assert isinstance(listing, EarlierTrainings)
    assert len(listing.runs) == 2
    assert "not begun" in listing.listing.item(0).text()
    assert not listing.grab().isNull()
    first, second = listing.runs
    listing.delete.click()
    until(lambda: not first.folder.exists())
    assert second.folder.exists()
    listing.go_on.click()
    until(lambda: desk.training.stage == "running")
    assert desk.training.run is second
    desk.training.stop()
    until(lambda: desk.training.stage in ("idle", "ended"))
