"""A checkpoint dropped on the real window becomes a model that answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from segdesk.paths import user_config_dir
from segdesk.ui.add_model import AddModelDialog
from segdesk.ui.main_window import MainWindow

# Written by another process: torch must not come into this one.
WRITE = """
import sys, torch
from torch import nn
from segdesk.engines.loading import net_module
module = net_module("fast_scnn")
net = module.build(module.VARIANTS["fast-scnn"], 3).eval()
meta = {"CLASSES": ["sky", "road", "car"], "PALETTE": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}
torch.save({"state_dict": net.state_dict(), "meta": meta}, sys.argv[1] + "/net.pth")
script = torch.jit.trace(nn.Conv2d(3, 4, 3, padding=1), torch.rand(1, 3, 32, 32))
torch.jit.save(script, sys.argv[1] + "/script.pt")
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    subprocess.run([sys.executable, "-W", "ignore", "-c", WRITE, str(folder)], check=True)
    return folder


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, left, none))


def shown(kind: type) -> object:
    return next((w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()), None)


def test_a_dropped_checkpoint_becomes_the_chosen_model(opened: MainWindow, files: Path, until):
    drop(opened, files / "net.pth")
    until(lambda: shown(AddModelDialog))
    dialog = shown(AddModelDialog)
    assert isinstance(dialog, AddModelDialog)
    assert dialog.found.names == ("sky", "road", "car")
    assert dialog.ok.isEnabled()
    until(lambda: not dialog.picture.pixmap().isNull())
    before = dialog.picture.pixmap().cacheKey()
    dialog.input.setCurrentIndex(3)
    until(lambda: dialog.picture.pixmap().cacheKey() != before)
    dialog.classes.setEditText("one, two")
    assert not dialog.ok.isEnabled()
    dialog.classes.setEditText("sky, road, boat")
    dialog.name.setText("Mine")
    dialog.accept()
    desk = opened.desk
    until(lambda: desk.session.model_id == "mine")
    card = desk.session.card("mine")
    assert card is not None
    assert [c.name for c in card.classes] == ["sky", "road", "boat"]
    assert card.input.std == (255.0, 255.0, 255.0)
    assert (user_config_dir() / "models" / "mine.pth").exists()
    desk.runs.run_here()
    until(lambda: desk.labels.document.segmentation.segments)


def test_a_program_asks_first(opened: MainWindow, files: Path, until):
    drop(opened, files / "script.pt")
    until(lambda: shown(QMessageBox))
    box = shown(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert "script.pt" in box.text()
    next(b for b in box.buttons() if box.buttonRole(b) == QMessageBox.ButtonRole.AcceptRole).click()
    until(lambda: shown(AddModelDialog))
    dialog = shown(AddModelDialog)
    assert isinstance(dialog, AddModelDialog)
    assert dialog.found.num_classes == 4
    dialog.reject()
    assert "script" not in [c.id for c in opened.desk.session.cards]


def test_a_file_that_is_no_model_is_said_so(opened: MainWindow, tmp_path: Path, until):
    said: list[str] = []
    opened.desk.notice.connect(lambda kind, sentence, hint: said.append(sentence))
    (tmp_path / "x.pth").write_bytes(b"no checkpoint")
    drop(opened, tmp_path / "x.pth")
    until(lambda: said)
    assert "x.pth is not a checkpoint" in said[0]
    assert shown(AddModelDialog) is None
