"""Panels one by one: file list, classes, objects, options, toasts, crash hook, export dialog."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt

from segdesk.app.jobs import Progress
from segdesk.app.queue import Wanted, arrange
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import PictureRow
from segdesk.ui.desk import Tracked
from segdesk.ui.export_dialog import ExportDialog, free_folder
from segdesk.ui.file_list import FileModel
from segdesk.ui.main_window import MainWindow
from segdesk.ui.model_text import weights_text
from segdesk.ui.progress_panel import JobLine, duration
from segdesk.ui.report_dialog import ReportDialog


class Rows:
    """What the file model sees of a desk."""

    def __init__(self, count: int) -> None:
        states = ("new", "predicted", "verified", "failed")
        self.session = self
        self.queue = self
        self.shown: list[int] | None = None
        self.pictures = [
            PictureRow(i + 1, f"folder/picture{i:06d}.jpg", 0, 0, states[i % 4], 0.0, 0.0, 0, "") for i in range(count)
        ]


def test_file_model_takes_100_000_rows(window: MainWindow):
    rows = Rows(100_000)
    model = FileModel(rows, window)  # type: ignore[arg-type]
    model.reload()
    assert model.rowCount() == 100_000
    assert model.data(model.index(99_999)) == "folder/picture099999.jpg"
    rows.shown = arrange(rows.pictures, Wanted(text="0999", state="verified"))
    model.reload()
    assert model.rowCount() == sum("0999" in f"{i:06d}" and i % 4 == 2 for i in range(100_000))
    assert all(model.picture(model.index(i)).state == "verified" for i in range(model.rowCount()))
    assert model.line_of(rows.shown[3]) == 3
    assert model.line_of(1) is None


def test_file_list_follows_and_leads(opened: MainWindow, until):
    files = opened.files
    assert files.view.currentIndex().row() == 0
    opened.desk.queue.next()
    assert files.view.currentIndex().row() == 1
    files.view.setCurrentIndex(files.model.index(2))
    assert opened.desk.current.path == "c.png"
    files.search.setText("nothing like it")
    until(lambda: files.none.isVisibleTo(files))
    assert opened.desk.current.path == "c.png"


def test_classes_are_added_renamed_recoloured(opened: MainWindow, until):
    desk, panel = opened.desk, opened.classes
    panel.add.click()
    until(lambda: panel.list.topLevelItemCount() == 1)
    item = panel.list.topLevelItem(0)
    item.setText(0, "nucleus")
    until(lambda: desk.session.classes.named("nucleus") is not None)
    info = desk.session.classes.named("nucleus")
    assert desk.labels.hand.active_class == info.id
    desk.labels.recolour_class(info.id, (1, 2, 3))
    desk.labels.set_thing(info.id, not info.is_thing)
    until(lambda: desk.session.classes.get(info.id).color == (1, 2, 3))
    assert desk.session.classes.get(info.id).is_thing is not info.is_thing
    assert desk.labels.add_class("other")
    assert not desk.labels.rename_class(info.id, "Other")
    assert opened.toasts.shown[-1].key[0] == "error"
    assert desk.session.classes.get(info.id).name == "nucleus"


def test_objects_are_listed_selected_relabelled_deleted(opened: MainWindow, until):
    desk, panel = opened.desk, opened.objects
    desk.labels.add_class("one")
    desk.labels.add_class("two")
    until(lambda: len(desk.labels.document.classes) == 2)
    first, second = (c.id for c in desk.session.classes)
    ids = np.zeros((64, 96), np.uint16)
    ids[:10, :10], ids[20:40, 20:40] = 1, 2
    found = Segmentation(ids, {1: Segment(first, 0.5), 2: Segment(second, 0.9)})
    desk.labels.document.apply(found, "replace labels")
    until(lambda: {(r.name, r.area) for r in panel.model.rows} == {("one", 100), ("two", 400)})
    line = panel.model.line_of(2)
    panel.view.setCurrentIndex(panel.model.index(line, 0))
    assert desk.labels.document.active_segment == 2
    assert panel.delete.isEnabled()
    desk.labels.relabel(2, first)
    until(lambda: {r.name for r in panel.model.rows} == {"one"})
    panel.model.sort(2, Qt.SortOrder.DescendingOrder)
    assert [r.area for r in panel.model.rows] == [400, 100]
    desk.labels.select(2)
    opened.action_set.by_id["delete_object"].trigger()
    until(lambda: [r.area for r in panel.model.rows] == [100])


def test_options_reach_the_session(opened: MainWindow):
    desk = opened.desk
    desk.runs.choose_model("regions")
    opened.options_panel.area.slider.setValue(5)
    assert desk.session.options.decide.min_area == 50
    opened.options_panel.confidence.slider.setValue(30)
    assert desk.session.options.decide.confidence == 0.3
    assert not opened.options_panel.crf.isEnabled()
    assert "\n" in opened.options_panel.crf.toolTip()


def test_models_without_weights_offer_what_can_be_done(window: MainWindow):
    desk, panel = window.desk, window.model_panel
    missing = next(c.id for c in desk.session.cards if desk.session.weights_status(c.id).kind == "missing")
    desk.runs.choose_model(missing)
    assert not panel.locate.isHidden()
    assert panel.download.isHidden()
    assert not panel.run_here.isEnabled()
    there = next(c.id for c in desk.session.cards if desk.session.weights_status(c.id).kind == "download")
    desk.runs.choose_model(there)
    assert not panel.download.isHidden()
    assert "MB" in weights_text(desk.session.weights_status(there), desk.session.card(there))[0]


def test_progress_says_how_long(window: MainWindow, qtbot):
    line = JobLine(window.desk, 1, Tracked("Running on all", pausable=True))
    qtbot.addWidget(line)
    line.show_progress(Progress(1, "Running on all", 3, 24, "a.png", 42.0))
    assert line.detail.text() == "3 of 24  ·  about 42 s left  ·  a.png"
    line.show_progress(Progress(1, "Running on all", 3, 24, "", None, paused=True))
    assert "paused" in line.detail.text()
    assert duration(600) == "about 10 min left"
    assert duration(7500) == "about 2 h 5 min left"


def test_toasts_replace_their_like_and_go(window: MainWindow):
    for _ in range(2):
        window.toasts.show("error", "The disk is full.", "Free some space.")
    window.toasts.show("info", "Other", "")
    assert [t.key for t in window.toasts.shown] == [("error", "The disk is full."), ("info", "Other")]
    window.toasts.shown[0].dismiss()
    assert [t.key[1] for t in window.toasts.shown] == ["Other"]


def test_an_exception_is_shown_and_the_window_stays(window: MainWindow, until):
    def broken() -> None:
        raise RuntimeError("boom")

    try:
        broken()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert window.isVisible()
    assert window.toasts.shown[-1].key[0] == "error"
    window.toasts.shown[-1].dismiss()
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    until(lambda: window.toasts.shown)


def test_dialogs_say_what_is_missing(opened: MainWindow, tmp_path: Path, qtbot):
    formats = [p.info for p in opened.desk.session.formats]
    dialog = ExportDialog(opened.desk, formats, opened)
    qtbot.addWidget(dialog)
    assert dialog.ok.isEnabled()
    dialog.verified.setChecked(True)
    assert not dialog.ok.isEnabled()
    assert dialog.why.text()
    report = ReportDialog(opened.desk, opened)
    qtbot.addWidget(report)
    assert report.ok.isEnabled()
    report.against.setCurrentIndex(1)
    assert not report.ok.isEnabled()
    (tmp_path / "x").mkdir()
    assert free_folder(tmp_path, "x") == tmp_path / "x-2"


def test_settings_are_remembered(window: MainWindow, until):
    from segdesk.app import settings

    window.desk.change_settings(theme="dark")
    window.desk.remember(opacity=0.7)
    until(lambda: settings.load()[0].ui.get("opacity") == 0.7)
    kept, note = settings.load()
    assert (kept.theme, kept.ui["opacity"], note) == ("dark", 0.7, "")
    assert replace(kept, theme="") != kept
