"""A model that finds objects is trained from the window: the form offers it, the run shows its figure, it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.engines.training.messages import Sample
from segdesk.io.project import Project
from segdesk.paths import user_config_dir
from segdesk.ui.main_window import MainWindow
from segdesk.ui.train_dialog import TrainDialog
from segdesk.ui.train_plot import outlined, sample_pixmap

TOML = """
id = "tiny"
name = "Tiny"
task = "panoptic"
trainable = true
classes = { names = ["", "square"] }
input = { multiple = 32 }
weights = { file = "tiny.pth" }
[net]
type = "panoptic_deeplab"
[net.options]
encoder = "resnet18_v1c"
encoder_options = { output_stride = 16, base = 8, stem_width = 16 }
project = [4, 8]
pyramid_width = 16
semantic = { width = 16, head_width = 8 }
instance = { width = 16, head_width = 8 }
"""
COUNT = 3


@pytest.fixture
def page(window: MainWindow, tmp_path: Path, until) -> TrainDialog:
    """The page for a project of pictures with two squares each."""
    folder = tmp_path / "squares"
    folder.mkdir()
    classes = ClassSet.from_names(["square"], things=["square"])
    with Project.create(folder / "squares.segdesk", folder, classes) as project:
        project.add_pictures([f"{i}.png" for i in range(COUNT)])
        for i, row in enumerate(project.pictures()):
            ids = np.zeros((64, 64), np.uint16)
            ids[6:28, 4 + i : 26], ids[36:60, 30 : 56 + i] = 1, 2
            pixels = np.where(ids[..., None] > 0, (220, 180, 90), (40, 50, 70)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
            project.save_map(row.id, "annotation", Segmentation(ids, {1: Segment(1), 2: Segment(1)}))
            project.set_state(row.id, "verified")
    desk = window.desk
    (user_config_dir() / "models").mkdir(parents=True, exist_ok=True)
    (user_config_dir() / "models" / "tiny.toml").write_text(TOML, encoding="utf-8")
    desk.session.use_settings(desk.session.settings)
    desk.open_path(folder)
    until(lambda: desk.labels.document is not None and not desk.scanning)
    desk.training.ask("tiny")
    until(lambda: window.findChild(TrainDialog))
    found = window.findChild(TrainDialog)
    assert isinstance(found, TrainDialog)
    until(lambda: found.survey is not None and len(found.survey.paths) == COUNT)
    return found


def test_a_model_of_objects_is_trained_and_judged_by_pq(window: MainWindow, page: TrainDialog, until):
    training = window.desk.training
    assert not page.problem()
    assert not page.loss.isEnabled()  # such a network has a loss of its own
    assert "own" in page.loss.toolTip()
    page.epochs.setValue(1)
    page.crop.setValue(64)
    page.batch.setValue(8)
    page.accept()
    until(lambda: training.stage == "running")
    until(lambda: training.begun is not None)
    until(lambda: training.stage == "ended")
    result = training.result
    assert result is not None
    assert result.new.metric == "PQ"
    shown = page.result_page
    until(lambda: page.pages.currentWidget() is shown)
    model = shown.table.model()
    assert model.headerData(0, Qt.Orientation.Horizontal) == "PQ"
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names[:2] == ["Mean", "square"]
    assert {"SQ", "RQ", "AP", "AP50", "mIoU"} <= set(names)
    assert page.run_page.plot.figure == shown.plot.figure == "PQ"
    assert "PQ" in shown.plot.caption()
    sample = training.epochs[-1].sample
    assert sample is not None
    assert sample.truth_ids is not None
    assert len(np.unique(sample.truth_ids)) == 3
    page.grab()  # the plots paint
    shown.keep.click()
    until(lambda: window.desk.session.model_id == "panoptic-deeplab-squares" or training.stage == "idle")
    until(lambda: any((user_config_dir() / "models").glob("*.training.json")))
    kept = window.desk.session.card(window.desk.session.model_id)
    assert kept is not None
    assert kept.task == "panoptic"
    assert kept.scores[0].metric == "PQ"


def test_samples_have_lines_around_objects(qapp):
    ids = np.zeros((4, 6), np.uint16)
    ids[:, :3], ids[:, 3:] = 1, 2
    edge = outlined(ids)
    assert edge[:, 2:4].all()
    assert edge.sum() == 8
    labels = (ids > 0).astype(np.uint8)
    picture = np.full((4, 6, 3), 40, np.uint8)
    classes = ClassSet.from_names(["a"], [(200, 0, 0)])
    plain = sample_pixmap(Sample("x", picture, labels, labels), classes).toImage()
    lined = sample_pixmap(Sample("x", picture, labels, labels, ids, ids), classes).toImage()
    edge_at = 6 + 4 + 2  # in the truth, behind picture and gap
    assert lined.pixelColor(edge_at, 1) == QColor(255, 255, 255)
    assert plain.pixelColor(edge_at, 1) == lined.pixelColor(edge_at - 1, 1)
