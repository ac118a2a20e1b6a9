"""The real program on a real (virtual) screen: `python main.py`, driven by mouse and keyboard from outside.

What it did is read from the project file after it has ended, or was killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.domain.classes import ClassSet
from segdesk.io.project import Project

ROOT = Path(__file__).resolve().parent.parent
SCREEN = "1280x800x24"
PATIENCE = 60.0  # seconds; the engine's first start takes most of it on a busy machine

pytestmark = [
    pytest.mark.screen,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the virtual screen is X11's"),
]


def needed(program: str) -> str:
    """A program that the tests need; skipped without it, but not on the build machine."""
    found = shutil.which(program)
    if found is None and os.environ.get("CI") != "true":
        pytest.skip(f"{program} is not installed")
    assert found is not None, f"{program} is not installed"
    return found


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A virtual screen of its own."""
    reading, writing = os.pipe()
    command = [needed("Xvfb"), "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    assert number, "the virtual screen did not start"
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures and a project with one class, so that the brush can paint at once."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(2):
        pixels = np.full((300, 400, 3), 60, np.uint8)
        pixels[50:150, 60 + 40 * number : 200] = (30, 90, 220)
        cv2.imwrite(str(folder / f"{number}.png"), pixels)
    with Project.create(folder / "pictures.segdesk", folder, ClassSet.from_names(["cell"], things=["cell"])) as project:
        project.add_pictures(["0.png", "1.png"])
    return folder


class Program:
    """The running window, and the hands at its mouse and keyboard."""

    def __init__(self, display: str, path: Path) -> None:
        self._environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LANG": "C.UTF-8"}
        self._xdotool = needed("xdotool")
        command = [sys.executable, str(ROOT / "main.py"), str(path)]
        self.process = subprocess.Popen(command, env=self._environment, stderr=subprocess.PIPE, text=True)
        self.window = self.until(
            lambda: self.do("search", "--pid", str(self.process.pid), "--onlyvisible", "--name", ".")
        )
        self.window = self.window.splitlines()[-1]
        shape = dict(line.split("=") for line in self.do("getwindowgeometry", "--shell", self.window).splitlines())
        self.x, self.y = int(shape["X"]), int(shape["Y"])
        self.width, self.height = int(shape["WIDTH"]), int(shape["HEIGHT"])

    def do(self, *arguments: str) -> str:
        """Run xdotool; returns what it prints, "" if it fails."""
        done = subprocess.run([self._xdotool, *arguments], env=self._environment, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    def until(self, wanted: Callable[[], str | bool | int]):  # what `wanted` gives
        """Ask again until the answer is not empty."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
            if answer := wanted():
                return answer
            time.sleep(0.05)
        raise AssertionError("nothing happened")

    def at(self, right: float, down: float) -> tuple[str, str]:
        """A place in the canvas: fractions of the window, measured from its middle column."""
        return str(self.x + int(self.width * right)), str(self.y + int(self.height * down))

    def drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """Press, move in steps, release."""
        self.do("mousemove", *self.at(*begin), "mousedown", "1")
        for step in range(1, 9):
            part = step / 8
            place = (begin[0] + (end[0] - begin[0]) * part, begin[1] + (end[1] - begin[1]) * part)
            self.do("mousemove", *self.at(*place))
        self.do("mouseup", "1")

    def key(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.do("key", "--clearmodifiers", key)


@pytest.fixture
def program(display: str, folder: Path) -> Iterator[Program]:
    """The window on the folder; ended if the test did not."""
    program = Program(display, folder)
    yield program
    if program.process.poll() is None:
        program.process.kill()
    program.process.wait()
    if program.process.stderr is not None:
        program.process.stderr.close()


def journal(folder: Path) -> int:
    """Bytes in the project's write-ahead log: it grows with every saved step."""
    with contextlib.suppress(FileNotFoundError):
        return (folder / "pictures.segdesk-wal").stat().st_size
    return 0


def paint(program: Program, folder: Path, down: float) -> None:
    """One stroke across the picture, waited for until it is on the disk."""
    before = journal(folder)
    program.drag((0.36, down), (0.52, down))
    program.until(lambda: journal(folder) > before)


def ready(program: Program) -> None:
    """Wait until the window's title says that the picture is open, and put the pointer on it."""
    program.until(lambda: program.do("getwindowname", program.window).startswith("0.png"))
    program.do("mousemove", *program.at(0.44, 0.5))


def test_paint_accept_and_quit(program: Program, folder: Path):
    ready(program)
    program.key("b")
    paint(program, folder, 0.45)
    paint(program, folder, 0.62)
    program.key("ctrl+z")
    program.key("ctrl+Return")
    program.key("ctrl+q")
    assert program.process.wait(PATIENCE) == 0
    with Project.open(folder / "pictures.segdesk") as project:
        first, second = project.pictures()
        assert (first.state, second.state) == ("verified", "new")
        labels = project.load_map(first.id, "annotation")
        assert len(labels.pruned().segments) == 1
        history = project.load_history(first.id, 1 << 30)
        assert (len(history.done), len(history.undone)) == (1, 1)
        before = np.count_nonzero(labels.ids)
        history.redo(labels)
        assert np.count_nonzero(labels.ids) > before > 100


def test_killed_in_a_stroke_only_that_stroke_is_lost(program: Program, folder: Path):
    ready(program)
    program.key("b")
    paint(program, folder, 0.45)
    program.do("mousemove", *program.at(0.4, 0.65), "mousedown", "1", "mousemove", *program.at(0.5, 0.65))
    program.process.send_signal(signal.SIGKILL)
    program.process.wait()
    program.do("mouseup", "1")
    with Project.open(folder / "pictures.segdesk") as project:
        labels = project.load_map(project.pictures()[0].id, "annotation")
        assert len(labels.pruned().segments) == 1
        history = project.load_history(project.pictures()[0].id, 1 << 30)
        assert len(history.done) == 1
        history.undo(labels)
        assert not labels.ids.any()


def test_the_engine_ends_with_the_window(program: Program):
    ready(program)

    def children() -> list[int]:
        done = subprocess.run(["ps", "--ppid", str(program.process.pid), "-o", "pid="], capture_output=True, text=True)
        return [int(p) for p in done.stdout.split()]

    program.until(lambda: bool(children()))
    engine = children()[0]
    program.process.kill()
    program.process.wait()
    end = time.monotonic() + PATIENCE
    while Path(f"/proc/{engine}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{engine}").exists()
