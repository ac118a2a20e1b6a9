"""A real window with a real session on a folder of three small pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segdesk.app.settings import Settings
from segdesk.ui.main_window import MainWindow
from segdesk.ui.start import make_application

WAIT = 60_000  # milliseconds: the engine process imports torch on a busy machine
SETTINGS = Settings(language="en", theme="light", model_id="regions")


def write_picture(path: Path, seed: int) -> None:
    """Two flat colours with a little noise: regions with clear edges."""
    rng = np.random.default_rng(seed)
    pixels = np.full((64, 96, 3), 60, np.uint8)
    pixels[16:48, 20 + 10 * seed : 60 + 10 * seed] = (200, 140, 40 + 40 * seed)
    noise = rng.integers(-6, 7, pixels.shape)
    Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(path)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a.png, b.png and c.png."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed, name in enumerate("abc"):
        write_picture(folder / f"{name}.png", seed)
    return folder


@pytest.fixture
def app(qapp: QApplication) -> QApplication:
    """The application in English and light."""
    return make_application(SETTINGS)


@pytest.fixture
def window(app: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    """The main window, without a project; closed properly afterwards."""
    result = MainWindow(SETTINGS)
    result.resize(1200, 760)
    result.show()
    yield result
    result.close()
    qtbot.waitUntil(lambda: result.closing.finished, timeout=WAIT)
    result.deleteLater()
    make_application(SETTINGS)


@pytest.fixture
def opened(window: MainWindow, pictures: Path, qtbot: QtBot) -> MainWindow:
    """The window with the folder open and its first picture shown."""
    window.desk.open_path(pictures)
    qtbot.waitUntil(lambda: window.desk.labels.document is not None and not window.desk.scanning, timeout=WAIT)
    qtbot.waitUntil(lambda: len(window.desk.session.pictures) == 3, timeout=WAIT)
    window.activateWindow()
    window.canvas.setFocus()
    return window


@pytest.fixture
def until(qtbot: QtBot) -> Callable[[Callable[[], object]], None]:
    """Wait until something holds, with the long limit."""
    return lambda check: qtbot.waitUntil(lambda: bool(check()), timeout=WAIT)


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a subprocess that has no screen."""
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
