"""The export dialog: what it asks for reaches the export, and what came back is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from PySide6.QtCore import Qt

from segdesk.io.verifying import Verified
from segdesk.ui.export_dialog import ExportDialog, verified_text
from segdesk.ui.import_dialog import ImportDialog, SurveyPage
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
    found = yaml.safe_load((tmp_path / "out" / "provenance.txt").read_text(encoding="utf-8"))
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


def test_a_look_at_labels_shows_classes_and_takes_what_was_chosen(
    opened: MainWindow, dialog: ExportDialog, tmp_path: Path, until
):
    """Export, then import as reference with one class left out, by way of the page."""
    desk = opened.desk
    dialog.format.setCurrentIndex(dialog.format.findData("index_png"))
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.ok.click()
    until(lambda: not desk.jobs)
    opened.action_set.by_id["import_labels"].trigger()
    importing = opened.findChildren(ImportDialog)[-1]
    importing.format.setCurrentIndex(importing.format.findData("index_png"))
    importing.path.setText(str(tmp_path / "out"))
    assert not importing.replace.isVisible()
    importing.look.click()
    until(lambda: opened.findChildren(SurveyPage))
    page = opened.findChildren(SurveyPage)[-1]
    assert page.list.topLevelItemCount() == len(page.boxes) > 0
    assert all(desk.session.project.load_map(row.id, "reference") is None for row in desk.session.pictures)
    first = next(iter(page.boxes))
    gone = desk.session.classes.named(first)
    page.boxes[first].setCurrentIndex(page.boxes[first].findData(0))
    page.ok.click()
    until(lambda: not desk.jobs and desk.session.project.load_map(1, "reference") is not None)
    for row in desk.session.pictures:
        found = desk.session.project.load_map(row.id, "reference")
        assert gone.id not in {s.class_id for s in found.segments.values()}
