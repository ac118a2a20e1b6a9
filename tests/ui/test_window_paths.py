"""Longer paths through the window, for real: weights, imports, a report, pause and resume, closing on a full disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog, QListWidget, QMessageBox, QPushButton

from segdesk import paths
from segdesk.app import settings as settings_io
from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project
from segdesk.ui.import_dialog import ImportDialog
from segdesk.ui.main_window import MainWindow
from segdesk.ui.report_dialog import ReportDialog
from tests.ui.conftest import write_picture

Until = Callable[[Callable[[], object]], None]


class Files(SimpleHTTPRequestHandler):
    """Gives out a folder's files without a word."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server that gives out the shipped weights."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "own.pth").write_bytes((paths.models_dir() / "nuclei-unet.pth").read_bytes())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


def write_card(folder: Path, *, url: str = "") -> None:
    """The shipped model's card under the name "own", with weights that have to be fetched or located."""
    lines = (paths.models_dir() / "nuclei-unet.toml").read_text("utf-8").splitlines()
    swaps = {"id": 'id = "own"', "name": 'name = "Own model"', "file": 'file = "own.pth"'}
    if url:
        swaps["file"] += f'\nurls = ["{url}/own.pth"]'
    folder.mkdir()
    text = "\n".join(swaps.get(line.partition("=")[0].strip(), line) for line in lines)
    (folder / "own.toml").write_text(text, encoding="utf-8")


