"""The session's review verbs: thumbnails with labels, counting classes, doubts on the way through, budgets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.reports import ThumbReady
from segdesk.app.review import overlaid
from segdesk.app.session import Session
from segdesk.app.settings import Settings
from segdesk.domain.classes import ClassSet
from segdesk.domain.edit import replace_all
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project
from tests.app.conftest import Desktop
from tests.app.fake_engine import FakeEngine

PATIENCE = 20.0


class Thumbs:
    """Collects thumbnails and lets a test wait for so many."""

    def __init__(self) -> None:
        self.found: dict[int, np.ndarray | None] = {}
        self.ended: set[int] = set()
        self._changed = threading.Condition()

    def __call__(self, report: object) -> None:
        with self._changed:
            if isinstance(report, ThumbReady):
                self.found[report.picture_id] = report.pixels
            self._changed.notify_all()

    def wait(self, wanted: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(wanted, PATIENCE)


@pytest.fixture
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one grey picture whose left half is labelled, and one file that is no picture."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "p"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((300, 400, 3), 100, np.uint8))
    (folder / "b.png").write_bytes(b"no picture")
    ids = np.zeros((300, 400), np.uint16)
    ids[:, :200] = 5
    with Project.create(folder / "p.segdesk", folder, ClassSet.from_names(["cell"])) as project:
        project.add_pictures(["a.png", "b.png"])
        project.save_map(1, "annotation", Segmentation(ids, {5: Segment(1)}))
    return folder


def test_thumbnails_show_the_labels(labelled: Path):
    thumbs = Thumbs()
    session = Session(Settings(), thumbs, engine=FakeEngine())  # type: ignore[arg-type]
    try:
        session.review.want_thumbs([1])  # nothing is open yet: nothing happens
        session.wait(session.open(labelled), PATIENCE)
        session.review.want_thumbs([1, 2])
        thumbs.wait(lambda: {1, 2} <= thumbs.found.keys())
        color = np.array(session.classes[0].color)
    finally:
        session.close(PATIENCE)
    found = thumbs.found[1]
    assert found is not None
    assert thumbs.found[2] is None
    assert found.shape == (144, 192, 3)
    assert np.abs(found[70, 150].astype(int) - 100).max() <= 3
    assert np.abs(found[70, 40] - (0.55 * 100 + 0.45 * color)).max() <= 3


def test_an_overlay_leaves_void_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (10, 12, 3)).astype(np.uint8)
    ids = np.zeros((10, 12), np.uint16)
    ids[2:5, 3:9] = 1
    shown = overlaid(pixels, Segmentation(ids, {1: Segment(1)}), ClassSet.from_names(["a"]), 1.0)
    assert np.array_equal(shown[ids == 0], pixels[ids == 0])
    assert (shown[ids == 1] == ClassSet.from_names(["a"])[0].color).all()


def test_counting_segments_of_classes(opened: Desktop):
    value = opened.value(opened.session.run_all())
    assert value.answered == 4
    classes = [c.id for c in opened.session.classes]
    counts = opened.value(opened.session.review.count_segments(classes))
    project = opened.saved()
    plain = {r.id: len(project.load_map(r.id, "annotation").segments) for r in opened.session.pictures}
    assert counts == plain
    assert opened.value(opened.session.review.count_segments([99])) == {}


def test_changed_budgets_hold_at_once(opened: Desktop):
    opened.session.use_settings(replace(opened.session.settings, undo_megabytes=3, prefetch_megabytes=1))
    assert opened.session.project.journal_budget == 3 << 20
    assert opened.session._desk.undo_bytes == 3 << 20
    opened.value(opened.session.go_to(opened.id("img1.png")))
    assert opened.session._desk.prefetch.nbytes <= 1 << 20


def test_taking_a_mark_back_gives_the_state_from_before(opened: Desktop):
    session = opened.session
    one, two = opened.id("img1.png"), opened.id("img2.png")
    opened.value(session.run_here(one))
    for mark in (session.verify, session.skip):
        for picture, before in ((one, "predicted"), (two, "new")):
            mark(picture)
            session.skip(picture)  # a mark over a mark does not hide what was before
            session.unverify(picture)
            assert opened.saved().picture(picture).state == before


def test_work_on_a_marked_picture_is_never_given_back_to_the_model(opened: Desktop):
    session = opened.session
    one = opened.id("img2.png")  # not the open one, so that its answer goes into the project
    assert not session.settle(opened.value(session.run_here(one)))
    opened.saved()
    shown = opened.value(session.go_to(one))
    session.verify(one)
    edit = replace_all(shown.segmentation, Segmentation.empty(*shown.segmentation.size), "Delete")
    assert edit is not None
    session.save_step(one, shown.segmentation, edit, "push")
    session.unverify(one)
    assert opened.saved().picture(one).state == "edited"
