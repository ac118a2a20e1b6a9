"""Picture files that vanish or are replaced by others, while they are open or in the middle of a run."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from segdesk.app.jobs import Failed
from segdesk.app.reports import Opened
from segdesk.domain.edit import Stroke
from segdesk.domain.segmentation import Segment
from tests.app.conftest import HEIGHT, WIDTH, Desktop, desktop, folder, opened  # noqa: F401  # fixtures


def paint(opened: Desktop, shown: Opened) -> None:  # noqa: F811
    """A stroke by hand on a picture that is open."""
    stroke = Stroke(shown.segmentation, "brush")
    stroke.set_segment(1, Segment(1, by_human=True))
    stroke.write(3, 3, np.ones((9, 9), bool), 1)
    edit = stroke.commit()
    assert edit is not None
    opened.session.save_step(shown.row.id, shown.segmentation, edit, "push")


def test_a_picture_that_vanishes_while_it_is_open_keeps_its_labels(opened: Desktop, folder: Path):  # noqa: F811
    file = folder / "img1.png"
    pixels = file.read_bytes()
    shown = opened.value(opened.session.go_to(opened.id("img1.png")))
    file.unlink()
    paint(opened, shown)  # its pixels are in memory
    assert opened.state("img1.png") == "edited"
    opened.open(folder)
    end = opened.end(opened.session.go_to(opened.id("img1.png")))
    assert isinstance(end, Failed)
    assert "not there" in end.error.text()
    found = opened.saved().load_map(opened.id("img1.png"), "annotation")
    assert found is not None
    assert found.ids.sum() == 81
    file.write_bytes(pixels)
    again = opened.value(opened.session.go_to(opened.id("img1.png")))
    assert again.segmentation.ids.sum() == 81


def test_a_picture_that_vanishes_in_a_run_is_marked_and_the_rest_goes_on(opened: Desktop, folder: Path):  # noqa: F811
    (folder / "img2.png").unlink()
    result = opened.value(opened.session.run_all())
    assert [path for path, _ in result.failed] == ["img2.png"]
    assert result.answered == 3
    assert opened.state("img2.png") == "failed"


def test_a_picture_of_another_size_never_gets_labels_of_the_old_one(opened: Desktop, folder: Path):  # noqa: F811
    """Its labels by hand stay and are told not to fit; a picture without work is simply segmented anew."""
    opened.value(opened.session.run_all())
    paint(opened, opened.value(opened.session.go_to(opened.id("img1.png"))))
    for name in ("img1.png", "img3.png"):
        cv2.imwrite(str(folder / name), np.full((HEIGHT + 10, WIDTH + 20, 3), 90, np.uint8))
    opened.open(folder)
    opened.value(opened.session.run_all(again=True))
    project = opened.saved()
    by_hand, anew = (project.load_map(opened.id(name), "annotation") for name in ("img1.png", "img3.png"))
    assert by_hand is not None
    assert by_hand.size == (HEIGHT, WIDTH)
    assert anew is not None
    assert anew.size == (HEIGHT + 10, WIDTH + 20)
    end = opened.end(opened.session.go_to(opened.id("img1.png")))
    assert isinstance(end, Failed)
    assert "labels were made for" in end.error.text()
    shown = opened.value(opened.session.go_to(opened.id("img3.png")))
    assert shown.segmentation.size == shown.pixels.shape[:2]
