"""A large picture in the real window: one paints over its reduced copy while the pixels are still being read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from segdesk.domain.errors import SegDeskError
from segdesk.io import images
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A folder with one picture of 6 megapixels."""
    folder = tmp_path / "large"
    folder.mkdir()
    small = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    cv2.imwrite(str(folder / "a.jpg"), cv2.resize(small, (3000, 2000), interpolation=cv2.INTER_CUBIC))
    return folder


def slowed(window: MainWindow, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], np.ndarray]) -> None:
    monkeypatch.setattr(window.desk.session._desk.prefetch, "_read", read)


def test_painting_begins_before_the_pixels_are_there(
    window: MainWindow, large: Path, until: Until, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    go_on = threading.Event()
    window.resize(1600, 900)  # the settings of a tool have one line, so that the canvas keeps its size

    def read(path: Path) -> np.ndarray:
        assert go_on.wait(30)
        return images.read(path)

    slowed(window, monkeypatch, read)
    window.desk.open_path(large)
    until(lambda: window.desk.labels.document is not None)
    document, canvas = window.desk.labels.document, window.canvas
    assert document is not None
    assert canvas.document is document
    assert not document.has_pixels
    window.desk.labels.add_class("thing")
    window.desk.labels.choose_tool("brush")
    until(lambda: canvas.tool is not None and len(document.classes) > 0)
    canvas.zoom_to(1.0)
    view = canvas.view
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    assert document.can_undo
    canvas.repaint()
    go_on.set()
    until(lambda: document.has_pixels)
    until(lambda: len(canvas._renderer.pyramid.levels) > 1 and canvas._renderer.pyramid.levels[0].shape[1] == 3000)
    assert window.desk.labels.document is document
    assert canvas.view == view
    assert document.can_undo
    until(lambda: window.desk.save_state.status == "saved")


def test_a_picture_that_turns_out_to_be_damaged_is_shown_as_such(
    window: MainWindow, large: Path, until: Until, monkeypatch: pytest.MonkeyPatch
):
    def read(path: Path) -> np.ndarray:
        raise SegDeskError("{name} is cut off or damaged.", name=path.name)

    slowed(window, monkeypatch, read)
    window.desk.open_path(large)
    until(lambda: window.desk.session.pictures and window.desk.session.pictures[0].state == "failed")
    until(lambda: window.desk.labels.document is None)
