"""The export dialog: what it asks for reaches the export, and what came back is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from PySide6.QtCore import Qt

from segdesk.io.verifying import Verified
from segdesk.ui.export_dialog import ExportDialog, verified_text
from segdesk.ui.main_window import MainWindow


@pytest.fixture
def dialog(opened: MainWindow, until) -> ExportDialog:
    """The dialog over a project whose pictures have labels of the model without weights."""
    desk = opened.desk
    opened.action_set.by_id["run_all"].trigger()
    until(lambda: not desk.jobs and desk.session.counts().get("predicted", 0) > 0)
    opened.action_set.by_id["export_labels"].trigger()
    return opened.findChildren(ExportDialog)[-1]


def test_splits_classes_and_options_reach_the_export(window: MainWindow, dialog: ExportDialog, tmp_path: Path, until):
    dialog.format.setCurrentIndex(dialog.format.findData("coco_instances"))
    dialog.options.boxes["masks"].setCurrentIndex(1)
    dialog.split.kind.setCurrentIndex(dialog.split.kind.count() - 1)
    for box, share in zip(dialog.split.shares, (50, 25, 25), strict=True):
        box.setValue(share)
    dialog.folder.setText(str(tmp_path / "out"))
    said: list[tuple[str, str, str]] = []
    window.desk.notice.connect(lambda *parts: said.append(parts))
    assert dialog.ok.isEnabled()
    dialog.ok.click()
    until(lambda: not window.desk.jobs)
    found = yaml.safe_load((tmp_path / "out" / "provenance.yaml").read_text(encoding="utf-8"))
    assert found["options"] == {"masks": "uncompressed"}
    assert found["split"]["shares"] == [50.0, 25.0, 25.0]
    assert set(found["split"]["pictures"]) == {"train", "val", "test"}
    assert ["0 pixels differ" in hint for _, sentence, hint in said if "Exported" in sentence] == [True]


def test_a_choice_that_makes_no_sense_is_said_and_cannot_be_exported(dialog: ExportDialog):
    assert dialog.ok.isEnabled()
    dialog.split.kind.setCurrentIndex(1)
    dialog.split.group.setText("([")
    assert not dialog.ok.isEnabled()
    assert "regular expression" in dialog.why.text()
    dialog.split.group.setText("")
    dialog.classes.all.setChecked(False)
    for row in range(dialog.classes.list.count()):
        dialog.classes.list.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert dialog.why.text() == "Choose at least one class."


def test_formats_without_labels_take_their_pictures_from_the_project(dialog: ExportDialog):
    dialog.format.setCurrentIndex(dialog.format.findData("cut_outs"))
    assert not dialog.pictures.isEnabled()
    assert set(dialog.options.boxes) == {"margin", "background", "regions"}
    assert "cannot be read back" in dialog.note.text()


def test_what_was_lost_is_said():
    assert verified_text(Verified(3, 100, 0, 0, 0, ("SegDesk",))) == "Read back by SegDesk: 0 pixels differ."
    found = verified_text(Verified(3, 100, 7, 2, 1, ("SegDesk", "pycocotools")))
    assert found == (
        "Read back by SegDesk, pycocotools: 7 pixels have another class, 2 pixels belong to another object, "
        "1 picture did not come back."
    )
