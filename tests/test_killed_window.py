"""The real window is killed at random moments while it paints; whenever that is, the last strokes are there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import Project
from tests.painter import digest

ROOT = Path(__file__).resolve().parent.parent
KILLS = 16
ON_THE_WAY = {"free": None, "paced": 1, "rests": 0}
"""By `pace` of the painter, how many strokes may be between the canvas and the disk. "free" is faster than any hand:
several strokes in the time of one transaction, so there only what the window said to be saved must be there (of 74
such kills on a busy machine 71 lost none and 3 lost one). None, where the window says that all is saved."""


@pytest.fixture
def project_file(tmp_path: Path) -> Path:
    folder = tmp_path / "p"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((600, 800, 3), 90, np.uint8))
    path = folder / "p.segdesk"
    with Project.create(path, folder, ClassSet.from_names(["cell", "soil"])) as project:
        project.add_pictures(["a.png"])
    return path


class Log:
    """What a painting window has said."""

    def __init__(self, depth: int, labels: str) -> None:
        self.saved = depth  # the last depth of undo that was said to be on disk
        self.rests = threading.Event()
        self.since: list[tuple[int, str]] = [(depth, labels)]  # (depth, digest) of that state and of all after it

    def take(self, line: str) -> None:
        words = line.split()
        if words[0] == "begun":
            self.since.append((int(words[1]), words[2]))
        elif words[0] == "rests":
            self.rests.set()
        elif words[0] == "saved":  # said on the UI thread, so no step was made between it and the last line
            self.saved = int(words[1])
            del self.since[:-1]


def paint_and_kill(path: Path, tmp_path: Path, seed: int, pace: str) -> Log:
    """Let the window paint, kill it after a random time or when it rests, and give what it has said."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [sys.executable, str(ROOT / "tests" / "painter.py"), str(path), str(seed), pace]
    moment = random.Random(seed)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as window:
        assert window.stdout is not None
        first = window.stdout.readline().split()
        assert first[0] == "open", first
        log = Log(int(first[1]), first[2])
        reader = threading.Thread(target=lambda: [log.take(line) for line in window.stdout if line.endswith("\n")])
        reader.start()
        if pace == "rests":
            assert log.rests.wait(60)
        else:
            time.sleep(moment.random() * 0.8)  # the random moment itself, not a wait for something
        window.kill()
        reader.join()
    return log


def state_on_disk(path: Path) -> tuple[int, str]:
    with Project.open(path) as project:
        found = project.load_map(1, "annotation") or Segmentation.empty(600, 800)
        return len(project.load_history(1).done), digest(found)


def test_killed_at_random_moments_while_painting(project_file: Path, tmp_path: Path):
    strokes = 0
    for seed in range(KILLS):
        pace = tuple(ON_THE_WAY)[seed % 3]
        log = paint_and_kill(project_file, tmp_path, seed, pace)
        found = state_on_disk(project_file)
        assert found in log.since, f"kill {seed}: neither the last saved state nor one after it"
        most = ON_THE_WAY[pace]
        assert most is None or found not in log.since[: -most - 1], (
            f"kill {seed}, {pace}: more lost than was on its way"
        )
        strokes = found[0]
    assert strokes > KILLS
    with Project.open(project_file) as project:  # and undo works, down to the empty map
        labels, history = project.load_map(1, "annotation"), project.load_history(1)
        while history.undo(labels):
            pass
        assert not labels.ids.any()
