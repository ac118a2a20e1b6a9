"""A session with a fake engine over a folder of tiny pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.jobs import Done
from segdesk.app.session import Session
from segdesk.app.settings import Settings
from tests.app.fake_engine import FakeEngine
from tests.app.reports import TIMEOUT, Listener
from tests.app.web_store import WebStore

HEIGHT, WIDTH = 48, 64


def picture(number: int) -> np.ndarray:
    """(H, W, 3) uint8: dark, with a bright block whose place depends on the number."""
    pixels = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    x = 4 * (number % 10)
    pixels[8:24, x : x + 12] = 200
    return pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four pictures, img1.png to img4.png."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(1, 5):
        cv2.imwrite(str(folder / f"img{number}.png"), picture(number))
    return folder


class Desktop:
    """A session as a test uses it."""

    def __init__(self) -> None:
        self.heard = Listener()
        self.engine = FakeEngine()
        self.session = Session(Settings(), self.heard, engine=self.engine)  # type: ignore[arg-type]
        self.session.choose_model("regions")
        options = self.session.options
        self.session.set_options(replace(options, decide=replace(options.decide, confidence=0.5)))

    def end(self, job_id: int):  # Done, Failed or Stopped
        return self.heard.end(job_id)

    def value(self, job_id: int):  # whatever the job gives
        end = self.end(job_id)
        assert isinstance(end, Done), end
        return end.value

    def open(self, path: Path):
        return self.value(self.session.open(path))

    def id(self, name: str) -> int:
        return next(r.id for r in self.session.pictures if r.path == name)

    def state(self, name: str) -> str:
        return next(r.state for r in self.session.pictures if r.path == name)

    def saved(self):
        """The project, once all that waits is written."""
        self.session._desk.saver.flush()
        project = self.session.project
        assert project is not None
        return project


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    desktop = Desktop()
    yield desktop
    desktop.engine.stop()
    assert desktop.session.close(TIMEOUT)


@pytest.fixture
def opened(desktop: Desktop, folder: Path) -> Desktop:
    """The session with the folder open."""
    desktop.open(folder)
    return desktop


@pytest.fixture
def store() -> Iterator[WebStore]:
    """A store on this machine that is reached by HTTP."""
    pytest.importorskip("requests", reason="requests is not installed")
    made = WebStore()
    yield made
    made.close()
