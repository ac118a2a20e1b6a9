"""The cards of recent projects: what is told of a project without opening it, and that it stays as it was."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdesk.app.recents import RecentProject, Recents, recent_project
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A project of three grey pictures; the second is labelled red all over and verified."""
    for name in "abc":
        Image.new("RGB", (60, 40), (90, 90, 90)).save(tmp_path / f"{name}.png")
    with Project.create(tmp_path / "p.segdesk", tmp_path, ClassSet.from_names(["x"], [(250, 0, 0)])) as project:
        project.add_pictures(["a.png", "b.png", "c.png"])
        ids = np.ones((40, 60), np.uint16)
        project.save_map(2, "annotation", Segmentation(ids, {1: Segment(1)}))
        project.set_state(2, "verified")
    return tmp_path / "p.segdesk"


def test_counts_and_the_labelled_picture(file: Path):
    before = file.read_bytes(), sorted(p.name for p in file.parent.iterdir())
    told = recent_project(file)
    assert (told.found, told.pictures, told.verified, told.error) == (True, 3, 1, None)
    assert told.picture is not None
    red, green, _ = told.picture.reshape(-1, 3).mean(0)
    assert red > green + 50, "the verified picture is shown with its labels"
    assert before == (file.read_bytes(), sorted(p.name for p in file.parent.iterdir())), "nothing was written"


def test_told_again_from_the_cache_and_anew_after_a_change(file: Path):
    first = recent_project(file)
    (file.parent / "b.png").unlink()
    assert first.picture is not None
    again = recent_project(file)
    assert again.picture is not None
    assert np.array_equal(again.picture, first.picture)
    with Project.open(file) as project:
        project.set_state(1, "verified")
    assert recent_project(file).verified == 2


def test_a_project_that_is_open_tells_what_was_known(file: Path):
    assert recent_project(file).pictures == 3
    with Project.open(file) as project:
        project.set_state(1, "verified")
        told = recent_project(file)
        assert (told.pictures, told.verified) == (3, 1)
        unknown = recent_project(file, cache=file.parent / "empty")
        assert unknown.found
        assert unknown.pictures is None
        assert unknown.error is not None
        project.set_state(3, "verified")  # the project was not disturbed
    assert recent_project(file).verified == 3


def test_one_that_is_gone_and_one_that_is_none(tmp_path: Path):
    assert recent_project(tmp_path / "gone.segdesk") == RecentProject(tmp_path / "gone.segdesk", found=False)
    (tmp_path / "text.segdesk").write_text("hello")
    told = recent_project(tmp_path / "text.segdesk")
    assert told.found
    assert told.pictures is None
    assert isinstance(told.error, SegDeskError)


def test_a_damaged_cache_is_made_anew(file: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    recent_project(file, cache=cache)
    (kept,) = cache.glob("*.json")
    for text in ("", "[]", '{"stamp": 3}'):
        kept.write_text(text)
        assert recent_project(file, cache=cache).pictures == 3
    assert '"pictures": 3' in kept.read_text("utf-8")


def test_opening_waits_for_the_end_of_a_look(file: Path):
    """A click on a card that is still being read opens the project all the same."""
    look = Project.look(file)
    opened: list[Project] = []
    thread = threading.Thread(target=lambda: opened.append(Project.open(file)))
    thread.start()
    assert look.counts()["verified"] == 1
    assert not opened
    look.close()
    thread.join(30)
    assert len(opened) == 1
    assert not opened[0].read_only
    with pytest.raises(SegDeskError):
        Project.look(file)
    opened[0].close()


def test_each_path_is_reported(file: Path, tmp_path: Path):
    told: dict[Path, RecentProject] = {}
    both = threading.Semaphore(0)

    def take(report: object) -> None:
        assert isinstance(report, RecentProject)
        told[report.path] = report
        both.release()

    recents = Recents(take)
    recents.look([file, tmp_path / "gone.segdesk"])
    assert both.acquire(timeout=30)
    assert both.acquire(timeout=30)
    assert told[file].verified == 1
    assert not told[tmp_path / "gone.segdesk"].found
    recents.close()
    recents.look([file])
    recents.close()
    assert not both.acquire(blocking=False), "after the end nothing is reported"