def add_folder(window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a model folder by the dialog."""
    monkeypatch.setattr("segdesk.ui.dialogs.ask_folder", lambda *_: folder)
    window.action_set.by_id["model_folders"].trigger()
    dialog = next(d for d in window.findChildren(QDialog) if d.windowTitle() == "Model folders")
    buttons = {b.text(): b for b in dialog.findChildren(QPushButton)}
    buttons["Add folder…"].click()
    buttons["Add folder…"].click()  # a second time changes nothing
    assert dialog.findChild(QListWidget).count() == 1
    buttons["Close"].click()


def choose(window: MainWindow, model: str, until: Until) -> None:
    """Choose a model in the picker, as a click in its list does."""
    panel = window.model_panel
    panel.picker.click()
    until(lambda: window.model_panel.browser.model.row_of(model) >= 0)
    assert panel.browser.choose(model)


def test_weights_are_downloaded_and_the_model_runs(opened: MainWindow, server, tmp_path: Path, until, monkeypatch):
    folder = tmp_path / "models"
    write_card(folder, url=server)
    add_folder(opened, folder, monkeypatch)
    choose(opened, "own", until)
    panel = opened.model_panel
    assert panel.download.isVisible()
    assert not opened.action_set.enabling.allows("run_here")
    panel.download.click()
    until(lambda: opened.action_set.enabling.allows("run_here"))
    assert (folder / "own.pth").read_bytes() == (paths.models_dir() / "nuclei-unet.pth").read_bytes()
    assert not list(folder.glob("*.part"))
    assert not panel.download.isVisible()
    opened.action_set.by_id["run_here"].trigger()
    until(lambda: opened.desk.session.pictures[0].state == "predicted")
    assert "nucleus" in [info.name for info in opened.desk.session.classes]


def test_weights_are_located_and_a_removed_folder_is_forgotten(opened: MainWindow, tmp_path, until, monkeypatch):
    folder = tmp_path / "models"
    write_card(folder)
    add_folder(opened, folder, monkeypatch)
    choose(opened, "own", until)
    panel = opened.model_panel
    assert panel.locate.isVisible()
    assert not panel.download.isVisible()
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"something else")
    for file in (wrong, paths.models_dir() / "nuclei-unet.pth"):
        monkeypatch.setattr("segdesk.ui.dialogs.ask_file", lambda *_, file=file: file)
        panel.locate.click()
        until(lambda: not opened.desk.jobs)
    assert any("checksum differs" in t.key[1] for t in opened.toasts.shown)
    assert opened.desk.runs.weights().path == folder / "own.pth"
    assert opened.action_set.by_id["run_here"].isEnabled()
    opened.action_set.by_id["model_folders"].trigger()
    dialog = next(d for d in opened.findChildren(QDialog) if d.windowTitle() == "Model folders")
    buttons = {b.text(): b for b in dialog.findChildren(QPushButton)}
    dialog.findChild(QListWidget).setCurrentRow(0)
    buttons["Remove"].click()
    buttons["Close"].click()
    until(lambda: "own" not in {e.card.id for e in opened.model_panel.listing.entries})
    until(lambda: settings_io.load()[0].model_folders == ())


def two_cells() -> Segmentation:
    ids = np.zeros((64, 96), np.uint16)
    ids[5:30, 10:40] = 1
    ids[40:60, 50:90] = 2
    return Segmentation(ids, {1: Segment(1), 2: Segment(1)})


@pytest.fixture
def exports(pictures: Path, tmp_path: Path, window: MainWindow, until) -> dict[str, Path]:
    """What a project with two cells in each picture exports, by format."""
    file = tmp_path / "source.segdesk"
    with Project.create(file, pictures, ClassSet.from_names(["cell"], things=["cell"])) as project:
        project.add_pictures(["a.png", "b.png", "c.png"])
        for row in project.pictures():
            project.set_size(row.id, 96, 64)
            project.save_map(row.id, "annotation", two_cells())
    desk = window.desk
    desk.open_path(file)
    until(lambda: desk.labels.document is not None)
    found: dict[str, Path] = {}
    for name in ("coco_instances", "index_png"):
        desk.track(desk.session.export(name, tmp_path / name), "Exporting")
        until(lambda: not desk.jobs)
        found[name] = tmp_path / name
    found["coco_instances"] = next(found["coco_instances"].rglob("*instances*.json"))
    desk.close_project()
    until(lambda: desk.session.project is None and window.stage.currentWidget() is window.welcome)
    return found


@pytest.mark.parametrize("name", ["coco_instances", "index_png"])
def test_labels_are_imported_by_the_dialog(window: MainWindow, pictures: Path, exports, name: str, until):
    desk = window.desk
    desk.open_path(pictures)
    until(lambda: desk.labels.document is not None and len(desk.session.pictures) == 3 and not desk.scanning)
    for layer in ("annotation", "reference"):
        window.action_set.by_id["import_labels"].trigger()
        dialog = window.findChildren(ImportDialog)[-1]
        assert not dialog.ok.isEnabled()
        dialog.format.setCurrentIndex(dialog.format.findData(name))
        dialog.layer.setCurrentIndex(dialog.layer.findData(layer))
        dialog.path.setText(str(exports[name]))
        dialog.ok.click()
        until(lambda: not desk.jobs and desk.labels.document is not None)
        assert "Imported 3 pictures." in [t.key[1] for t in window.toasts.shown]
        assert desk.session.project.load_map(1, layer).segments.keys() == {1, 2}
    until(lambda: np.array_equal(desk.labels.document.segmentation.ids > 0, two_cells().ids > 0))
    assert [info.name for info in desk.session.classes] == ["cell"]
    until(lambda: window.objects.model.rowCount() == 2)


class Browser(QObject):
    """Takes the pages that the program wants to show."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[Path] = []

    @Slot(QUrl)
    def show(self, url: QUrl) -> None:
        """One page."""
        self.pages.append(Path(url.toLocalFile()))


@pytest.fixture
def browser(app: QApplication) -> Iterator[Browser]:
    """Stands where the desktop's browser is."""
    result = Browser()
    QDesktopServices.setUrlHandler("file", result, "show")
    yield result
    QDesktopServices.unsetUrlHandler("file")


def test_a_report_on_the_samples_opens_its_page(window: MainWindow, browser: Browser, tmp_path: Path, until):
    desk = window.desk
    window.action_set.by_id["samples"].trigger()
    until(lambda: desk.labels.document is not None and not desk.scanning)
    row = next(r for r in desk.session.pictures if desk.session.project.load_map(r.id, "reference") is not None)
    desk.go_to(row.id)
    until(lambda: desk.labels.document is not None)
    choose(window, "nuclei-unet", until)
    window.action_set.by_id["run_here"].trigger()
    until(lambda: desk.session.row(row.id).state == "predicted" and not desk.jobs)
    window.action_set.by_id["report"].trigger()
    dialog = window.findChildren(ReportDialog)[-1]
    dialog.layer.setCurrentIndex(dialog.layer.findData("prediction"))
    dialog.folder.setText(str(tmp_path / "report"))
    dialog.ok.click()
    until(lambda: browser.pages)
    assert browser.pages[0].parent == tmp_path / "report"
    assert "nucleus" in browser.pages[0].read_text("utf-8")
    assert window.toasts.shown[-1].key[:2] == ("good", f"The report is in {tmp_path / 'report'}.")


def test_a_batch_is_paused_and_goes_on(window: MainWindow, pictures: Path, until):
    for at in range(12):
        write_picture(pictures / f"more{at}.png", at % 3)
    desk = window.desk
    desk.open_path(pictures)
    until(lambda: len(desk.session.pictures) == 15 and not desk.scanning and desk.labels.document is not None)
    choose(window, "regions", until)
    window.action_set.by_id["run_all"].trigger()
    batch = desk.runs.batch_id
    until(lambda: batch in window.progress.lines)  # the engine is still starting
    line = window.progress.lines[batch]
    line.pause.click()
    assert line.pause.accessibleName() == "Go on"
    until(lambda: desk.jobs[batch].progress is not None and desk.jobs[batch].progress.paused)
    assert "paused" in line.detail.text()
    assert desk.session.counts()["new"] > 0
    line.pause.click()
    assert "paused" not in line.detail.text()
    until(lambda: desk.runs.batch_id is None)
    assert desk.session.counts() == {"predicted": 15}
    assert not window.progress.isVisible()


def answer_question(words: str) -> list[str]:
    """Click the button with these words in the next question; gives the texts of the questions that came."""
    asked: list[str] = []

    def click() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, click)
            return
        asked.append(box.text())
        next(b for b in box.buttons() if b.text() == words).click()

    QTimer.singleShot(0, click)
    return asked


def test_closing_on_a_full_disk_keeps_the_work(opened: MainWindow, until):
    desk = opened.desk
    desk.labels.add_class("cell")
    until(lambda: desk.labels.document.classes and desk.save_state.status == "saved")
    project = desk.session.project
    with project._database.reading() as connection:
        count = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {count}")
    noise = np.random.default_rng(0)
    for _ in range(6):
        stroke = desk.labels.document.begin("Brush")
        stroke.write(0, 0, noise.random((64, 96)) < 0.5, 1)
        desk.labels.document.commit()
    painted = desk.labels.document.segmentation.ids.copy()
    asked = answer_question("Keep SegDesk open")
    opened.close()  # the save is under way, or has just failed
    until(lambda: asked)
    until(lambda: QApplication.activeModalWidget() is None)
    assert "could not be saved" in asked[0]
    assert opened.isVisible()
    assert opened.isEnabled()
    assert np.array_equal(desk.labels.document.segmentation.ids, painted)
    with project._database.reading() as connection:
        connection.execute(f"PRAGMA max_page_count = {1 << 30}")
    opened.close()
    until(lambda: opened.closing.finished)
    with Project.open(project.path) as again:
        assert np.array_equal(again.load_map(1, "annotation").ids, painted)
        assert len(again.load_history(1).done) == 6
