"""Opening folders, projects and pictures through the session."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.jobs import Failed
from segdesk.app.opening import FIRST_NAMES
from segdesk.app.reports import Opened, PictureChanged, PicturesChanged, Preview, ProjectOpened
from tests.app.conftest import HEIGHT, WIDTH, Desktop, picture


def test_a_folder_becomes_a_project_beside_its_pictures(desktop: Desktop, folder: Path) -> None:
    value = desktop.open(folder)
    assert value == ProjectOpened(folder / "photos.segdesk", folder, desktop.session.classes, 4, desktop.id("img1.png"))
    assert [r.path for r in desktop.session.pictures] == [f"img{n}.png" for n in range(1, 5)]
    assert desktop.session.counts() == {"new": 4}
    changes = [r for r in desktop.heard.all if isinstance(r, PicturesChanged)]
    assert changes[-1] == PicturesChanged(4, scanning=False)


def test_the_folder_is_opened_again_with_its_work_and_new_pictures(opened: Desktop, folder: Path) -> None:
    opened.session.verify(opened.id("img2.png"))
    shutil.copy(folder / "img1.png", folder / "img10.png")
    opened.open(folder)
    assert opened.state("img2.png") == "verified"
    assert [r.path for r in opened.session.pictures][-1] == "img10.png"


def test_a_picture_opens_its_folder_and_is_shown_first(desktop: Desktop, folder: Path) -> None:
    assert desktop.open(folder / "img3.png").start == desktop.id("img3.png")


def test_a_project_file_is_opened(opened: Desktop, folder: Path) -> None:
    assert opened.open(folder / "photos.segdesk").count == 4


def test_a_project_of_another_name_in_the_folder_is_found(opened: Desktop, folder: Path) -> None:
    opened.value(opened.session.close_project())
    (folder / "photos.segdesk").rename(folder / "mine.segdesk")
    assert opened.open(folder).path == folder / "mine.segdesk"


def test_the_project_can_lie_elsewhere(desktop: Desktop, folder: Path, tmp_path: Path) -> None:
    value = desktop.value(desktop.session.open(folder, tmp_path / "work" / "p.segdesk"))
    assert value.path == tmp_path / "work" / "p.segdesk"
    assert not list(folder.glob("*.segdesk"))
    assert value.note


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_to_open_is_said_and_leaves_nothing_behind(desktop: Desktop, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    end = desktop.end(desktop.session.open(tmp_path / name))
    assert isinstance(end, Failed)
    assert desktop.session.project is None
    assert list(tmp_path.rglob("*.segdesk")) == []


def test_a_failed_open_keeps_the_program_usable(opened: Desktop, folder: Path, tmp_path: Path) -> None:
    assert isinstance(opened.end(opened.session.open(tmp_path / "nowhere")), Failed)
    assert opened.open(folder).count == 4


def test_many_names_come_in_portions(desktop: Desktop, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(FIRST_NAMES + 5):
        (many / f"{number}.jpg").touch()
    assert desktop.open(many).count == FIRST_NAMES + 5
    counts = [r.count for r in desktop.heard.all if isinstance(r, PicturesChanged)]
    assert counts[0] == FIRST_NAMES
    assert counts[-1] == FIRST_NAMES + 5


def test_a_project_without_its_pictures_still_opens(opened: Desktop, folder: Path, tmp_path: Path) -> None:
    opened.value(opened.session.close_project())
    (folder / "photos.segdesk").rename(tmp_path / "alone.segdesk")
    shutil.rmtree(folder)
    value = opened.open(tmp_path / "alone.segdesk")
    assert value.count == 4
    assert value.note
    assert isinstance(opened.end(opened.session.go_to(opened.id("img1.png"))), Failed)


def test_a_picture_comes_with_empty_labels(opened: Desktop) -> None:
    value = opened.value(opened.session.go_to(opened.id("img2.png")))
    assert np.array_equal(value.pixels, picture(2))
    assert value.segmentation.size == (HEIGHT, WIDTH)
    assert not value.segmentation.ids.any()
    assert value.prediction is None
    assert (value.row.width, value.row.height) == (WIDTH, HEIGHT)
    assert (opened.saved().picture(value.row.id).width) == WIDTH
    assert opened.session.current_id == value.row.id


def test_a_large_picture_is_shown_reduced_first(opened: Desktop, folder: Path) -> None:
    cv2.imwrite(str(folder / "large.jpg"), np.zeros((2000, 3000, 3), np.uint8))
    opened.open(folder)
    job = opened.session.go_to(opened.id("large.jpg"))
    value = opened.value(job)
    (preview,) = [r for r in opened.heard.all if isinstance(r, Preview)]
    assert preview.full_size == (2000, 3000)
    assert max(preview.pixels.shape) <= 1600
    assert value.pixels.shape == (2000, 3000, 3)
    (early,) = [r for r in opened.heard.all if isinstance(r, Opened)]
    assert early.pixels is None, "one can paint before the pixels are there"
    assert early.segmentation is value.segmentation
    opened.value(opened.session.go_to(value.row.id))
    assert sum(isinstance(r, Preview) for r in opened.heard.all) == 1  # the second time it was there at once


def test_a_broken_picture_is_a_marked_row_and_recovers(opened: Desktop, folder: Path) -> None:
    whole = (folder / "img2.png").read_bytes()
    (folder / "img2.png").write_bytes(whole[:60])
    broken = opened.id("img2.png")
    assert isinstance(opened.end(opened.session.go_to(broken)), Failed)
    assert opened.state("img2.png") == "failed"
    assert opened.saved().picture(broken).error
    (folder / "img2.png").write_bytes(whole)
    opened.value(opened.session.go_to(broken))
    assert opened.state("img2.png") == "new"
    assert opened.saved().picture(broken).error == ""


def test_a_picture_that_is_verified_and_cannot_be_read_stays_verified(opened: Desktop, folder: Path) -> None:
    opened.session.verify(opened.id("img2.png"))
    (folder / "img2.png").unlink()
    assert isinstance(opened.end(opened.session.go_to(opened.id("img2.png"))), Failed)
    row = opened.session.row(opened.id("img2.png"))
    assert row is not None
    assert (row.state, bool(row.error)) == ("verified", True)


def test_a_picture_whose_size_changed_is_not_mixed_with_old_labels(opened: Desktop, folder: Path) -> None:
    opened.value(opened.session.run_here(opened.id("img1.png")))
    opened.saved()
    cv2.imwrite(str(folder / "img1.png"), np.zeros((30, 30, 3), np.uint8))
    end = opened.end(opened.session.go_to(opened.id("img1.png")))
    assert isinstance(end, Failed)
    assert "30" in end.error.text()


def test_rows_are_reported_with_their_place(opened: Desktop) -> None:
    opened.session.skip(opened.id("img3.png"))
    (change,) = [r for r in opened.heard.all if isinstance(r, PictureChanged)]
    assert (change.index, change.row.state) == (2, "skipped")
    assert opened.session.pictures[2] == change.row
    assert opened.saved().picture(change.row.id).state == "skipped"
